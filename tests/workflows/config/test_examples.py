"""The company in examples/ is what it says."""

from __future__ import annotations

from pathlib import Path

from firebell.domain.oncall import queries as oncall
from firebell.workflows.config.specs import ServiceSpec
from tests.workflows.config.conftest import Hand

EXAMPLES = Path(__file__).parents[3] / "examples"


def files() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.yaml"))}


def test_the_examples_apply_once_and_then_change_nothing(hand: Hand) -> None:
    done = hand.apply(files())
    # What there always is (the scale, the settings, the seven roles) is changed; everything else is made.
    changed = [(change.kind, change.name) for change in done.changes if change.verb == "changed"]
    assert changed == [
        ("IncidentRole", "commander"), ("IncidentRole", "comms"), ("SeverityScale", "default"),
        ("IncidentSettings", "default"),
    ]  # fmt: skip
    assert [change.verb for change in done.changes if change.verb != "changed"] == ["created"] * 16
    assert [secret.webhook for secret in done.new_secrets] == ["status-bot"]
    assert [(key.service, key.integration) for key in done.new_keys] == [("checkout", "scripts")]
    assert hand.apply(files()).changes == ()
    assert hand.plan(hand.export()).changes == ()


def test_every_schedule_of_the_examples_has_somebody_on_call(hand: Hand) -> None:
    done = hand.apply(files())
    names = hand.current().names("User")
    on_call = {}
    for schedule in hand.runner.read(oncall.schedules):
        answer = hand.runner.read(lambda r, s=schedule: oncall.who_is_on(r, s.id))  # type: ignore[misc]
        on_call[schedule.name] = [names[user] for user in answer.user_ids]
    # Wednesday, 7 January 2026, 13:00 in Berlin.
    assert on_call == {
        "incident-commanders": ["carmen"], "payments-primary": ["alice"], "payments-secondary": ["carmen"],
    }  # fmt: skip
    assert all(stretch.after for coming in done.coming for stretch in coming.stretches)


def test_example_keys_have_the_length_that_pagerduty_senders_insist_on(hand: Hand) -> None:
    hand.apply(files())
    services = [item.spec for item in hand.current().items.values() if isinstance(item.spec, ServiceSpec)]
    assert {len(door.key or "") for spec in services for door in spec.integrations} == {32}
