"""Files become the house, in one step or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import commands as users
from firebell.domain.people import methods
from firebell.domain.people import queries as people
from firebell.domain.services import commands as services
from firebell.domain.services import queries as service_queries
from firebell.entrypoints.sealing import Sealing
from firebell.integrations.channels import all_channels
from firebell.kernel.actor import GRANTS, Actor, Role
from firebell.kernel.clock import SetClock
from firebell.kernel.errors import Conflict, Forbidden
from firebell.kernel.secrets import Key, Keyring
from firebell.workflows.config.applying import Plan
from firebell.workflows.config.problems import BadConfig
from tests.workflows.config.conftest import Hand, opened

ACME = """
apiVersion: firebell/v1
kind: User
metadata: {name: ann}
spec:
  displayName: Ann
  email: ann@example.com
  timeZone: Europe/Berlin
  contactMethods:
    - {name: mail, channel: email, to: ann@example.com}
    - {name: push, channel: ntfy, to: "https://ntfy.example.com/ann", token: tk_ann}
    - {name: hook, channel: webhook, to: "https://example.com/hook"}
  notificationRules:
    high: [{after: 0m, use: push}, {after: 2m, use: mail}]
---
apiVersion: firebell/v1
kind: User
metadata: {name: ben}
spec: {displayName: Ben, timeZone: Europe/Berlin, role: manager}
---
apiVersion: firebell/v1
kind: Team
metadata: {name: payments}
spec: {members: [ann], managers: [ben]}
---
apiVersion: firebell/v1
kind: Schedule
metadata: {name: primary, team: payments}
spec:
  timeZone: Europe/Berlin
  layers:
    - name: base
      priority: 1
      rotation: {every: 1w, handoff: "Mon 09:00", start: 2026-01-05, participants: [[ann], [ben]]}
---
apiVersion: firebell/v1
kind: EscalationPolicy
metadata: {name: payments, team: payments}
spec:
  steps:
    - {notify: [{schedule: primary}], wait: {SEV1: 5m, default: 30m}}
    - {notify: [{team: payments}]}
  fallback: [{user: ben}]
---
apiVersion: firebell/v1
kind: Service
metadata: {name: checkout, team: payments}
spec:
  escalationPolicy: payments
  dependsOn: [database]
  integrations:
    - {name: prometheus, source: alertmanager, key: "${KEY:-0123456789abcdef}"}
    - {name: events, source: generic}
