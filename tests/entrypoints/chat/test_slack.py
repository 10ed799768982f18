"""An incident worked through in Slack, by the real client over Socket Mode."""

from __future__ import annotations

from firebell.domain.chat import queries as chats
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Phase, Severity
from tests.entrypoints.chat.conftest import Office
from tests.fakes.slack import FakeSlack


def declared(office: Office, title: str = "Checkout fails for everyone") -> None:
    office.say("ann", f"declare SEV1 {title}")


def test_declaring_opens_a_room_with_a_pinned_card_and_is_announced(office: Office) -> None:
    shown = office.say("ann", "declare SEV1 Checkout fails for everyone")
    assert shown["response_type"] == "in_channel"
    assert "SEV1 · INC-1 · Checkout fails for everyone is declared." in shown["text"]
    assert office.incident().origin == "chat"
    room = office.room
    assert room.name == "inc-1-checkout-fails-for-everyone"
    assert "Incident Commander: nobody" in room.topic
    assert "Checkout fails" in office.card()["text"]
    assert [e["action_id"] for e in office.card()["blocks"][-1]["elements"]] == [
        "take", "form_update", "ack", "status", "open",
    ]  # fmt: skip
    assert any("INC-1" in text for text in office.general.texts())


def test_two_press_take_command_and_the_second_is_told_who_has_it(office: Office) -> None:
    declared(office)
    office.press("ann", office.room, "take", office.incident().id)
    office.press("bob", office.room, "take", office.incident().id)
    assert office.incident().commander_id == office.story.users["ann"]
    assert "You have command." in office.room.texts()
    (told,) = office.room.ephemeral
    assert told["to"] == "U02BOB"
    assert "ann" in told["text"].lower()
    assert "Incident Commander: ann" in office.room.topic.lower().replace("incident commander", "Incident Commander")
    assert "take" not in [e["action_id"] for e in office.card()["blocks"][-1]["elements"]]


def test_a_whole_response_typed_in_the_room(office: Office) -> None:
    declared(office)
    room = office.room
    office.say("ann", "take", room)
    office.say("ann", f"role comms {office.at('bob')}", room)
    office.say("ann", f"task {office.at('cleo')} 10m roll back", room)
    assert office.say("cleo", "ack", room)["text"] == "It is yours."
    assert office.say("cleo", "done rolled back to 41", room)["text"] == "Done."
    assert office.say("bob", "sizeup checkout has recovered", room)["response_type"] == "in_channel"
    one = office.incident()
    assert one.phase is Phase.RESPONDING
    assert one.holder("comms") == office.story.users["bob"]
    assert (one.tasks[0].assignee_id, one.tasks[0].outcome) == (office.story.users["cleo"], "rolled back to 41")
    status = office.say("cleo", "status", room)
    assert status["response_type"] == "ephemeral"
    assert "Size-up: checkout has recovered" in status["text"]


def test_command_is_handed_over_with_the_brief(office: Office) -> None:
    declared(office)
    room = office.room
    office.say("ann", "take", room)
    office.say("ann", f"offer {office.at('bob')} I have to leave", room)
    brief = office.say("bob", "accept", room)
    assert "Before you accept, this is the brief." in brief["text"]
    assert "I have to leave" in brief["text"]
    assert office.incident().commander_id == office.story.users["ann"], "until it is accepted"
    office.press("bob", room, "accept_confirmed", office.incident().id)
    assert office.incident().commander_id == office.story.users["bob"]


def test_a_proposal_hears_objections_by_button_and_form(office: Office) -> None:
    declared(office)
    room = office.room
    office.say("ann", "take", room)
    office.say("ann", "decide fail over to the west", room)
    proposal = next(m for m in room.messages.values() if "Any strong objections?" in m["text"])
    button = proposal["blocks"][1]["elements"][0]
    office.press("cleo", room, button["action_id"], button["value"])
    assert office.submit("cleo", text="the west is full") == {}
    (decision,) = office.incident().decisions
    assert [(o.by, o.text) for o in decision.objections] == [(office.story.users["cleo"], "the west is full")]


def test_an_update_is_written_in_a_form_that_keeps_what_is_wrong_with_it(office: Office) -> None:
    declared(office)
    room = office.room
    office.say("ann", "take", room)
    assert office.say("bob", "update", room) == {}
    form = office.slack.views[-1]
    assert form["private_metadata"] == f"{office.incident().id} internal"
    refused = office.submit("bob", body="Looking at the database.", next="soon")
    assert refused["errors"] == {"next": "Say in how many minutes. A number such as 15."}
    assert office.submit("bob", body="3 % of checkouts fail; we look at the database.", next="10") == {}
    (update,) = office.timeline("update.sent")
    assert update.actor == f"user:{office.story.users['bob']}"


def test_what_cannot_be_done_is_answered_to_the_one_who_asked_with_what_can(office: Office) -> None:
    declared(office)
    refused = office.say("bob", "resolve all is well, no data was lost", office.room)
    assert refused["response_type"] == "ephemeral"
    assert "engage" in refused["text"] or "take" in refused["text"]
    elsewhere = office.say("bob", "take")
    assert "This channel belongs to no incident." in elsewhere["text"]
    assert "is not something I can do" in office.say("bob", "dance", office.room)["text"]


def test_somebody_slack_does_not_vouch_for_can_do_nothing(office: Office) -> None:
    office.slack.people["U09EVE"] = "eve@elsewhere.example"
    shown = office.slack.command("U09EVE", office.general.id, "declare SEV1 nothing at all")
    assert "I do not know who you are in Firebell." in shown["text"]
    assert office.slack.command("U08BOT", office.general.id, "status")["response_type"] == "ephemeral"


