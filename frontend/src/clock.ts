// The server's instant is stamped on <html data-now>: a laptop whose clock is wrong must not say "in 4 minutes".
const stamped = Date.parse(document.documentElement.dataset["now"] ?? "");
const skew_ms = Number.isNaN(stamped) ? 0 : stamped - Date.now();

/** The server's now, in epoch milliseconds, as well as this page can tell. */
export function serverNow(): number {
  // A page restored from the cache or a tab opened late has an old stamp; within two seconds it is only the journey.
  return Date.now() + (Math.abs(skew_ms) > 2000 ? skew_ms : 0);
}
