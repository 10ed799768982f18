// A comment's fold takes what was selected just before it was opened as the words it is about.
const LONGEST = 300;

export function startQuote(): void {
  let chosen = "";
  document.addEventListener("pointerdown", () => (chosen = String(getSelection() ?? "").trim()));
  document.addEventListener(
    "toggle",
    (event) => {
      const fold = event.target;
      if (!(fold instanceof HTMLDetailsElement) || !fold.open) return;
      const quote = fold.querySelector<HTMLInputElement>("input[name=quote]");
      if (quote && quote.value === "" && chosen !== "") quote.value = chosen.replace(/\s+/g, " ").slice(0, LONGEST);
    },
    { capture: true },
  );
}
