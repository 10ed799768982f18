// <form data-undo="60">: seconds left as the server saw them. Counted on the monotonic clock, gone at zero.
import { each } from "./dom";

export function startUndo(): void {
  each<HTMLFormElement>("form[data-undo]", (form) => {
    let said = form.dataset["undo"];
    let ends = performance.now() + Number(said) * 1000;
    const left = form.querySelector("[data-undo-left]");
    const timer = setInterval(() => {
      // A morph may have renewed the promise.
      if (form.dataset["undo"] !== said) {
        said = form.dataset["undo"];
        ends = performance.now() + Number(said) * 1000;
      }
      const left_s = Math.ceil((ends - performance.now()) / 1000);
      if (left_s > 0 && form.isConnected) {
        if (left) left.textContent = `(${left_s} s)`;
        return;
      }
      clearInterval(timer);
      form.remove();
    }, 500);
  });
}
