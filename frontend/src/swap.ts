// The one door to htmx: what the islands use of it, and what a morph must leave alone.
import htmx from "htmx.org";

/** Replaces `target` by the single root element in `text`, keeping every node that did not change (and so the focus). */
export async function morph(target: Element, text: string): Promise<void> {
  await htmx.swap({ text, target, sourceElement: target, swap: "outerMorph" });
}

// Whether a fold or a dialog is open belongs to the reader, not to the server's copy of the fragment.
htmx.registerExtension("firebell-open", {
  htmx_before_morph_attr: (element: Element, detail: { attrName: string }): boolean =>
    !(detail.attrName === "open" && (element instanceof HTMLDetailsElement || element instanceof HTMLDialogElement)),
});
