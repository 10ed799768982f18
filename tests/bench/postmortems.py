"""The linter over 10,000 words, and likeness over 5,000 postmortems: ``python -m tests.bench.postmortems``.

Prints figures, asserts none; the aims are 200 ms and a 95th percentile of 100 ms.
"""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Callable
from functools import partial

from firebell.domain.postmortems import similar
from firebell.domain.postmortems.blameless import Names, Person, lint
from firebell.kernel.clock import Instant, plus
from tests.domain.postmortems.roster import sentences

WORDS = 10_000
DOCUMENTS = 5_000
QUERIES = 200
NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
_STEMS = (
    "cache",
    "queue",
    "deploy",
    "region",
    "replica",
    "certificate",
    "gateway",
    "config",
    "retry",
    "timeout",
    "disk",
)


def people(count: int) -> Names:
    """A roster of a company of that size."""
    return Names(
        people=tuple(
            Person(
                id=f"usr_{n}", display_name=f"Given{n} Family{n}", handles=(f"given{n}",), emails=(f"given{n}.f@x.org",)
            )
            for n in range(count)
        )
    )


def text(every: bool) -> str:
    """About 10,000 words of our own sentences; ``every``: the blameful ones, too (a hit in every other sentence)."""
    found: list[str] = []
    words = 0
    for one in itertools.cycle(one.text for one in sentences() if every or not one.level):
        if words >= WORDS:
            break
        if not one.startswith(("#", ">")):
            found.append(one + ("\n\n" if len(found) % 6 == 5 else ""))
            words += len(one.split())
    return " ".join(found)


def documents() -> list[similar.Signature]:
    """Postmortems of 60 to 200 words out of a vocabulary as skewed as that of people."""
    rng = random.Random(7)
    vocabulary = [
        *_STEMS,
        *(f"{stem}{chr(97 + a)}{chr(97 + b)}" for stem in _STEMS for a in range(18) for b in range(16)),
    ]
    weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
    factors = ("config", "code", "capacity", "monitoring_gap", "test_gap", "review_gap", "data", "network")
    return [
        similar.Signature(
            id=f"inc_{n}", at=plus(NOW, -rng.randrange(365 * 86_400)),
            service_ids=frozenset(rng.sample([f"svc_{m}" for m in range(80)], rng.randint(1, 3))),
            factors=frozenset(rng.sample(factors, rng.randint(1, 4))),
            trigger=rng.choice(("config_push", "decay", "traffic")),
            words=tuple(rng.choices(vocabulary, weights, k=rng.randint(60, 200))),
        )
        for n in range(DOCUMENTS)
    ]  # fmt: skip


def spent_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    for label, every in (("neutral", False), ("half of it blameful", True)):
        written = text(every)
        for size in (0, 200):
            names = people(size)
            taken = [spent_ms(partial(lint, written, names)) for _ in range(9)]
            print(
                f"lint {len(written.split())} words, {label}, {size} people: first {taken[0]:.0f} ms, "
                f"median {statistics.median(taken):.0f} ms, most {max(taken):.0f} ms"
            )
    made = documents()
    building = spent_ms(partial(similar.index, made))
    depends = {f"svc_{n}": frozenset({f"svc_{(n + 1) % 80}", f"svc_{(n + 7) % 80}"}) for n in range(80)}
    index = similar.index(made, depends)
    taken = sorted(spent_ms(partial(similar.find, asked, index)) for asked in made[:QUERIES])
    print(f"index of {len(made)} documents: {building:.0f} ms")
    print(
        f"find, {QUERIES} times: median {statistics.median(taken):.1f} ms, "
        f"p95 {taken[int(len(taken) * 0.95)]:.1f} ms, most {taken[-1]:.1f} ms"
    )


if __name__ == "__main__":
    main()
