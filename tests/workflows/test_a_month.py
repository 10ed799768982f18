"""March 2026 with two teams that follow the sun: both clock changes, covers, outages, restarts, late answers.

New York changes its clocks on the 8th, Berlin on the 29th; in between an hour a day, 07:00 to 08:00 UTC, has nobody.
Who should have been paged is computed here anew, from wall clocks alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from firebell.app import chain_key
from firebell.domain.alerts.model import Status
from firebell.domain.oncall import commands as oncall
from firebell.domain.paging.model import Message, Outcome, OutcomeKind
from firebell.domain.paging.store import deliveries, pages
from firebell.kernel import journal
from firebell.kernel.clock import Instant, from_micros, micros, plus
from firebell.kernel.ids import UserId
from tests.story import Sent, Story, open_story
from tests.workflows.cast import without_watchmen

EU, US = ("ada", "bob", "cyd"), ("uma", "vic")
FOR_EVER = 2**62
BEGIN = "2026-02-28T12:00:00Z"
ANCHOR = datetime(2026, 2, 23, 9)  # noqa: DTZ001 - a wall clock


@dataclass(frozen=True, slots=True)
class Team:
    """Weekly turns from Monday 09:00 by the wall clock, on duty from ``since`` to ``until`` every day."""

    zone: str
    names: tuple[str, ...]
    since: int
    until: int

    def on_duty(self, at: datetime) -> str | None:
        wall = at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        inside = self.since <= wall.hour < self.until if self.since < self.until else (
            wall.hour >= self.since or wall.hour < self.until
        )  # fmt: skip
        return self.names[(wall - ANCHOR) // timedelta(days=7) % len(self.names)] if inside else None


TEAMS = {"eu": Team("Europe/Berlin", EU, 9, 21), "us": Team("America/New_York", US, 15, 3)}


@dataclass(slots=True)
class Month:
    """The story, and what this test knows about it without asking it."""

    story: Story
    url: str
    covers: list[tuple[str, str, str, datetime, datetime]] = field(default_factory=list)
    checked_sends: int = 0
    seq: int = 0
    seen: set[str] = field(default_factory=set)
    arrived: set[str] = field(default_factory=set)
    expired: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    answered: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def on_call(self, at: datetime) -> set[str]:
        found = set()
        for name, team in TEAMS.items():
            who = team.on_duty(at)
            for schedule, away, instead, begin, end in self.covers:
                if schedule == name and who == away and begin <= at < end:
                    who = instead
            if who is not None:
                found.add(who)
        return found

    def cover(self, schedule: str, away: str, instead: str, hours: int) -> None:
        begin, end = self.story.clock.now(), plus(self.story.clock.now(), hours * 3600)
        self.story.run(
            lambda work: oncall.add_override(
                work, self.story.schedules[schedule], "replace", UserId(self.story.users[away]), begin, end,
                by_user_id=UserId(self.story.users[instead]),
            )
        )  # fmt: skip
        self.covers.append((schedule, away, instead, wall(begin), wall(end)))

    def restart(self) -> None:
        story, scripts = self.story, {name: c.script for name, c in self.story.carriers.items()}
        story.house.close()
        again = open_story(self.url, story.house.settings.data, clock=story.clock, sent=story.sent)
        story.house, story.carriers = again.house, again.carriers
        for name, script in scripts.items():
            story.carriers[name].script = script
        without_watchmen(story)

    # ---- what must hold

    def check(self) -> None:
        assert self.story.breaches() == []
        self._read_on()
        self._right_people()
        self._silence_after_answers()

    def _read_on(self) -> None:
        """What the journal says since the last look: whose acknowledgement ran out, and when alerts were in hands."""
        new = self.story.house.runner.read(lambda read: journal.since(read.connection, self.seq, limit=100_000))
        for entry in new:
            spans = self.answered.setdefault(entry.chain, [])
            if entry.kind in ("alert.acknowledged", "alert.resolved") and (not spans or spans[-1][1] < FOR_EVER):
                spans.append((micros(entry.at), FOR_EVER))
            elif entry.kind == "alert.unacknowledged":
                spans[-1] = (spans[-1][0], micros(entry.at))
            elif entry.kind == "escalation.ack_expired":
                self.expired[entry.chain, micros(entry.at)] = {self.story.names[entry.data["acker_id"]]}
            self.seq = entry.seq

    def _right_people(self) -> None:
        rows = self.story.house.runner.read(lambda read: read.all(select(pages).order_by(pages.c.id)))
        new = [row for row in rows if row.id not in self.seen]
        told: dict[tuple[str, int], set[str]] = {}
        for row in new:
            told.setdefault((row.run_id, row.movement), set()).add(self.story.names[row.user_id])
        for row in new:
            people, at = told[row.run_id, row.movement], wall(row.started_at)
            again = self.expired.get((row.alert_id, micros(row.started_at)), set())
            if row.why.startswith("fallback"):
                assert people == {"dan"}
            elif row.step == 0:
                assert people == self.on_call(at) | again, f"{at}: {people}"
            else:
                assert people == {"ben"} | again, f"{at}: {people}"
            self.seen.add(row.id)

    def _silence_after_answers(self) -> None:
        for one in self.story.sent[self.checked_sends :]:
            at = micros(one.at)
            if one.outcome != "sent":
                continue
            assert one.message.id not in self.arrived, "a message arrived twice without a fault"
            self.arrived.add(one.message.id)
            for begin, end in self.answered.get(one.message.alert_id or "", []):
                late = one.message.kind == "page" and begin < at < end
                assert not late, f"{one.to} was paged at {one.at} after an answer"
        self.checked_sends = len(self.story.sent)


def wall(at: Instant) -> datetime:
    return datetime.fromtimestamp(micros(at) / 1e6, UTC)


def hours(team: Team) -> list[dict[str, str]]:
    return [{"days": "mon-sun", "from": f"{team.since:02}:00", "to": f"{team.until:02}:00"}]


def begin(tell: Callable[..., Story], url: str, start: str = BEGIN) -> Month:
    story = without_watchmen(tell(start=start))
    for name in (*EU, *US, "ben", "dan"):
        story.person(name, channels=("ntfy", "email"), rules={"high": [(0, "ntfy"), (120, "email")]})
    for name, team in TEAMS.items():
        rotation = {
            "every": "1w", "handoff": "Mon 09:00", "start": "2026-02-23", "participants": [[n] for n in team.names],
        }  # fmt: skip
        layer = {"name": name, "rotation": rotation, "restrictions": hours(team)}
        story.schedule(name, zone=team.zone, layers=[layer])
    story.policy("sun", (("eu", "us"), 300), ("ben", 600), fallback=("dan",), repeat=1)
    for name in ("payments", "search"):
        story.service(name, policy="sun", severity="SEV2")
    return Month(story, url)


def refuse(message: Message) -> Outcome:
    return Outcome(OutcomeKind.RETRY, "503 down for maintenance")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20260301])
def test_a_month_in_two_time_zones(tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    url = f"sqlite:///{tmp_path}/month.db"
    month = begin(lambda **given: open_story(url, tmp_path, **given), url)
    story = month.story
    open_alerts: list[str] = []
    outages = 0
    for number in range(120):
        if story.carriers["ntfy"].script is not None:
            story.run_for(minutes=20)
            story.carriers["ntfy"].script = None
        story.run_for(minutes=chance.choice([1, 4, 16, 60, 240, 600, 900]))
        event = chance.random()
        if event < 0.55:
            name = f"alert {number}"
            word = chance.choice(["critical", "high", "high", "warning"])
            story.receive(name, service=chance.choice(["payments", "search"]), severity=word)
            open_alerts.append(name)
        elif event < 0.62:
            story.carriers["ntfy"].script = refuse
            outages += 1
        elif event < 0.70:
            schedule = chance.choice(sorted(TEAMS))
            away = TEAMS[schedule].on_duty(wall(story.clock.now()))
            if away is not None and not any(c[0] == schedule and c[4] > wall(story.clock.now()) for c in month.covers):
                month.cover(schedule, away, "ben", 1 + chance.randrange(8))
        elif event < 0.75:
            month.restart()
        elif event < 0.88 and open_alerts:
            story.acknowledge(chance.choice(["ben", "dan", *EU, *US]), chance.choice(open_alerts))
        elif open_alerts:
            name = open_alerts.pop(chance.randrange(len(open_alerts)))
            if chance.random() < 0.5:
                story.resolve("ben", name)
            else:
                story.receive(name, status=Status.RESOLVED, key=name, service=_service_of(story, name))
        month.check()
    story.carriers["ntfy"].script = None
    story.run_until_micros(micros(Instant.parse_iso("2026-04-02T00:00:00Z")))
    month.check()
    assert outages
    assert len(month.seen) > 100
    _everybody_told(month)
    key = chain_key(story.house.keyring.current)
    broken = story.house.runner.read(lambda read: list(journal.verify(read.connection, {key.kid: key.key})))
    assert broken == []
    story.house.close()


def _service_of(story: Story, name: str) -> str:
    service_id = story.alert(name).service_id
    return next(n for n, found in story.services.items() if found == service_id)


def _everybody_told(month: Month) -> None:
    """Every alert reached a human, in a message of its own or in another's, or was over before anybody could be."""
    story = month.story
    query = select(deliveries.c.alert_id).where(
        deliveries.c.state.in_(["sent", "bundled"]), deliveries.c.kind == "page"
    )
    told = story.house.runner.read(lambda read: {row.alert_id for row in read.all(query)})
    for name, alert_id in story.alert_ids.items():
        assert alert_id in told or story.alert(name).state == "resolved", name