---
apiVersion: firebell/v1
kind: Service
metadata: {name: database}
spec: {displayName: The database}
"""


def changes(plan: Plan) -> list[str]:
    return [f"{change.verb} {change.kind}/{change.name}" for change in plan.changes]


def diff(plan: Plan) -> list[str]:
    return [str(line) for change in plan.changes for line in change.lines]


def problems(hand: Hand, text: str) -> list[str]:
    with pytest.raises(BadConfig) as refused:
        hand.apply(text)
    return [str(problem) for problem in refused.value.problems]


def test_files_set_up_an_empty_house(hand: Hand) -> None:
    done = hand.apply(ACME)
    assert changes(done) == [
        "created User/ann", "created User/ben", "created Team/payments", "created Schedule/primary",
        "created EscalationPolicy/payments", "created Service/database", "created Service/checkout",
    ]  # fmt: skip
    assert set(hand.current().managed_by.values()) == {"acme.yaml"}
    checkout = hand.runner.read(lambda r: service_queries.service_by_name(r, "checkout"))
    assert checkout is not None
    assert checkout.depends_on == ("database",)
    ann = hand.runner.read(lambda r: people.user_by_name(r, "ann"))
    assert ann is not None
    person = hand.runner.read(lambda r: people.person(r, ann.id))
    assert person is not None
    assert all(method.usable for method in person.methods)
    assert "tk_ann" not in str(person)


def test_a_generated_key_is_told_once_and_a_given_one_never(hand: Hand) -> None:
    done = hand.apply(ACME)
    assert [(new.service, new.integration, len(new.key)) for new in done.new_keys] == [("checkout", "events", 32)]
    assert "new_keys" not in repr(done)
    assert hand.apply(ACME).new_keys == ()


def test_applying_twice_changes_nothing(hand: Hand) -> None:
    hand.apply(ACME)
    facts, before = hand.facts(), hand.current()
    assert changes(hand.apply(ACME)) == []
    assert hand.facts() == facts
    assert hand.current() == before


def test_a_plan_says_what_apply_will_do_and_does_nothing(hand: Hand) -> None:
    planned = hand.plan(ACME)
    assert planned.new_keys == ()
    assert hand.facts() == 0
    assert hand.current().items == {}
    done = hand.apply(ACME)
    assert planned.changes == done.changes
    assert planned.coming == done.coming


def test_a_failed_apply_changes_nothing(hand: Hand) -> None:
    hand.runner.run(lambda work: users.create_user(work, name="carl", email="ann@example.com"))
    facts = hand.facts()
    told = problems(hand, ACME)
    assert told == ["acme.yaml:4 metadata.name: Somebody has this e-mail address already. Use another address."]
    assert hand.facts() == facts
    assert set(hand.current().items) == {("User", "carl")}


def test_an_edit_shows_old_and_new_and_touches_only_that(hand: Hand) -> None:
    hand.apply(ACME)
    edited = ACME.replace("displayName: Ann", "displayName: Ann Other").replace("after: 2m", "after: 3m")
    planned = hand.plan(edited)
    assert changes(planned) == ["changed User/ann"]
    assert diff(planned) == ["spec.displayName: Ann → Ann Other", "spec.notificationRules.high[1].after: 2m → 3m"]
    hand.apply(edited)
    assert changes(hand.plan(edited)) == []


def test_a_secret_that_is_left_out_stays_and_one_that_changes_is_not_shown(hand: Hand) -> None:
    hand.apply(ACME)
    before = hand.current()
    assert changes(hand.plan(ACME.replace(", token: tk_ann", ""))) == []
    assert changes(hand.plan(ACME.replace(', key: "${KEY:-0123456789abcdef}"', ""))) == []
    other = ACME.replace("tk_ann", "tk_other")
    planned = hand.plan(other, KEY="fedcba9876543210")
    assert diff(planned) == [
        "spec.contactMethods[push].token: ••• → another one",
        "spec.integrations[prometheus].key: ••• → another one",
    ]
    assert "tk_other" not in str(planned)
    assert "fedcba" not in str(planned)
    hand.apply(other, KEY="fedcba9876543210")
    assert hand.current() != before
    assert changes(hand.plan(other, KEY="fedcba9876543210")) == []


def test_a_schedule_change_shows_what_it_does_to_the_coming_shifts(hand: Hand) -> None:
    hand.apply(ACME)
    # It is Wednesday, 7 January, in the first turn: Ann is on until Monday.
    planned = hand.plan(ACME.replace("participants: [[ann], [ben]]", "participants: [[ann], []]"))
    (coming,) = planned.coming
    told = [(s.starts_at.format_iso(), s.ends_at.format_iso(), s.before, s.after) for s in coming.stretches]
    assert told == [
        ("2026-01-12T08:00:00Z", "2026-01-19T08:00:00Z", ("ben",), ()),
        ("2026-01-26T08:00:00Z", "2026-02-02T08:00:00Z", ("ben",), ()),
    ]
    assert coming.uncovered_s == 2 * 7 * 86_400
    assert coming.seconds == {"ben": -2 * 7 * 86_400}


def test_whoever_is_on_call_stays_on_when_the_files_reorder_a_rotation(hand: Hand) -> None:
    hand.apply(ACME)
    reordered = ACME.replace("participants: [[ann], [ben]]", "participants: [[ben], [ann]]")
    hand.apply(reordered)
    schedule = hand.runner.read(lambda r: oncall.schedule_by_name(r, "primary"))
    assert schedule is not None
    answer = hand.runner.read(lambda r: oncall.who_is_on(r, schedule.id))
    names = hand.current().names("User")
    assert [names[user] for user in answer.user_ids] == ["ann"]
    assert changes(hand.plan(reordered)) == []
    clock = hand.runner.clock
    assert isinstance(clock, SetClock)
    clock.advance(3 * 7 * 86_400)
    assert changes(hand.plan(reordered)) == []


def test_things_made_by_hand_are_left_alone_until_pruned(hand: Hand) -> None:
    hand.apply(ACME)
    by_hand = hand.runner.run(lambda work: services.create_service(work, name="by-hand"))
    hand.runner.run(lambda work: services.create_integration(work, by_hand, "x", "generic", hand.means.keyring))
    assert changes(hand.plan(ACME)) == []
    planned = hand.plan(ACME, prune=True)
    assert changes(planned) == ["removed Service/by-hand"]
    assert planned.changes[0].by_hand
    hand.apply(ACME, prune=True)
    assert ("Service", "by-hand") not in hand.current().items


def test_what_a_file_no_longer_describes_is_named_and_goes_only_with_prune(hand: Hand) -> None:
    hand.apply(ACME)
    documents = [doc for doc in ACME.split("---") if "kind: Service" not in doc or "name: database" in doc]
    less = "---".join(documents).replace("dependsOn: [database]", "")
    planned = hand.plan(less)
    assert changes(planned) == []
    assert planned.left_alone == (("Service", "checkout"),)
    assert changes(hand.apply(less, prune=True)) == ["removed Service/checkout"]
    assert hand.plan(less).left_alone == ()


def test_pruning_takes_apart_what_depends_on_each_other(hand: Hand) -> None:
    hand.apply(ACME)
    only = "---".join(
        f"\napiVersion: firebell/v1\nkind: {kind}\nmetadata: {{name: one}}\nspec: {spec}\n"
        for kind, spec in {
            "User": "{}",
            "Team": "{}",
            "Schedule": "{timeZone: UTC}",
            "EscalationPolicy": "{steps: [{notify: [{user: one}]}], fallback: [{user: one}]}",
            "Service": "{}",
        }.items()
    )
    hand.apply(only, prune=True)
    assert {name for _, name in hand.current().items} == {"one"}


def test_pruning_spares_kinds_that_the_files_do_not_speak_of_and_the_one_who_applies(hand: Hand) -> None:
    me = hand.runner.run(lambda work: users.create_user(work, name="me", role=Role.ADMIN))
    hand.runner.run(lambda work: services.create_service(work, name="by-hand"))
    actor = Actor("user", me, grants=GRANTS[Role.ADMIN])
    one = "apiVersion: firebell/v1\nkind: User\nmetadata: {name: one}\nspec: {}\n"
    assert changes(hand.apply(one, prune=True, actor=actor)) == ["created User/one"]


def test_pruning_what_is_still_needed_elsewhere_is_refused(hand: Hand) -> None:
    hand.apply(ACME)
    team = "apiVersion: firebell/v1\nkind: Team\nmetadata: {name: other}\nspec: {}\n"
    with pytest.raises(BadConfig) as refused:
        hand.plan(team, prune=True)
    assert "--prune: Team “payments” would be pruned, and Service “checkout” still needs it." in [
        str(problem).removesuffix(" Describe Team “payments” in a file, or free it first.")
        for problem in refused.value.problems
    ]


def test_the_installations_last_resort_is_not_pruned(hand: Hand) -> None:
    lead = hand.runner.run(lambda work: users.create_user(work, name="lead"))
    hand.runner.run(lambda work: escalation.set_fallback(work, [Target(TargetKind.USER, lead)]))
    with pytest.raises(BadConfig, match="User “lead” would be pruned, and the installation's fallback still needs it"):
        hand.apply(ACME, prune=True)


def test_parts_added_by_hand_to_a_managed_object_stay_until_pruned(hand: Hand) -> None:
    hand.apply(ACME)
    now = hand.current()
    ann, checkout = now.ids["User", "ann"], now.ids["Service", "checkout"]
    hand.runner.run(
        lambda work: methods.add_method(
            work, ann, name="second", channel="email", config={"to": "two@example.com"}, masked="t…o@example.com"
        )
    )
    hand.runner.run(lambda work: services.create_integration(work, checkout, "x", "generic", hand.means.keyring))
    assert changes(hand.plan(ACME)) == []
    pruned = hand.plan(ACME, prune=True)
    assert changes(pruned) == ["changed User/ann", "changed Service/checkout"]
    assert "spec.integrations[x].name: x" in diff(pruned)


def test_a_managed_object_is_changed_in_its_file_or_detached_first(hand: Hand) -> None:
    hand.apply(ACME)
    now = hand.current()
    with pytest.raises(Conflict, match=r"acme\.yaml"):
        hand.runner.run(lambda work: users.edit_user(work, now.ids["User", "ann"], display_name="x"))
    with pytest.raises(Conflict, match=r"acme\.yaml"):
        hand.runner.run(lambda work: services.edit_service(work, now.ids["Service", "checkout"], description="x"))


def test_an_object_made_by_hand_comes_into_a_files_hands_and_can_leave_again(hand: Hand) -> None:
    hand.runner.run(lambda work: users.create_user(work, name="ann", time_zone="UTC", display_name="ann"))
    one = "apiVersion: firebell/v1\nkind: User\nmetadata: {name: ann}\nspec: {}\n"
    assert diff(hand.apply(one)) == ["metadata.managed: false"]
    assert hand.current().managed_by == {("User", "ann"): "acme.yaml"}
    freed = one.replace("{name: ann}", "{name: ann, managed: false}")
    assert diff(hand.apply(freed)) == ["metadata.managed: false"]
    assert hand.current().managed_by == {}
    assert changes(hand.plan(freed)) == []


@pytest.mark.parametrize(
    ("kind", "name"), [("Schedule", "primary"), ("EscalationPolicy", "payments"), ("Service", "checkout")]
)
def test_an_object_can_leave_its_team(hand: Hand, kind: str, name: str) -> None:
    hand.apply(ACME)
    head = f"kind: {kind}\nmetadata: {{name: {name}"
    left = ACME.replace(f"{head}, team: payments}}", f"{head}}}")
    assert left != ACME
    assert diff(hand.apply(left)) == ["metadata.team: payments"]
    assert changes(hand.plan(left)) == []


@pytest.mark.parametrize("kind", ["User", "Team", "Schedule", "EscalationPolicy", "Service"])
def test_an_object_of_every_kind_can_be_left_to_hands_and_taken_back(hand: Hand, kind: str) -> None:
    hand.apply(ACME)
    freed = ACME.replace(f"kind: {kind}\nmetadata: {{", f"kind: {kind}\nmetadata: {{managed: false, ")
    hand.apply(freed)
    now = hand.current()
    assert kind not in {each for each, _ in now.managed_by}
    assert {part for part in now.parts if part[0] == kind} <= now.by_hand
    assert changes(hand.plan(freed)) == []
    hand.apply(ACME)
    assert changes(hand.plan(ACME)) == []
    assert set(hand.current().managed_by) == set(hand.current().items)


def test_dangling_references_name_a_near_match(hand: Hand) -> None:
    told = problems(hand, ACME.replace("fallback: [{user: ben}]", "fallback: [{user: bne}]"))
    assert told == ["acme.yaml:43 spec.fallback[0].user: There is no User “bne”. Did you mean “ben”?"]


def test_references_may_point_to_what_was_made_by_hand(hand: Hand) -> None:
    hand.runner.run(lambda work: services.create_service(work, name="queue"))
    hand.apply(ACME.replace("dependsOn: [database]", "dependsOn: [database, queue]"))


def test_a_circle_of_services_is_told_as_one(hand: Hand) -> None:
    told = problems(hand, ACME.replace("displayName: The database", "dependsOn: [checkout]"))
    assert len(told) == 1
    assert "Services depend on each other in a circle: checkout → database → checkout." in told[0]


def test_two_who_apply_at_once_do_not_make_anything_twice(database_url: str) -> None:
    # A file, since readers of a database in memory share the writer's connection.
    with opened(database_url) as hand, ThreadPoolExecutor(2) as both:
        plans = list(both.map(hand.apply, [ACME, ACME]))
        assert sorted(len(plan.changes) for plan in plans) == [0, 7]
        assert changes(hand.plan(ACME)) == []


def test_a_key_whose_seal_is_lost_is_replaced_by_the_files(hand: Hand) -> None:
    hand.apply(ACME)
    other = Keyring(Key(bytes(32)))
    hand.means = replace(hand.means, keyring=other, sealer=Sealing(other, all_channels()))
    planned = hand.plan(ACME)
    assert "spec.integrations[prometheus].key: ••• → another one" in diff(planned)
    hand.apply(ACME)
    assert changes(hand.plan(ACME)) == []


def test_dependencies_can_be_turned_round(hand: Hand) -> None:
    hand.apply(ACME)
    turned = ACME.replace("  dependsOn: [database]\n", "").replace(
        "spec: {displayName: The database}", "spec: {displayName: The database, dependsOn: [checkout]}"
    )
    hand.apply(turned)
    assert changes(hand.plan(turned)) == []


def test_a_web_of_dependencies_is_ordered_in_good_time(hand: Hand) -> None:
    head = "apiVersion: firebell/v1\nkind: Service\n"
    web = "---\n".join(
        f"{head}metadata: {{name: s{i:02}}}\nspec: {{dependsOn: [{', '.join(f's{j:02}' for j in range(i + 1, 40))}]}}\n"
        for i in range(40)
    )
    done = hand.apply(web)
    assert [change.name for change in done.changes] == [f"s{i:02}" for i in reversed(range(40))]


def test_a_key_that_another_integration_has_is_refused_at_the_service(hand: Hand) -> None:
    hand.apply(ACME)
    more = ACME + "  integrations: [{name: twin, source: generic, key: 0123456789abcdef}]\n"
    more = more.replace("spec: {displayName: The database}\n", "spec:\n")
    assert "acme.yaml:57 metadata.name: This key is in use by another integration." in problems(hand, more)[0]


def test_only_those_who_may_apply_configuration_do(hand: Hand) -> None:
    manager = Actor("user", "usr_m", grants=GRANTS[Role.MANAGER])
    with pytest.raises(Forbidden):
        hand.plan(ACME, actor=manager)
    with pytest.raises(Forbidden):
        hand.apply(ACME, actor=manager)


def test_several_files_are_one_configuration_and_each_marks_its_own(hand: Hand) -> None:
    documents = ACME.split("---")
    hand.apply({"people.yaml": "---".join(documents[:3]), "rest.yaml": "---".join(documents[3:])})
    managed = hand.current().managed_by
    assert managed["User", "ann"] == "people.yaml"
    assert managed["Service", "checkout"] == "rest.yaml"


def test_the_journal_says_that_configuration_was_applied(hand: Hand) -> None:
    hand.apply(ACME)
    (entry,) = hand.runner.read(lambda read: read.history("config"))
    assert entry.kind == "config.applied"
    assert entry.data == {"files": ["acme.yaml"], "created": 7, "changed": 0, "removed": 0}


def test_export_then_plan_is_empty_also_for_what_was_made_by_hand(hand: Hand) -> None:
    hand.apply(ACME)
    hand.runner.run(
        lambda work: services.create_service(work, name="by-hand", description="costs ${5} & “more”\nlines")
    )
    carl = hand.runner.run(lambda work: users.create_user(work, name="carl"))
    hand.runner.run(
        lambda work: methods.add_method(
            work, carl, name="mail", channel="email", config={"to": "c@example.com"}, masked="…"
        )
    )
    exported = hand.export()
    assert set(exported) == {"acme.yaml", "by-hand.yaml"}
    assert "tk_ann" not in str(exported)
    assert "0123456789abcdef" not in str(exported)
    before = hand.current()
    assert changes(hand.plan(exported)) == []
    assert changes(hand.plan(exported, prune=True)) == []
    one_stream = "---\n".join(exported.values())
    assert changes(hand.apply(one_stream, prune=True)) == []
    assert hand.current() == before


def test_someone_deleted_by_hand_leaves_no_reference_behind_in_an_export(hand: Hand) -> None:
    hand.apply(ACME)
    ann = hand.current().ids["User", "ann"]
    hand.runner.run(lambda work: users.delete_user(work, ann, managed_by="acme.yaml"))
    exported = hand.export()["acme.yaml"]
    assert "participants: [[], [ben]]" in " ".join(exported.split()).replace("- [] - [ben]", "[[], [ben]]")
    assert changes(hand.plan(exported)) == []
