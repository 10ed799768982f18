"""A postmortem from the all-clear to the action that did not help: drafted, nagged about, written, reviewed, kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firebell.domain.incidents import verbs as incident_verbs
from firebell.domain.incidents.model import MilestoneName, Phase
from firebell.domain.postmortems import verbs
from firebell.domain.postmortems.actions import ActionState, ActionType, Effect
from firebell.domain.postmortems.model import Section, State, fingerprint
from firebell.domain.postmortems.verdict import Repeat, Rule, Verdict
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, Refused
from firebell.workflows import postmortem_repeats, postmortem_verdicts, postmortems_seen
from tests.postmortem_story import Desk, desk_of, outage
from tests.story import Story


def refused(call: Callable[[], object], kind: type[Refused], *, field: str | None = None) -> None:
    with pytest.raises(kind) as error:
        call()
    if field is not None:
        assert error.value.field == field


def test_from_the_all_clear_to_the_fix_that_did_not_last(story: Story) -> None:
    desk = desk_of(story)
    outage(desk)
    _is_drafted(desk)
    _is_nagged_about(desk, story)
    _is_written_by_two(desk)
    _is_reviewed(desk)
    _is_published_without_names(desk)
    _is_promised_and_reminded_of(desk, story)
    _is_done_with_proof(desk, story)
    _came_back(desk, story)
    _is_closed_with_its_incident(desk)


def _is_drafted(desk: Desk) -> None:
    one = desk.one()
    assert one.state is State.DRAFT
    assert one.required == ("severity",)
    assert "(INC-1) reached SEV1" in one.document.text(Section.SUMMARY)
    assert "The Incident Commander took command." in one.document.text(Section.TIMELINE)
    assert "the push tool shows no list of targets" in one.document.text(Section.ACTION_ITEMS)
    assert one.process == ("Not verified before resolving: stability window (A story has no time to wait.).",)
    assert desk.room.incident().phase is Phase.RESOLVED


def _is_nagged_about(desk: Desk, story: Story) -> None:
    story.run_for(minutes=1)
    assert desk.said("chief") == ["The postmortem has no owner. Name one person."]
    desk.act("chief", verbs.SetOwner(user_id=desk.id_of("lead")))
    assert desk.room.incident().phase is Phase.POSTMORTEM
    assert desk.room.incident().postmortem_owner_id == desk.id_of("lead")
    story.run_for(days=2, hours=23)
    assert desk.said("lead") == ["The postmortem is yours to write."]
    story.run_for(hours=1)
    late = "The postmortem was to be ready for review by 2026-01-08. It has no review meeting booked."
    assert desk.said("lead")[1:] == [late]
    story.run_for(days=3)
    assert desk.said("lead")[2:] == [], "two business days, not two days"


def _is_written_by_two(desk: Desk) -> None:
    was = fingerprint(desk.one().document.text(Section.IMPACT))
    desk.act("ann", verbs.SaveSection(section=Section.IMPACT, text="- 1200 customers could not pay", was=was))
    stale = verbs.SaveSection(section=Section.IMPACT, text="- Nobody noticed", was=was)
    refused(lambda: desk.act("lead", stale), Changed, field="was")
    other = verbs.SaveSection(section=Section.LESSONS, text="### What went well\n\nThe rollback took 2 min.")
    desk.act("lead", other)
    assert "1200 customers" in desk.one().document.text(Section.IMPACT)
    refused(lambda: desk.act("lead", verbs.Submit()), Conflict, field="document")
    desk.completed("lead")
    numbers = [(one.number, one.by) for one in desk.seen_by("boss", lambda r: postmortems_seen.revisions(r, "INC-1"))]
    ann, lead = desk.id_of("ann"), desk.id_of("lead")
    assert numbers == [(3, lead), (2, ann), (1, "system")], "one for each stretch of one person's writing"


def _is_reviewed(desk: Desk) -> None:
    refused(lambda: desk.act("lead", verbs.Submit()), Conflict, field="document")
    desk.act(
        "ann",
        verbs.AddAction(
            text="Reject a push with an empty region list, test included", type=ActionType.PREVENT,
            owner_id=desk.id_of("ann"), due_at=desk.one().resolved_at.add(hours=15 * 24), end_state="a failing test",
        ),
    )  # fmt: skip
    desk.act("lead", verbs.Submit())
    desk.act("boss", verbs.RequestChanges(text="Say how many regions were hit."))
    assert desk.one().state is State.DRAFT
    assert desk.said("lead")[-1] == "The postmortem needs changes: Say how many regions were hit."
    desk.write("lead", Section.SUMMARY, "@spokes told customers: nobody can pay, every region refuses.")
    desk.act("lead", verbs.Submit())
    refused(lambda: desk.act("lead", verbs.Approve()), Forbidden)
    refused(lambda: desk.act("chief", verbs.Approve()), Conflict, field="actions")
    desk.act("lead", verbs.CommitAction(action=desk.item().id))
    desk.act("chief", verbs.Approve())
    assert desk.room.incident().phase is Phase.FOLLOW_UP
    refused(lambda: desk.write("lead", Section.SUMMARY, "Something else"), Conflict)


def _is_published_without_names(desk: Desk) -> None:
    refused(lambda: desk.act("lead", verbs.Publish()), Conflict, field="document")
    desk.act("lead", verbs.NamesToRoles())
    assert desk.one().document.text(Section.SUMMARY).startswith("Responder")
    desk.act("lead", verbs.Publish())
    assert desk.one().state is State.PUBLISHED
    assert desk.room.incident().milestone(MilestoneName.POSTMORTEM_PUBLISHED) is not None
    refused(lambda: desk.act("lead", verbs.Close()), Conflict, field="actions")
    refused(lambda: desk.room.act("lead", incident_verbs.Close()), Conflict, field="actions")


def _is_promised_and_reminded_of(desk: Desk, story: Story) -> None:
    before = len(desk.said("ann"))
    said = "An action item {}: Reject a push with an empty region list, test included"
    story.run_for(days=10)
    near = ("is due in 7 days, on 2026-01-20", "is due in 1 day, on 2026-01-20", "is due today")
    assert desk.said("ann")[before:] == [said.format(words) for words in near]
    story.run_for(days=14)
    overdue = [said.format(f"is {n} days overdue (it was due on 2026-01-20)") for n in (7, 14)]
    assert desk.said("ann")[before + 3 :] == overdue
    assert desk.said("boss") == overdue, "there is no team: the installation's administrator answers for it"
    assert desk.facts(desk.item().id).count("action.reminded") == 5


def _is_done_with_proof(desk: Desk, story: Story) -> None:
    item = desk.item().id
    refused(
        lambda: desk.act("ann", verbs.CloseAction(action=item, kind="change", ref="done, believe me")), Invalid,
        field="proof",
    )  # fmt: skip
    desk.act("ann", verbs.CloseAction(action=item, kind="change", ref="https://git.example.com/c/42"))
    assert desk.room.incident().milestone(MilestoneName.ACTIONS_CLOSED) is not None
    story.run_for(days=31)
    assert desk.item().effect is Effect.NOT_EXERCISED
    assert "A drill would" in desk.said("ann")[-1]


def _came_back(desk: Desk, story: Story) -> None:
    first, key = desk.room.incident().id, desk.room.key
    outage(desk, "Checkout fails in every region again")
    second = desk.room.incident()
    (known,) = desk.seen_by("ann", lambda r: postmortem_repeats.known(r, second.id))
    assert (known.incident.id, known.kind) == (first, Repeat.AFTER_FIX)
    assert "incident.repeats" in desk.room.facts()
    desk.completed("lead")
    desk.act("lead", verbs.Classify(trigger="config_push"))
    story.run_for(minutes=1)
    verdict = desk.seen_by("ann", lambda r: postmortem_verdicts.shown(r, second.id))
    assert verdict.stands is Verdict.SYSTEMIC
    assert {one.rule for one in verdict.findings} >= {Rule.SAME_SERVICE_AND_FACTOR, Rule.SEEN_BEFORE}
    desk.act("lead", verbs.OverrideVerdict(verdict=Verdict.ONE_OFF, reason="The region list came from a migration."))
    said = desk.seen_by("ann", lambda r: postmortem_verdicts.shown(r, second.id))
    assert (said.stands, said.computed) == (Verdict.ONE_OFF, Verdict.SYSTEMIC)
    desk.key = first
    item = desk.item()
    assert (item.state, item.effect, item.reopened) == (ActionState.COMMITTED, Effect.RECURRED, 1)
    assert "is open again, since the same happened in INC-2" in desk.said("ann")[-1]
    desk.room.declare("Checkout fails in a region", by="ann", service_ids=second.service_ids)
    desk.room.act("chief", incident_verbs.TakeCommand())
    assert any(one.startswith("Known, unfinished: this is like INC-1") for one in desk.room.notices("chief"))
    desk.room.key = key


def _is_closed_with_its_incident(desk: Desk) -> None:
    item = desk.item().id
    waive = verbs.WaiveAction(action=item, reason="The tool is replaced next month.")
    refused(lambda: desk.act("lead", waive), Forbidden)
    desk.act("boss", waive)
    desk.act("lead", verbs.Close())
    assert desk.one().state is State.CLOSED
    assert desk.room.incident().phase is Phase.CLOSED
    assert [one.row.item.id for one in desk.seen_by("ann", postmortems_seen.action_list)] == [item]
    desk.room.act("chief", incident_verbs.Reopen(reason="It came back within the hour."))
    assert desk.one().state is State.DRAFT