def at(story: Story, moment: str) -> list[Sent]:
    """An alert at this moment, and what was sent in the ten minutes after it."""
    story.run_until_micros(micros(Instant.parse_iso(moment)))
    before = len(story.sent)
    story.receive(f"alert of {moment}")
    story.run_for(minutes=10)
    story.resolve("ben", f"alert of {moment}")
    return [s for s in story.sent[before:] if s.message.kind == "page"]


def test_the_hour_that_belongs_to_nobody_between_the_two_clock_changes(
    tell: Callable[..., Story], database_url: str
) -> None:
    """By hand: 07:30 UTC is 02:30 in New York before the 8th, 03:30 after; 08:30 in Berlin before the 29th, 09:30 then.

    On duty: uma in the weeks of 23 Feb and 9 March, vic in those of 2 and 16 March; cyd in the week of 9 March, ada in
    those of 23 Feb and 16 March, bob in those of 2 and 23 March (until Monday the 30th, 09:00).
    """
    story = begin(tell, database_url, "2026-03-06T00:00:00Z").story
    told = {
        day: [(s.to, s.at.format_iso()[11:16]) for s in at(story, f"2026-03-{day}T07:30:00Z")]
        for day in ("07", "08", "14", "28", "29")
    }
    assert told == {
        "07": [("ntfy:vic", "07:30"), ("email:vic", "07:32"), ("ntfy:ben", "07:35"), ("email:ben", "07:37")],
        "08": [("ntfy:ben", "07:30"), ("email:ben", "07:32"), ("ntfy:ben", "07:40")],
        "14": [("ntfy:ben", "07:30"), ("email:ben", "07:32"), ("ntfy:ben", "07:40")],
        "28": [("ntfy:ben", "07:30"), ("email:ben", "07:32"), ("ntfy:ben", "07:40")],
        "29": [("ntfy:bob", "07:30"), ("email:bob", "07:32"), ("ntfy:ben", "07:35"), ("email:ben", "07:37")],
    }
    assert story.breaches() == []
    assert from_micros(micros(story.clock.now())) == story.clock.now()
