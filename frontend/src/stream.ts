// One EventSource for all tabs of a browser. HTTP/1.1 allows six connections per host: a stream per tab would hang the
// seventh tab. The tab holding the lock listens and tells the others over a channel; when it goes, the next takes over.

export type LiveState = "connecting" | "live" | "reconnecting" | "stale";

export type Told =
  | { kind: "topic"; topic: string }
  | { kind: "state"; state: LiveState; ok_at: number }
  | { kind: "ask" };

const NAME = "firebell-live";
const QUIET_MS = 40_000; // the server beats every 15 s
const STALE_AFTER_MS = 30_000;
const BACKOFF_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const;

export class Stream {
  private readonly channel = new BroadcastChannel(NAME);
  private leading = false;
  private alone = false;
  private source: EventSource | null = null;
  private state: LiveState = "connecting";
  private ok_at = 0;
  private failures = 0;
  private beats = false;
  private heard_at = 0;
  private leader_heard_at = performance.now();
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly told: (what: Told) => void,
  ) {
    this.channel.onmessage = (event: MessageEvent<Told>) => this.hear(event.data);
    this.stand(false);
    this.channel.postMessage({ kind: "ask" } satisfies Told);
    setInterval(() => this.check(), 10_000);
    document.addEventListener("visibilitychange", () => this.seen(document.visibilityState === "visible"));
  }

  /** Waits for the lock; `steal` takes it from a tab that the browser has frozen, which holds it but hears nothing. */
  private stand(steal: boolean): void {
    const locks = navigator.locks as LockManager | undefined;
    if (!locks) {
      // Locks need a secure context. Over plain HTTP each tab listens for itself, but only while somebody sees it.
      this.alone = true;
      if (document.visibilityState === "visible") this.lead();
      return;
    }
    locks
      .request(NAME, steal ? { steal: true } : {}, () => {
        this.lead();
        return new Promise<void>(() => undefined);
      })
      .catch(() => {
        // Stolen from us while we slept: follow, and queue up again.
        this.leading = false;
        this.close();
        this.leader_heard_at = performance.now();
        this.stand(false);
      });
  }

  private lead(): void {
    this.leading = true;
    this.open();
  }

  private close(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  private open(): void {
    this.close();
    const source = new EventSource(this.url);
    this.source = source;
    this.heard_at = performance.now();
    const heard = (): void => {
      this.heard_at = performance.now();
      this.ok_at = Date.now();
    };
    source.onopen = () => {
      heard();
      this.failures = 0;
      this.say("live");
    };
    source.addEventListener("topic", (event) => {
      heard();
      this.tell({ kind: "topic", topic: String((event as MessageEvent<string>).data) });
    });
    source.addEventListener("beat", () => {
      heard();
      this.beats = true;
    });
    source.onerror = () => this.fail(source);
  }

  private fail(source: EventSource): void {
    if (source !== this.source) return;
    this.close();
    this.failures += 1;
    this.say(this.ok_at > 0 && Date.now() - this.ok_at > STALE_AFTER_MS ? "stale" : this.failures > 3 ? "stale" : "reconnecting");
    const wait = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length) - 1] ?? 30_000;
    this.retry = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
  }

  private seen(visible: boolean): void {
    if (this.alone) {
      if (visible) this.lead();
      else this.close();
    } else if (visible) {
      // Whoever looks at the page does not wait out the back-off.
      if (this.leading && this.source === null) this.open();
      else this.check();
    }
  }

  /** Whether the leader still lives, and the leader's stream. A dead link gives no error: the missing beat tells. */
  private check(): void {
    if (this.leading) {
      const source = this.source;
      if (source && this.beats && performance.now() - this.heard_at > QUIET_MS) this.fail(source);
      return;
    }
    if (document.visibilityState !== "visible") return;
    const asked_at = performance.now();
    this.channel.postMessage({ kind: "ask" } satisfies Told);
    setTimeout(() => {
      if (!this.leading && this.leader_heard_at < asked_at && document.visibilityState === "visible") this.stand(true);
    }, 3_000);
  }

  private hear(what: Told): void {
    if (what.kind === "ask") {
      if (this.leading) this.channel.postMessage({ kind: "state", state: this.state, ok_at: this.ok_at } satisfies Told);
      return;
    }
    this.leader_heard_at = performance.now();
    if (this.leading) return;
    this.told(what);
  }

  private tell(what: Told): void {
    this.channel.postMessage(what);
    this.told(what);
  }

  private say(state: LiveState): void {
    this.state = state;
    this.tell({ kind: "state", state, ok_at: this.ok_at });
  }
}
