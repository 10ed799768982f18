"""Who may do what: every command, for everybody, on a fixed cast.

The commands aim at Ann (a responder in the team *payments*). The cast: an administrator, a manager, Ann herself, Bob (a
stranger with Ann's role), a viewer, the manager of Ann's team (a viewer elsewhere), two tokens, and nobody.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from firebell.domain.people import commands, methods, prune, queries, setup, signin, teams, tokens, verification
from firebell.domain.people.model import TeamRole
from firebell.kernel.actor import NOBODY, Actor, Permission, Role
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read, Work

OK, NO, MISSING, WHO = "done", "forbidden", "not-found", "unauthenticated"
CAST = ("admin", "manager", "ann", "bob", "viewer", "team_manager", "people_token", "ann_token", "nobody")
Cast = dict[str, str]
Call = Callable[[Any, Cast], object]


class _UndoneError(Exception):
    pass


def row(*answers: str) -> dict[str, str]:
    return dict(zip(CAST, answers, strict=True))


# admin, manager, ann, bob, viewer, team manager, token with people.edit, token of Ann's, nobody
ADMINS = row(OK, NO, NO, NO, NO, NO, NO, NO, WHO)
PEOPLE_EDITORS = row(OK, NO, NO, NO, NO, NO, OK, NO, WHO)
SELF_OR_ADMINS = row(OK, NO, OK, NO, NO, NO, NO, NO, WHO)
OWN_METHOD = row(OK, MISSING, OK, MISSING, MISSING, MISSING, NO, MISSING, WHO)
TEAM_EDITORS = row(OK, OK, NO, NO, NO, OK, NO, NO, WHO)
ALL_TEAMS_EDITORS = row(OK, OK, NO, NO, NO, NO, NO, NO, WHO)
EVERYBODY_IN = row(OK, OK, OK, OK, OK, OK, OK, NO, WHO)

COMMANDS: dict[str, tuple[Call, dict[str, str]]] = {
    "create_user": (lambda w, c: commands.create_user(w, name="new", role=Role.VIEWER), ADMINS),
    "create_user as admin": (lambda w, c: commands.create_user(w, name="new", role=Role.ADMIN), ADMINS),
    "edit_user": (lambda w, c: commands.edit_user(w, c["ann"], display_name="Annie"), SELF_OR_ADMINS),
    "edit_user's role": (lambda w, c: commands.edit_user(w, c["ann"], role=Role.ADMIN), ADMINS),
    "edit_user's name": (lambda w, c: commands.edit_user(w, c["ann"], name="anne"), ADMINS),
    "deactivate_user": (lambda w, c: commands.deactivate_user(w, c["ann"]), ADMINS),
    "activate_user": (lambda w, c: commands.activate_user(w, c["ann"]), ADMINS),
    "delete_user": (lambda w, c: commands.delete_user(w, c["ann"]), ADMINS),
    "restore_user": (lambda w, c: commands.restore_user(w, c["gone"]), ADMINS),
    "detach_user": (lambda w, c: commands.detach_user(w, c["ann"]), ADMINS),
    "create_team": (lambda w, c: teams.create_team(w, name="new"), ALL_TEAMS_EDITORS),
    "edit_team": (lambda w, c: teams.edit_team(w, c["team"], name="renamed"), TEAM_EDITORS),
    "delete_team": (lambda w, c: teams.delete_team(w, c["team"]), ALL_TEAMS_EDITORS),
    "detach_team": (lambda w, c: teams.detach_team(w, c["team"]), TEAM_EDITORS),
    "set_members": (lambda w, c: teams.set_members(w, c["team"], {c["bob"]: TeamRole.MANAGER}), TEAM_EDITORS),
    "set_members of another team": (lambda w, c: teams.set_members(w, c["other"], {}), ALL_TEAMS_EDITORS),
    "add_method": (lambda w, c: add_method(w, c, trusted=False), SELF_OR_ADMINS),
    "add_method trusted": (lambda w, c: add_method(w, c, trusted=True), ADMINS),
    "edit_method": (lambda w, c: methods.edit_method(w, c["method"], config={"to": "x@y"}), OWN_METHOD),
    "remove_method": (lambda w, c: methods.remove_method(w, c["method"]), OWN_METHOD),
    "disable_method": (lambda w, c: methods.disable_method(w, c["method"]), OWN_METHOD),
    "enable_method": (lambda w, c: methods.enable_method(w, c["method"]), OWN_METHOD),
    "set_rules": (
        lambda w, c: methods.set_rules(w, c["ann"], "high", [methods.NewRule(c["method"])]),
        SELF_OR_ADMINS,
    ),
    "note_delivered": (lambda w, c: methods.note_delivered(w, c["method"], w.now), PEOPLE_EDITORS),
    "note_failed": (lambda w, c: methods.note_failed(w, c["method"], permanent=True), PEOPLE_EDITORS),
    "start_verification": (lambda w, c: verification.start_verification(w, c["method"]), OWN_METHOD),
    "confirm_verification": (lambda w, c: verification.confirm_verification(w, c["method"], "000000"), OWN_METHOD),
    "remove_unverified": (lambda w, c: verification.remove_unverified(w), PEOPLE_EDITORS),
    "revoke_session": (lambda w, c: signin.revoke_session(w, c["session"]), OWN_METHOD | {"people_token": OK}),
    "create": (lambda w, c: tokens.create(w, "ci", ["people.view"]), ADMINS),
    "create personal": (
        lambda w, c: tokens.create(w, "mine", ["people.view"], personal=True),
        row(OK, OK, OK, OK, OK, OK, NO, NO, WHO),
    ),
    "revoke": (lambda w, c: tokens.revoke(w, c["ann_token"]), SELF_OR_ADMINS),
    "issue_link": (lambda w, c: setup.issue_link(w), ADMINS),
    "invite_user": (lambda w, c: setup.invite_user(w, name="new", role=Role.VIEWER), ADMINS),
    "issue_invite": (lambda w, c: setup.issue_invite(w, c["ann"]), ADMINS),
    "issue_reset": (lambda w, c: setup.issue_reset(w, c["ann"]), ADMINS),
    "request_reset": (lambda w, c: setup.request_reset(w, "ann"), PEOPLE_EDITORS),
    "prune": (lambda w, c: prune.prune(w), PEOPLE_EDITORS),
}

QUERIES: dict[str, tuple[Call, dict[str, str]]] = {
    "users": (lambda r, c: queries.users(r), EVERYBODY_IN),
    "user": (lambda r, c: queries.user(r, c["ann"]), EVERYBODY_IN),
    "user_by_name": (lambda r, c: queries.user_by_name(r, "ann"), EVERYBODY_IN),
    "team": (lambda r, c: queries.team(r, c["team"]), EVERYBODY_IN),
    "team_by_name": (lambda r, c: queries.team_by_name(r, "payments"), EVERYBODY_IN),
    "teams": (lambda r, c: queries.teams(r), EVERYBODY_IN),
    "teams_of": (lambda r, c: queries.teams_of(r, c["ann"]), EVERYBODY_IN),
    "methods": (lambda r, c: queries.methods(r, c["ann"]), SELF_OR_ADMINS | {"people_token": OK}),
    "notification_rules": (
        lambda r, c: queries.notification_rules(r, c["ann"]),
        SELF_OR_ADMINS | {"people_token": OK},
    ),
    "sessions": (lambda r, c: signin.sessions(r, c["ann"]), SELF_OR_ADMINS | {"people_token": OK}),
    "installed": (lambda r, c: tokens.installed(r), ADMINS),
    "of_user": (lambda r, c: tokens.of_user(r, c["ann"]), SELF_OR_ADMINS),
}

# These ask for proof (a link, a cookie, a token) instead of a permission, or are parts of other commands.
BY_PROOF = {"create_first_admin", "accept_invite", "reset_password", "sign_out", "touch_session", "touch"}
PARTS = {"add_user", "enter", "set_password", "take_own", "forget", "end_codes"}
FOR_THE_PAGER = {"person", "people", "team_members", "team_owners", "admins"}
WHO_IS_ASKING = {"proved_lately", "names", "session", "session_actor", "actor", "link", "needs_first_admin", "owner",
                 "email_is_vouched_for"}  # fmt: skip


def add_method(work: Work, cast: Cast, *, trusted: bool) -> object:
    return methods.add_method(
        work, cast["ann"], name="new", channel="email", config={"to": "a@b"}, masked="a…", trusted=trusted
    )


@pytest.fixture
def cast(house: Any) -> tuple[Cast, dict[str, Actor]]:
    ids: Cast = {name: house.person(name, Role.RESPONDER) for name in ("ann", "bob")}
    for name, role in (("admin", Role.ADMIN), ("manager", Role.MANAGER)):
        ids[name] = house.person(name, role)
    ids |= {name: house.person(name.replace("_", "-"), Role.VIEWER) for name in ("viewer", "team_manager", "gone")}
    house.do(lambda work: commands.delete_user(work, ids["gone"]))
    ids["team"] = house.do(lambda work: teams.create_team(work, name="payments"))
    ids["other"] = house.do(lambda work: teams.create_team(work, name="other"))
    members = {ids["ann"]: TeamRole.RESPONDER, ids["team_manager"]: TeamRole.MANAGER}
    house.do(lambda work: teams.set_members(work, ids["team"], members))
    ids["method"] = house.method(ids["ann"])
    ids["session"] = house.do(lambda work: signin.enter(work, ids["ann"], "::1").session_id)
    actors = {name: house.actor(ids[name]) for name in ("admin", "manager", "ann", "bob", "viewer", "team_manager")}
    ann = actors["ann"]
    made = house.do(lambda work: tokens.create(work, "mine", ["self.edit"], personal=True), ann)
    ids["ann_token"] = made.token.id
    held = frozenset({Permission.PEOPLE_EDIT, Permission.PEOPLE_VIEW})
    actors |= {
        "people_token": Actor("token", "tok_people", grants=held),
        "ann_token": house.look(lambda read: tokens.actor(read, made.plain)),
        "nobody": NOBODY,
    }
    return ids, actors


def answer(run: Callable[[Any, Actor], object], call: Call, ids: Cast, who: Actor) -> str:
    def job(reading: Any) -> None:
        call(reading, ids)
        raise _UndoneError

    try:
        run(job, who)
    except _UndoneError:
        return OK
    except Refused as refused:
        return refused.slug
    raise AssertionError("the call neither answered nor refused")


@pytest.mark.parametrize("name", CAST)
def test_every_command_knows_who_may(house: Any, cast: tuple[Cast, dict[str, Actor]], name: str) -> None:
    ids, actors = cast
    answers = {command: answer(house.do, call, ids, actors[name]) for command, (call, _) in COMMANDS.items()}
    assert answers == {command: expected[name] for command, (_, expected) in COMMANDS.items()}


@pytest.mark.parametrize("name", CAST)
def test_every_query_knows_who_may(house: Any, cast: tuple[Cast, dict[str, Actor]], name: str) -> None:
    ids, actors = cast
    answers = {query: answer(house.look, call, ids, actors[name]) for query, (call, _) in QUERIES.items()}
    assert answers == {query: expected[name] for query, (_, expected) in QUERIES.items()}


def test_no_command_or_query_is_missing_from_the_tables() -> None:
    def asks(module: ModuleType, kind: type) -> set[str]:
        return {
            name
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__
            and not name.startswith("_")
            and next(iter(inspect.signature(function).parameters.values())).annotation == kind.__name__
        }

    modules = (commands, teams, methods, verification, signin, tokens, setup, prune)
    covered = {name.split("'")[0].split(" ")[0] for name in COMMANDS}
    assert set().union(*(asks(module, Work) for module in modules)) == covered | BY_PROOF | PARTS
    assert set().union(*(asks(m, Read) for m in (queries, *modules))) == {*QUERIES} | FOR_THE_PAGER | WHO_IS_ASKING


def test_nobody_makes_or_takes_over_somebody_who_may_more(house: Any, cast: tuple[Cast, dict[str, Actor]]) -> None:
    ids, _ = cast
    held = frozenset({Permission.PEOPLE_EDIT, Permission.PEOPLE_VIEW, Permission.SELF_EDIT})
    deputy = Actor("token", "tok_deputy", grants=held | house.actor(ids["viewer"]).grants)
    assert answer(house.do, lambda w, c: commands.create_user(w, name="new", role=Role.VIEWER), ids, deputy) == OK
    assert answer(house.do, lambda w, c: commands.create_user(w, name="new", role=Role.ADMIN), ids, deputy) == NO
    assert answer(house.do, lambda w, c: commands.edit_user(w, c["viewer"], role=Role.ADMIN), ids, deputy) == NO
    assert answer(house.do, lambda w, c: setup.issue_reset(w, c["viewer"]), ids, deputy) == OK
    assert answer(house.do, lambda w, c: setup.issue_reset(w, c["admin"]), ids, deputy) == NO
