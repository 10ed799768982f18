"""What keeps Firebell itself from paging, for the bar above every page: each with the place where it is mended."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from firebell.domain.escalation import queries as escalation
from firebell.domain.oncall import queries as oncall
from firebell.domain.oncall import rules as oncall_rules
from firebell.domain.paging import queries as paging
from firebell.domain.people import queries as people
from firebell.entrypoints.site import Site
from firebell.entrypoints.web import moments
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.work import Read

AHEAD_S = 14 * 86_400
FRESH_S = 10
MENDED_BY = frozenset({"settings", "schedules", "people", "policies"})


@dataclass(frozen=True, slots=True)
class Banner:
    """``kind``: ``broken`` (Firebell cannot page) or ``notice``."""

    text: str
    fix_href: str = ""
    fix_label: str = ""
    kind: str = "broken"


@dataclass(frozen=True, slots=True)
class _Hole:
    schedule_id: str
    name: str
    starts_at: Instant
    ends_at: Instant


@dataclass(frozen=True, slots=True)
class _Found:
    fallback: bool
    reachable: tuple[str, ...]
    people: int
    holes: tuple[_Hole, ...]
    mail_missing: bool
    dead: tuple[paging.DeadChannel, ...] = ()


class Warnings:
    """Looks at most every 10 s, and again after any commit that may have mended something."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._known: tuple[float, _Found] | None = None
        site.runner.on_commit(self._committed)

    def _committed(self, topics: frozenset[str], woken: bool) -> None:
        if topics & MENDED_BY or any(topic.startswith("usr_") for topic in topics):
            self._known = None

    def of(self, user_id: str, now: Instant, zone: str) -> list[Banner]:
        """The banners for one signed-in person, the gravest first."""
        found = self._look()
        banners = [
            Banner(f"A law of the house is broken: {breach.law.replace('_', ' ')}.", "/settings", "Look")
            for breach in self._site.worker.breaches
        ]
        if not found.reachable:
            banners.append(Banner("Firebell cannot page anybody: no contact method is verified.", "/me", "Add yours"))
        if not found.fallback:
            banners.append(Banner("Nobody is told when an escalation reaches no one.", "/settings", "Name a fallback"))
        if found.mail_missing:
            banners.append(
                Banner("E-mail cannot be sent: no mail server is set up.", "/settings/channels/email", "Set it up")
            )
        banners += [self._dead(one, zone, now) for one in found.dead]
        for hole in found.holes[:3]:
            begun = hole.starts_at <= now
            starts = f"{moments.words(hole.starts_at, now)}, {moments.local(hole.starts_at, zone, now)}"
            banners.append(
                Banner(
                    f"Nobody is on call in {hole.name} {'now' if begun else f'{starts}, for {_length(hole)}'}.",
                    f"/on-call/{hole.schedule_id}", "Fill the gap", "broken" if begun else "notice",
                )
            )  # fmt: skip
        if found.reachable and user_id not in found.reachable:
            words = "You cannot be paged: none of your contact methods is verified."
            banners.append(Banner(words, "/me", "Add one", "notice"))
        if self._site.settings.demo:
            banners.append(Banner("This is a demo: a sample company, and nothing is sent to anybody.", kind="notice"))
        return sorted(banners, key=lambda b: b.kind)

    def _look(self) -> _Found:
        at = self._site.runner.clock.monotonic()
        with self._lock:
            known = self._known
            if known is not None and at - known[0] < FRESH_S:
                return known[1]
            found = self._site.runner.read(self._find, SYSTEM)
            self._known = (at, found)
            return found

    def _find(self, read: Read) -> _Found:
        settings = paging.channel_settings(read)
        users = [u for u in people.users(read) if u.active]
        able, mail_used = [], False
        mail_ready = self._configured("email", settings.get("email", {}))
        for person in people.people(read, [u.id for u in users]).values():
            usable = [m for m in person.methods if m.usable]
            mail_used = mail_used or any(m.channel == "email" for m in person.methods)
            if any(self._configured(m.channel, settings.get(m.channel, {})) for m in usable):
                able.append(str(person.user.id))
        holes = tuple(
            _Hole(schedule.id, schedule.name, gap.starts_at, gap.ends_at)
            for schedule in oncall.schedules(read)
            for gap in oncall_rules.gaps(schedule, read.now, plus(read.now, AHEAD_S))[:1]
        )
        return _Found(
            bool(escalation.installation_fallback(read)), tuple(able), len(users),
            tuple(sorted(holes, key=lambda hole: hole.starts_at)), mail_used and not mail_ready,
            tuple(paging.dead_channels(read)),
        )  # fmt: skip

    def _dead(self, one: paging.DeadChannel, zone: str, now: Instant) -> Banner:
        """Nothing gets through: for everybody when the installation's own settings are behind it, else as a notice."""
        declared = self._site.channels.get(one.channel)
        ours = declared is not None and bool(declared.settings_fields)
        name = declared.name if declared is not None else one.channel
        since = moments.local(one.since, zone, now)
        text = f"Nothing has gone out by {name} since {since} ({one.tried} attempts). The last answer: {one.reply}"
        return Banner(
            text, f"/settings/channels/{one.channel}" if ours else "/me", "Look", "broken" if ours else "notice"
        )

    def _configured(self, channel: str, stored: dict[str, str]) -> bool:
        declared = self._site.channels.get(channel)
        return declared is not None and declared.configured(settings_of(self._site, channel, stored))


def settings_of(site: Site, channel: str, stored: dict[str, str]) -> dict[str, str]:
    """A channel's installation settings as used: what is stored, else (e-mail) the URL of the settings file."""
    return site.sealing.settings_in_use(channel, stored, site.settings.smtp_url.get_secret_value())


def _length(hole: _Hole) -> str:
    return moments.span(seconds_between(hole.starts_at, hole.ends_at))
