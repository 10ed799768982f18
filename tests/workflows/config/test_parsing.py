# ruff: noqa: E501 - a table reads best with one case to a line
"""What a file may say, and what it is told when it says something else."""

from __future__ import annotations

import pytest

from firebell.domain.escalation.model import Target, TargetKind
from firebell.integrations.channels import all_channels
from firebell.workflows.config.parsing import Desired, parse
from firebell.workflows.config.problems import Problem
from firebell.workflows.config.reading import File
from firebell.workflows.config.specs import PolicySpec, ScheduleSpec, ServiceSpec, TeamSpec, UserSpec

SOURCES = ("alertmanager", "generic", "pagerduty")
HEAD = "apiVersion: firebell/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"


def reading(text: str, **environment: str) -> tuple[Desired, list[str]]:
    problems: list[Problem] = []
    desired = parse([File("acme.yaml", text)], environment, all_channels(), SOURCES, problems)
    return desired, [str(problem) for problem in problems]


def spec_of(kind: str, body: str, name: str = "it") -> object:
    lines = "".join(f"  {line}\n" for line in body.strip().splitlines())
    desired, problems = reading(HEAD.format(kind=kind, name=name) + (lines or "  {}\n"))
    assert problems == []
    return desired.items[kind, name].spec


def faults_of(kind: str, body: str, name: str = "it") -> list[str]:
    lines = "".join(f"  {line}\n" for line in body.strip().splitlines())
    return reading(HEAD.format(kind=kind, name=name) + lines)[1]


def test_a_user_with_methods_and_rules() -> None:
    spec = spec_of(
        "User",
        """
displayName: Ann
email: ann@example.com
timeZone: Europe/Berlin
role: manager
contactMethods:
  - {name: push, channel: ntfy, to: "https://ntfy.example.com/ann/"}
  - {name: mail, channel: email, to: ann@example.com}
notificationRules:
  high: [{after: 2m, use: mail}, {after: 0m, use: push}]
  low: [{after: 1h30m, use: mail, hours: [{days: [mon, tue], from: "09:00", to: "17:00"}]}]
""",
    )
    assert isinstance(spec, UserSpec)
    assert (spec.display_name, spec.role, spec.time_zone, spec.active) == ("Ann", "manager", "Europe/Berlin", True)
    assert [(m.name, m.values["to"]) for m in spec.methods] == [
        ("mail", "ann@example.com"),
        ("push", "https://ntfy.example.com/ann"),
    ]
    assert [(r.after_s, r.use) for r in spec.high] == [(0, "push"), (120, "mail")]
    assert (spec.low[0].after_s, spec.low[0].hours[0].since) == (5400, 540)


def test_almost_everything_has_a_default() -> None:
    assert spec_of("User", "") == UserSpec("it")
    assert spec_of("Team", "") == TeamSpec("it")
    assert spec_of("Service", "") == ServiceSpec("it")
    assert spec_of("Schedule", "timeZone: UTC") == ScheduleSpec("UTC")


def test_who_manages_a_team_is_not_also_a_plain_member() -> None:
    assert spec_of("Team", "members: [ann, ben]\nmanagers: [ben]") == TeamSpec(
        "it", frozenset({"ann"}), frozenset({"ben"})
    )


def test_a_policy_waits_by_severity() -> None:
    spec = spec_of(
        "EscalationPolicy",
        """
steps:
  - {notify: [{schedule: first}], wait: {SEV1: 5m, SEV2: 15m, default: 30m}}
  - {notify: [{team: all}, {user: lead}], wait: 90s}
  - {notify: [{user: lead}]}
repeat: 0
ackTimeout: off
fallback: [{user: lead}]
""",
    )
    assert isinstance(spec, PolicySpec)
    first, second, third = spec.climb.steps
    assert (first.wait.seconds("SEV1"), first.wait.seconds("SEV3")) == (300, 1800)
    assert second.notify == (Target(TargetKind.TEAM, "all"), Target(TargetKind.USER, "lead"))
    assert (second.wait.default_s, third.wait.default_s) == (90, 900)
    assert (spec.climb.repeat, spec.climb.ack_timeout_s) == (0, None)


