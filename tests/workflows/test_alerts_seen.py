"""A call for a private incident is there for those it concerns and those it called, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents import commands, queries, verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Incident, Severity
from firebell.domain.statuspage import commands as pages
from firebell.kernel.actor import ADMIN, GRANTS, Actor, Role
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import alert_resolved, alerts_seen, incident_calls, incident_moves, page_answered
from tests.story import Story

ROOT = Actor("user", "usr_root", grants=ADMIN)


def actor(story: Story, name: str) -> Actor:
    return Actor("user", story.users[name], name, GRANTS[Role.RESPONDER])


@pytest.fixture
def called(story: Story) -> tuple[Story, Incident, str]:
    """Ann runs a private incident and calls Bob; Eve has nothing to do with it."""
    for name in ("ann", "bob", "eve"):
        story.person(name, rules={"high": [(0, "ntfy")]})

    def begin(work: Work) -> Incident:
        made = commands.declare(work, Declaration(title="Keys", severity=Severity.SEV1, private=True))
        return commands.act(work, made.id, verbs.TakeCommand()).incident

    secret = story.run(begin, actor(story, "ann"))

    def call(work: Work) -> str:
        bob = Target(TargetKind.USER, story.users["bob"])
        return incident_calls.asked(work, queries.incident(work, secret.id), [bob], "Come")[0].id

    alert_id = story.run(call)
    story.run_for(seconds=30)
    return story, secret, alert_id


def hidden(story: Story, who: Actor) -> frozenset[str]:
    return story.house.runner.read(alerts_seen.hidden, who)


def test_only_those_it_called_and_those_inside_see_the_call(called: tuple[Story, Incident, str]) -> None:
    story, _, alert_id = called
    assert alert_id in hidden(story, actor(story, "eve"))
    for who in (actor(story, "ann"), actor(story, "bob"), ROOT):
        assert alert_id not in hidden(story, who)


def test_an_outsider_who_knows_its_id_neither_reads_nor_answers_it(called: tuple[Story, Incident, str]) -> None:
    story, secret, alert_id = called
    eve = actor(story, "eve")
    answers: list[Callable[[Work, str], Any]] = [
        lambda work, one: page_answered.acknowledge(work, one, "page", user_id=eve.id),
        lambda work, one: page_answered.unacknowledge(work, one, "mistake"),
        lambda work, one: page_answered.escalate(work, one, None, "page"),
        lambda work, one: alert_resolved.resolve(work, one, "page"),
    ]

    def told(answer: Callable[[Work, str], Any], one: str) -> tuple[str, str | None]:
        with pytest.raises(NotFound) as refused:
            story.run(lambda work: answer(work, one), eve)
        return refused.value.message.replace(one, "…"), refused.value.field

    for answer in answers:
        said = [told(answer, one) for one in (alert_id, "alr_never")]
        assert said[0] == said[1]

    def look(read: Read) -> None:
        alerts_seen.check(read, alert_id)

    with pytest.raises(NotFound):
        story.house.runner.read(look, eve)
    incident = story.house.runner.read(lambda read: queries.incident(read, secret.id))
    assert eve.id not in incident.engaged_ids


def test_acknowledging_an_alert_that_is_linked_to_it_lets_nobody_in(called: tuple[Story, Incident, str]) -> None:
    story, secret, _ = called
    story.service("checkout")
    linked = story.receive("disk full", severity="critical").alert
    assert linked is not None
    ann, eve = actor(story, "ann"), actor(story, "eve")
    story.run(lambda work: commands.act(work, secret.id, verbs.LinkAlert(alert_id=linked.id)), ann)
    story.run(lambda work: page_answered.acknowledge(work, linked.id, "page", user_id=eve.id, name="eve"), eve)
    with pytest.raises(NotFound):
        story.house.runner.read(lambda read: queries.incident(read, secret.id), eve)


def test_whoever_was_called_answers_and_is_inside(called: tuple[Story, Incident, str]) -> None:
    story, secret, alert_id = called
    bob = actor(story, "bob")
    story.run(lambda work: page_answered.acknowledge(work, alert_id, "page", user_id=bob.id, name="bob"), bob)
    incident = story.house.runner.read(lambda read: queries.incident(read, secret.id), bob)
    assert bob.id in incident.engaged_ids


def test_what_disagrees_with_a_status_page_tells_of_it_to_nobody_else(called: tuple[Story, Incident, str]) -> None:
    story, secret, _ = called

    def tie(work: Work) -> None:
        page_id = pages.create_page(work, slug="status", name="Status")
        shop = pages.add_component(work, page_id, name="Shop")
        incident_moves.act(work, secret.id, verbs.Edit(component_ids=(str(shop),)))

    story.run(tie)
    story.run_for(minutes=2)
    (alert_id,) = (
        one for one in hidden(story, actor(story, "eve"))
        if story.run(lambda work, key=one: alert_queries.alert(work, key).summary).startswith("C9")
    )  # fmt: skip
    assert alert_id not in hidden(story, actor(story, "ann"))
