"""A person's notification rules fire: which destinations a page uses now, and when it looks again."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from firebell.domain.alerts import store as alert_rows
from firebell.domain.alerts.model import AlertState
from firebell.domain.paging import commands as paging
from firebell.domain.paging import rules as paging_rules
from firebell.domain.paging import store as paging_rows
from firebell.domain.paging.model import Fire, Page, PageState
from firebell.domain.people import queries as people
from firebell.domain.people import rules as people_rules
from firebell.domain.people.model import Person
from firebell.kernel.clock import Instant
from firebell.kernel.work import Work


def begin(work: Work, told: Sequence[tuple[Page, Person]]) -> None:
    """Start pages, one per person; what their rules say at once is queued in this same unit."""
    new: list[tuple[Page, list[Fire]]] = []
    for page, person in told:
        key = ("rules", page.user_id, page.urgency)
        if page.started_at is work.now and key in work.memo:
            fires, following = work.memo[key]
        else:
            fires, following = work.memo[key] = _fires(work, page, person)
        new.append((replace(page, covered_at=work.now, due_at=following), fires))
    paging.ring(work, new)


def tick_all(work: Work, due: Sequence[tuple[str, str]]) -> bool:
    """The due rules of several pages, (page id, alert id), in one unit."""
    worked = [tick(work, page_id, alert_id) for page_id, alert_id in due]
    return any(worked)


def tick(work: Work, page_id: str, alert_id: str) -> bool:
    """A page's next rule is due. False when there was nothing to do."""
    alert = alert_rows.take(work, alert_id)
    page = paging_rows.take_page(work, page_id)
    if page is None or page.state != PageState.RINGING or page.due_at is None or page.due_at > work.now:
        return False
    if alert is None or alert.state != AlertState.OPEN:
        paging_rows.save_pages(work, [paging_rules.ended(page, work.now)])
        return True
    person = people.person(work, page.user_id)
    if person is None:
        paging_rows.save_pages(work, [paging_rules.ended(page, work.now)])
        return True
    _tick(work, page, person)
    return True


def look_ahead(work: Work, page_id: str) -> None:
    """A page under way goes by the person's rules as they are now; what of them has passed does not fire."""
    page = paging_rows.take_page(work, page_id)
    person = people.person(work, page.user_id) if page is not None else None
    if page is None or person is None or page.state != PageState.RINGING:
        return
    following = people_rules.next_due_at(person, page.urgency, page.started_at, work.now)
    paging_rows.save_pages(work, [replace(page, covered_at=work.now, due_at=following)])
    work.wake()


def _tick(work: Work, page: Page, person: Person) -> None:
    fires, following = _fires(work, page, person)
    paging.fire(work, page, fires, work.now, following)


def _fires(work: Work, page: Page, person: Person) -> tuple[list[Fire], Instant | None]:
    """What a page's rules fire now, and when the next one does."""
    plan = people_rules.due(person, page.urgency, page.started_at, page.covered_at, work.now)
    fires = [
        Fire(step.method.id, step.method.channel, _reason(step.delay_s, page.urgency, plan.chosen))
        for step in plan.steps
    ]
    return fires, people_rules.next_due_at(person, page.urgency, page.started_at, work.now)


def _reason(delay_s: int, urgency: str, chosen: str) -> str:
    after = "at once" if delay_s == 0 else f"after {delay_s // 60} min" if delay_s % 60 == 0 else f"after {delay_s} s"
    if chosen == people_rules.Chosen.NO_RULE_AT_THIS_HOUR:
        return f"default set ({urgency}, no rule at this hour), {after}"
    return f"own rule ({urgency}), {after}"
