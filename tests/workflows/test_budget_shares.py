"""Whose burn was it, what of it is charged, and what follows from that."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import MilestoneName
from firebell.domain.postmortems import queries as postmortems
from firebell.domain.postmortems import rules
from firebell.domain.postmortems.model import Audience
from firebell.domain.slo import adjusting, attributing, policies, policy
from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.attribution import Basis
from firebell.domain.slo.gate import Change, Decision, Why
from firebell.domain.slo.model import BudgetState, Indicator, Source
from firebell.domain.slo.policy import Exemption, Subject
from firebell.kernel.actor import Role
from firebell.kernel.errors import Conflict
from firebell.workflows import policy_applied
from tests.incident_story import Room
from tests.story import Story
from tests.workflows.slo_cast import Shop, a_shop, an_slo

SPARED = ("p0_fix", "security", "reliability")


def a_policy(shop: Shop) -> Any:
    """Signed by Ada for product, Ben for development and Cem for reliability."""
    users = shop.story.users
    thresholds = [
        policy.read_threshold("remaining < 75%", ["notify-team", "gate-warn"]),
        policy.read_threshold("remaining <= 0", ["notify-owners", "gate-block"], SPARED),
        policy.read_threshold("incident > 20%", ["require-postmortem", "require-p0-action"]),
    ]
    signing = list(zip(policies.ROLES, ("ada", "ben", "cem"), strict=True))
    found = shop.story.run(
        lambda work: policies.create(
            work, name="shop", slo_ids=[one.id for one in shop.records.values()], thresholds=thresholds,
            approvals=[(role, users[who]) for role, who in signing], override_max_s=3600,
        )
    )  # fmt: skip
    return found, signing


def test_an_incident_is_charged_its_minutes_and_the_policy_has_its_say(story: Story) -> None:
    with a_shop(story) as shop:
        for name in ("ben", "cem"):
            story.person(name, role=Role.ADMIN)
        room = Room(story)
        began = shop.now
        shop.bad = lambda at: None if at <= began else float(0 < at - began <= 1200)
        shop.promise(an_slo())
        found, signing = a_policy(shop)

        shop.wait(4, step=2)
        one = room.declare("Checkout fails", "SEV2", service_ids=(story.services["shop"],))
        room.act("ada", verbs.SetMilestone(name=MilestoneName.IMPACT_STARTED, at=shop.at(began, 0)))
        shop.wait(6, step=2)
        share = shop.shares()[one.id]
        assert share.share.basis is Basis.MEASURED
        assert share.share.provisional
        assert share.share.net == Fraction(9 * 60, 2592)
        assert shop.state().unattributed == 0

        shop.wait(14, step=2)
        state = shop.state()
        assert (state.measured, state.state) == (Fraction(1200, 2592), BudgetState.OK)
        room.act("ada", verbs.TakeCommand())
        room.act("ada", verbs.Edit(impact="Nobody could pay.", summary="Payments fail."))
        room.act("ada", verbs.Mitigate(note="rolled back", at=shop.at(began, 15)))
        room.act("ada", verbs.Resolve(all_clear="Payments work again. No data was lost.", skip="A story cannot wait."))
        shop.wait(1, step=0.5)
        share = shop.shares()[one.id]
        assert share.share.net == Fraction(900, 2592)
        assert not share.share.provisional
        state = shop.state()
        assert state.unattributed == Fraction(300, 2592)
        assert state.missed == ((began + 900, began + 1200),)
        written = story.house.runner.read(lambda read: postmortems.find(read, one.id))
        assert {"budget", "p0_action"} <= set(written.required)
        with pytest.raises(Conflict, match="priority P0"):
            rules.publish(replace(written, state="reviewed"), Audience.ORGANISATION, 0, shop.at(began, 30))
        assert "slo.budget_attributed" in room.facts()
        assert "slo.consequence" in room.facts()
        assert shop.facts().count("slo.consequence") == 1
        assert any("left" in sent.message.body for sent in story.messages("notice"))

        who = story.actor("cem")
        record = shop.records["checkout"]
        story.run(
            lambda work: attributing.exempt(work, record.id, one.id, Exemption.COMPANY_WIDE_NETWORK, "The ring."), who
        )
        shop.wait(1, step=0.5)
        assert shop.state().charged == Fraction(300, 2592)
        assert shop.state().measured == Fraction(1200, 2592)
        fields = {
            "slo_ids": [record.id], "category": Category.SCHEDULED_MAINTENANCE, "start": shop.at(began, 15),
            "end": shop.at(began, 25), "reason": "The cabinet is moved.",
        }  # fmt: skip
        made = story.run(lambda work: adjusting.propose(work, **fields), story.actor("ben"))
        story.run(lambda work: adjusting.approve(work, made.id), who)
        shop.wait(1, step=0.5)
        assert shop.state().charged == 0
        assert story.breaches() == []

        story.run(lambda work: attributing.unexempt(work, record.id, one.id, "It was not the network."), who)
        shop.bad = lambda at: None if at <= began else float(0 < at - began <= 1200 or 1800 < at - began <= 4500)
        shop.wait(50)
        assert shop.state().state is BudgetState.EXHAUSTED
        shop.bad = lambda at: 0.0
        shop.wait(35)
        warned = shop.gate()
        assert warned.decision is Decision.WARN, "nobody has signed the policy yet"
        assert {reason.why for reason in warned.reasons} == {Why.EXHAUSTED, Why.NOT_APPROVED}
        for role, name in signing:
            story.run(lambda work, role=role: policies.approve(work, found.id, role), story.actor(name))
        assert shop.gate().decision is Decision.BLOCK
        assert shop.gate(change=Change.SECURITY).decision is not Decision.BLOCK
        late = [policy.read_threshold("overdue >= 0", ["gate-warn"])]
        story.run(lambda work: policies.edit(work, found.id, thresholds=late))
        assert shop.gate(change=Change.SECURITY).reasons[0].why is Why.POLICY
        assert story.breaches() == []


def test_a_small_incident_that_turns_out_to_have_spent_much_gets_its_postmortem_without_any_policy(
    story: Story,
) -> None:
    with a_shop(story) as shop:
        room = Room(story)
        began = shop.now
        shop.bad = lambda at: None if at <= began else float(0 < at - began <= 1200)
        shop.promise(an_slo())
        shop.wait(18, step=3)
        one = room.declare("Some payments were slow", "SEV4", service_ids=(story.services["shop"],))
        room.act("ada", verbs.TakeCommand())
        room.act("ada", verbs.Edit(impact="A few waited.", summary="Payments wait."))
        room.act("ada", verbs.Mitigate(note="rolled back"))
        room.act("ada", verbs.Resolve(all_clear="Payments work again. No data was lost.", skip="A story cannot wait."))
        shop.wait(3, step=0.5)
        read = story.house.runner.read
        before = read(lambda r: postmortems.find(r, one.id))
        assert before is None or "budget" not in before.required
        # Only in the review somebody says when it really began.
        room.act("ada", verbs.SetMilestone(name=MilestoneName.IMPACT_STARTED, at=shop.at(began, 0)))
        shop.wait(2, step=0.5)
        assert shop.shares()[one.id].share.charged > Fraction(1, 5)
        found = read(lambda r: postmortems.find(r, one.id))
        assert "budget" in found.required


def test_what_nobody_measures_is_filled_from_what_was_declared(story: Story) -> None:
    with a_shop(story) as shop:
        story.person("cem", role=Role.ADMIN)
        room, began = Room(story), shop.now
        declared = Indicator(Source.INCIDENTS, severities=("SEV1", "SEV2"))
        shop.promise(an_slo("pages", target="99", indicator=declared))
        shop.wait(10)
        assert shop.state("pages").measured == 0
        one = room.declare("Down", "SEV2", service_ids=(story.services["shop"],), labels={"affected": "50%"})
        room.act("ada", verbs.SetMilestone(name=MilestoneName.IMPACT_STARTED, at=shop.at(began, 5)))
        shop.wait(10)
        state = shop.state("pages")
        minutes = state.elapsed_s // 60
        assert state.error == Fraction(minutes - 5, 2 * minutes)
        room.act("ada", verbs.SetMilestone(name=MilestoneName.MITIGATED, at=shop.at(began, 15)))
        shop.wait(10)
        state = shop.state("pages")
        assert state.measured == Fraction(5, 432), "ten minutes of half an outage"
        drill = room.declare("Drill", "SEV1", service_ids=(story.services["shop"],), kind="drill")
        room.act("ada", verbs.SetMilestone(name=MilestoneName.IMPACT_STARTED, at=shop.at(began, 20)))
        shop.wait(10)
        assert shop.state("pages").measured == state.measured
        assert set(shop.shares("pages")) == {one.id}
        assert drill.id not in shop.shares("pages")
        assert shop.state("pages").unattributed == 0
        assert story.breaches() == []


def test_what_a_private_incident_spent_is_told_to_its_members_alone(story: Story) -> None:
    with a_shop(story) as shop:
        story.person("ben", role=Role.ADMIN)
        shop.promise(an_slo())
        record = shop.records["checkout"]
        threshold = policy.read_threshold("incident > 20%", ["notify-owners"])
        signing = [(role, story.users[who]) for role, who in zip(policies.ROLES, ("ada", "ben", "ben"), strict=True)]
        found = story.run(
            lambda work: policies.create(
                work, name="shop", slo_ids=[record.id], thresholds=[threshold], approvals=signing
            )
        )

        def spent(**more: Any) -> set[str]:
            one = Room(story).declare("Checkout fails", "SEV2", by="ada", service_ids=(story.services["shop"],), **more)
            standing = policy_applied.Standing(record, 0, None, {one.id: Fraction(1, 2)})
            nothing = lambda work, incident_id, p0, why: None  # noqa: E731
            story.run(lambda work: policy_applied.apply(work, found, standing, nothing, (Subject.INCIDENT,)))
            story.settle()
            told = [one for one in story.messages("notice") if "50 %" in one.message.body]
            return {one.to.partition(":")[2] for one in told}

        assert spent(private=True) == {"ada"}
        assert spent() == {"ada", "ben"}
