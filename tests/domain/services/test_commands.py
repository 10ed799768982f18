"""Services and their integrations, made and unmade."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from firebell.domain.services import commands, queries, store
from firebell.domain.services.model import NewIntegration
from firebell.kernel.actor import GRANTS, MANAGER, NOBODY, Actor, Permission, Role
from firebell.kernel.clock import SetClock
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from firebell.kernel.ids import ServiceId, TeamId
from firebell.kernel.secrets import Key, Keyring, Unsealable
from firebell.kernel.work import Read, Runner, Work

T = TypeVar("T")
VIEWER = Actor("user", "usr_viewer", grants=GRANTS[Role.VIEWER])
TEAM_MANAGER = Actor("user", "usr_lead", grants=GRANTS[Role.RESPONDER], teams={"tea_pay": MANAGER})
KEYRING = Keyring(Key(bytes(range(32))))
PAY, OTHER = TeamId("tea_pay"), TeamId("tea_other")


def sha(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def create(runner: Runner, name: str, **fields: Any) -> ServiceId:
    return runner.run(lambda work: commands.create_service(work, name=name, **fields))


def door(runner: Runner, service: str, name: str = "prometheus", key: str | None = None, **more: Any) -> NewIntegration:
    return runner.run(
        lambda work: commands.create_integration(work, service, name, "alertmanager", KEYRING, key=key, **more)
    )


def look(runner: Runner, query: Callable[[Read], T], actor: Actor | None = None) -> T:
    return runner.read(query, actor) if actor else runner.read(query)


def test_a_service_is_found_by_id_by_name_and_in_its_team(runner: Runner) -> None:
    made = create(runner, "checkout", display_name=" Checkout ", team_id=PAY, default_severity="SEV2")
    create(runner, "search")
    by_name = look(runner, lambda r: queries.service_by_name(r, "checkout"))
    assert by_name == look(runner, lambda r: queries.service(r, made))
    assert by_name is not None
    assert (by_name.display_name, by_name.team_id, by_name.default_severity) == ("Checkout", PAY, "SEV2")
    assert [s.name for s in look(runner, lambda r: queries.services(r, PAY))] == ["checkout"]
    assert [s.name for s in look(runner, queries.services)] == ["checkout", "search"]


def test_a_name_is_taken_once_and_free_again_after_deletion(runner: Runner) -> None:
    first = create(runner, "checkout")
    with pytest.raises(Conflict):
        create(runner, "checkout")
    runner.run(lambda work: commands.delete_service(work, first))
    second = create(runner, "checkout")
    assert [s.id for s in look(runner, queries.services)] == [second]
    with pytest.raises(Conflict):
        runner.run(lambda work: commands.restore_service(work, first))


def test_an_edit_changes_what_is_given_and_says_so(runner: Runner) -> None:
    made = create(runner, "checkout", description="pays")
    after = runner.run(lambda work: commands.edit_service(work, made, 1, urgency="high"))
    assert (after.urgency, after.description, after.version) == ("high", "pays", 2)
    kinds = [(entry.kind, entry.data) for entry in look(runner, lambda r: r.history(made))]
    assert kinds[1] == ("service.edited", {"changed": {"urgency": ["by_severity", "high"]}})


def test_an_edit_that_changes_nothing_leaves_no_trace(runner: Runner) -> None:
    made = create(runner, "checkout")
    after = runner.run(lambda work: commands.edit_service(work, made, name="checkout", depends_on=()))
    assert after.version == 1
    assert len(look(runner, lambda r: r.history(made))) == 1


def test_an_edit_of_an_old_version_is_refused(runner: Runner) -> None:
    made = create(runner, "checkout")
    runner.run(lambda work: commands.edit_service(work, made, 1, description="one"))
    with pytest.raises(Changed):
        runner.run(lambda work: commands.edit_service(work, made, 1, description="two"))
    with pytest.raises(Changed):
        runner.run(lambda work: commands.delete_service(work, made, 1))


def test_dependencies_exist_and_make_no_circle(runner: Runner) -> None:
    database = create(runner, "database")
    checkout = create(runner, "checkout", depends_on=("database",))
    with pytest.raises(Invalid, match="nothing"):
        create(runner, "search", depends_on=("nothing",))
    with pytest.raises(Invalid, match="database → checkout → database"):
        runner.run(lambda work: commands.edit_service(work, database, depends_on=("checkout",)))
    with pytest.raises(Conflict, match="checkout"):
        runner.run(lambda work: commands.delete_service(work, database))
    runner.run(lambda work: commands.edit_service(work, database, name="postgres"))
    assert look(runner, lambda r: queries.service(r, checkout)).depends_on == ("postgres",)


def test_a_bad_value_is_refused_with_its_field(runner: Runner) -> None:
    for field, value in {"default_severity": "SEV9", "urgency": "loud", "display_name": " ", "name": "No"}.items():
        with pytest.raises(Invalid) as refused:
            create(runner, **{"name": "checkout", field: value})
        assert refused.value.field == field


def test_only_editors_edit_and_only_within_their_team(runner: Runner) -> None:
    mine = runner.run(lambda work: commands.create_service(work, name="mine", team_id=PAY), TEAM_MANAGER)
    theirs = create(runner, "theirs", team_id=OTHER)
    refused: list[Callable[[Work], object]] = [
        lambda work: commands.create_service(work, name="another", team_id=OTHER),
        lambda work: commands.create_service(work, name="another"),
        lambda work: commands.edit_service(work, theirs, description="x"),
        lambda work: commands.edit_service(work, mine, team_id=OTHER),
        lambda work: commands.delete_service(work, theirs),
        lambda work: commands.restore_service(work, theirs),
        lambda work: commands.create_integration(work, theirs, "a", "generic", KEYRING),
        lambda work: commands.edit_service(work, "svc_none", description="x"),
    ]
    for job in refused:
        with pytest.raises(Forbidden):
            runner.run(job, TEAM_MANAGER)
    with pytest.raises(Unauthenticated):
        runner.read(queries.services, NOBODY)
    with pytest.raises(NotFound):
        runner.run(lambda work: commands.edit_service(work, "svc_none", description="x"))


def test_every_integration_verb_asks_for_the_permission(runner: Runner) -> None:
    made = door(runner, create(runner, "checkout", team_id=PAY))
    verbs: list[Callable[[Work], object]] = [
        lambda work: commands.rotate_key(work, made.id, KEYRING),
        lambda work: commands.edit_integration(work, made.id, name="x"),
        lambda work: commands.disable_integration(work, made.id),
        lambda work: commands.enable_integration(work, made.id),
        lambda work: commands.delete_integration(work, made.id),
        lambda work: queries.plain_key(work, made.id, KEYRING),
    ]
    for verb in verbs:
        with pytest.raises(Forbidden):
            runner.run(verb, VIEWER)
    assert runner.read(lambda r: queries.plain_key(r, made.id, KEYRING), TEAM_MANAGER) == made.key
    assert not VIEWER.may(Permission.SERVICES_EDIT)


def test_a_key_finds_all_the_intake_needs(runner: Runner) -> None:
    service = create(runner, "checkout", display_name="Checkout", team_id=PAY, default_severity="SEV2")
    made = door(runner, service, settings={"ignore_labels": ["pod"]})
    intake = look(runner, lambda r: queries.integration_by_key_hash(r, sha(made.key)))
    assert intake is not None
    assert (intake.integration_id, intake.service_id, intake.service_name) == (made.id, service, "checkout")
    assert (intake.source, intake.team_id, intake.default_severity) == ("alertmanager", PAY, "SEV2")
    assert (intake.disabled, intake.settings) == (False, {"ignore_labels": ["pod"]})
    assert look(runner, lambda r: queries.intakes(r, [made.id, "int_gone"])) == {made.id: intake}
    assert look(runner, lambda r: queries.integration_by_key_hash(r, sha("another"))) is None


def test_the_key_is_sealed_to_its_row_and_only_hinted_at(runner: Runner) -> None:
    service = create(runner, "checkout")
    made = door(runner, service, key="a-key-of-some-length")
    assert look(runner, lambda r: queries.plain_key(r, made.id, KEYRING)) == "a-key-of-some-length"
    assert look(runner, lambda r: queries.integration(r, made.id)).key_hint == "ngth"
    sealed = look(runner, lambda r: store.sealed_key(r, made.id))
    assert sealed is not None
    assert "a-key-of" not in sealed
    with pytest.raises(Unsealable):
        KEYRING.unseal(sealed, table="integrations", column="key_sealed", row_id="int_another")
    assert "a-key-of" not in str(look(runner, lambda r: r.history(made.id)))


def test_a_key_belongs_to_one_integration(runner: Runner) -> None:
    service = create(runner, "checkout")
    first = door(runner, service, "one", key="k" * 16)
    with pytest.raises(Conflict) as refused:
        door(runner, service, "two", key="k" * 16)
    assert refused.value.field == "key"
    with pytest.raises(Conflict):
        door(runner, service, "one")
    with pytest.raises(Invalid):
        door(runner, service, "two", key="short")
    runner.run(lambda work: commands.delete_integration(work, first.id))
    assert door(runner, service, "one", key="k" * 16).key == "k" * 16


def test_a_rotated_key_replaces_the_old_one_at_once(runner: Runner) -> None:
    made = door(runner, create(runner, "checkout"))
    fresh = runner.run(lambda work: commands.rotate_key(work, made.id, KEYRING, expected=1))
    assert fresh.key != made.key
    assert look(runner, lambda r: queries.integration_by_key_hash(r, sha(made.key))) is None
    assert look(runner, lambda r: queries.integration_by_key_hash(r, sha(fresh.key))) is not None
    with pytest.raises(Changed):
        runner.run(lambda work: commands.rotate_key(work, made.id, KEYRING, expected=1))


def test_disabling_shows_at_the_door_and_can_be_undone(runner: Runner) -> None:
    made = door(runner, create(runner, "checkout"))
    for verb, disabled in ((commands.disable_integration, True), (commands.enable_integration, False)):
        for _ in range(2):
            runner.run(lambda work, verb=verb: verb(work, made.id))  # type: ignore[misc]
        intake = look(runner, lambda r: queries.integration_by_key_hash(r, sha(made.key)))
        assert intake is not None
        assert intake.disabled is disabled
    assert len(look(runner, lambda r: r.history(made.id))) == 3


def test_deleting_a_service_closes_its_doors_and_restoring_opens_them(runner: Runner) -> None:
    service = create(runner, "checkout")
    kept, gone = door(runner, service, "kept"), door(runner, service, "gone", key="g" * 16)
    runner.run(lambda work: commands.delete_service(work, service))
    assert look(runner, lambda r: queries.integration_by_key_hash(r, sha(kept.key))) is None
    assert look(runner, lambda r: queries.intakes(r, [kept.id])) == {}
    with pytest.raises(NotFound):
        look(runner, lambda r: queries.service(r, service))
    assert [s.id for s in look(runner, lambda r: queries.services(r, deleted=True))] == [service]

    door(runner, create(runner, "search"), "heir", key="g" * 16)
    for _ in range(2):
        runner.run(lambda work: commands.restore_service(work, service))
    assert [i.id for i in look(runner, lambda r: queries.integrations(r, service))] == [kept.id]
    assert look(runner, lambda r: queries.integration_by_key_hash(r, sha(kept.key))) is not None
    assert gone.key == "g" * 16


def test_an_edited_integration_keeps_its_key(runner: Runner) -> None:
    made = door(runner, create(runner, "checkout"))
    after = runner.run(
        lambda work: commands.edit_integration(work, made.id, 1, name="am", settings={"ignore_labels": []})
    )
    assert (after.name, after.settings, after.version) == ("am", {"ignore_labels": []}, 2)
    assert look(runner, lambda r: queries.integration_by_key_hash(r, sha(made.key))) is not None


def test_signals_are_counted_without_touching_the_version(runner: Runner) -> None:
    made = door(runner, create(runner, "checkout"))
    clock = runner.clock
    assert isinstance(clock, SetClock)
    for count in (2, 3):
        clock.advance(60)
        runner.run(lambda work, count=count: commands.signals_seen(work, {made.id: count}))  # type: ignore[misc]
    runner.run(lambda work: commands.signals_seen(work, {}))
    after = look(runner, lambda r: queries.integration(r, made.id))
    assert (after.signal_count, after.last_signal_at, after.version) == (5, clock.now(), 1)


def test_pages_that_show_a_service_are_told(runner: Runner) -> None:
    told: set[str] = set()
    runner.on_commit(lambda topics, woken: told.update(topics))
    service = create(runner, "checkout")
    assert told == {"services", service}
    told.clear()
    made = door(runner, service)
    assert told == {"services", service, made.id}


def test_what_a_file_manages_is_changed_there_or_detached_first(runner: Runner) -> None:
    service = create(runner, "checkout", managed_by="acme.yaml")
    made = door(runner, service, managed_by="acme.yaml")
    refused: list[Callable[[Work], object]] = [
        lambda work: commands.edit_service(work, service, description="by hand"),
        lambda work: commands.delete_service(work, service),
        lambda work: commands.edit_integration(work, made.id, name="other"),
        lambda work: commands.delete_integration(work, made.id),
    ]
    for job in refused:
        with pytest.raises(Conflict, match=r"acme\.yaml"):
            runner.run(job)
    runner.run(lambda work: commands.edit_service(work, service, description="by file", managed_by="acme.yaml"))
    runner.run(lambda work: commands.edit_service(work, service, managed_by=None))
    after = runner.run(lambda work: commands.edit_service(work, service, description="by hand"))
    assert (after.description, after.managed_by) == ("by hand", None)
    runner.run(lambda work: commands.disable_integration(work, made.id))
    runner.run(lambda work: commands.delete_integration(work, made.id, managed_by="acme.yaml"))


def test_detaching_frees_a_service_with_its_integrations(runner: Runner) -> None:
    service = create(runner, "checkout", managed_by="acme.yaml")
    made = door(runner, service, managed_by="acme.yaml")
    with pytest.raises(Forbidden):
        runner.run(lambda work: commands.detach_service(work, service), VIEWER)
    for _ in range(2):
        runner.run(lambda work: commands.detach_service(work, service))
    runner.run(lambda work: commands.edit_integration(work, made.id, name="other"))
    assert runner.run(lambda work: commands.edit_service(work, service, description="mine")).managed_by is None
    assert [entry.kind for entry in look(runner, lambda r: r.history(service))][1:] == ["service.edited"] * 2
