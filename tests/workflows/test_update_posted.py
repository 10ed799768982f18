"""An update is composed, checked, released and sent."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from firebell.domain.comms import queries as comms
from firebell.domain.comms import settings
from firebell.domain.comms.model import Audience, CommsSettings, NewUpdate
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import DeclineReason, MilestoneName, Remedy
from firebell.kernel.actor import Role
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound
from firebell.workflows import incident_moves, update_clocks, update_posted
from tests.story import Story
from tests.workflows.update_cast import Room, begin

PUBLIC = "12 % of payments fail in Europe. No action is needed; workaround: pay by invoice."


def public(room: Room, who: str = "bo", **other: Any) -> Any:
    known: dict[str, Any] = {"body": PUBLIC, "minutes": 15, "components": {room.component_id: "partial_outage"}}
    return room.post(who, "public", **(known | other))


# ---------------------------------------------------------------- inside


def test_an_internal_update_goes_at_once_to_everybody_engaged_but_its_author(story: Story) -> None:
    room = begin(story)
    sent = len(story.sent)
    update = room.post()
    assert update.state == "sent"
    assert sorted(who for who, _ in room.notices(sent)) == ["ada", "cy", "dee", "eve"]
    assert story.sent[-1].message.body.endswith("Next update by 09:15 UTC.")
    assert room.facts() == ["update.sent"]
    assert room.facts("promise.") == ["promise.made"]


def test_an_executive_update_goes_to_the_liaison_and_the_executives(story: Story) -> None:
    room = begin(story)
    boss = story.person("boss", role=Role.VIEWER)
    story.run(lambda work: settings.set_settings(work, CommsSettings(executive_ids=(boss,))))
    sent = len(story.sent)
    room.post(audience="executive", minutes=30)
    assert sorted(who for who, _ in room.notices(sent)) == ["boss", "dee"]


def test_an_empty_body_is_the_template_with_exactly_its_fields(story: Story) -> None:
    room = begin(story)
    assert room.post(body="").body == (
        "Title: Payments fail\nSeverity: SEV1\nImpact: Payments fail.\nStatus: Investigating\nETA: unknown\n"
        "Incident Commander: ada"
    )


def test_the_status_turns_to_mitigating_with_the_first_adopted_remedy(story: Story) -> None:
    room = begin(story)
    assert room.post(body="").status == "Investigating"
    room.do("ada", verbs.ProposeDecision(proposal="Roll back", remedy=Remedy.ROLLBACK))
    decision = room.incident.decisions[-1]
    story.run_for(seconds=31)
    room.do("ada", verbs.Adopt(decision=decision.id))
    assert room.post(body="").status == "Mitigating"


@pytest.mark.parametrize("audience", ["internal", "public", "executive"])
def test_a_promise_past_the_ceiling_is_refused_naming_the_latest_time(story: Story, audience: str) -> None:
    room = begin(story, page=True)
    ceiling = {"internal": 15, "public": 15, "executive": 30}[audience]
    with pytest.raises(Invalid, match=f"within {ceiling} min") as refused:
        room.post(audience=audience, minutes=ceiling + 1)
    assert refused.value.field == "next_update_by"
    assert room.in_minutes(ceiling).format_iso() in str(refused.value.hint)


def test_without_a_next_time_it_is_refused_unless_it_is_the_last(story: Story) -> None:
    room = begin(story)
    with pytest.raises(Invalid) as refused:
        room.post(next_update_by=None)
    assert refused.value.field == "next_update_by"
    assert room.post(minutes=None).state == "sent"


def test_what_has_not_happened_yet_is_refused(story: Story) -> None:
    room = begin(story)
    with pytest.raises(Invalid) as refused:
        room.post(event_at=room.in_minutes(2))
    assert refused.value.field == "event_at"


def test_the_last_text_again_is_refused(story: Story) -> None:
    room = begin(story)
    room.post(body="We look into it. Next update by 09:15 UTC.")
    story.run_for(minutes=14)
    with pytest.raises(Invalid, match="last update again"):
        room.post(body="We look into it. Next update by 09:29 UTC.")


def test_a_double_click_posts_once(story: Story) -> None:
    room = begin(story)
    sent = len(story.sent)
    first, second = room.post(key="form-1"), room.post(key="form-1", body="another text")
    assert first.id == second.id
    assert len(room.updates()) == 1
    assert len(room.notices(sent)) == 4


def test_who_does_not_respond_says_nothing(story: Story) -> None:
    room = begin(story)
    story.person("guest", role=Role.VIEWER)
    with pytest.raises(Forbidden):
        room.post("guest")


def test_whoever_was_given_a_part_in_it_speaks(story: Story) -> None:
    room = begin(story)
    story.person("guest", role=Role.VIEWER)
    room.assign("guest", "comms")
    assert room.post("guest").state == "sent"


def test_an_observer_only_reads(story: Story) -> None:
    room = begin(story)
    story.person("guest", role=Role.VIEWER)
    room.assign("guest", "observer")
    with pytest.raises(Forbidden):
        room.post("guest")


def test_of_a_private_incident_nobody_else_learns(story: Story) -> None:
    room = begin(story, private=True, page=True, by="ada")
    story.person("guest", role=Role.RESPONDER)
    with pytest.raises(NotFound):
        room.post("guest")
    with pytest.raises(Invalid, match="private"):
        public(room, overrides={"private": "it has to be"})
    sent = len(story.sent)
    room.post()
    told = room.notices(sent)
    assert len(told) == 4
    assert all("Payments fail" not in title for _, title in told)


# ---------------------------------------------------------------- the public


def test_what_is_sent_of_a_private_incident_calls_it_by_its_codename(story: Story) -> None:
    room = begin(story, private=True, by="ada")
    sent = room.post("bo", body="", impact="Nobody can pay.")
    (told,) = {one.message.body for one in story.messages("notice") if "Severity: SEV1" in one.message.body}
    assert room.incident.codename in told
    assert room.incident.title not in told + sent.title


def test_in_the_first_five_minutes_the_template_needs_no_release(story: Story) -> None:
    room = begin(story, page=True)
    story.run_for(minutes=4)
    update = public(room, body="", minutes=6)
    assert (update.state, update.approver_id) == ("sent", None)
    (posted,) = room.public()
    assert posted.updates[0].body == (
        "We are aware of an issue affecting Checkout. Payments fail. We are investigating. "
        "Next update within 6 minutes (by 09:10 UTC)."
    )
    assert dict(posted.components) == {room.component_id: "partial_outage"}
    assert room.incident.milestone(MilestoneName.FIRST_PUBLIC_POST) is not None
    assert room.incident.milestone(MilestoneName.IDENTIFIED) is None


def test_after_five_minutes_or_with_a_word_more_it_waits_for_the_commander(story: Story) -> None:
    room = begin(story, page=True)
    assert public(room).state == "awaiting_approval"
    story.run_for(minutes=6)
    assert public(room, body="").state == "awaiting_approval"
    assert room.public() == []


def test_the_commander_releases_and_it_is_published_at_once(story: Story) -> None:
    room = begin(story, page=True)
    draft = public(room)
    done = room.approve(draft)
    assert (done.state, done.approver_id) == ("sent", story.users["ada"])
    assert [one.updates[0].body for one in room.public()] == [PUBLIC]
    said = [one for one in room.facts() if one != "update.reminded"]
    assert said == ["update.submitted", "update.approved", "update.sent"]


@pytest.mark.parametrize("who", ["bo", "cy", "dee", "eve"])
def test_nobody_else_does(story: Story, who: str) -> None:
    room = begin(story, page=True)
    draft = public(room)
    with pytest.raises(Forbidden):
        room.approve(draft, who)


def test_the_deputy_does_by_delegation_which_ends_with_the_command(story: Story) -> None:
    room = begin(story, page=True)
    with pytest.raises(Forbidden):
        story.run(lambda work: update_clocks.delegate_approval(work, room.id), story.actor("cy"))
    story.run(lambda work: update_clocks.delegate_approval(work, room.id), story.actor("ada"))
    assert room.approve(public(room), "cy").state == "sent"
    room.do("ada", verbs.OfferCommand(to=story.users["eve"]))
    offer = room.incident.offers[-1]
    room.do("eve", verbs.AcceptCommand(offer=offer.id, brief_read=True))
    with pytest.raises(Forbidden):
        room.approve(public(room, body=PUBLIC + " More of it."), "cy")


def test_the_commander_does_not_release_their_own_text_at_sev1(story: Story) -> None:
    room = begin(story, page=True)
    draft = public(room, "ada")
    assert draft.state == "awaiting_approval"
    with pytest.raises(Forbidden, match="own text"):
        room.approve(draft)


def test_at_sev3_the_commanders_own_text_goes_at_once(story: Story) -> None:
    room = begin(story, "SEV3", page=True)
    assert public(room, "ada", minutes=60).state == "sent"


def test_an_edit_voids_what_was_read(story: Story) -> None:
    room = begin(story, page=True)
    draft = public(room)
    new = NewUpdate(
        audience=Audience.PUBLIC, body=PUBLIC.replace("12", "20"), next_update_by=draft.next_update_by,
        components=draft.components, impact=draft.impact,
    )  # fmt: skip
    edited = story.run(lambda work: update_posted.edit(work, draft.id, new), story.actor("bo"))
    with pytest.raises(Changed):
        room.approve(edited, sha256=draft.sha256)
    assert room.approve(edited).body == PUBLIC.replace("12", "20")


def test_the_commander_who_rewrites_a_draft_does_not_release_it_as_somebody_else_s(story: Story) -> None:
    room = begin(story, page=True)
    draft = public(room)
    new = NewUpdate(
        audience=Audience.PUBLIC, body="5 % of payments fail in Europe. We are investigating.", impact="Payments fail.",
        next_update_by=room.in_minutes(15),
    )  # fmt: skip
    after = story.run(lambda work: update_posted.edit(work, draft.id, new), story.actor("ada"))
    assert after.author_id == story.users["ada"]
    with pytest.raises(Forbidden, match="their own text"):
        room.approve(after)


@pytest.mark.parametrize("what", ["body", "components", "status"])
def test_the_release_is_for_text_components_and_status(story: Story, what: str) -> None:
    room = begin(story, page=True)
    draft = public(room)
    given: dict[str, Any] = {"body": draft.body, "components": draft.components, "status": draft.status}
    given[what] = {"body": PUBLIC + " Now.", "components": {room.component_id: "major_outage"},
                   "status": "identified"}[what]  # fmt: skip
    new = NewUpdate(
        audience=Audience.PUBLIC,
        next_update_by=draft.next_update_by,
        impact=draft.impact,
        **given,
    )
    edited = story.run(lambda work: update_posted.edit(work, draft.id, new), story.actor("bo"))
    assert edited.sha256 != draft.sha256


def test_a_draft_is_kept_unchecked_and_checked_when_it_is_handed_in(story: Story) -> None:
    room = begin(story, page=True)
    new = NewUpdate(audience=Audience.PUBLIC, body="db-01 is", components={room.component_id: "major_outage"})
    draft = story.run(partial(update_posted.save_draft, incident_id=room.id, new=new), story.actor("bo"))
    assert draft.state == "draft"
    with pytest.raises(Invalid):
        story.run(partial(update_posted.edit, update_id=draft.id, new=new), story.actor("bo"))
    good = replace(new, body=PUBLIC, next_update_by=room.in_minutes(15))
    done = story.run(partial(update_posted.edit, update_id=draft.id, new=good), story.actor("bo"))
    assert done.state == "awaiting_approval"


def test_with_no_page_to_go_to_a_public_update_is_refused_at_once(story: Story) -> None:
    room = begin(story)
    with pytest.raises(Invalid) as refused:
        room.post(audience="public", body=PUBLIC)
    assert refused.value.field == "page_id"


def test_a_rejection_says_why_and_only_who_releases_rejects(story: Story) -> None:
    room = begin(story, page=True)
    draft = public(room)
    with pytest.raises(Forbidden):
        story.run(lambda work: update_posted.reject(work, draft.id, "no"), story.actor("bo"))
    with pytest.raises(Invalid):
        story.run(lambda work: update_posted.reject(work, draft.id, " "), story.actor("ada"))
    done = story.run(lambda work: update_posted.reject(work, draft.id, "too vague"), story.actor("ada"))
    assert (done.state, done.reason) == ("rejected", "too vague")
    with pytest.raises(Conflict):
        room.approve(draft)


def test_releasing_twice_is_refused_and_posts_once(story: Story) -> None:
    room = begin(story, page=True)
    draft = public(room)
    room.approve(draft)
    with pytest.raises(Conflict):
        room.approve(draft)
    assert [len(one.updates) for one in room.public()] == [1]


def test_a_promise_that_ran_out_while_waiting_must_be_renewed(story: Story) -> None:
    room = begin(story, page=True)
    draft = public(room, minutes=10)
    story.run_for(minutes=10)
    with pytest.raises(Conflict, match="due already"):
        room.approve(draft)


def test_of_two_drafts_with_the_same_text_one_is_released(story: Story) -> None:
    room = begin(story, page=True)
    first, second = public(room), public(room)
    room.approve(first)
    with pytest.raises(Conflict, match="last update again"):
        room.approve(second)


def test_drafts_of_a_past_phase_are_withdrawn(story: Story) -> None:
    room = begin(story, page=True)
    draft = public(room)
    room.do("ada", verbs.Mitigate(remedy=Remedy.ROLLBACK))
    assert room.states() == ["withdrawn"]
    with pytest.raises(Conflict):
        room.approve(draft)


def test_making_it_private_withdraws_what_was_for_the_public(story: Story) -> None:
    room = begin(story, page=True)
    public(room)
    room.do("ada", verbs.MakePrivate())
    assert room.states() == ["withdrawn"]
    assert room.due_in_minutes("public") is None


def test_a_block_is_overruled_by_the_commander_with_a_reason_that_is_written_down(story: Story) -> None:
    room = begin(story, page=True)
    leak = PUBLIC + " See PAY-1234."
    with pytest.raises(Invalid, match="ticket"):
        public(room, body=leak)
    draft = public(room, body=leak, overrides={"internals": "customers know this number"})
    story.run(lambda work: update_clocks.delegate_approval(work, room.id), story.actor("ada"))
    with pytest.raises(Forbidden, match="overrules"):
        room.approve(draft, "cy")
    room.approve(draft)
    assert "update.check_overridden" in room.facts()


def test_inside_only_the_commander_overrules(story: Story) -> None:
    room = begin(story)
    early: dict[str, Any] = {"body": "3 % fail. ETA: noon", "overrides": {"eta": "the vendor says so"}}
    with pytest.raises(Invalid, match="agreed"):
        room.post("bo", **early)
    assert room.post("ada", **early).state == "sent"


def test_names_are_never_overruled(story: Story) -> None:
    room = begin(story, page=True)
    with pytest.raises(Invalid, match="role"):
        public(room, body=PUBLIC + " Ask ada.", overrides={"person": "she wants it"})


def test_the_status_follows_the_phase_to_the_page(story: Story) -> None:
    room = begin(story, page=True)
    room.approve(public(room))
    room.approve(public(room, body=PUBLIC + " We know why.", status="identified"))
    assert room.incident.milestone(MilestoneName.IDENTIFIED) is not None
    room.do("ada", verbs.Mitigate(remedy=Remedy.ROLLBACK))
    with pytest.raises(Invalid, match="monitoring"):
        public(room, status="investigating", body=PUBLIC + " And again.")
    room.approve(public(room, body=PUBLIC + " It is back.", components={room.component_id: "operational"}))
    assert [one.status for one in room.public()] == ["monitoring"]


def test_customers_never_hear_of_a_drill(story: Story) -> None:
    room = begin(story, page=True, kind="drill")
    done = room.approve(public(room))
    assert done.state == "sent"
    assert room.public() == []
    assert room.incident.milestone(MilestoneName.FIRST_PUBLIC_POST) is not None
    assert all(not one.counted for one in room.look(lambda read: comms.promises(read, room.id)))


# ---------------------------------------------------------------- the end of it


def resolve(room: Room) -> None:
    room.do("ada", verbs.Mitigate(remedy=Remedy.ROLLBACK))
    room.do("ada", verbs.Resolve(all_clear="Payments work again. No data was lost.", skip="rehearsed in this test"))


def test_the_all_clear_is_the_last_internal_update(story: Story) -> None:
    room = begin(story)
    room.post()
    resolve(room)
    last = room.updates("internal")[-1]
    assert last.final
    assert last.status == "Resolved"
    assert last.body.endswith("All clear: Payments work again. No data was lost.")
    assert [outcome for outcome, _ in room.promises()] == ["kept"]
    assert room.due_in_minutes() is None


def test_resolved_silently_and_closed_is_a_missed_promise(story: Story) -> None:
    room = begin(story, page=True)
    room.approve(public(room))
    resolve(room)
    assert room.promises("public") == [("open", 0)]
    story.run_for(minutes=120)
    # The house says so: a person would write the postmortem first.
    for verb in (verbs.StartPostmortem(owner_id=story.users["ada"]), verbs.CompletePostmortem(), verbs.Close()):
        story.run(lambda work, verb=verb: incident_moves.tell(work, room.incident.id, verb))
    assert room.promises("public") == [("missed", 105 * 60)]


def test_a_final_public_update_keeps_the_promise(story: Story) -> None:
    room = begin(story, page=True)
    room.approve(public(room))
    resolve(room)
    final = public(
        room, minutes=None, body="Payments work for all customers. No data was lost. Retry if one fails.",
        components={room.component_id: "operational"},
    )  # fmt: skip
    room.approve(final)
    assert room.promises("public") == [("kept", 0)]
    assert [one.status for one in room.public()] == ["resolved"]


def test_declining_releases_what_was_promised(story: Story) -> None:
    room = begin(story, roles=False)
    room.post("eve", minutes=10)
    room.do("eve", verbs.Decline(reason=DeclineReason.FALSE_ALARM))
    assert [outcome for outcome, _ in room.promises()] == ["released"]


def test_reopening_starts_the_clocks_anew(story: Story) -> None:
    room = begin(story, page=True)
    room.approve(public(room))
    resolve(room)
    assert room.due_in_minutes("public") is None
    room.do("ada", verbs.Reopen(reason="errors are back again"))
    assert room.due_in_minutes() == 15
    assert room.due_in_minutes("public") == 5


def test_the_record_counts_by_audience_and_severity_and_hides_what_is_private(story: Story) -> None:
    room = begin(story)
    room.post(minutes=10)
    story.run_for(minutes=12)
    room.post(minutes=10)
    kept = room.look(comms.kept)
    assert [(one.audience, one.severity, one.n, one.kept_pct, one.late_p50_s) for one in kept] == [
        ("internal", "SEV1", 1, 100.0, 120)
    ]
    assert room.look(lambda read: comms.kept(read, hidden={room.id})) == []


# ---------------------------------------------------------------- composing


def test_the_composer_offers_the_template_and_the_latest_time(story: Story) -> None:
    room = begin(story)
    draft = room.compose()
    assert draft.latest == room.in_minutes(15)
    assert draft.new.next_update_by == draft.latest
    assert draft.true_things == ()
    assert draft.new.body.startswith("Title: Payments fail\n")


def test_what_the_composer_offers_can_be_sent_as_it_is(story: Story) -> None:
    room = begin(story, page=True)
    for audience in ("internal", "public", "executive"):
        new = room.compose(audience).new
        made = story.run(partial(update_posted.submit, incident_id=room.id, new=new), story.actor("bo"))
        assert made.state == "sent"


def test_when_nothing_has_changed_it_asks_for_one_true_thing_and_offers_what_is_known(story: Story) -> None:
    room = begin(story)
    room.post(body="")
    story.run_for(minutes=10)
    room.do("eve", verbs.SuggestHypothesis(text="The database is slow"))
    hypothesis = room.incident.hypotheses[-1]
    room.do("eve", verbs.EliminateHypothesis(hypothesis=hypothesis.id, evidence="latency is flat"))
    room.do("ada", verbs.AssignTask(text="Roll back", assignee_id=story.users["eve"], minutes=10))
    draft = room.compose()
    known = {one.kind: one.suggestion for one in draft.true_things}
    assert known["ruled_out"] == "The database is slow"
    assert known["still_doing"] == "Roll back (since 09:10 UTC)"
    assert "Ruled out: The database is slow." in draft.new.body
    made = story.run(lambda work: update_posted.submit(work, room.id, draft.new), story.actor("bo"))
    assert made.state == "sent"


def test_with_nothing_new_it_says_exactly_that(story: Story) -> None:
    room = begin(story)
    room.post(body="")
    story.run_for(minutes=10)
    draft = room.compose()
    assert draft.new.body.endswith("There is no new information since the last update.")


def test_for_the_public_nothing_of_the_inside_is_prefilled(story: Story) -> None:
    room = begin(story, page=True)
    room.approve(public(room))
    story.run_for(minutes=10)
    room.do("ada", verbs.AssignTask(text="Restart db-01", assignee_id=story.users["eve"], minutes=10))
    draft = room.compose("public")
    assert {one.suggestion for one in draft.true_things} == {""}
    assert "db-01" not in draft.new.body


def test_an_edited_template_is_what_is_offered_and_every_version_stays(story: Story) -> None:
    room = begin(story)
    story.run(lambda work: settings.set_template(work, "internal", "default", "{{ reference }}: {{ status }}"))
    assert room.compose().new.body == "INC-1: Investigating"
    with pytest.raises(Changed):
        story.run(lambda work: settings.set_template(work, "internal", "default", "x", expected=0))
    story.run(lambda work: settings.reset_template(work, "internal", "default"))
    assert room.compose().new.body.startswith("Title: ")
    assert [one.version for one in room.look(lambda read: comms.template_versions(read, "internal", "default"))] == [
        1, 2,
    ]  # fmt: skip


def test_a_broken_template_is_refused_and_a_preview_shows_a_good_one(story: Story) -> None:
    with pytest.raises(Invalid):
        story.run(lambda work: settings.set_template(work, "public", "investigating", "{{ nope }}"))
    with pytest.raises(Invalid):
        story.run(lambda work: settings.set_template(work, "public", "mitigating", "x"))
    shown = story.house.runner.read(lambda read: comms.preview(read, "public", "resolved", "{{ components }}"))
    assert shown == "Checkout and Payments"


def test_what_a_file_manages_is_changed_there(story: Story) -> None:
    def put(text: str, by: str | None) -> Any:
        return story.run(lambda work: settings.set_template(work, "internal", "default", text, managed_by=by))

    assert put("a", "house.yaml").version == 1
    assert put("a", "house.yaml").version == 1
    with pytest.raises(Conflict):
        put("b", None)
    story.run(lambda work: settings.detach_template(work, "internal", "default"))
    assert put("b", None).version == 3


def test_check_says_what_submitting_would_refuse(story: Story) -> None:
    room = begin(story, page=True)
    new = replace(room.compose("public").new, body="Payments fail on db-01.")
    findings = story.house.runner.read(lambda read: update_posted.check(read, room.id, new), story.actor("bo"))
    assert "internals" in {one.check for one in findings if one.level == "block"}
