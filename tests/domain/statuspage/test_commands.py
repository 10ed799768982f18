"""What can be done to a page and said on it, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import pytest

from firebell.domain.statuspage import commands, queries
from firebell.domain.statuspage.model import Snapshot
from firebell.kernel.actor import GRANTS, Actor, Role
from firebell.kernel.clock import SetClock, plus
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound
from firebell.kernel.work import Runner, Work

T = TypeVar("T")


@dataclass(slots=True)
class Site:
    """A page "acme" with the components "web" and "api"."""

    runner: Runner
    clock: SetClock
    page: str
    web: str
    api: str

    def run(self, job: Callable[[Work], T], role: Role = Role.ADMIN) -> T:
        return self.runner.run(job, Actor("user", "usr_1", "Ada", GRANTS[role]))

    def post(self, status: str, body: str = "We know.", **more: Any) -> Any:
        given = {"name": "Checkout fails", "status": status, "body": body} | more
        return self.run(lambda work: commands.publish(work, self.page, **given))

    def shown(self) -> Snapshot:
        return self.runner.read(lambda read: queries.snapshot(read, "acme"))

    def state(self, component_id: str) -> str:
        return next(str(one.status) for one in self.shown().components if one.id == component_id)


@pytest.fixture
def site(runner: Runner, clock: SetClock) -> Site:
    def make(work: Work) -> tuple[str, str, str]:
        page = commands.create_page(work, slug="acme", name="Acme")
        return page, *(commands.add_component(work, page, name=name) for name in ("web", "api"))  # type: ignore[return-value]

    page, web, api = runner.run(make)
    clock.advance(3600)
    return Site(runner, clock, page, web, api)


def test_an_update_sets_its_components_and_says_what_they_were(site: Site) -> None:
    made = site.post("investigating", components={site.web: "major_outage"})
    assert [(c.name, c.old, c.new) for c in made.updates[0].changes] == [("web", "operational", "major_outage")]
    assert site.state(site.web) == "major_outage"
    assert site.shown().top.indicator == "critical"


def test_an_incident_keeps_the_worst_impact_it_had_until_it_is_over(site: Site) -> None:
    first = site.post("investigating", components={site.web: "degraded_performance"})
    site.post("identified", public_incident_id=first.id, components={site.web: "partial_outage"})
    last = site.post("monitoring", public_incident_id=first.id, components={site.web: "operational"})
    assert (last.impact, last.overridden) == ("major", False)
    assert site.shown().top.indicator == "major"
    site.post("resolved", public_incident_id=first.id)
    assert site.shown().top.indicator == "none"


def test_an_impact_set_by_hand_is_marked_and_can_be_taken_back(site: Site) -> None:
    made = site.post("investigating", components={site.web: "partial_outage"}, impact_override="minor")
    assert (made.impact, made.overridden) == ("minor", True)
    later = site.post("identified", public_incident_id=made.id, components={site.web: "major_outage"})
    assert (later.impact, later.overridden) == ("minor", True)
    back = site.run(lambda work: commands.edit_incident(work, made.id, impact=""))
    assert (back.impact, back.overridden) == ("critical", False)


def test_updates_of_one_internal_incident_go_to_one_public_incident(site: Site) -> None:
    first = site.post("investigating", incident_id="inc_1")
    second = site.post("resolved", incident_id="inc_1", name="Checkout failed")
    assert first.id == second.id
    assert [u.status for u in second.updates] == ["resolved", "investigating"]
    assert second.name == "Checkout failed"
    again = site.post("investigating", incident_id="inc_1")
    assert (again.id, again.open, again.resolved_at) == (first.id, True, None)


def test_an_update_of_comms_is_published_once(site: Site) -> None:
    site.post("investigating", incident_id="inc_1", update_id="upd_1")
    assert len(site.post("investigating", incident_id="inc_1", update_id="upd_1").updates) == 1


def test_times_of_monitoring_and_resolving_are_those_that_were_said(site: Site) -> None:
    made = site.post("investigating")
    site.clock.advance(600)
    event_at = plus(site.clock.now(), -120)
    site.post("monitoring", public_incident_id=made.id, event_at=event_at)
    site.clock.advance(600)
    last = site.post("resolved", public_incident_id=made.id)
    assert (last.monitoring_at, last.resolved_at) == (event_at, site.clock.now())
    assert last.updates[1].event_at == event_at
    assert last.updates[1].created_at == plus(event_at, 120)


def test_the_promise_of_the_next_update_ends_with_the_incident(site: Site) -> None:
    by = plus(site.clock.now(), 1800)
    assert site.post("investigating", incident_id="inc_1", next_update_by=by).next_update_by == by
    assert site.post("resolved", incident_id="inc_1", next_update_by=by).next_update_by is None


def test_states_are_kept_as_spans_that_touch(site: Site) -> None:
    begun = site.clock.now()
    site.run(lambda work: commands.set_component(work, site.web, "partial_outage", "one node"))
    site.clock.advance(60)
    site.run(lambda work: commands.set_component(work, site.web, "operational"))
    spans = site.shown().spans[site.web]
    assert [(s.status, s.until_at) for s in spans][:2] == [
        ("operational", begun), ("partial_outage", plus(begun, 60)),
    ]  # fmt: skip
    assert spans[-1].until_at is None
    assert all(one.until_at == other.from_at for one, other in pairwise(spans))


def test_saying_the_same_state_again_changes_nothing(site: Site) -> None:
    first, again = (
        site.run(lambda work: commands.set_component(work, site.web, "partial_outage", "one node")) for _ in range(2)
    )
    assert first.version == again.version
    assert len(site.shown().spans[site.web]) == 2


def test_a_state_back_in_time_does_not_reach_before_the_one_before(site: Site) -> None:
    site.run(lambda work: commands.set_component(work, site.web, "partial_outage"))
    since = site.clock.now()
    site.clock.advance(60)
    site.post("investigating", components={site.web: "major_outage"}, event_at=plus(since, -900))
    assert [(s.status, s.from_at) for s in site.shown().spans[site.web]][-1] == ("major_outage", since)


def test_a_past_incident_is_marked_counts_in_the_uptime_and_moves_nothing_now(site: Site) -> None:
    now = site.clock.now()
    made = site.run(
        lambda work: commands.add_past(
            work, site.page, name="Slow", body="It was slow.", from_at=plus(now, -900), until_at=plus(now, -300),
            components={site.web: "major_outage"},
        )
    )  # fmt: skip
    assert (made.backfilled, made.open, made.impact, made.updates[0].notify) == (True, False, "critical", False)
    assert (made.started_at, made.resolved_at) == (plus(now, -900), plus(now, -300))
    shown = site.shown()
    assert shown.top.indicator == "none"
    assert [s.status for s in shown.spans[site.web] if s.backfilled] == ["major_outage"]
    with pytest.raises(Invalid):
        site.run(lambda work: commands.add_past(work, site.page, name="x", body="x", from_at=now, until_at=now))


def test_mended_words_replace_the_old_ones_which_stay_in_the_journal(site: Site) -> None:
    made = site.post("investigating", "We no.")
    site.run(lambda work: commands.edit_update(work, made.updates[0].id, "We know."))
    assert site.shown().incidents[0].updates[0].body == "We know."
    facts = site.runner.read(lambda read: read.history(made.id))
    assert facts[-1].data["before"] == "We no."


def test_what_should_never_have_been_posted_can_be_taken_off(site: Site) -> None:
    made = site.post("investigating")
    with pytest.raises(Forbidden):
        site.run(lambda work: commands.remove_incident(work, made.id, "test"), Role.RESPONDER)
    site.run(lambda work: commands.remove_incident(work, made.id, "Posted by mistake"))
    assert site.shown().incidents == ()


def test_a_group_has_no_state_of_its_own(site: Site) -> None:
    group = site.run(lambda work: commands.add_component(work, site.page, name="All", is_group=True))
    with pytest.raises(Invalid):
        site.run(lambda work: commands.set_component(work, group, "major_outage"))
    with pytest.raises(Invalid):
        site.post("investigating", components={group: "major_outage"})
    site.run(lambda work: commands.edit_component(work, site.web, group_id=group))
    with pytest.raises(Conflict):
        site.run(lambda work: commands.remove_component(work, group))


def test_components_of_another_page_are_none_of_this_ones_business(site: Site) -> None:
    other = site.run(lambda work: commands.create_page(work, slug="other", name="Other"))
    with pytest.raises(Invalid):
        site.run(
            lambda work: commands.publish(
                work, other, name="x", status="investigating", body="x", components={site.web: "major_outage"}
            )
        )
    assert site.state(site.web) == "operational"


def test_an_address_and_a_host_name_belong_to_one_page(site: Site) -> None:
    with pytest.raises(Conflict):
        site.run(lambda work: commands.create_page(work, slug="acme", name="Again"))
    site.run(lambda work: commands.edit_page(work, site.page, domain="status.acme.example"))
    with pytest.raises(Conflict):
        site.run(lambda work: commands.create_page(work, slug="b", name="B", domain="STATUS.acme.example"))


def test_a_deleted_page_is_gone_until_it_is_restored(site: Site) -> None:
    site.run(lambda work: commands.delete_page(work, site.page))
    with pytest.raises(NotFound):
        site.shown()
    site.run(lambda work: commands.restore_page(work, site.page))
    assert len(site.shown().components) == 2


def test_an_edit_of_what_has_changed_meanwhile_is_refused(site: Site) -> None:
    site.run(lambda work: commands.edit_page(work, site.page, 1, name="Acme Corp"))
    with pytest.raises(Changed):
        site.run(lambda work: commands.edit_page(work, site.page, 1, name="Acme Ltd"))


def test_a_password_is_in_no_journal_and_a_locked_page_needs_one(site: Site) -> None:
    with pytest.raises(Invalid):
        site.run(lambda work: commands.edit_page(work, site.page, access="password"))
    site.run(lambda work: commands.edit_page(work, site.page, access="password", password_hash="$argon2$secret"))
    facts = site.runner.read(lambda read: read.history(site.page))
    assert "secret" not in str([fact.data for fact in facts])
    assert "secret" not in repr(site.shown().page)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_edit_and_who_may_publish(site: Site, role: Role) -> None:
    may_publish = role is not Role.VIEWER
    may_edit = role in (Role.ADMIN, Role.MANAGER)
    for allowed, job in (
        (may_publish, lambda work: commands.set_component(work, site.web, "partial_outage")),
        (may_publish, lambda work: commands.publish(work, site.page, name="x", status="identified", body="x")),
        (may_edit, lambda work: commands.edit_page(work, site.page, description=str(role))),
        (may_edit, lambda work: commands.add_component(work, site.page, name="c")),
        (may_edit, lambda work: commands.create_page(work, slug="new", name="New")),
    ):
        if allowed:
            site.run(job, role)
        else:
            with pytest.raises(Forbidden):
                site.run(job, role)


def test_every_open_incident_and_the_fifty_newest_are_shown(site: Site) -> None:
    old = site.post("investigating", name="The old one")
    for n in range(55):
        site.clock.advance(60)
        site.post("resolved", name=f"Incident {n}")
    shown = site.shown()
    assert len(shown.incidents) == 51
    assert shown.incidents[0].name == "Incident 54"
    assert shown.incidents[-1].id == old.id
    assert [one.number for one in shown.incidents[:2]] == [56, 55]
