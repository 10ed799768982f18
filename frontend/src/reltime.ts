// <time datetime data-rel>: the server wrote the words; this keeps them true while the page stays open.
import { serverNow } from "./clock";
import { each } from "./dom";

/** The same words as the server's: "just now", "2 min ago", "in 3 h", "5 d ago". */
export function words(at_ms: number, now_ms: number): string {
  const away_s = Math.round((at_ms - now_ms) / 1000);
  const size_s = Math.abs(away_s);
  if (size_s < 45) return away_s > 5 ? "in a moment" : "just now";
  const min = Math.round(size_s / 60);
  const h = Math.round(size_s / 3600);
  const amount = min < 60 ? `${min} min` : h < 36 ? `${h} h` : `${Math.round(size_s / 86400)} d`;
  return away_s > 0 ? `in ${amount}` : `${amount} ago`;
}

function refresh(element: HTMLTimeElement): void {
  const at = Date.parse(element.dateTime);
  if (Number.isNaN(at)) return;
  const text = words(at, serverNow());
  if (element.textContent !== text) element.textContent = text;
}

export function startReltime(): void {
  const all = (): void => document.querySelectorAll<HTMLTimeElement>("time[data-rel]").forEach(refresh);
  each<HTMLTimeElement>("time[data-rel]", refresh);
  setInterval(all, 15_000);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") all();
  });
}
