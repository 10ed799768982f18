"""A private incident behaves, to everyone it does not concern, as if it did not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firebell.domain.incidents import access, commands, queries, store, verbs
from firebell.domain.incidents.codenames import FIRST, SECOND, codename
from firebell.domain.incidents.model import Incident, RoleName, Severity
from firebell.kernel.actor import NOBODY, SYSTEM, Actor
from firebell.kernel.clock import SetClock
from firebell.kernel.errors import Conflict, Forbidden, NotFound, Refused, TooMany
from firebell.kernel.work import Read, Runner
from tests.domain.incidents.house import (
    ANN,
    BOB,
    CAT,
    CONFIDANT,
    DAN,
    KEY,
    LEAD,
    PAYMENTS,
    ROOT,
    WATCHER,
    alert,
    declare,
    listed,
    look,
    say,
)

OUTSIDE = (DAN, WATCHER, LEAD, KEY)
INSIDE = (ANN, BOB, CAT, CONFIDANT, ROOT, SYSTEM)


@pytest.fixture
def secret(runner: Runner, clock: SetClock) -> Incident:
    """Declared by Ann, who commands it; Bob works in it; Cat was let in."""
    made = declare(
        runner, title="Someone has our keys", private=True, severity=Severity.SEV1, service_ids=("svc_1",),
        alerts=(alert(1, at=clock.now()),),
    )  # fmt: skip
    return say(
        runner, ANN, made, verbs.TakeCommand(), verbs.AssignTask(text="Rotate", assignee_id=BOB.id),
        verbs.Admit(user_id=CAT.id),
    ).incident  # fmt: skip


def answers(secret: Incident) -> list[Callable[[Read], Any]]:
    """Everything that can be asked about incidents."""
    return [
        queries.incident_list,
        lambda read: queries.incident_list(read, text="keys"),
        lambda read: queries.incident_list(read, text=secret.codename),
        lambda read: queries.incident_list(read, service_id="svc_1"),
        lambda read: queries.incident_list(read, severity="SEV1"),
        queries.active,
        lambda read: queries.active_of_services(read, ["svc_1"]),
        lambda read: queries.of_alert(read, "alr_1"),
        lambda read: queries.of_alerts(read, ["alr_1"]),
        lambda read: queries.all_of_alert(read, "alr_1"),
        lambda read: queries.names(read, [secret.id]),
        lambda read: queries.open_tasks_of(read, BOB.id),
        lambda read: queries.counts(read).active,
        lambda read: sum(queries.counts(read).by_phase.values()),
    ]


@pytest.mark.parametrize("who", OUTSIDE, ids=lambda who: who.name or who.kind)
def test_no_list_count_search_or_link_knows_of_it(runner: Runner, secret: Incident, who: Actor) -> None:
    for ask in answers(secret):
        assert not runner.read(ask, who)
        assert runner.read(ask, ANN)


@pytest.mark.parametrize("who", OUTSIDE, ids=lambda who: who.name or who.kind)
def test_it_is_missing_in_the_very_words_of_one_that_never_was(runner: Runner, secret: Incident, who: Actor) -> None:
    def told(attempt: Callable[[str], object], name: str) -> tuple[object, ...]:
        with pytest.raises(NotFound) as refused:
            attempt(name)
        return type(refused.value), refused.value.message, refused.value.field, refused.value.hint

    for attempt in (
        lambda name: look(runner, name, who),
        lambda name: say(runner, who, name, verbs.AddNote(text="Hello")),
        lambda name: say(runner, who, name, verbs.SetSeverity(to=Severity.SEV1)),
        lambda name: say(runner, who, name, verbs.TakeCommand()),
        lambda name: runner.read(lambda read: queries.timeline(read, name), who),
        lambda name: runner.run(lambda work: commands.redact(work, name, 1, "It holds a password."), who),
    ):  # type: Callable[[str], object]
        assert told(attempt, secret.id) == told(attempt, "inc_never")
    assert told(lambda name: look(runner, name, who), secret.reference) == told(
        lambda name: look(runner, name, who), "INC-999"
    )


@pytest.mark.parametrize("who", INSIDE, ids=lambda who: who.name or who.kind)
def test_those_it_concerns_see_it(runner: Runner, secret: Incident, who: Actor) -> None:
    assert look(runner, secret, who).title == "Someone has our keys"
    assert listed(runner, who) == ["Someone has our keys"]
    assert runner.read(queries.hidden_subjects, who) == set()


@pytest.mark.parametrize("who", [*OUTSIDE, PAYMENTS], ids=lambda who: who.name or who.kind)
def test_what_else_tells_of_incidents_is_told_what_to_leave_out(runner: Runner, secret: Incident, who: Actor) -> None:
    assert runner.read(queries.hidden_subjects, who) == {secret.id}


def test_another_incident_cannot_be_tied_to_it_from_outside(runner: Runner, secret: Incident) -> None:
    mine = declare(runner, DAN)
    for verb in (verbs.Relate(other=secret.id), verbs.MarkDuplicate(of=secret.reference), verbs.Merge(into=secret.id)):
        with pytest.raises(Refused) as refused:
            say(runner, DAN, mine, verb)
        assert secret.codename not in refused.value.message
        assert "keys" not in refused.value.message
    assert say(runner, DAN, mine, verbs.LinkAlert(alert_id="alr_1")).changed
    found = runner.read(lambda read: queries.of_alert(read, "alr_1"), DAN)
    assert found is not None
    assert found.id == mine.id


def test_a_relation_to_it_is_seen_from_inside_only(runner: Runner, secret: Incident) -> None:
    mine = declare(runner, DAN)
    say(runner, ANN, secret, verbs.Relate(other=mine.id))
    assert [one.id for one in runner.read(lambda read: queries.related(read, mine), ANN)] == [secret.id]
    assert runner.read(lambda read: queries.related(read, mine), DAN) == []


def test_whoever_is_put_out_no_longer_sees_it_and_whoever_has_done_their_part_does(
    runner: Runner, secret: Incident
) -> None:
    say(runner, BOB, secret, verbs.FinishTask())
    say(runner, ANN, secret, verbs.ReleaseResponders())
    assert look(runner, secret, BOB).id == secret.id
    say(runner, ANN, secret, verbs.Expel(user_id=BOB.id))
    with pytest.raises(NotFound):
        look(runner, secret, BOB)


def test_one_who_reports_in_confidence_goes_on_seeing_it(runner: Runner) -> None:
    made = declare(runner, WATCHER, private=True)
    assert look(runner, made, WATCHER).member_ids == (WATCHER.id,)


def test_made_private_later_it_vanishes_and_made_public_it_is_back_under_its_title(runner: Runner) -> None:
    made = declare(runner, title="Odd log-ins")
    say(runner, ANN, made, verbs.TakeCommand())
    hidden = say(runner, ANN, made, verbs.MakePrivate(security=True)).incident
    assert (listed(runner, DAN), hidden.name == hidden.codename != "") == ([], True)
    say(runner, ANN, made, verbs.MakePublic(reason="The report has been published."))
    assert (listed(runner, DAN), look(runner, made).name) == (["Odd log-ins"], "Odd log-ins")


def test_one_who_may_see_nothing_is_refused_either_way(runner: Runner, secret: Incident) -> None:
    for name in (secret.id, "inc_never"):
        with pytest.raises(Refused) as refused:
            look(runner, name, NOBODY)
        assert refused.value.slug == "unauthenticated"
    with pytest.raises(Refused):
        listed(runner, NOBODY)


def test_a_team_without_the_permission_meets_the_same_words(runner: Runner) -> None:
    made = declare(runner, private=True, team_id="team_pay")
    said = set()
    for name in (made.id, "inc_never"):
        with pytest.raises(NotFound) as refused:
            look(runner, name, PAYMENTS)
        said.add(refused.value.message)
    assert len(said) == 1
    assert listed(runner, PAYMENTS) == []


def test_the_rule_for_one_and_the_rule_for_lists_agree(runner: Runner) -> None:
    for title, private, team in (
        ("open", False, None), ("ours", False, "team_pay"), ("shut", True, None), ("ours shut", True, "team_pay"),
    ):  # fmt: skip
        made = declare(runner, LEAD, title=title, private=private, team_id=team)
        say(runner, SYSTEM, made, verbs.AssignRole(role=RoleName.RESPONDER, user_id=CAT.id))
    all_of_them = runner.read(queries.incident_list)
    assert len(all_of_them) == 4
    for who in (*OUTSIDE, *INSIDE, PAYMENTS):
        one_by_one = [one.title for one in all_of_them if queries.visible(who, one)]
        assert listed(runner, who) == one_by_one
        hidden = runner.read(queries.hidden_subjects, who)
        assert hidden == {one.id for one in all_of_them if one.private and not queries.visible(who, one)}


# ---- codenames


def test_a_codename_is_two_words_and_nobody_elses(runner: Runner) -> None:
    made = [declare(runner, private=True) for _ in range(5)]
    names = {one.codename for one in made}
    assert len(names) == 5
    assert all(len(name.split()) == 2 for name in names)
    with pytest.raises(Conflict):
        declare(runner, private=True, codename=made[0].codename)


def test_when_every_pair_is_taken_there_is_still_a_name() -> None:
    every = {f"{first} {second}" for first in FIRST for second in SECOND}
    assert len(every) == len(FIRST) * len(SECOND)
    assert codename("inc_1", every) not in every
    last = "amber otter"
    assert codename("inc_1", every - {last}) == last


def test_a_public_incident_has_no_codename(runner: Runner) -> None:
    declare(runner)
    assert runner.read(lambda read: store.codenames(read, but="")) == frozenset()
    with pytest.raises(Forbidden):
        say(runner, BOB, say(runner, ANN, declare(runner), verbs.TakeCommand()).incident, verbs.MakePrivate())


# ---- asking to be let in


def knock(runner: Runner, who: Actor, key: str) -> access.Knock | None:
    return runner.run(lambda work: access.ask_access(work, key, "I know the supplier."), who)


def test_whoever_runs_it_hears_that_somebody_asks_to_be_let_in(runner: Runner, secret: Incident) -> None:
    heard = knock(runner, DAN, secret.reference)
    assert heard is not None
    assert (heard.tell, heard.who) == ((ANN.id,), DAN.id)
    entries = runner.read(lambda read: queries.timeline(read, secret.id), ANN)
    assert entries[-1].kind == "incident.access_asked"
    with pytest.raises(NotFound):
        look(runner, secret, DAN)


def test_nobody_hears_of_one_that_is_not_there_or_needs_no_asking(runner: Runner, clock: SetClock) -> None:
    known = declare(runner)
    for key in ("INC-999", known.id):
        assert knock(runner, DAN, key) is None
        clock.advance(900)


def test_one_asks_once_in_a_quarter_of_an_hour_whether_there_is_one_or_not(
    runner: Runner, secret: Incident, clock: SetClock
) -> None:
    assert knock(runner, DAN, "INC-999") is None
    for key in (secret.id, "INC-999"):
        with pytest.raises(TooMany):
            knock(runner, DAN, key)
    assert knock(runner, WATCHER, secret.id) is not None
    clock.advance(900)
    assert knock(runner, DAN, secret.id) is not None


def test_a_key_asks_for_nobody(runner: Runner, secret: Incident) -> None:
    with pytest.raises(Forbidden):
        knock(runner, KEY, secret.id)
