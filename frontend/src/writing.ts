// <form data-writing data-check="/url">: what is typed into [data-writing-text] (or [name=text]) is read by the server while it is typed,
// and saved by itself when data-autosave names the button that does it. Without this file the buttons do the same.
//
// The server answers a check with the element [data-writing-said] anew. In it, [data-hit] are places of the text:
// data-start, data-end (characters, not UTF-16 units) and data-level; a button [data-use] carries the text to put there.
import { each } from "./dom";
import { morph } from "./swap";

const CHECK_AFTER_MS = 350;
const SAVE_AFTER_MS = 4_000;

export function startWriting(): void {
  each<HTMLFormElement>("form[data-writing]", (form) => {
    const area = form.querySelector<HTMLTextAreaElement | HTMLInputElement>("[data-writing-text], [name=text]");
    if (area) new Writing(form, area);
  });
}

class Writing {
  private readonly paper: HTMLElement | null;
  private asked: AbortController | null = null;
  private checkTimer: ReturnType<typeof setTimeout> | undefined;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;
  private saved: string;
  private leaving = false;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly area: HTMLTextAreaElement | HTMLInputElement,
  ) {
    this.saved = area.value;
    this.paper = form.querySelector("[data-writing-paper]");
    form.addEventListener("input", () => this.typed());
    form.addEventListener("click", (event) => this.clicked(event));
    form.addEventListener("submit", () => (this.leaving = true));
    area.addEventListener("scroll", () => this.scrolled());
    addEventListener("beforeunload", (event) => {
      if (!this.leaving && this.form.isConnected && "autosave" in this.form.dataset && this.area.value !== this.saved) event.preventDefault();
    });
    this.paint();
  }

  private typed(): void {
    // The marks belong to the text as it was read: they would stand at the wrong words until the next answer.
    this.wipe();
    clearTimeout(this.checkTimer);
    this.checkTimer = setTimeout(() => void this.check(), CHECK_AFTER_MS);
    if (!("autosave" in this.form.dataset)) return;
    this.say("Not saved yet");
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  private async check(): Promise<void> {
    const url = this.form.dataset["check"];
    const place = this.form.querySelector("[data-writing-said]");
    if (!url || !place) return;
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    const text = this.area.value;
    try {
      const answer = await fetch(url, { method: "POST", body: this.fields(), headers: { "HX-Request": "true" }, signal: asked.signal });
      if (!answer.ok || answer.redirected) return;
      const said = await answer.text();
      if (asked.signal.aborted || !place.isConnected) return;
      await morph(place, said);
      if (this.area.value === text) this.paint();
    } catch {
      // Out of reach or overtaken by the next key: the next one asks again.
    }
  }

  private async save(): Promise<void> {
    const text = this.area.value;
    if (text === this.saved) return this.say("Saved");
    this.say("Saving…");
    try {
      const body = this.fields();
      body.set("action", "autosave");
      const answer = await fetch(this.form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
      const base = answer.headers.get("Firebell-Was");
      if (answer.redirected || !answer.ok || base === null) {
        this.say(answer.status === 409 ? "Somebody else has saved this section. Press Save to see both texts." : "Not saved: press Save");
        return;
      }
      const kept = this.form.querySelector<HTMLInputElement>("[name=was]");
      if (kept) kept.value = base;
      this.saved = text;
      this.say(this.area.value === text ? "Saved" : "Not saved yet");
    } catch {
      this.say("Firebell is out of reach. Your text stays here; it is tried again.");
      this.saveTimer = setTimeout(() => void this.save(), 3 * SAVE_AFTER_MS);
    }
  }

  private clicked(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("button") : null;
    if (!button) return;
    if (button.dataset["use"] !== undefined) {
      if (this.replace(button, button.dataset["use"])) event.preventDefault();
    } else if ("unname" in button.dataset) {
      const names = [...this.form.querySelectorAll<HTMLElement>("[data-role-words]")];
      // From the end on, so that the places before stay where they are.
      const done = names.reverse().map((hit) => this.replace(hit, hit.dataset["roleWords"] ?? ""));
      if (done.length > 0 && done.every(Boolean)) event.preventDefault();
    } else if (button.dataset["md"] !== undefined) {
      event.preventDefault();
      this.wrap(button.dataset["md"]);
    }
  }

  /** Puts `words` where `from` says; false when something else stands there by now. */
  private replace(from: HTMLElement, words: string): boolean {
    const place = from.closest<HTMLElement>("[data-hit]") ?? from;
    const text = this.area.value;
    const start = units(text, Number(from.dataset["start"] ?? place.dataset["start"]));
    const end = units(text, Number(from.dataset["end"] ?? place.dataset["end"]));
    const was = from.dataset["was"] ?? place.dataset["was"];
    if (was !== undefined && text.slice(start, end) !== was) return false;
    this.put(start, end, words);
    return true;
  }

  private put(start: number, end: number, words: string): void {
    this.area.focus();
    this.area.setSelectionRange(start, end);
    // The old command is the only one after which the reader's undo key still works.
    if (!document.execCommand("insertText", false, words)) {
      this.area.setRangeText(words, start, end, "end");
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  private wrap(mark: string): void {
    const start = this.area.selectionStart ?? 0;
    const end = this.area.selectionEnd ?? start;
    const chosen = this.area.value.slice(start, end);
    if (mark === "link") {
      this.put(start, end, `[${chosen || "words"}](https://)`);
    } else if (mark.endsWith(" ")) {
      const begins = this.area.value.lastIndexOf("\n", start - 1) + 1;
      const lines = this.area.value.slice(begins, end);
      this.put(begins, end, lines.replace(/^/gm, mark));
    } else {
      this.put(start, end, `${mark}${chosen || "words"}${mark}`);
    }
  }

  private fields(): URLSearchParams {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) if (typeof value === "string" && name !== "action") body.append(name, value);
    return body;
  }

  private say(words: string): void {
    const place = this.form.querySelector("[data-writing-state]");
    if (place && place.textContent !== words) place.textContent = words;
  }

  private wipe(): void {
    this.paper?.replaceChildren();
  }

  /** Underlines the hits on a sheet behind the text: the same words, unseen, in the same places. */
  private paint(): void {
    const paper = this.paper;
    if (!paper) return;
    const text = this.area.value;
    const pieces: (string | HTMLElement)[] = [];
    let done = 0;
    for (const hit of this.form.querySelectorAll<HTMLElement>("[data-hit]")) {
      const start = units(text, Number(hit.dataset["start"]));
      const end = units(text, Number(hit.dataset["end"]));
      if (Number.isNaN(start) || start < done || end > text.length) continue;
      const mark = document.createElement("mark");
      mark.className = `hit-${hit.dataset["level"] ?? "L"}`;
      mark.textContent = text.slice(start, end);
      pieces.push(text.slice(done, start), mark);
      done = end;
    }
    paper.replaceChildren(...pieces, `${text.slice(done)}\n`);
    this.scrolled();
  }

  private scrolled(): void {
    if (this.paper) this.paper.scrollTop = this.area.scrollTop;
  }
}

/** The UTF-16 offset of the character at `characters`: the server counts an emoji as one. */
export function units(text: string, characters: number): number {
  if (!/[\ud800-\udbff]/.test(text)) return characters;
  let at = 0;
  for (let n = 0; n < characters && at < text.length; n += 1) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}