def test_a_pin_or_an_emoji_puts_a_message_on_the_timeline_once(office: Office) -> None:
    declared(office)
    room = office.room
    at_s = int(office.story.clock.now().timestamp()) - 120
    ts = office.slack.say("U03CLEO", room.id, "rolled back at &lt;41&gt;", at_s)
    item = {"type": "message", "channel": room.id, "message": room.messages[ts]}
    office.event("Ev1", type="pin_added", user="U02BOB", channel_id=room.id, item=item)
    office.event("Ev1", type="pin_added", user="U02BOB", channel_id=room.id, item=item)
    office.event("Ev2", type="reaction_added", user="U02BOB", reaction="pushpin",
                 item={"type": "message", "channel": room.id, "ts": ts})  # fmt: skip
    (entry,) = office.timeline("note.added")
    assert entry.data["text"] == "rolled back at <41>"
    assert entry.event_at < entry.at, "it was said two minutes before it was pinned"
    assert entry.actor == f"user:{office.story.users['bob']}"


def test_an_edit_in_slack_supersedes_and_never_changes(office: Office) -> None:
    declared(office)
    room = office.room
    ts = office.slack.say("U03CLEO", room.id, "rolled back at 41", int(office.story.clock.now().timestamp()))
    item = {"type": "message", "channel": room.id, "message": room.messages[ts]}
    office.event("Ev1", type="pin_added", user="U02BOB", channel_id=room.id, item=item)
    office.event("Ev2", type="message", subtype="message_changed", channel=room.id,
                 previous_message={"ts": ts, "text": "rolled back at 41"},
                 message={"ts": ts, "text": "rolled back at 42"})  # fmt: skip
    (note,) = office.timeline("note.added")
    assert note.data["text"] == "rolled back at 41"
    (correction,) = office.timeline("entry.corrected")
    assert (correction.data["text"], correction.data["supersedes"]) == ("rolled back at 42", note.n)


def test_slack_away_delays_nothing_and_is_caught_up_with(office: Office) -> None:
    office.say("ann", "status")
    office.slack.down = True
    declared(office)
    assert office.incident().severity is Severity.SEV1
    assert not any(one.name.startswith("inc-1") for one in office.slack.channels.values())
    office.slack.down = False
    office.story.run_for(minutes=10)
    assert office.room.pins


def test_slack_asking_to_wait_is_obeyed(office: Office, slack: FakeSlack) -> None:
    slack.refuse["conversations.create"] = (429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "40"})
    declared(office)
    tried = slack.calls.count("conversations.create")
    office.story.run_for(seconds=39)
    assert slack.calls.count("conversations.create") == tried
    slack.refuse.clear()
    office.story.run_for(minutes=10)
    assert office.room.pins


def test_a_refused_token_is_shown_where_it_is_set(office: Office, slack: FakeSlack) -> None:
    for method in ("conversations.create", "chat.postMessage"):
        slack.refuse[method] = (200, {"ok": False, "error": "token_revoked"}, {})
    declared(office)
    found = office.story.house.runner.read(lambda read: chats.connection(read, "slack"))
    assert found is not None
    assert (found.works, found.said) == (False, "Slack refuses our token: token_revoked")


def test_a_taken_name_gets_a_number(office: Office, slack: FakeSlack) -> None:
    slack.channel("inc-1-slow", "C0999")
    declared(office, "slow")
    assert any(one.name == "inc-1-slow-2" for one in slack.channels.values())


def test_whoever_comes_is_asked_into_the_room(office: Office) -> None:
    office.say("bob", "status")
    declared(office)
    office.say("ann", "take", office.room)
    office.say("ann", f"role comms {office.at('bob')}", office.room)
    assert office.room.members == ["U01ANN", "U02BOB"]


def test_what_becomes_private_leaves_its_open_room_for_one_of_its_own(office: Office) -> None:
    office.say("cleo", "status")
    declared(office)
    opened = office.room
    office.say("ann", "take", opened)
    said = len(opened.messages)
    office.act("ann", verbs.MakePrivate())
    office.act("ann", verbs.AddNote(text="he copied the customers"))
    office.act("ann", verbs.ProposeDecision(proposal="lock his account"))
    assert opened.archived
    assert len(opened.messages) == said
    (room,) = (one for one in office.slack.channels.values() if one.private)
    assert room.name == f"inc-1-{office.incident().codename.replace(' ', '-')}"
    assert any("lock his account" in text for text in room.texts())
    assert room.members == ["U01ANN"]
    office.act("ann", verbs.Admit(user_id=office.story.users["cleo"]))
    assert room.members == ["U01ANN", "U03CLEO"]
    office.act("ann", verbs.Expel(user_id=office.story.users["cleo"]))
    assert room.members == ["U01ANN"]


def test_words_from_elsewhere_neither_mention_nor_draw_in_slack(office: Office) -> None:
    office.say("ann", "declare SEV1 p95 &gt; 3 s for &lt;!channel&gt;")
    assert office.incident().title == "p95 > 3 s for <!channel>"
    office.say("ann", "take", office.room)
    office.say("ann", "decide ask &lt;!here&gt; for help", office.room)
    told = [*office.room.texts(), *office.general.texts()]
    told += [office.say("bob", "status", office.room)["text"], office.say("bob", "take", office.room)["text"]]
    assert any("&lt;!channel&gt;" in text for text in told)
    assert not any("<!" in text for text in told)
