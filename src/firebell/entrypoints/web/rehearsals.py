"""Who would be paged, when and by which channel, if an alert came now (or then): a rehearsal that tells nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Query
from fastapi.responses import Response
from whenever import PlainDateTime

from firebell.domain.escalation import queries as escalation
from firebell.domain.oncall import queries as oncall
from firebell.domain.services import queries as services
from firebell.domain.services.model import SEVERITIES
from firebell.entrypoints.web import choices, moments
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.names import Names, look_up
from firebell.entrypoints.web.session import Here
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read
from firebell.workflows import who_would_be_paged
from firebell.workflows.who_would_be_paged import FALLBACK, Preview, PreviewLine

router = APIRouter()
LINES_SHOWN = 100
_PARAMETERS = {"service": "service_id", "policy": "policy_id", "schedule": "schedule_id"}


@dataclass(frozen=True, slots=True)
class Told:
    """One message that would go out, or (no ``name``) why a target yields nobody."""

    after: str
    step: str
    round: int
    name: str
    href: str
    channel: str
    why: str


@dataclass(frozen=True, slots=True)
class RehearsalPage:
    """``of`` names what is rehearsed and where it is; ``more`` counts lines left out; ``low``: low urgency."""

    draft: Draft
    offered: Sequence[tuple[str, Choices]]
    severities: Choices
    of: tuple[str, str]
    told: Sequence[Told]
    more: int
    zone: str
    low: bool


@router.get("/rehearsal")
def show(
    here: Here, of: str = Query("", max_length=60), severity: str = "SEV1", at: str = Query("", max_length=20),
) -> Response:  # fmt: skip
    """``of`` is ``service:<id>``, ``policy:<id>`` or ``schedule:<id>``; ``at`` a time on the reader's clock."""
    values = {"of": of, "severity": severity, "at": at}

    def look(read: Read) -> RehearsalPage:
        draft, found, named = Draft(values), Preview("high", []), ("", "")
        try:
            if of:
                found, named = _rehearse(read, of, severity, _instant(at, here.zone))
        except Refused as error:
            draft = refused(values, error)
        shown = found.lines[:LINES_SHOWN]
        names = look_up(read, [one.person_id for one in shown])
        channels = {slug: channel.name for slug, channel in here.site.channels.items()}
        return RehearsalPage(
            draft, _offered(read), [(s, s) for s in SEVERITIES], named, [_told(one, names, channels) for one in shown],
            max(0, len(found.lines) - LINES_SHOWN), here.zone, found.urgency == "low",
        )  # fmt: skip

    view = here.read(look)
    return here.page(
        "rehearsals/rehearsal.html", view, title="Who would be paged?", nav="policies", status=view.draft.status
    )


def _rehearse(read: Read, of: str, severity: str, at: Instant | None) -> tuple[Preview, tuple[str, str]]:
    kind, _, id_ = of.partition(":")
    if kind not in _PARAMETERS or severity not in SEVERITIES:
        raise Invalid("Choose what is to be rehearsed.", field="of")
    which = {_PARAMETERS[kind]: id_}
    found = who_would_be_paged.preview(read, severity=severity, at=at, **which)
    place = {"service": "/services/", "policy": "/policies/", "schedule": "/on-call/"}[kind]
    return found, (look_up(read, [id_]).of(id_), place + id_)


def _instant(typed: str, zone: str) -> Instant | None:
    if not typed:
        return None
    try:
        there = PlainDateTime.parse_iso(typed)
        if there.year not in choices.YEARS:
            raise ValueError(typed)
        return there.assume_tz(zone).to_instant()
    except ValueError:
        raise Invalid("A day and a time are needed.", field="at", hint="For example 2026-11-26T03:00.") from None


def _told(line: PreviewLine, names: Names, channels: Mapping[str, str]) -> Told:
    step = "Fallback" if line.step == FALLBACK else f"Step {line.step + 1}"
    return Told(
        "at once" if line.offset_s == 0 else f"after {moments.span(line.offset_s)}", step, line.loop + 1,
        names.of(line.person_id) or line.person, f"/people/{line.person_id}" if line.person_id else "",
        f"{channels.get(line.channel, line.channel)}: {line.method}" if line.channel else "",
        line.reason.replace("_", " ") if line.person_id is None else line.why + (", learning" if line.shadow else ""),
    )  # fmt: skip


def _offered(read: Read) -> list[tuple[str, Choices]]:
    return [
        ("An alert of the service", [(f"service:{s.id}", s.display_name) for s in services.services(read)]),
        ("The policy", [(f"policy:{p.id}", p.display_name) for p in escalation.policies(read)]),
        ("Whoever is on call in", [(f"schedule:{s.id}", s.name) for s in oncall.schedules(read)]),
    ]
