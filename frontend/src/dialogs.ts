// Invoker commands (commandfor/command) for browsers that do not know them yet, and closing a menu once it was used.
export function startDialogs(): void {
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button[commandfor]") : null;
      const dialog = button && document.getElementById(button.getAttribute("commandfor") ?? "");
      if (!button || !(dialog instanceof HTMLDialogElement)) return;
      if (button.getAttribute("command") === "show-modal" && !dialog.open) dialog.showModal();
      if (button.getAttribute("command") === "close") dialog.close();
    });
  }
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest(".sheet-item")) return;
    const sheet = event.target.closest<HTMLElement>("[popover]");
    if (sheet?.matches(":popover-open")) sheet.hidePopover();
  });
}
