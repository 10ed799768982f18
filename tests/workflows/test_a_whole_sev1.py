"""A whole SEV1, from a customer's report to the all-clear, as everybody in it and outside of it lived it.

One story through time with a set clock; customers' mail goes through a real SMTP conversation. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firebell.domain.comms import queries as comms
from firebell.domain.incidents import verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.metrics import measures
from firebell.domain.incidents.model import CustomerImpact, Detection, Phase, Remedy, Severity
from firebell.domain.statuspage import commands as pages
from firebell.domain.statuspage import queries as page_queries
from firebell.domain.statuspage import subscribers
from firebell.kernel.errors import Conflict, Forbidden
from firebell.workflows import incident_declared
from tests.fakes.smtp_sink import Mail, SmtpSink
from tests.story import Story, open_story
from tests.workflows.cast import without_watchmen
from tests.workflows.update_cast import Room

ALL_CLEAR = "Checkout has recovered since 10:41; nothing lingers and no data was lost."


@pytest.fixture
def mails() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def story(database_url: str, tmp_path: Path, mails: SmtpSink) -> Iterator[Story]:
    told = open_story(database_url, tmp_path, start="2026-03-02T10:00:00Z", smtp_url=mails.url)
    worker = without_watchmen(told).house.worker
    worker.lines = tuple(line for line in worker.lines if line.name != "state files")
    for name in ("ada", "bo", "cy", "eve"):
        told.person(name)
    yield told
    told.house.close()


def a_page_with_subscribers(story: Story, room: Room) -> dict[str, str]:
    """Checkout and Search on one page; carla follows everything, sam only Search, and one never confirmed."""
    room.page_id = story.run(lambda work: pages.create_page(work, slug="shop", name="Shop"))
    parts = {}
    for name in ("Checkout", "Search"):
        parts[name] = str(story.run(lambda work, n=name: pages.add_component(work, room.page_id, name=n)))
    room.component_id = parts["Checkout"]

    def follow(address: str, scope: dict[str, Any], confirmed: bool = True) -> None:
        asked = story.run(
            lambda work: subscribers.ask(
                work, story.house.keyring, room.page_id, kind="email", address=address, scope=scope
            )
        )
        if confirmed:
            story.run(lambda work: subscribers.confirm(work, asked.subscriber.id, "link"))

    follow("carla@example.com", {})
    follow("sam@example.com", {"components": [parts["Search"]]})
    follow("never@example.com", {}, confirmed=False)
    return parts


def mailed(mails: SmtpSink, to: str) -> list[Mail]:
    return [mail for mail in mails.mails if to in mail.to]


def subjects(mails: SmtpSink, to: str) -> list[str]:
    return [str(mail.message["Subject"]) for mail in mailed(mails, to)]


def test_from_a_customer_s_report_to_the_all_clear(story: Story, mails: SmtpSink) -> None:
    room = Room(story)
    a_page_with_subscribers(story, room)

    # 10:00 A customer's report comes in; nobody knows yet how bad it is.
    reported = Declaration(title="Payments are refused", detection=Detection.CUSTOMER, origin="report")
    room.id = story.run(lambda work: incident_declared.declare(work, reported), story.actor("eve")).id
    story.settle()
    assert (room.incident.phase, room.incident.severity) == (Phase.TRIAGE, None)
    assert room.incident.counts_as is Severity.SEV2, "until somebody judges it"

    # 10:01 Triage: it is everybody. Ada commands, Bo speaks, Cy stands by, Eve works.
    story.run_for(minutes=1)
    room.do("ada", verbs.TakeCommand())
    room.do("ada", verbs.SetSeverity(to=Severity.SEV1))
    for who, role in (("bo", "comms"), ("cy", "deputy"), ("eve", "responder")):
        room.assign(who, role)
    with pytest.raises(Conflict, match="Incident Commander"):
        room.do("ada", verbs.AssignRole(role="comms", user_id=story.users["ada"]))
    known = {"impact": "A third of payments fail", "customer_impact": CustomerImpact.YES}
    room.do("ada", verbs.Edit(**known, component_ids=(room.component_id,)))  # type: ignore[arg-type]
    assert room.incident.phase is Phase.RESPONDING

    # 10:02 Customers hear of it within five minutes: pure template text, so nobody has to release it first.
    story.run_for(minutes=1)
    first = story.run(lambda work: _template(work, room), story.actor("bo"))
    story.settle()
    assert first.state == "sent"
    assert first.body.startswith("We are aware of an issue affecting Checkout. A third of payments fail. We are")
    assert subjects(mails, "carla@example.com") == ["[Shop] Investigating: Payments are refused"]
    assert subjects(mails, "sam@example.com") == [], "Search is well"
    room.post("bo", minutes=15, body="A third of payments fail; Eve looks at the connection pool.")

    # Work: one thing, one person, ten minutes. A decision hears objections.
    room.do("ada", verbs.AddSizeUp(wrong="the connection pool is empty", scope="all regions"))
    room.do("ada", verbs.AssignTask(text="Roll back to 41", assignee_id=story.users["eve"], minutes=10))
    room.do("eve", verbs.AcknowledgeTask())
    room.do("eve", verbs.SuggestHypothesis(text="release 42 leaks connections", evidence="the pool emptied at 09:55"))

    # 10:16 The public promise is kept with a true sentence; Ada releases Bo's text, Bo cannot.
    story.run_for(minutes=14)
    public = room.post(
        "bo", "public", 15, components={room.component_id: "major_outage"},
        body="A third of payments fail in all regions. We are rolling back a change. No action is needed from you and "
        "no workaround is known. Next update by 10:31 UTC.",
    )  # fmt: skip
    assert public.state == "awaiting_approval"
    with pytest.raises(Forbidden, match="releases public text"):
        room.approve(public, "bo")
    assert room.approve(public).state == "sent"
    (page,) = room.public()
    assert (page.status, page.impact) == ("investigating", "critical")

    # The team's update is forgotten: reminders climb, and ten minutes late Firebell says what the journal knows.
    story.run_for(minutes=12)
    assert [rung for audience, rung in room.reminded() if audience == "internal"][:2] == ["comms", "commander"]
    automatic = [one for one in room.updates("internal") if one.automatic]
    assert len(automatic) == 1
    assert "Severity: SEV1" in automatic[0].body
    assert room.promises("internal")[0][0] == "late"

    # 10:30 The cause is known, and customers hear it.
    room.do("eve", verbs.FinishTask(outcome="rolled back"))
    story.run_for(minutes=2)
    identified = room.post(
        "bo", "public", 15, status="identified", body="We have found the cause and undone the change: about a third of "
        "payments still fail, and that number is falling. No action is needed from you and no workaround is known.",
    )  # fmt: skip
    room.approve(identified)

    # 10:41 Impact has stopped. It is not over: verification has just begun.
    story.run_for(minutes=11)
    room.do("ada", verbs.Mitigate(remedy=Remedy.ROLLBACK, note="back on 41"))
    criterion = room.do("ada", verbs.AddCriterion(text="error ratio under 0.1 % for 30 min")).criteria[-1]
    with pytest.raises(Conflict, match="Not verified yet"):
        room.do("ada", verbs.Resolve(all_clear=ALL_CLEAR))
    monitoring = room.post(
        "bo", "public", 15, status="monitoring", body="Payments succeed again since 10:41 UTC. We are watching it. If "
        "a payment of yours still fails, try it once more. Less than 1 % of payments need it.",
        components={room.component_id: "operational"},
    )  # fmt: skip
    room.approve(monitoring)

    # 11:12 Half an hour of quiet, the criterion ticked by name, the all-clear said in a sentence.
    story.run_for(minutes=31)
    room.do("eve", verbs.TickCriterion(criterion=criterion.id, value="https://grafana.example.com/d/errors"))
    resolved = room.do("ada", verbs.Resolve(all_clear=ALL_CLEAR))
    assert resolved.phase is Phase.RESOLVED
    assert resolved.skipped == (), "nothing of the verification was skipped"
    last = room.post(
        "bo", "public", None, status="resolved", body="All payments succeed. No data was lost and nothing lingers: no "
        "action is needed from you. About a third of payments failed from 09:55 to 10:41 UTC.",
    )  # fmt: skip
    if last.state != "sent":
        room.approve(last)

    # What customers were told, in order, one mail for each word; and what the page says.
    assert subjects(mails, "carla@example.com") == [
        f"[Shop] {word}: Payments are refused"
        for word in ("Investigating", "Investigating", "Identified", "Monitoring", "Resolved")
    ]
    assert subjects(mails, "sam@example.com") == subjects(mails, "never@example.com") == []
    said = mailed(mails, "carla@example.com")[-1]
    assert "No data was lost" in said.part("plain")
    assert said.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {
        mail.message["In-Reply-To"] or mail.message["References"] for mail in mailed(mails, "carla@example.com")[1:]
    }
    snapshot = story.house.runner.read(lambda read: page_queries.snapshot(read, "shop"))
    assert [one.status for one in snapshot.components] == ["operational", "operational"]
    (page,) = room.public()
    assert (page.status, page.impact) == ("resolved", "critical")
    assert [str(one.status) for one in reversed(page.updates)] == [
        "investigating", "investigating", "identified", "monitoring", "resolved",
    ]  # fmt: skip

    # What is left for the postmortem: promises, times by both conventions, and a journal that holds.
    public_promises = [outcome for outcome, _ in room.promises("public")]
    assert public_promises.count("kept") >= 3
    assert "open" not in public_promises
    found = {name: one.seconds for name, one in measures(room.incident).items()}
    assert (found["stage_ack"], found["stage_resolve"]) == (60, 31 * 60)
    assert measures(room.incident)["time_to_detect"].standing == "invalid", "nobody has said when it began"
    room.do("ada", verbs.SetMilestone(name="impact_started", at=_at("2026-03-02T09:55:00Z")))  # type: ignore[arg-type]
    assert measures(room.incident)["time_to_mitigate"].seconds == 46 * 60
    kept = story.house.runner.read(comms.kept)
    assert {one.audience for one in kept} == {"internal", "public"}
    assert story.breaches() == []


def _template(work: Any, room: Room) -> Any:
    from firebell.workflows import update_posted

    return update_posted.submit(work, room.id, update_posted.compose(work, room.id, "public").new)


def _at(text: str) -> Any:
    from firebell.kernel.clock import Instant

    return Instant.parse_iso(text)
