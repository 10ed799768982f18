// [data-copy] > [data-copy-button] copies the text of [data-copy-text] and says so.
export function startCopy(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy-button]") : null;
    const source = button?.closest("[data-copy]")?.querySelector("[data-copy-text]");
    if (!button || !source) return;
    void copy(source).then((done) => {
      const label = button.querySelector("[data-copy-label]");
      if (!label) return;
      label.textContent = done ? "Copied" : "Selected: press Ctrl/Cmd C";
      setTimeout(() => (label.textContent = "Copy"), done ? 2000 : 6000);
    });
  });
}

async function copy(source: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    // No clipboard over plain HTTP or without leave: select it, the reader's own keys do the rest.
    getSelection()?.selectAllChildren(source);
    return false;
  }
}
