// A tired thumb taps twice. Each form is sent once until the answer is here: two escalations would page two steps.
const PATIENCE_MS = 6_000; // then the link is taken for dead and trying again is right

export function startOnce(): void {
  const sent = new Map<HTMLFormElement, number>();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) return;
    if (performance.now() - (sent.get(form) ?? -Infinity) < PATIENCE_MS) {
      event.preventDefault();
      return;
    }
    sent.set(form, performance.now());
    form.setAttribute("aria-busy", "true");
    setTimeout(() => form.removeAttribute("aria-busy"), PATIENCE_MS);
  });
  // Back from the answer by the browser's button: the page lives on as it was left.
  addEventListener("pageshow", () => sent.clear());
}
