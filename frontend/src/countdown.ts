// <time datetime data-count="down|up">: seconds that matter, ticking by the server's clock. The server wrote the same
// words, so a page without a script shows the right number once.
import { serverNow } from "./clock";
import { renewAround } from "./live";

const LATER_MS = 2_000;

/** The same words as the server's: "4:31", from an hour on "1 h 04 min", from two days "3 d". */
export function left(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  if (whole >= 2 * 86_400) return `${Math.floor(whole / 86_400)} d`;
  const two = (n: number): string => String(n).padStart(2, "0");
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}

function tick(element: HTMLTimeElement): void {
  const at = Date.parse(element.dateTime);
  if (Number.isNaN(at)) return;
  const seconds = (at - serverNow()) / 1000;
  const down = element.dataset["count"] === "down";
  const over = down && seconds <= 0;
  const text = over && Math.abs(seconds) >= 1 ? `${left(seconds)} over` : left(down ? Math.max(0, seconds) : seconds);
  if (element.textContent !== text) element.textContent = text;
  if (over !== element.classList.contains("is-over")) {
    element.classList.toggle("is-over", over);
    // What may be done changes at zero (a window closes, a time box ends): the part around it is asked for anew.
    // A little later, because the server's clock may be a moment behind this one.
    if (over && element.dataset["ran"] !== undefined) setTimeout(() => renewAround(element), LATER_MS);
  }
  if (!over && down) element.dataset["ran"] = "";
}

export function startCountdown(): void {
  const all = (): void => document.querySelectorAll<HTMLTimeElement>("time[data-count]").forEach(tick);
  all();
  setInterval(all, 1000);
}