def test_a_service_with_integrations_and_a_key_from_the_environment() -> None:
    text = HEAD.format(kind="Service", name="checkout") + (
        '  integrations:\n    - {name: prometheus, source: alertmanager, key: "${CHECKOUT_KEY}", ignoreLabels: [pod]}\n'
    )
    desired, problems = reading(text, CHECKOUT_KEY="0123456789abcdef")
    assert problems == []
    spec = desired.items["Service", "checkout"].spec
    assert isinstance(spec, ServiceSpec)
    assert (spec.integrations[0].key, spec.integrations[0].settings) == ("0123456789abcdef", {"ignore_labels": ["pod"]})


def test_references_know_where_they_stand() -> None:
    text = HEAD.format(kind="Team", name="pay") + "  members:\n    - ann\n    - ben\n"
    desired, _ = reading(text)
    assert [(r.kind, r.name, str(r.place)) for r in desired.references] == [
        ("User", "ann", "acme.yaml:6 spec.members[0]"),
        ("User", "ben", "acme.yaml:7 spec.members[1]"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Usr\napiVersion: firebell/v1\nmetadata: {}\nspec: {}\n", 'acme.yaml:1 kind: There is no kind “Usr”. Did you mean “User”?'),
        ("kind: Heartbeat\napiVersion: firebell/v1\nmetadata: {}\nspec: {}\n", "acme.yaml:1 kind: “Heartbeat” is not in this version of Firebell."),
        ("apiVersion: firebell/v1\nkind: SLO\nmetadata: {}\nspec: {}\n", "acme.yaml:1 apiVersion: SLO is a kind of OpenSLO."),
        ("apiVersion: openslo/v1\nkind: SLO\nmetadata: {}\nspec: {}\n", "acme.yaml:3 metadata.name: name is missing."),
        ("kind: User\napiVersion: v1\nmetadata: {name: a}\nspec: {}\n", "acme.yaml:2 apiVersion: “apiVersion” must be firebell/v1."),
        ("kind: User\napiVersion: firebell/v1\nmetdata: {}\nspec: {}\n", "acme.yaml:1 metadata: “metadata” is missing, or not a mapping."),
        ("apiVersion: firebell/v1\nmetadata: {}\nspec: {}\n", "acme.yaml:1 kind: “kind” is missing."),
        (HEAD.format(kind="User", name="Ann") + "  {}\n", "acme.yaml:3 metadata.name: “Ann” cannot be a name."),
        (HEAD.format(kind="User", name="ann") + "  {}\n---\n" + HEAD.format(kind="User", name="ann") + "  {}\n", "acme.yaml:9 metadata.name: User “ann” is already described in acme.yaml:3."),
    ],
)  # fmt: skip
def test_the_frame_of_a_document_is_checked(text: str, said: str) -> None:
    assert said in "\n".join(reading(text)[1])


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("User", "timeZone: Europe/Berln", "spec.timeZone: “Europe/Berln” is not a time zone. Did you mean “Europe/Berlin”?"),
        ("User", "email: nobody", "spec.email: This is not an e-mail address."),
        ("User", "role: boss", "spec.role: “boss” is not possible here."),
        ("User", "contactMethods: [{name: a, channel: emial, to: a@example.com}]", "spec.contactMethods[0].channel: There is no channel “emial”. Did you mean “email”?"),
        ("User", "contactMethods: [{name: a, channel: email, to: nobody}]", "spec.contactMethods[0].to: "),
        ("User", "contactMethods: [{name: a, channel: email, too: a@example.com}]", "spec.contactMethods[0].too: Unknown key “too”. Did you mean “to”?"),
        ("User", "contactMethods: [{name: a, channel: email, to: a@b.de}, {name: a, channel: email, to: c@b.de}]", "spec.contactMethods[1].name: There are two contact methods “a”."),
        ("User", "contactMethods: [{name: push, channel: email, to: a@b.de}]\nnotificationRules: {high: [{use: psh}]}", "spec.notificationRules.high[0].use: There is no contact method “psh”. Did you mean “push”?"),
        ("User", "notificationRules: {hihg: []}", "spec.notificationRules.hihg: Unknown key “hihg”. Did you mean “high”?"),
        ("User", "contactMethods: [{name: m, channel: email, to: a@b.de}]\nnotificationRules: {high: [{after: soon, use: m}]}", "high[0].after: “soon” is not a duration. Write 90s"),
        ("User", "contactMethods: [{name: m, channel: email, to: a@b.de}]\nnotificationRules: {low: [{use: m, hours: [{days: [mo], from: '9'}]}]}", "low[0].hours[0].days: 'mo' is not a weekday."),
        ("Schedule", "layers: []", "spec.timeZone: “timeZone” is missing."),
        ("Schedule", "timeZone: UTC\nlayers:\n  - name: base\n    rotation: {every: 1y, participants: [[ann]]}", "acme.yaml:8 spec.layers[0].rotation.every: “1y” is not the length of a turn."),
        ("Schedule", "timeZone: UTC\nlayers: [{name: base, rotaton: {}}]", "spec.layers[0].rotaton: “rotaton” is not known here. Did you mean “rotation”?"),
        ("EscalationPolicy", "steps: [{notify: [{user: a}]}]", "spec.fallback: A policy needs a fallback."),
        ("EscalationPolicy", "steps: [{notify: [{user: a}], wait: 5s}]\nfallback: [{user: a}]", "spec.steps[0].wait.default: A wait is 60 s"),
        ("EscalationPolicy", "steps: [{notify: [{user: a, team: b}]}]\nfallback: [{user: a}]", "spec.steps[0].notify[0]: A target is one user, schedule or team."),
        ("EscalationPolicy", "steps: [{notify: [{usr: a}]}]\nfallback: [{user: a}]", "spec.steps[0].notify[0].usr: Unknown key “usr”. Did you mean “user”?"),
        ("EscalationPolicy", "steps: [{notify: [{user: a}]}]\nfallback: [{user: a}]\nrepeat: often", "spec.repeat: “repeat” must be a whole number."),
        ("EscalationPolicy", "steps: [{notify: [{user: a}], wait: {SEV9: 5m}}]\nfallback: [{user: a}]", "spec.steps[0].wait.SEV9: Unknown key “SEV9”."),
        ("Service", "integrations: [{name: a, source: alertmanger}]", "spec.integrations[0].source: There is no source “alertmanger”. Did you mean “alertmanager”?"),
        ("Service", "integrations: [{name: a, source: generic, key: short}]", "spec.integrations[0].key: An integration key has 16–128 characters"),
        ("Service", "integrations: [{name: a, source: generic}, {name: a, source: generic}]", "spec.integrations[1].name: There are two integrations “a”."),
        ("Service", "urgency: loud", "spec.urgency: “loud” is not possible here."),
        ("Service", "dependOn: [database]", "spec.dependOn: Unknown key “dependOn”. Did you mean “dependsOn”?"),
    ],
)  # fmt: skip
def test_a_fault_in_a_spec_names_its_path_and_the_way_out(kind: str, body: str, said: str) -> None:
    assert said in "\n".join(faults_of(kind, body))


def test_all_faults_are_told_at_once() -> None:
    faults = faults_of("User", "timeZone: Nowhere\nrole: boss\nemail: nobody")
    assert len(faults) == 3


def test_a_bad_key_is_not_repeated_in_the_message() -> None:
    text = HEAD.format(kind="Service", name="a") + "  integrations: [{name: a, source: generic, key: hush-hush}]\n"
    assert "hush-hush" not in "\n".join(reading(text)[1])
