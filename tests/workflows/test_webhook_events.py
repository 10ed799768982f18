"""Other programs hear of what happens: signed, filtered, once, and nothing of what is private or a drill."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs
from standardwebhooks import Webhook

from firebell.domain.incidents import commands as incidents
from firebell.domain.incidents import verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Kind, Severity
from firebell.domain.outbox import commands as outbox
from firebell.domain.outbox import queries as posts
from firebell.domain.services import queries as services
from firebell.domain.webhooks import commands, queries, rules
from firebell.domain.webhooks.model import NewWebhook
from firebell.kernel.actor import SYSTEM, Role
from firebell.kernel.clock import SystemClock, plus
from firebell.kernel.journal import Entry
from firebell.workflows import gate_asked, webhook_events
from tests.fakes.http_sink import Answer, HttpSink, Step
from tests.story import Story


@pytest.fixture
def house(tell: Callable[..., Story]) -> Story:
    """The verifier of webhooks compares with the machine's own clock."""
    story = tell(start=SystemClock().now().format_iso())
    story.person("ann", role=Role.ADMIN)
    return story


def hook(story: Story, sink: HttpSink, *events: str, **more: Any) -> NewWebhook:
    given = {"name": f"hook {sink.port}", "url": sink.url("/hook"), "events": events or ("*",)} | more
    made: NewWebhook = story.run(lambda work: commands.create(work, story.house.keyring, **given), story.actor("ann"))
    return made


def declare(story: Story, title: str = "Checkout fails", **more: Any) -> Any:
    new = Declaration(title=title, severity=Severity.SEV2, **more)
    found = story.run(lambda work: incidents.declare(work, new), story.actor("ann"))
    story.settle()
    return found


def test_an_incident_is_told_to_whoever_asked_for_it_and_the_signature_holds(house: Story) -> None:
    with HttpSink([Answer(200)]) as sink:
        made = hook(house, sink, "incident.declared")
        incident = declare(house)
        (seen,) = sink.requests
        event = Webhook(made.secret).verify(seen.body, dict(seen.headers))
    assert event["type"] == "incident.declared"
    assert event["data"]["incident"]["reference"] == incident.reference
    assert event["data"]["incident"]["title"] == "Checkout fails"
    assert event["data"]["fact"]["severity"] == "SEV2"


def test_what_happened_before_somebody_listened_is_not_told(house: Story) -> None:
    declare(house, "Long ago")
    with HttpSink([Answer(200)]) as sink:
        hook(house, sink, "incident.declared")
        house.settle()
        assert sink.requests == []
        declare(house, "Now")
    assert json.loads(sink.requests[0].body)["data"]["incident"]["title"] == "Now"


def test_each_event_is_queued_once_however_often_the_journal_is_read(house: Story) -> None:
    with HttpSink([Answer(200)]) as sink:
        hook(house, sink, "incident.declared")
        declare(house)

        def read_again(work: Any) -> None:
            webhook_events.store.set_cursor(work, 0)

        house.run(read_again)
        house.settle()
        assert len(sink.requests) == 1


def test_a_private_incident_stays_inside_unless_it_was_allowed_out(house: Story) -> None:
    with HttpSink([]) as closed, HttpSink([Answer(200)]) as allowed:
        hook(house, closed, "*")
        hook(house, allowed, "incident.declared", private=True)
        declare(house, "Somebody is inside", private=True, security=True)
        said = json.loads(allowed.requests[0].body)["data"]["incident"]
        assert said["private"] is True
        assert said["title"] != "Somebody is inside", "the codename"


def test_only_who_sees_private_incidents_may_let_them_out(house: Story) -> None:
    house.person("mo", role=Role.MANAGER)
    with HttpSink([]) as sink, pytest.raises(Exception, match=r"incidents\.private"):
        house.run(
            lambda work: commands.create(
                work, house.house.keyring, name="x", url=sink.url(), events=("*",), private=True
            ),
            house.actor("mo"),
        )


def test_an_incident_that_becomes_private_before_its_event_leaves_stays_inside(house: Story) -> None:
    with HttpSink([Answer(503)]) as sink:
        hook(house, sink, "incident.declared")
        incident = declare(house)
        verb = verbs.MakePrivate()
        house.run(lambda work: incidents.act(work, incident.id, verb), house.actor("ann"))
        house.clock.advance(6)
        house.settle()
        assert len(sink.requests) == 1, "not the second attempt"


def test_a_drill_is_told_to_nobody(house: Story) -> None:
    with HttpSink([]) as sink:
        hook(house, sink, "*")
        declare(house, "Only a drill", kind=Kind.DRILL)


def test_a_teams_endpoint_hears_of_its_teams_alone(house: Story) -> None:
    mine, other = house.team("mine"), house.team("other")
    with HttpSink([Answer(200)]) as sink:
        hook(house, sink, "incident.declared", team_id=mine)
        declare(house, "Theirs", team_id=other)
        declare(house, "Nobody's")
        declare(house, "Ours", team_id=mine)
        assert json.loads(sink.requests[0].body)["data"]["incident"]["title"] == "Ours"


def test_accounts_and_settings_are_never_told(house: Story) -> None:
    with HttpSink([]) as sink:
        hook(house, sink, "*")
        house.person("ben")
        house.settle()


