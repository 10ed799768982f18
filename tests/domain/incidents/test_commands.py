"""Incidents in a database: kept whole, changed one at a time, by those who may."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from firebell.domain.incidents import commands, queries, store, verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import ACTIVE, Phase, RoleName, Severity
from firebell.kernel import journal
from firebell.kernel.clock import SetClock, plus
from firebell.kernel.errors import Changed, Conflict, Forbidden, NotFound, Refused
from firebell.kernel.work import Runner, Work
from tests.domain.incidents.house import (
    ANN,
    BOB,
    CAT,
    KEY,
    LEAD,
    PAYMENTS,
    WATCHER,
    alert,
    declare,
    listed,
    look,
    say,
)

TASK = verbs.AssignTask(text="Roll back 4.2", assignee_id=BOB.id)


def kinds(runner: Runner, incident_id: str) -> list[str]:
    return [one.kind for one in runner.read(lambda read: queries.timeline(read, incident_id))]


def test_what_is_read_back_is_what_was_kept(runner: Runner, clock: SetClock) -> None:
    made = declare(runner, summary="Orders fail", labels={"region": "eu"}, alerts=(alert(1, at=clock.now()),))
    say(runner, ANN, made, verbs.TakeCommand(), TASK, verbs.AddSizeUp(wrong="All of it"))
    found = look(runner, made)
    assert found.commander_id == ANN.id
    assert [task.text for task in found.tasks] == ["Roll back 4.2"]
    assert found.version == 4
    assert runner.read(lambda read: store.get(read, made.id)) == found


def test_numbers_count_up_and_every_name_finds_it(runner: Runner) -> None:
    first, second = declare(runner), declare(runner)
    assert (first.number, second.number) == (1, 2)
    for name in (second.id, 2, "2", "INC-2", "inc-2", " INC-2 "):
        assert look(runner, name).id == second.id
    for nothing in ("INC-3", "inc_nope", "", "-1", "99999999999999999999", "INC-x"):
        with pytest.raises(NotFound):
            look(runner, nothing)


def test_of_many_who_declare_at_once_each_gets_a_number_of_its_own(runner: Runner) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda n: declare(runner, title=f"Number {n}"), range(12)))
    assert sorted(one.number for one in made) == list(range(1, 13))


def test_of_two_who_take_command_at_once_one_has_it_and_the_other_is_told_who(runner: Runner) -> None:
    for _ in range(5):
        made = declare(runner)
        start = threading.Barrier(2)

        def take(who: object, made: object = made, start: threading.Barrier = start) -> str:
            start.wait()
            try:
                say(runner, who, made, verbs.TakeCommand())  # type: ignore[arg-type]
            except Refused as refused:
                return f"{refused.slug}: {refused.message}"
            return "taken"

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(take, (ANN, BOB)))
        holder = look(runner, made).commander_id
        assert holder is not None
        assert sorted(answers)[1] == "taken"
        assert min(answers).startswith("conflict")
        assert holder in min(answers)
        assert kinds(runner, made.id).count("command.taken") == 1


def test_a_refused_verb_leaves_no_trace(runner: Runner) -> None:
    made = declare(runner)
    before = (look(runner, made), kinds(runner, made.id))
    with pytest.raises(Conflict):
        say(runner, ANN, made, verbs.Mitigate())
    assert (look(runner, made), kinds(runner, made.id)) == before


def test_a_verb_with_nothing_to_do_writes_nothing(runner: Runner) -> None:
    made = declare(runner)
    said = say(runner, ANN, made, verbs.TakeCommand(), verbs.Edit(summary="Same"))
    again = say(runner, ANN, made, verbs.Edit(summary="Same"))
    assert (said.changed, again.changed) == (True, False)
    assert look(runner, made).version == said.incident.version


def test_who_has_seen_another_version_is_told_to_look_again(runner: Runner) -> None:
    made = declare(runner)
    say(runner, ANN, made, verbs.TakeCommand(), expected=made.version)
    with pytest.raises(Changed):
        say(runner, BOB, made, verbs.Edit(title="Other"), expected=made.version)


# ---- who may


def test_a_viewer_raises_notes_asks_and_objects_and_does_nothing_else(runner: Runner) -> None:
    made = declare(runner, severity=Severity.SEV3)
    say(runner, ANN, made, verbs.TakeCommand())
    decision = say(runner, BOB, made, verbs.ProposeDecision(proposal="Fail over")).made
    for verb in (
        verbs.SetSeverity(to=Severity.SEV1), verbs.AddNote(text="Ours too"), verbs.RequestInfo(question="EU?"),
        verbs.Object(decision=decision, text="Not at noon"),
    ):  # fmt: skip
        assert say(runner, WATCHER, made, verb).incident.id == made.id
    lower = verbs.SetSeverity(to=Severity.SEV4, reason="It is hardly anything.")
    for refused in (TASK, verbs.Edit(title="Mine"), lower):
        with pytest.raises(Forbidden):
            say(runner, WATCHER, made, refused)
    assert look(runner, made).severity is Severity.SEV1


def test_a_viewer_who_was_asked_to_help_may(runner: Runner) -> None:
    made = declare(runner)
    say(runner, ANN, made, verbs.AssignTask(text="Watch it", assignee_id=WATCHER.id))
    assert say(runner, WATCHER, made, verbs.AcknowledgeTask()).changed
    say(runner, ANN, made, verbs.AssignRole(role=RoleName.OBSERVER, user_id="usr_guest"))


def test_a_key_that_is_nobodys_does_not_take_command(runner: Runner) -> None:
    made = declare(runner, who=KEY)
    with pytest.raises(Forbidden):
        say(runner, KEY, made, verbs.TakeCommand())
    assert say(runner, KEY, made, verbs.TakeCommand(), person_id=ANN.id).incident.commander_id == ANN.id
    with pytest.raises(Forbidden):
        say(runner, KEY, made, verbs.SetSeverity(to=Severity.SEV4, reason="The key says it is nothing."))


def test_a_team_sees_and_runs_its_own(runner: Runner) -> None:
    ours = declare(runner, title="Ours", team_id="team_pay")
    theirs = declare(runner, title="Theirs", team_id="team_search")
    assert listed(runner, PAYMENTS) == ["Ours"]
    assert say(runner, PAYMENTS, ours, verbs.TakeCommand()).changed
    for refused in (lambda: look(runner, theirs, PAYMENTS), lambda: say(runner, PAYMENTS, theirs, TASK)):
        with pytest.raises(Forbidden):
            refused()


# ---- clocks


def test_what_is_due_is_asked_of_the_table_and_ticking_settles_it(runner: Runner, clock: SetClock) -> None:
    made = declare(runner)
    assert runner.read(queries.next_due) == look(runner, made).due_at
    clock.advance(120)
    due = runner.read(lambda read: queries.due(read, read.now))
    assert due == [made.id]
    (acted,) = runner.run(lambda work: commands.tick_all(work, [*due, "inc_gone"]))
    assert acted.changed
    assert runner.read(lambda read: queries.due(read, read.now)) == []
    (again,) = runner.run(lambda work: commands.tick_all(work, [made.id]))
    assert not again.changed


def test_a_nearer_deadline_wakes_the_worker(runner: Runner) -> None:
    woken: list[tuple[set[str], bool]] = []
    runner.on_commit(lambda topics, woke: woken.append((set(topics), woke)))
    made = declare(runner, severity=Severity.SEV4)
    assert woken[-1][0] == {"incidents", made.id}
    say(runner, ANN, made, TASK)
    assert woken[-1] == ({"incidents", made.id}, True)


# ---- what it is tied to


def test_alerts_lead_to_their_incident_an_active_one_first(runner: Runner, clock: SetClock) -> None:
    at = clock.now()
    old = declare(runner, title="Old", alerts=(alert(1, at=at), alert(2, at=at)), severity=Severity.SEV4)
    say(runner, ANN, old, verbs.Decline(reason="false_alarm"))  # type: ignore[arg-type]
    new = declare(runner, title="New", alerts=(alert(1, at=at),))
    found = runner.read(lambda read: queries.of_alerts(read, ["alr_1", "alr_2", "alr_3"]))
    assert {key: one.title for key, one in found.items()} == {"alr_1": "New", "alr_2": "Old"}
    one = runner.read(lambda read: queries.of_alert(read, "alr_1"))
    assert one is not None
    assert one.id == new.id
    assert [each.title for each in runner.read(lambda read: queries.all_of_alert(read, "alr_1"))] == ["Old", "New"]


def test_an_alert_belongs_to_one_incident_at_a_time(runner: Runner, clock: SetClock) -> None:
    first = declare(runner, alerts=(alert(1, at=clock.now()),))
    second = declare(runner)
    with pytest.raises(Conflict) as refused:
        say(runner, ANN, second, verbs.LinkAlert(alert_id="alr_1"))
    assert first.reference in refused.value.message
    say(runner, ANN, first, verbs.UnlinkAlert(alert_id="alr_1"))
    say(runner, ANN, second, verbs.LinkAlert(alert_id="alr_1", service_id="svc_9"))
    found = runner.read(lambda read: queries.active_of_services(read, ["svc_9", "svc_8"]))
    assert {key: [one.id for one in each] for key, each in found.items()} == {"svc_9": [second.id]}


def test_the_house_notes_an_alert_whoever_acknowledged_it(runner: Runner, clock: SetClock) -> None:
    made = declare(runner, alerts=(alert(1, at=clock.now()),), private=True)
    acted = say(runner, WATCHER, made, verbs.NoteAlert(alert_id="alr_1", open=False))
    assert [one.open for one in acted.incident.alerts] == [False]


def test_others_are_named_by_reference_and_related_both_ways(runner: Runner) -> None:
    first, second, third = (declare(runner, title=title) for title in ("First", "Second", "Third"))
    say(runner, ANN, second, verbs.Relate(other="INC-1"))
    assert [one.id for one in runner.read(lambda read: queries.related(read, look(runner, first)))] == [second.id]
    said = say(runner, ANN, third, verbs.MarkDuplicate(of="INC-1"))
    assert (said.incident.phase, said.incident.duplicate_of) == (Phase.DUPLICATE, first.id)
    with pytest.raises(Refused):
        say(runner, ANN, second, verbs.Relate(other="INC-77"))


# ---- lists


def test_lists_are_newest_first_and_narrowed_by_what_is_asked(runner: Runner) -> None:
    declare(runner, title="100 % of orders", severity=Severity.SEV1, service_ids=("svc_1",))
    declare(runner, title="Slow search", severity=Severity.SEV3, labels={"region": "eu-north"})
    third = declare(runner, title="Late report", severity=None)
    say(runner, ANN, third, verbs.Decline(reason="external"))  # type: ignore[arg-type]
    assert listed(runner) == ["Late report", "Slow search", "100 % of orders"]
    assert listed(runner, phases=ACTIVE) == ["Slow search", "100 % of orders"]
    assert listed(runner, severity="SEV3") == ["Slow search"]
    assert listed(runner, severity="unset") == ["Late report"]
    assert listed(runner, service_id="svc_1") == ["100 % of orders"]
    assert listed(runner, text="EU-North") == ["Slow search"]
    assert listed(runner, text="100 %") == ["100 % of orders"]
    assert listed(runner, text="%") == ["100 % of orders"]
    assert listed(runner, text="INC-2") == ["Slow search"]
    assert listed(runner, limit=1, before=3) == ["Slow search"]
    counted = runner.read(queries.counts)
    assert (counted.active, counted.by_severity["SEV1"], counted.by_phase["declined"]) == (2, 1, 1)
    assert [one.title for one in runner.read(queries.active)] == ["100 % of orders", "Slow search"]


def test_what_a_person_still_has_to_do(runner: Runner) -> None:
    first, second = declare(runner), declare(runner)
    say(runner, ANN, first, verbs.AssignTask(text="Later", assignee_id=BOB.id, minutes=60))
    say(runner, ANN, second, verbs.AssignTask(text="Sooner", assignee_id=BOB.id, minutes=5))
    found = runner.read(lambda read: queries.open_tasks_of(read, BOB.id))
    assert [(one.number, task.text) for one, task in found] == [(2, "Sooner"), (1, "Later")]
    assert runner.read(lambda read: queries.open_tasks_of(read, CAT.id)) == []


# ---- the timeline


def test_the_timeline_is_in_the_order_in_which_things_happened(runner: Runner, clock: SetClock) -> None:
    made = declare(runner)
    clock.advance(600)
    say(runner, BOB, made, verbs.AddNote(text="second", at=plus(clock.now(), -60)))
    say(runner, BOB, made, verbs.AddNote(text="first", at=plus(clock.now(), -120)))
    entries = runner.read(lambda read: queries.timeline(read, made.id))
    notes = [one for one in entries if one.kind == "note.added"]
    assert [one.data["text"] for one in notes] == ["first", "second"]
    assert notes[0].n > notes[1].n
    assert notes[0].at == clock.now()
    assert entries == sorted(entries, key=lambda one: (one.event_at.timestamp(), one.n))
    last = runner.read(lambda read: queries.timeline(read, made.id, limit=1))
    assert last == entries[-1:]
    rest = runner.read(lambda read: queries.timeline(read, made.id, before=entries[-1].n))
    assert rest == entries[:-1]


def test_a_correction_stands_where_what_it_corrects_does(runner: Runner, clock: SetClock) -> None:
    made = declare(runner)
    noted = plus(clock.now(), -300)
    say(runner, BOB, made, verbs.AddNote(text="At ten", at=noted))
    n = runner.read(lambda read: queries.timeline(read, made.id))[0].n
    clock.advance(3600)
    say(runner, BOB, made, verbs.CorrectEntry(n=n, text="At nine", reason="The log says so"), verbs.Star(n=n))
    corrected = runner.read(lambda read: queries.timeline(read, made.id))[1]
    assert (corrected.kind, corrected.event_at, corrected.data["supersedes"]) == ("entry.corrected", noted, n)
    for verb in (verbs.Star(n=99), verbs.CorrectEntry(n=99, text="x", reason="y")):
        with pytest.raises(NotFound):
            say(runner, BOB, made, verb)


# ---- redaction


def test_a_redacted_entry_is_gone_from_the_timeline_and_from_the_incident_and_still_proven(runner: Runner) -> None:
    made = declare(runner)
    say(runner, ANN, made, verbs.AssignTask(text="Use password hunter2", assignee_id=BOB.id))
    say(runner, ANN, made, verbs.Edit(summary="Use password hunter2"))
    n = next(e.n for e in runner.read(lambda read: queries.timeline(read, made.id)) if e.kind == "task.assigned")
    with pytest.raises(Forbidden):
        runner.run(lambda work: commands.redact(work, made.id, n, "It holds a password."), ANN)
    runner.run(lambda work: commands.redact(work, made.id, n, "It holds a password."), LEAD)
    found = look(runner, made)
    assert (found.tasks[0].text, found.summary) == ("[redacted]", "[redacted]")
    entries = {one.n: one for one in runner.read(lambda read: queries.timeline(read, made.id))}
    assert entries[n].redacted
    assert entries[n].data == {}
    assert entries[max(entries)].kind == "journal.redacted"
    assert runner.read(lambda read: list(journal.verify(read.connection, {"k1": bytes(32)}))) == []
    assert listed(runner, text="hunter2") == []
    with pytest.raises(Conflict):
        runner.run(lambda work: commands.redact(work, made.id, n, "It holds a password."), LEAD)
    with pytest.raises(NotFound):
        runner.run(lambda work: commands.redact(work, made.id, 99, "It holds a password."), LEAD)


def test_nothing_under_legal_hold_is_redacted(runner: Runner) -> None:
    made = declare(runner)

    def hold(work: Work) -> None:
        store.save(work, made, replace(made, legal_hold=True, version=made.version + 1))

    runner.run(hold)
    with pytest.raises(Conflict):
        runner.run(lambda work: commands.redact(work, made.id, 1, "It holds a password."), LEAD)


def test_a_declaration_by_a_rule_needs_no_permission_and_by_a_stranger_is_refused(runner: Runner) -> None:
    new = Declaration(title="By rule", origin="rule")
    with pytest.raises(Forbidden):
        runner.run(lambda work: commands.declare(work, new), PAYMENTS)
    assert runner.run(lambda work: commands.declare(work, new, told=True), PAYMENTS).title == "By rule"
