/** Calls `found` for every element matching `selector`, those on the page now and those a swap brings later. */
export function each<T extends HTMLElement>(selector: string, found: (element: T) => void): void {
  const seen = new WeakSet<Element>();
  const look = (): void => {
    for (const element of document.querySelectorAll<T>(selector)) {
      if (!seen.has(element)) {
        seen.add(element);
        found(element);
      }
    }
  };
  look();
  let asked = false;
  new MutationObserver(() => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => {
      asked = false;
      look();
    });
  }).observe(document.body, { childList: true, subtree: true });
}

/** Whether keys typed now belong to a field and not to us. */
export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select"))
  );
}

/** An element with text; data never reaches the page as markup. */
export function make(tag: string, className: string, text = ""): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
