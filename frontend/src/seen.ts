// <article data-seen="/url" data-seen-token>: told once, after it has been before somebody's eyes for a while. Looking
// at a page changes nothing by itself; reading it is worth a number.
import { each } from "./dom";

const READ_AFTER_MS = 10_000;

export function startSeen(): void {
  each<HTMLElement>("[data-seen]", (article) => {
    const url = article.dataset["seen"] ?? "";
    let left_ms = READ_AFTER_MS;
    const timer = setInterval(() => {
      if (document.visibilityState !== "visible") return;
      left_ms -= 1_000;
      if (left_ms > 0) return;
      clearInterval(timer);
      const body = new URLSearchParams({ csrf_token: article.dataset["seenToken"] ?? "" });
      fetch(url, { method: "POST", body, redirect: "manual" }).catch(() => undefined);
    }, 1_000);
  });
}
