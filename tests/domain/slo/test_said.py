"""What people say about budgets: shares that are exempt or weigh more, adjustments, policies, overrides of the gate."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from firebell.domain.slo import adjusting, attributing, commands, evaluations, gating, policies, policy_queries, queries
from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.attribution import Baseline, Basis, Claim, Share
from firebell.domain.slo.gate import Change, Decision, answer
from firebell.domain.slo.model import BudgetState, Stream
from firebell.domain.slo.policy import Exemption, read_threshold
from firebell.domain.slo.records import ObjectiveState
from firebell.kernel.actor import Actor, Permission, Role
from firebell.kernel.clock import plus
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid
from tests.slo_documents import parsed
from tests.story import Story

TOKEN = Actor("token", "tok_x", "ci", frozenset(Permission))


def people(story: Story) -> None:
    for name, role in (("max", Role.MANAGER), ("mia", Role.MANAGER), ("ben", Role.RESPONDER)):
        story.person(name, role=role)


def kinds(story: Story, subject: str) -> list[str]:
    return [one.kind for one in story.house.runner.read(lambda r: r.history(subject))]


def test_shares_have_versions_and_people_exempt_and_weigh_them(story: Story) -> None:
    people(story)
    slo = story.run(lambda w: commands.create(w, parsed(), service_id=None, team_id=None))
    open_ = Share("inc_a", Basis.MEASURED, Fraction(7), Fraction(1, 3), Fraction(1, 2), Fraction(0), Fraction(1, 3),
                  Fraction(1, 1000), Baseline.HOUR_BEFORE, True)  # fmt: skip

    def note(share: Share, **claim: Any) -> int:
        said = [Claim(share.incident_id, (), **claim)]
        told = story.run(lambda w: attributing.note_attributed(w, slo, 0, [share], window=None, claims=said))
        return len(told)

    def versions() -> list[tuple[int, Fraction, bool]]:
        found = story.house.runner.read(lambda r: queries.attribution_versions(r, slo.id, 0, "inc_a"))
        return [(one.version, one.share.net, one.final_at is not None) for one in found]

    assert note(open_) == 1
    assert note(replace(open_, net=Fraction(2, 5), errors=Fraction(8))) == 0, "an open incident is not told each minute"
    final = replace(open_, provisional=False, net=Fraction(1, 2), errors=Fraction(9))
    assert note(final) == 1
    assert versions() == [(1, Fraction(1, 2), True)]
    assert note(replace(final, net=Fraction(5, 11))) == 0, "the window moved on; nothing was said"
    assert versions() == [(1, Fraction(5, 11), True)]
    assert note(replace(final, errors=Fraction(12), net=Fraction(6, 11))) == 1
    assert versions() == [(2, Fraction(6, 11), True), (1, Fraction(5, 11), True)]

    max_, why = story.actor("max"), "The whole company was offline."
    network = Exemption.COMPANY_WIDE_NETWORK
    with pytest.raises(Forbidden):
        story.run(lambda w: attributing.exempt(w, slo.id, "inc_a", network, why), TOKEN)
    with pytest.raises(Forbidden):
        story.run(lambda w: attributing.exempt(w, slo.id, "inc_a", network, why), story.actor("ben"))
    with pytest.raises(Invalid):
        story.run(lambda w: attributing.exempt(w, slo.id, "inc_a", network, " "), max_)
    for _ in range(2):
        story.run(lambda w: attributing.exempt(w, slo.id, "inc_a", network, why), max_)
    story.run(lambda w: attributing.weigh(w, slo.id, "inc_a", Fraction(3), "It was most of it."), max_)
    word = story.house.runner.read(lambda r: queries.claim_words(r, slo.id))["inc_a"]
    assert (word.exempt, word.weight, word.by) == (network, Fraction(3), story.users["max"])
    story.run(lambda w: attributing.unexempt(w, slo.id, "inc_a", "It was ours after all."), max_)
    with pytest.raises(Conflict):
        story.run(lambda w: attributing.unexempt(w, slo.id, "inc_a", "Again."), max_)
    told = ["slo.budget_attributed"] * 3 + ["slo.exempted", "slo.weighed", "slo.unexempted"]
    assert kinds(story, "inc_a") == told, "with the incident, so that only its members read it"
    assert "slo.exempted" not in kinds(story, slo.id)


def test_states_are_kept_exactly_and_each_transition_is_said_once(story: Story) -> None:
    slo = story.run(lambda w: commands.create(w, parsed(), service_id=None, team_id=None))
    third = Fraction(10**30 + 1, 3 * 10**30)
    now = ObjectiveState(slo.id, 0, BudgetState.CAUTION, charged=1 - third, measured=third, coverage=Fraction(9, 10),
                         rates={3600: third}, missed=((60, 420),))  # fmt: skip
    for _ in range(2):
        story.run(lambda w: evaluations.note_evaluated(w, [now, ObjectiveState("slo_gone", 0)]))
        story.clock.advance(60)
    kept = story.house.runner.read(lambda r: queries.state(r, slo.id))
    assert kept is not None
    assert (kept.remaining, kept.measured, kept.rates, kept.missed) == (third, third, {3600: third}, ((60, 420),))
    assert kept.state_since is not None
    assert kept.state_since < story.clock.now()
    assert kinds(story, slo.id) == ["slo.created", "slo.state_changed"]
    assert [one.name for one in story.house.runner.read(lambda r: queries.slos(r, state=BudgetState.CAUTION))] == [
        slo.name
    ]
    assert Stream.PAGE not in kept.streams


def test_an_adjustment_forgives_once_somebody_else_agrees(story: Story) -> None:
    people(story)
    slo = story.run(lambda w: commands.create(w, parsed(), service_id=None, team_id=None))
    max_, mia = story.actor("max"), story.actor("mia")
    now = story.clock.now()
    fields: Any = {
        "slo_ids": [slo.id], "category": Category.DEPENDENCY, "start": now, "end": plus(now, 3600),
        "rrule": "FREQ=WEEKLY;COUNT=3", "reason": "The bank was away.",
    }  # fmt: skip
    one = story.run(lambda w: adjusting.propose(w, **fields), max_)

    def spans(days: int) -> int:
        return len(story.house.runner.read(lambda r: queries.forgiven_spans(r, slo.id, now, plus(now, 86_400 * days))))

    assert spans(30) == 0
    with pytest.raises(Forbidden):
        story.run(lambda w: adjusting.approve(w, one.id), max_)
    story.run(lambda w: adjusting.approve(w, one.id), mia)
    assert (spans(30), spans(10), spans(1)) == (3, 2, 1)
    edited = story.run(lambda w: adjusting.edit(w, one.id, reason="The bank was away, again."), mia)
    assert (edited.approved_at, edited.author_id, spans(30)) == (None, story.users["mia"], 0)
    with pytest.raises(Changed):
        story.run(lambda w: adjusting.edit(w, one.id, 1, reason="x"), max_)
    with pytest.raises(Invalid):
        story.run(lambda w: adjusting.propose(w, **{**fields, "rrule": "FREQ=SECONDLY"}), max_)


def test_a_policy_is_agreed_to_edition_by_edition_and_overridden_by_whom_it_names(story: Story) -> None:
    people(story)
    slo = story.run(lambda w: commands.create(w, parsed(), service_id="svc_x", team_id=None))
    ids, max_ = story.users, story.actor("max")
    asked = [("product", ids["max"]), ("development", ids["mia"]), ("reliability", ids["ben"])]
    fields: Any = {
        "name": "shop", "slo_ids": [slo.id], "approvals": asked, "override_max_s": 3600, "override_who": [ids["mia"]],
        "thresholds": [read_threshold("remaining < 25%", ["gate-warn"])],
    }  # fmt: skip
    made = story.run(lambda w: policies.create(w, **fields), max_)
    with pytest.raises(Forbidden):
        story.run(lambda w: policies.approve(w, made.id, "product"), story.actor("ben"))
    for role, who in (("product", "max"), ("development", "mia"), ("reliability", "ben")):
        story.run(lambda w, r=role: policies.approve(w, made.id, r), story.actor(who))
    found = story.house.runner.read(lambda r: policy_queries.policy_for(r, slo))
    assert found is not None
    assert (found.policy.version, found.policy.approved) == (1, True)
    # The same again is no edit; another word is, and voids every approval. The first edition stays readable.
    assert story.run(lambda w: policies.edit(w, made.id, **fields), max_).policy.approved
    second = story.run(lambda w: policies.edit(w, made.id, goals=["Protect users."]), max_)
    assert (second.policy.version, second.policy.approved, len(second.policy.missing)) == (2, False, 3)
    editions = story.house.runner.read(lambda r: policy_queries.editions(r, made.id))
    assert [(one.version, one.approved) for one, _, _ in editions] == [(2, False), (1, True)]

    now = story.clock.now()

    def override(who: Actor, seconds: int, reason: str = "A fix for a hole.", **more: Any) -> Any:
        return story.run(
            lambda w: gating.override(
                w, "svc_x", None, policies=[second.policy], reason=reason, until=plus(now, seconds), **more
            ),
            who,
        )

    mia = story.actor("mia")
    for who, seconds, reason, error in (
        (TOKEN, 600, "x", Forbidden), (max_, 600, "x", Forbidden), (story.actor("ben"), 600, "x", Forbidden),
        (mia, 7200, "x", Invalid), (mia, 600, "", Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            override(who, seconds, reason)
    live = override(mia, 3600, change=Change.SECURITY)

    def ask(change: Change) -> Decision:
        def job(w: Any) -> Decision:
            standing = policy_queries.overrides(w, "svc_x", live=True)
            said = answer("svc_x", (), w.now, change=change, overrides=[one.override for one in standing])
            gating.note_answered(w, "svc_x", said, overrides=standing, change=change, sha="abc")
            return said.decision

        decision: Decision = story.run(job, TOKEN)
        return decision

    ask(Change.SECURITY)
    ask(Change.DEPLOY)
    uses = story.house.runner.read(lambda r: policy_queries.override_uses(r, now, plus(now, 60)))
    assert [(one.override_id, one.change, one.sha) for one in uses] == [(live.id, "security", "abc")]
    story.run(lambda w: gating.revoke(w, live.id, None), mia)
    assert story.house.runner.read(lambda r: policy_queries.overrides(r, "svc_x", live=True)) == []
    with pytest.raises(Conflict):
        story.run(lambda w: gating.revoke(w, live.id, None), mia)
    assert kinds(story, "svc_x") == ["gate.overridden", "gate.answered", "gate.answered", "gate.override_revoked"]
