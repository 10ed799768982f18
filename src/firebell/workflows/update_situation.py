"""An incident as its updates see it: where incidents, people, services and status pages meet."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.domain.comms import desk_store, hours, store
from firebell.domain.comms.gate import Looking
from firebell.domain.comms.model import Audience, Ceilings, NewUpdate, Situation, Update, UpdateState
from firebell.domain.incidents import decisions, engagement
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident, MilestoneName, RoleName, TaskState
from firebell.domain.people import queries as people
from firebell.domain.services import queries as services
from firebell.domain.statuspage import queries as pages
from firebell.domain.statuspage.model import Component, StatusPage
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read
from firebell.workflows import status_published


def situation(read: Read, incident: Incident, *, since: Instant | None = None) -> Situation:
    """What updates need to know of ``incident``; what has changed is counted from ``since``."""
    names = _names(read, incident)
    return Situation(
        incident_id=incident.id, reference=incident.reference, name=incident.name, title=incident.title,
        kind=incident.kind, phase=incident.phase, severity=incident.counts_as,
        customer_impact=incident.customer_impact, declared_at=incident.declared_at, team_id=incident.team_id,
        private=incident.private, codename=incident.codename, impact=incident.impact, eta=incident.eta,
        eta_by=incident.eta_by, commander_id=incident.commander_id,
        commander_name=names.get(incident.commander_id or "", ""), deputy_id=incident.holder(RoleName.DEPUTY),
        comms_ids=incident.holders(RoleName.COMMS), liaison_ids=incident.holders(RoleName.LIAISON),
        engaged_ids=incident.engaged_ids, at_work_ids=engagement.responders(incident),
        identified=incident.milestone(MilestoneName.IDENTIFIED) is not None,
        remediating=decisions.is_remedied(incident),
        all_clear=incident.all_clear, component_ids=incident.component_ids, ceilings=ceilings(read, incident),
        ruled_out=tuple(
            one.text.rstrip(".") for one in incident.hypotheses
            if one.eliminated_at is not None and _after(one.eliminated_at, since)
        ),
        running=tuple(
            f"{task.text.rstrip('.')} (since {hours.shown(task.at)})" for task in incident.tasks
            if task.state is TaskState.OPEN
        ),
        joined=tuple(
            dict.fromkeys(
                f"{names.get(one.user_id, 'somebody')} as {one.role}" for one in incident.engagements
                if one.until_at is None and since is not None and _after(one.since_at, since)
            )
        ),
    )  # fmt: skip


def ceilings(read: Read, incident: Incident) -> Ceilings:
    """The longest waits of the severity the incident counts as, on the scale it was judged under."""
    level = incidents.scale(read, incident.scale_version).level(incident.counts_as)
    return Ceilings(
        internal_s=level.internal_every_s, executive_s=level.executive_every_s, first_s=level.public_first_s,
        scope_s=level.public_scope_s, public_s=level.public_every_s, business=level.calendar == "business",
    )  # fmt: skip


def _after(at: Instant, since: Instant | None) -> bool:
    return since is None or micros(at) > micros(since)


def _names(read: Read, incident: Incident) -> Mapping[str, str]:
    return {str(key): one.user.display_name for key, one in people.people(read, incident.engaged_ids).items()}


def as_system(read: Read) -> Read:
    """What the house looks up on anybody's behalf: names to be kept inside, pages to be told."""
    return Read(read.connection, read.now, SYSTEM)


def last_sent(read: Read, incident_id: str, audience: str) -> list[Update]:
    """What an audience was told, oldest first."""
    return [
        one for one in store.updates_of(read, incident_id) if one.audience == audience and one.state == UpdateState.SENT
    ]


def zone(read: Read) -> str:
    """Where the support hours are."""
    return desk_store.settings(read).support_zone


def page_of(read: Read, incident: Incident, new: NewUpdate | Update) -> StatusPage | None:
    """The (first) page a public update goes to; ``None``: it is not clear which, or there is none."""
    try:
        found = status_published.targets(read, incident, new.page_id, new.components)
    except Invalid:
        return None
    return found[0][0] if found else None


def zone_of_text(read: Read, incident: Incident, new: NewUpdate | Update) -> str:
    """The zone in which a text names times: that of its status page, else UTC."""
    page = page_of(read, incident, new) if new.audience == Audience.PUBLIC else None
    return page.time_zone if page is not None else "UTC"


def components(read: Read, incident: Incident, new: NewUpdate) -> dict[str, Component]:
    """The components an update is about: those it names, else those of the incident."""
    return pages.components_by_id(read, list(new.components) or list(incident.component_ids))


def listeners(read: Read, incident: Incident, audience: str) -> bool:
    """Whether there is somebody to be told: for the public a page, for executives a liaison or their list."""
    if audience == Audience.PUBLIC:
        return any(not page.disabled for page in pages.pages(as_system(read)))
    if audience == Audience.EXECUTIVE:
        return bool(incident.holders(RoleName.LIAISON) or desk_store.settings(read).executive_ids)
    return True


def looking(read: Read, incident: Incident, at: Situation, new: NewUpdate, author_id: str) -> Looking:
    """Everything the quality gate looks at."""
    inside = as_system(read)
    sent = last_sent(read, incident.id, new.audience)
    known = components(read, incident, new)
    page = page_of(read, incident, new) if new.audience == Audience.PUBLIC else None
    every = pages.components(inside, page.id) if page is not None else []
    hosts = [page.domain or "", page.url.partition("://")[2].partition("/")[0]] if page is not None else []
    owned = services.services(inside) if new.audience == Audience.PUBLIC else []
    return Looking(
        situation=at, new=new, now=read.now, zone=page.time_zone if page is not None else "UTC",
        previous=[one.body for one in sent],
        people=list(dict.fromkeys(user.display_name for user in people.users(inside) if user.display_name)),
        services=list(dict.fromkeys(name for one in owned for name in (one.name, one.display_name))),
        public_names=[*(one.name for one in every), *hosts, *([page.name] if page is not None else [])],
        component_names=[one.name for one in known.values()], first=not sent,
        by_commander=bool(author_id) and author_id == at.commander_id,
    )  # fmt: skip
