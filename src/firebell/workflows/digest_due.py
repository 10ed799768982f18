"""The digest by mail: when a month is over a round is laid out, and each letter is written on its reader's morning.

What is written is looked up first, without a transaction for changes: a review of a year-old house takes a moment, and
no page may wait for it. Private incidents are in no letter, whoever it is to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from whenever import TimeZoneNotFoundError

from firebell.domain.insight import commands, digest, periods, queries
from firebell.domain.insight.model import DigestLetter
from firebell.domain.insight.periods import Period
from firebell.domain.outbox import commands as outbox
from firebell.domain.outbox.model import Outcome, Post
from firebell.domain.outbox.rules import Sequel
from firebell.domain.people import queries as people
from firebell.domain.people.model import TeamRole, User
from firebell.domain.postmortems.office import Calendar
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import digest_words, insight_learning, insight_review
from firebell.workflows.outbox_desks import Directions, say_if_failed

OUTLET = "digest_mail"
BATCH = 200


class DigestClock:
    """A line of the worker's list."""

    def __init__(self, runner: Runner, base_url: str) -> None:
        self._runner = runner
        self._base_url = base_url

    def next_due(self, read: Read) -> Instant | None:
        """``now`` in a house that has never begun a round."""
        round_at, letter_at = queries.next_round(read), queries.next_letter(read)
        if round_at is None:
            return read.now
        return min(round_at, letter_at) if letter_at is not None else round_at

    def act(self) -> bool:
        """Lay out what is over, write what is due. True when anything was done."""
        due = self._runner.read(self.next_due, lane="engine")
        if due is None or micros(due) > micros(self._runner.clock.now()):
            return False
        worked = self._runner.run(lay, lane="engine")
        found = self._runner.read(lambda read: written(read, self._base_url), lane="engine")
        return (self._runner.run(lambda work: post(work, found), lane="engine") if found else False) or worked


def lay(work: Work) -> bool:
    """Letters for everybody who wants one, of the newest month that is over; and the next round is begun."""
    rounds = commands.take_due(work)
    for one in rounds:
        commands.lay(work, one, letters_of(work, digest.newest(work.now)))
    if rounds or queries.next_round(work) is None:
        commands.begin_round(work)
    return bool(rounds)


def letters_of(read: Read, month: Period) -> list[DigestLetter]:
    """One for each reader and period: on the first business morning after ``month``, where they live."""
    days = insight_learning.calendar(read)
    said = queries.choices(read)
    return [
        DigestLetter(period=period.name, user_id=str(user.id), due_at=morning(user.time_zone, month.until, days))
        for user in people.users(read)
        if _reads(user) and scopes_of(read, user, said.get(str(user.id), {}))
        for period in digest.told(month)
    ]


def _reads(user: User) -> bool:
    """Whether a letter reaches somebody."""
    return user.active and user.deleted_at is None and bool(user.email)


def morning(zone: str, since: Instant, days: Calendar) -> Instant:
    """The first business morning of somebody in ``zone`` from ``since`` on."""
    opens = days.opens
    try:
        return Calendar(zone=zone, opens=opens, closes=opens + 1, holidays=days.holidays).opening(since)
    except TimeZoneNotFoundError:  # a zone that was taken out of the database
        return Calendar(zone="UTC", opens=opens, closes=opens + 1, holidays=days.holidays).opening(since)


def scopes_of(read: Read, user: User, said: Mapping[str, bool]) -> list[str]:
    """What somebody gets: the organisation's part first, then their teams' by name."""
    mine = people.teams_of(read, user.id)
    leads = [str(team) for team, role in mine if role is TeamRole.MANAGER]
    found = digest.wanted(said, role=str(user.role), teams=[str(team) for team, _ in mine], leads=leads)
    names = {str(one.id): one.display_name or one.name for one in people.teams(read)} if found - {digest.ALL} else {}
    teams = sorted((one for one in found if one in names), key=lambda one: (names[one].lower(), one))
    return [*([digest.ALL] if digest.ALL in found else []), *teams]


def written(read: Read, base_url: str) -> list[tuple[DigestLetter, dict[str, Any]]]:
    """Due letters with what stands in each, ``{}`` for one nobody wants any more. Each scope is looked up once."""
    parts: dict[tuple[str, str], dict[str, Any]] = {}
    due = queries.due_letters(read, BATCH)
    readers = {str(key): one.user for key, one in people.people(read, {one.user_id for one in due}).items()}
    found = []
    for letter in due:
        user = readers.get(letter.user_id)
        wanted = scopes_of(read, user, queries.choices_of(read, letter.user_id)) if user and _reads(user) else []
        for scope in wanted:
            if (letter.period, scope) not in parts:
                parts[letter.period, scope] = _part(read, letter.period, scope, base_url)
        said = [parts[letter.period, scope] for scope in wanted]
        found.append((letter, _payload(letter, [one for one in said if one], base_url)))
    return found


def _part(read: Read, name: str, scope: str, base_url: str) -> dict[str, Any]:
    period = periods.parse(name, read.now)
    team_id = "" if scope == digest.ALL else scope
    query = f"?team={team_id}" if team_id else ""
    try:
        found = insight_review.review(read, period, team_id=team_id, outward=True)
    except NotFound:  # a team that has been dissolved meanwhile
        return {}
    return digest_words.part(found, f"{base_url}/insight/review/{name}{query}")


def _payload(letter: DigestLetter, parts: Sequence[Mapping[str, Any]], base_url: str) -> dict[str, Any]:
    if not parts:
        return {}
    words = periods.parse(letter.period, letter.due_at).words
    return {
        "subject": f"What we learned: {words}", "heading": words, "intro": "What incidents taught, and what was kept.",
        "parts": list(parts), "settings_url": f"{base_url}/insight#letters",
        "footer": "You get this once a month. Private incidents are not in it.",
        "key": f"digest.{letter.period}.{letter.user_id}", "thread": f"digest.{letter.user_id}",
    }  # fmt: skip


def post(work: Work, found: Sequence[tuple[DigestLetter, dict[str, Any]]]) -> bool:
    """Hand the letters to the outbox, each once."""
    for letter, payload in found:
        if commands.write(work, letter) and payload:
            outbox.put(work, OUTLET, letter.user_id, payload, key=payload["key"])
    return bool(found)


class DigestDesk:
    """``target_id`` of a post to ``digest_mail`` is a person. In a house without a mail server nothing is sent, and
    nothing waits. ``mail_settings``: the mail server's values."""

    def __init__(self, mail_settings: Callable[[Read], Mapping[str, str]]) -> None:
        self._mail_settings = mail_settings

    def directions(self, read: Read, posts: Sequence[Post]) -> Mapping[str, Directions]:
        mail = {f"smtp_{name}": value for name, value in self._mail_settings(read).items()}
        if not mail:
            return {}
        there = {str(key): one.user for key, one in people.people(read, {post.target_id for post in posts}).items()}
        return {
            post.id: Directions({**mail, "to": user.email or ""})
            for post in posts
            if (user := there.get(post.target_id)) and _reads(user)
        }

    def told(self, work: Work, post: Post, outcome: Outcome, sequel: Sequel) -> None:
        say_if_failed(work, post, sequel)
