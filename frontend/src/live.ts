// Elements with data-live="topic other" and data-live-src="/url" fetch their own fragment again when a topic is told.
// Events carry topics, never markup, so a fragment is always what this reader may see now.
import { typing } from "./dom";
import { type LiveState, Stream, type Told } from "./stream";
import { morph } from "./swap";

const JITTER_MS = 250; // a hundred open pages must not ask in the same millisecond

const busy = new WeakMap<Element, { again: boolean }>();
const waiting = new WeakSet<Element>();

export function startLive(): void {
  const badge = document.getElementById("live-badge");
  if (!badge) return; // the bare frame: nobody is signed in
  let state: LiveState | null = null;
  new Stream("/live/events", (told: Told) => {
    if (told.kind === "topic") refresh(told.topic);
    if (told.kind === "state") {
      // Whatever was told while nobody listened is lost, also between the making of this page and its first "live":
      // every way into "live" asks for everything once.
      if (told.state === "live" && state !== "live") refreshAll();
      state = told.state;
      show(badge, told.state, told.ok_at);
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refreshAll();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) refreshAll();
  });
}

function show(badge: HTMLElement, state: LiveState, ok_at: number): void {
  const at = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(ok_at || Date.now());
  const text = { connecting: "", live: "Live", reconnecting: "Reconnecting", stale: `Stale since ${at}` }[state];
  badge.dataset["state"] = state === "connecting" ? "off" : state;
  const words = badge.querySelector("[data-live-text]");
  if (words && words.textContent !== text) words.textContent = text;
}

function elements(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-live][data-live-src]")];
}

function refresh(topic: string): void {
  for (const element of elements()) if (element.dataset["live"]?.split(/\s+/).includes(topic)) soon(element);
}

function refreshAll(): void {
  elements().forEach(soon);
}

/** Fetches the live part that `inner` stands in again. */
export function renewAround(inner: Element): void {
  const element = inner.closest<HTMLElement>("[data-live][data-live-src]");
  if (element) soon(element);
}

function soon(element: HTMLElement): void {
  const running = busy.get(element);
  if (running) {
    running.again = true;
    return;
  }
  const mine = { again: false };
  busy.set(element, mine);
  setTimeout(() => {
    void renew(element).finally(() => {
      busy.delete(element);
      if (mine.again && element.isConnected) soon(element);
    });
  }, Math.random() * JITTER_MS);
}

/** A reader in the middle of a sentence, or of a decision in a dialog, is not interrupted; we wait until they leave. */
function occupied(element: HTMLElement): boolean {
  const active = document.activeElement;
  return (active !== null && element.contains(active) && typing(active)) || element.querySelector("dialog[open]") !== null;
}

async function renew(element: HTMLElement): Promise<void> {
  const url = element.dataset["liveSrc"];
  if (!url || !element.isConnected) return;
  if (occupied(element)) {
    if (waiting.has(element)) return;
    waiting.add(element);
    const release = (): void => {
      setTimeout(() => {
        if (occupied(element)) return;
        element.removeEventListener("focusout", release);
        element.removeEventListener("close", release, true);
        waiting.delete(element);
        soon(element);
      }, 0);
    };
    element.addEventListener("focusout", release);
    element.addEventListener("close", release, true);
    return;
  }
  try {
    // Firebell-Live lets the server tell a refresh from a person: it must not keep an idle session alive.
    const response = await fetch(url, { headers: { "HX-Request": "true", "HX-Request-Type": "partial", "Firebell-Live": "1" } });
    // Redirected: the session ended and this is the sign-in page. What is shown stays until the reader acts.
    if (!response.ok || response.redirected || response.status === 204) return;
    const text = await response.text();
    if (element.isConnected && !occupied(element)) await morph(element, text);
  } catch {
    // The stream's badge already says that the server is out of reach.
  }
}
