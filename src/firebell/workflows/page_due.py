"""A person's notification rules fire: which destinations a page uses now, and when it looks again."""

from __future__ import annotations

from firebell.domain.alerts import store as alert_rows
from firebell.domain.alerts.model import AlertState
from firebell.domain.paging import commands as paging
from firebell.domain.paging import rules as paging_rules
from firebell.domain.paging import store as paging_rows
from firebell.domain.paging.model import Fire, Page, PageState
from firebell.domain.people import queries as people
from firebell.domain.people import rules as people_rules
from firebell.domain.people.model import Person
from firebell.kernel.work import Work


def begin(work: Work, page: Page, person: Person) -> None:
    """Start a page and fire what is due at once (nothing if this movement has already told the person)."""
    for begun in paging.page(work, [page]):
        _tick(work, begun, person)


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


def _tick(work: Work, page: Page, person: Person) -> None:
    plan = people_rules.due(person, page.urgency, page.started_at, page.covered_at, work.now)
    fires = [
        Fire(step.method.id, step.method.channel, _reason(step.delay_s, page.urgency, plan.chosen))
        for step in plan.steps
    ]
    following = people_rules.next_due_at(person, page.urgency, page.started_at, work.now)
    paging.fire(work, page, fires, work.now, following)


def _reason(delay_s: int, urgency: str, chosen: str) -> str:
    after = "at once" if delay_s == 0 else f"after {delay_s // 60} min" if delay_s % 60 == 0 else f"after {delay_s} s"
    if chosen == people_rules.Chosen.NO_RULE_AT_THIS_HOUR:
        return f"default set ({urgency}, no rule at this hour), {after}"
    return f"own rule ({urgency}), {after}"
