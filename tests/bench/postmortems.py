"""The linter over 10,000 words, and likeness over 5,000 postmortems: ``python -m tests.bench.postmortems``.

Likeness twice: of values, and as a page asks for it, from a database with incidents, documents and action items.
Prints figures, asserts none; the aims are 200 ms and a 95th percentile of 100 ms.
"""

from __future__ import annotations

import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial

from msgspec.structs import replace

from firebell.domain.incidents import store as incident_rows
from firebell.domain.incidents.model import Incident, Phase, Severity
from firebell.domain.postmortems import likeness_store, similar
from firebell.domain.postmortems import store as postmortem_rows
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.blameless import Names, Person, lint
from firebell.domain.postmortems.model import Document, Postmortem, Section, State
from firebell.domain.postmortems.store import ActionRow
from firebell.kernel.clock import Instant, SetClock, plus
from firebell.kernel.db import Database
from firebell.kernel.journal import ChainKey
from firebell.kernel.work import Runner, Work
from firebell.migrations.upgrade import upgrade
from firebell.workflows import postmortem_likeness, postmortems_seen
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


def fill(work: Work, made: Sequence[similar.Signature]) -> None:
    """An installation that has written down 5,000 incidents."""
    for n, one in enumerate(made, 1):
        incident = Incident(
            id=one.id, number=n, title=" ".join(one.words[:6]), phase=Phase.CLOSED, severity=Severity.SEV2,
            peak=Severity.SEV2, declared_at=one.at, declared_by="usr_1", service_ids=tuple(one.service_ids),
            closed_at=plus(one.at, 3600),
        )  # fmt: skip
        incident_rows.add(work, incident)
        text = " ".join(one.words * 8)
        items = [
            ActionItem(id=f"act_{n}_{m}", text=" ".join(one.words[m : m + 8]), state=ActionState.COMMITTED)
            for m in range(2)
        ]
        postmortem_rows.add(
            work,
            Postmortem(
                id=f"pmt_{n}", incident_id=one.id, reference=incident.reference, service_ids=incident.service_ids,
                document=Document(title=incident.title, texts={Section.TIMELINE: text}), resolved_at=one.at,
                created_at=one.at, state=State.PUBLISHED,
            ),
        )  # fmt: skip
        postmortem_rows.add_actions(
            work,
            [
                ActionRow(item=item, postmortem_id=f"pmt_{n}", incident_id=one.id, position=at)
                for at, item in enumerate(items)
            ],
        )
        likeness_store.put_signature(work, one)


def stored(made: Sequence[similar.Signature]) -> None:
    """The same as a page asks for it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bench.db")
        upgrade(database)
        runner = Runner(database, SetClock(NOW.format_iso()), ChainKey("bench", b"k" * 32))
        runner.run(lambda work: fill(work, made))
        asked = [one.id for one in made[:QUERIES]]
        first = spent_ms(lambda: runner.read(postmortem_likeness.index))
        taken = sorted(spent_ms(partial(ask_stored, runner, one)) for one in asked)
        saved = sorted(spent_ms(partial(save_and_ask, runner, made[n], n)) for n in range(20))
        words = sorted(spent_ms(partial(search_stored, runner, made[n].words[0])) for n in range(20))
        database.close()
    print(f"stored: the first time {first:.0f} ms")
    print(
        f"stored, {QUERIES} times: median {statistics.median(taken):.1f} ms, "
        f"p95 {taken[int(len(taken) * 0.95)]:.1f} ms, most {taken[-1]:.1f} ms"
    )
    print(f"stored, each after a save: median {statistics.median(saved):.1f} ms, most {saved[-1]:.1f} ms")
    print(f"full text: median {statistics.median(words):.1f} ms, most {words[-1]:.1f} ms")


def ask_stored(runner: Runner, incident_id: str) -> None:
    runner.read(lambda read: postmortem_likeness.similar_to(read, incident_id))


def save_and_ask(runner: Runner, one: similar.Signature, n: int) -> None:
    changed = replace(one, words=(*one.words, f"again{chr(97 + n)}"))
    runner.run(lambda work: likeness_store.put_signature(work, changed))
    ask_stored(runner, one.id)


def search_stored(runner: Runner, words: str) -> None:
    runner.read(lambda read: postmortems_seen.full_text(read, f"{words} zzz"))


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
    stored(made)


if __name__ == "__main__":
    main()
