// Single keys. They press what is on the page (a real form, a real link), so nothing is possible by key alone.
import { typing } from "./dom";

let prefix_until = 0;

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (act(event)) event.preventDefault();
  });
}

function act(event: KeyboardEvent): boolean {
  const { key } = event;
  if (performance.now() < prefix_until) {
    prefix_until = 0;
    return press(document.querySelector<HTMLElement>(`[data-go~="${CSS.escape(key)}"]`));
  }
  switch (key) {
    case "g":
      prefix_until = performance.now() + 1500;
      return true;
    case "?": {
      const keys = document.getElementById("keys");
      if (!(keys instanceof HTMLDialogElement)) return false;
      keys.showModal();
      return true;
    }
    case "j":
      return step(1);
    case "k":
      return step(-1);
    case "Enter":
      return event.target instanceof Element && event.target.matches("[data-row]") ? press(event.target.querySelector("[data-row-link]")) : false;
    default:
      // A held key must not page the whole ladder.
      return event.repeat || key.length !== 1 ? false : press(within(key));
  }
}

/** The form or link for `key`: the focused row's own, else the page's. Never a row's the reader did not choose. */
function within(key: string): HTMLElement | null {
  const selector = `[data-key="${CSS.escape(key)}"]`;
  const row = document.activeElement?.closest("[data-row]");
  if (row) return row.querySelector<HTMLElement>(selector);
  for (const found of document.querySelectorAll<HTMLElement>(selector)) if (!found.closest("[data-row]")) return found;
  return null;
}

function press(target: HTMLElement | null): boolean {
  if (!target) return false;
  if (target instanceof HTMLFormElement) target.requestSubmit();
  else target.click();
  return true;
}

function step(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")].filter((row) => row.checkVisibility());
  if (rows.length === 0) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.focus({ focusVisible: true } as FocusOptions);
  next?.scrollIntoView({ block: "nearest" });
  return true;
}