def test_a_chat_hears_what_a_gate_said_and_nothing_of_where_counts_come_from(house: Story) -> None:
    house.policy("p", ("ann", 300), fallback=("ann",))
    house.service("checkout", policy="p")

    def ask(work: Any) -> None:
        gate_asked.ask(work, services.service(work, house.services["checkout"]))

    with HttpSink([Answer(200)]) as sink:
        hook(house, sink, "gate.*", "slo.*", flavour="chat_webhook")
        house.run(ask)
        house.settle()
        said = json.loads(sink.requests[0].body)["text"]
    assert "checkout" in said
    assert "the gate said allow to deploy" in said
    assert rules.may_leave("slo.state_changed")
    assert not rules.may_leave("slo.source_edited")


def test_during_a_rotation_both_secrets_sign(house: Story) -> None:
    steps: list[Step] = [Answer(200), Answer(200)]
    with HttpSink(steps) as sink:
        old = hook(house, sink, "incident.declared")
        new = house.run(lambda work: commands.rotate(work, old.id, house.house.keyring), house.actor("ann"))
        declare(house)
        seen = sink.requests[0]
        for secret in (old.secret, new.secret):
            Webhook(secret).verify(seen.body, dict(seen.headers))
        house.clock.advance(86_401)
        declare(house, "A day later")
        assert len(sink.requests[1].headers["webhook-signature"].split()) == 1


def test_fifty_failures_in_a_row_switch_it_off_and_its_owner_hears_of_it(house: Story) -> None:
    with HttpSink([Answer(500) for _ in range(50)]) as sink:
        made = hook(house, sink, "incident.declared")
        for n in range(50):
            house.run(lambda work, n=n: outbox.put(work, "webhook", made.id, {"said": {"n": n}}))
            house.run(lambda work: outbox.open_lane(work, f"webhook:{made.id}"))
            house.settle()
        found = house.house.runner.read(lambda read: queries.webhook(read, made.id))
        assert not found.enabled
        assert "50 failures" in found.disabled_why
        notices = [one.message.title for one in house.messages("notice")]
        assert notices == [f"Webhook {found.name} was switched off"]
        declare(house, "Unheard")


def test_410_switches_it_off_at_once(house: Story) -> None:
    with HttpSink([Answer(410)]) as sink:
        made = hook(house, sink, "incident.declared")
        declare(house)
        assert not house.house.runner.read(lambda read: queries.webhook(read, made.id)).enabled


def test_the_same_id_over_all_attempts(house: Story) -> None:
    with HttpSink([Answer(503), Answer(200)]) as sink:
        hook(house, sink, "incident.declared")
        declare(house)
        house.clock.advance(7)
        house.settle()
        first, second = (one.headers["webhook-id"] for one in sink.requests)
    assert first == second


def test_a_test_goes_out_whatever_is_filtered(house: Story) -> None:
    with HttpSink([Answer(204)]) as sink:
        made = hook(house, sink, "oncall.*")
        endpoint = house.house.runner.read(lambda read: queries.webhook(read, made.id))
        post_id = house.run(lambda work: webhook_events.test(work, endpoint, "https://fb.example.com"))
        house.settle()
        assert json.loads(sink.requests[0].body)["type"] == "webhook.test"
        assert house.house.runner.read(lambda read: posts.post(read, post_id)).state == "sent"


@pytest.mark.parametrize(
    ("flavour", "path", "words"),
    [
        ("teams", "attachments", "declared as SEV2"),
        ("chat_webhook", "text", "declared as SEV2"),
    ],
)
def test_chats_are_told_in_words(house: Story, flavour: str, path: str, words: str) -> None:
    with HttpSink([Answer(202)]) as sink:
        hook(house, sink, "incident.declared", flavour=flavour)
        declare(house)
        body = json.loads(sink.requests[0].body)
        assert words in json.dumps(body[path])
        assert "INC-1 Checkout fails" in json.dumps(body[path])


def test_pagerdutys_readers_are_told_of_alerts_in_their_words(house: Story) -> None:
    house.policy("p", ("ann", 300), fallback=("ann",))
    house.service("checkout", policy="p")
    with HttpSink([Answer(202)]) as sink:
        made = hook(house, sink, "alert.opened", "incident.*", flavour="pagerduty_webhook")
        house.receive("disk full", severity="critical")
        seen = sink.requests[0]
        event = json.loads(seen.body)["event"]
        assert (event["event_type"], event["data"]["status"]) == ("incident.triggered", "triggered")
        assert event["data"]["title"] == "disk full"
        assert seen.headers["x-pagerduty-signature"].startswith("v1=")
        assert made.secret


def test_an_entry_that_may_still_be_preceded_by_another_waits() -> None:
    now = SystemClock().now()

    def entry(seq: int, age_s: float) -> Entry:
        return Entry(seq, "c", 1, "s", plus(now, -age_s), "a", "k", {}, b"", now)

    entries = [entry(11, 9), entry(13, 2), entry(14, 1)]
    assert [one.seq for one in webhook_events.settled(entries, 10, now)] == [11]
    old = [structs.replace(one) if hasattr(one, "__struct_fields__") else one for one in entries]
    assert [one.seq for one in webhook_events.settled(old, 10, plus(now, 60))] == [11, 13, 14]


def test_the_address_and_the_secrets_are_sealed_at_rest(house: Story) -> None:
    with HttpSink([]) as sink:
        made = hook(house, sink, "*")
        rows = house.house.runner.read(lambda read: webhook_events.store.sealed(read, [made.id]), SYSTEM)
        assert str(sink.port) not in str(rows)
        assert made.secret not in str(rows)
