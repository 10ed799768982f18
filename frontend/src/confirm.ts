// <form data-confirm="Sentence"> and hx-confirm ask in a <dialog>. Without a script the form is simply sent, so the
// server must ask by itself where a slip would be dear.
import { make } from "./dom";

export function ask(sentence: string, yes: string): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const title = make("h2", "", sentence);
  title.id = "confirm-title";
  dialog.setAttribute("aria-labelledby", title.id);
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "dialog-actions";
  const no = make("button", "btn", "Keep as it is") as HTMLButtonElement;
  const ok = make("button", "btn btn-danger", yes) as HTMLButtonElement;
  no.value = "no";
  ok.value = "yes";
  form.append(no, ok);
  dialog.append(title, form);
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

export function startConfirm(): void {
  const allowed = new WeakSet<HTMLFormElement>();
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || form.dataset["confirm"] === undefined || allowed.delete(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const submitter = event.submitter;
      void ask(form.dataset["confirm"], form.dataset["confirmLabel"] ?? "Go ahead").then((yes) => {
        if (!yes) return;
        allowed.add(form);
        form.requestSubmit(submitter instanceof HTMLButtonElement ? submitter : null);
      });
    },
    { capture: true },
  );
  document.addEventListener("htmx:confirm", (event) => {
    const { ctx, issueRequest, dropRequest } = (event as CustomEvent<ConfirmDetail>).detail;
    if (!ctx.confirm) return;
    event.preventDefault();
    void ask(ctx.confirm, ctx.sourceElement.getAttribute("data-confirm-label") ?? "Go ahead").then((yes) => (yes ? issueRequest() : dropRequest()));
  });
}

interface ConfirmDetail {
  ctx: { confirm?: string | null; sourceElement: Element };
  issueRequest: () => void;
  dropRequest: () => void;
}
