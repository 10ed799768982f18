# ruff: noqa: E501 - a table reads best with one case to a line
"""How incidents are run, what is said and what customers see, as files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firebell.domain.comms import settings as comms
from firebell.domain.comms.model import CommsSettings
from firebell.domain.incidents import commands as incidents
from firebell.domain.incidents import configured, role_definitions
from firebell.domain.incidents import queries as incident_queries
from firebell.domain.incidents.model import Settings
from firebell.domain.incidents.scale import DEFAULT_ROLES, DEFAULT_SCALE
from firebell.domain.people import passwords
from firebell.domain.runbooks import commands as runbooks
from firebell.domain.statuspage import commands as pages
from firebell.domain.statuspage import queries as page_queries
from firebell.domain.webhooks import commands as webhooks
from firebell.domain.webhooks import queries as webhook_queries
from firebell.kernel.errors import Conflict
from firebell.kernel.work import Read, Work
from firebell.workflows.config.problems import BadConfig
from firebell.workflows.config.response_specs import ONLY, RoleSpec, ScaleSpec
from tests.workflows.config.conftest import KEYRING, Hand
from tests.workflows.config.test_parsing import faults_of, spec_of

HEAD = "apiVersion: firebell/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n"


def document(kind: str, name: str, spec: str) -> str:
    return HEAD.format(kind=kind, name=name, spec=spec)


PEOPLE = document("User", "ann", "{}") + document("User", "ben", "{}")
POLICY = document("EscalationPolicy", "commanders", "{steps: [{notify: [{user: ann}]}], fallback: [{user: ben}]}")
SCALE = document(
    "SeverityScale", ONLY, "{levels: {SEV1: {respond: 2m, pageRoles: [commander, care]}, SEV4: {command: 8h}}}"
)
ROLES = document("IncidentRole", "care", "{duties: [Answers customers.], holders: 2}") + document(
    "IncidentRole", "commander", "{page: {user: ann}}"
)
SETTINGS = document(
    "IncidentSettings", ONLY,
    "{autoDeclare: [SEV1], commanderPolicy: commanders, commanders: [ann], executives: [ben], supportTimeZone: Europe/Berlin}",
)  # fmt: skip
TEXT = document("CommsTemplate", "public-resolved", '{body: "It works again: {{ components }}."}')
BOOK = document(
    "Runbook", "full", "{owner: ann, severities: [SEV2], matchers: ['disk=~\"/dev.*\"'], body: '- [ ] Look.'}"
)
PAGE = document(
    "StatusPage", "acme",
    "{displayName: Acme, components: [{group: Shop, components: [{name: Checkout}, {name: Search}]}, {name: API}]}",
)  # fmt: skip
PROMPTS = document(
    "PostmortemTemplate", "security", "{severities: [SEV1], prompts: {impact: ['Which data was within reach?']}}"
)
HOOK = document("Webhook", "ci", '{url: "https://ci.example.com/token/s3cret", events: [incident.*]}')
EVERYTHING = PEOPLE + POLICY + SCALE + ROLES + SETTINGS + TEXT + BOOK + PAGE + HOOK + PROMPTS
KINDS = {
    "IncidentRole", "SeverityScale", "IncidentSettings", "CommsTemplate", "Runbook", "StatusPage", "Webhook",
    "PostmortemTemplate",
}  # fmt: skip


def changed(hand: Hand, text: str, *, prune: bool = False) -> list[tuple[str, str, str]]:
    return [(one.verb, one.kind, one.name) for one in hand.apply(text, prune=prune).changes]


def component_ids(hand: Hand) -> dict[str, str]:
    def look(read: Read) -> dict[str, str]:
        page = page_queries.page_by_slug(read, "acme")
        assert page is not None
        return {one.name: one.id for one in page_queries.components(read, page.id)}

    return hand.runner.read(look)


# ------------------------------------------------------------------ the way round


def test_it_is_planned_applied_once_exported_and_taken_back(hand: Hand) -> None:
    planned = hand.plan(EVERYTHING)
    done = hand.apply(EVERYTHING)
    assert [(c.verb, c.kind, c.name, c.lines) for c in planned.changes] == [
        (c.verb, c.kind, c.name, c.lines) for c in done.changes
    ]
    assert {c.kind for c in done.changes} >= KINDS
    facts = hand.facts()
    assert hand.apply(EVERYTHING, prune=True).changes == ()
    assert hand.facts() == facts
    exported = hand.export()
    assert set(exported) == {"acme.yaml"}
    assert hand.plan(exported, prune=True).changes == ()
    # Everything but the people goes, or back to what comes with Firebell.
    spared = document("Webhook", "other", '{url: "https://other.example.com", events: ["*"], flavour: chat_webhook}')
    usual = "".join(
        document(kind, name, spec)
        for kind, name, spec in (
            ("IncidentRole", "scribe", "{}"), ("SeverityScale", ONLY, "{}"), ("CommsTemplate", "public-identified", "{body: Known.}"),
            ("Runbook", "new", "{body: x}"), ("StatusPage", "new", "{}"),
        )
    )  # fmt: skip
    gone = hand.apply(PEOPLE + POLICY + usual + spared, prune=True)
    assert {(c.kind, c.name) for c in gone.changes if c.verb == "removed"} == {
        ("IncidentRole", "commander"), ("CommsTemplate", "public-resolved"), ("Runbook", "full"),
        ("StatusPage", "acme"), ("Webhook", "ci"),
    } | {("IncidentRole", "care")}  # fmt: skip


def test_a_role_goes_only_when_nothing_pages_it(hand: Hand) -> None:
    hand.apply(PEOPLE + ROLES + SCALE)
    with pytest.raises(BadConfig) as refused:
        hand.apply(document("IncidentRole", "scribe", "{never: Sleeps.}"), prune=True)
    assert "SeverityScale “default” still needs it" in str(refused.value)
    without = SCALE.replace("[commander, care]", "[commander]")
    assert ("removed", "IncidentRole", "care") in changed(
        hand, PEOPLE + without + document("IncidentRole", "scribe", "{never: Sleeps.}"), prune=True
    )


def test_what_comes_with_firebell_is_changed_and_pruned_back(hand: Hand) -> None:
    assert changed(hand, SCALE.replace("care", "comms")) == [("changed", "SeverityScale", "default")]
    lines = {str(line) for change in hand.plan(document("SeverityScale", ONLY, "{}")).changes for line in change.lines}
    assert "spec.levels.SEV1.respond: 2m → 5m" in lines
    assert changed(hand, document("SeverityScale", ONLY, "{}")) == [("changed", "SeverityScale", "default")]
    scale = hand.runner.read(incident_queries.scale)
    assert (scale.levels, scale.managed_by) == (DEFAULT_SCALE.levels, "acme.yaml")


def test_a_house_where_nothing_was_changed_has_nothing_to_export(hand: Hand) -> None:
    assert hand.export() == {}
    left = "".join(
        HEAD.format(kind=kind, name=name + ", managed: false", spec="{}")
        for kind, name in (("SeverityScale", ONLY), ("IncidentSettings", ONLY), ("IncidentRole", "scribe"))
    )
    assert hand.apply(left).changes == ()


# ------------------------------------------------------------------ by hand and by file


@pytest.mark.parametrize("managed", [True, False])
def test_what_a_file_manages_is_refused_by_hand_until_detached(hand: Hand, managed: bool) -> None:
    text = EVERYTHING if managed else EVERYTHING.replace("}\nspec", ", managed: false}\nspec")
    hand.apply(text)
    now = hand.current()

    edits: list[Callable[[Work], object]] = [
        lambda w: incidents.set_scale(w, DEFAULT_SCALE.levels),
        lambda w: role_definitions.put_role(w, DEFAULT_ROLES[0]),
        lambda w: role_definitions.reset_role(w, "commander"),
        lambda w: configured.set_roles(w, (*DEFAULT_ROLES[:1], *incident_queries.roles(w)[1:])),
        lambda w: configured.set_settings(w, Settings(auto_offer=True)),
        lambda w: comms.set_settings(w, CommsSettings(support_zone="Asia/Tokyo")),
        lambda w: comms.set_template(w, "public", "resolved", "Over."),
        lambda w: runbooks.edit(w, now.ids["Runbook", "full"], body="other"),
        lambda w: pages.edit_page(w, now.ids["StatusPage", "acme"], description="other"),
        lambda w: pages.edit_component(w, now.parts["StatusPage", "acme", "API"], name="other"),
        lambda w: pages.remove_component(w, now.parts["StatusPage", "acme", "Shop\nSearch"]),
        lambda w: webhooks.edit(w, now.ids["Webhook", "ci"], KEYRING, events=("*",)),
        lambda w: webhooks.delete(w, now.ids["Webhook", "ci"]),
    ]

    for edit in edits:
        if managed:
            with pytest.raises(Conflict, match=r"acme\.yaml"):
                hand.runner.run(edit, hand.actor)
        else:
            hand.runner.run(edit, hand.actor)


def test_what_was_described_is_left_to_hands_by_the_file_that_had_it(hand: Hand) -> None:
    hand.apply(EVERYTHING)
    left = EVERYTHING.replace("}\nspec", ", managed: false}\nspec")
    assert {kind for _, kind, _ in changed(hand, left)} >= KINDS
    assert hand.current().managed_by == {}
    assert set(hand.export()) == {"by-hand.yaml"}
    assert hand.apply(left).changes == ()


def test_components_added_by_hand_stay_until_pruned(hand: Hand) -> None:
    hand.apply(PAGE)
    page_id, shop = hand.current().ids["StatusPage", "acme"], component_ids(hand)["Shop"]
    hand.runner.run(lambda work: pages.add_component(work, page_id, name="Mail", group_id=shop), hand.actor)
    assert hand.apply(PAGE).changes == ()
    assert changed(hand, PAGE.replace("{name: API}", "{name: API, description: Ours}")) == [
        ("changed", "StatusPage", "acme")
    ]
    assert "Mail" in component_ids(hand)
    assert hand.plan(hand.export()).changes == ()
    hand.apply(PAGE, prune=True)
    assert "Mail" not in component_ids(hand)


def test_a_component_that_moves_or_changes_places_keeps_its_history(hand: Hand) -> None:
    hand.apply(PAGE)
    before = component_ids(hand)
    hand.apply(
        document(
            "StatusPage",
            "acme",
            "{displayName: Acme, components: [{name: Search}, {group: Shop, components: [{name: API}, {name: Checkout}]}]}",
        )
    )
    assert component_ids(hand) == before
    assert list(component_ids(hand)) == ["Search", "Shop", "API", "Checkout"]
    hand.apply(document("StatusPage", "acme", "{displayName: Acme, components: [{name: Checkout}]}"))
    assert component_ids(hand) == {"Checkout": before["Checkout"]}


def test_two_groups_can_change_places_one_within_the_other(hand: Hand) -> None:
    nested = (
        "{{displayName: Acme, components: [{{group: {0}, components: [{{group: {1}, components: [{{name: x}}]}}]}}]}}"
    )
    hand.apply(document("StatusPage", "acme", nested.format("Outer", "Inner")))
    before = component_ids(hand)
    hand.apply(document("StatusPage", "acme", nested.format("Inner", "Outer")))
    assert component_ids(hand).keys() == before.keys()
    assert hand.plan(document("StatusPage", "acme", nested.format("Inner", "Outer"))).changes == ()


def test_components_of_the_same_name_side_by_side_survive_an_export(hand: Hand) -> None:
    twins = document(
        "StatusPage", "acme", "{displayName: Acme, components: [{name: EU}, {name: EU, description: second}]}"
    )
    hand.apply(twins)
    assert hand.apply(twins).changes == ()
    assert hand.plan(hand.export()).changes == ()


# ------------------------------------------------------------------ secrets


def test_addresses_and_secrets_of_webhooks_are_sealed_and_told_nowhere(hand: Hand) -> None:
    done = hand.apply(HOOK)
    made = done.new_secrets[0]
    assert (made.webhook, made.secret.startswith("whsec_")) == ("ci", True)
    assert made.secret not in repr(done)
    text = "".join(hand.export().values())
    assert "s3cret" not in text + repr(done)
    assert made.secret not in text
    hook_id = hand.current().ids["Webhook", "ci"]

    def opened(read: Read) -> dict[str, str]:
        return webhook_queries.opened(read, [hook_id], KEYRING)[hook_id]

    assert hand.runner.read(opened)["url"] == "https://ci.example.com/token/s3cret"
    # Another secret is told by name only, and the one before signs on for a day.
    secret = "whsec_" + "QUFB" * 8
    rotated = hand.apply(HOOK.replace("events:", f"secret: {secret}, events:"))
    assert [str(line) for line in rotated.changes[0].lines] == ["spec.secret: ••• → another one"]
    assert hand.runner.read(opened)["secret"] == secret
    assert hand.runner.read(opened)["old_secret"] == made.secret
    assert hand.apply(HOOK).changes == ()  # what a file leaves out stays as it is


def test_a_webhook_of_another_flavour_is_another_webhook(hand: Hand) -> None:
    hand.apply(HOOK)
    before = hand.current().ids["Webhook", "ci"]
    hand.apply(HOOK.replace("events:", "flavour: pagerduty_webhook, events:"))
    assert hand.current().ids["Webhook", "ci"] != before


def test_a_webhook_needs_its_address_once(hand: Hand) -> None:
    with pytest.raises(BadConfig) as refused:
        hand.apply(document("Webhook", "ci", "{events: [incident.*]}"))
    assert "acme.yaml:3 metadata.name: A webhook needs its address." in str(refused.value.problems[0])


def test_the_password_of_a_page_is_hashed_compared_and_left_out(hand: Hand) -> None:
    locked = document("StatusPage", "acme", "{access: password, password: correct-horse-staple}")
    done = hand.apply(locked)
    assert "correct" not in repr(done) + "".join(hand.export().values())
    assert hand.apply(locked).changes == ()
    assert hand.apply(locked.replace(", password: correct-horse-staple", "")).changes == ()
    other = hand.apply(locked.replace("correct-horse-staple", "another-horse-staple"))
    assert [str(line) for line in other.changes[0].lines] == ["spec.password: ••• → another one"]

    def stored(read: Read) -> str | None:
        page = page_queries.page_by_slug(read, "acme")
        return page.password_hash if page else None

    assert passwords.matches(hand.runner.read(stored), "another-horse-staple")


# ------------------------------------------------------------------ what is told when something is wrong


@pytest.mark.parametrize(
    ("kind", "name", "body", "fault"),
    [
        ("SeverityScale", "ours", "{}", "acme.yaml:3 metadata.name: There is one SeverityScale, and it is called “default”."),
        ("SeverityScale", ONLY, "levels: {SEV5: {}}", "acme.yaml:5 spec.levels.SEV5: Unknown key “SEV5”. Did you mean “SEV"),
        ("SeverityScale", ONLY, "levels:\n  SEV1: {responds: 5m}", "acme.yaml:6 spec.levels.SEV1.responds: Unknown key “responds”. Did you mean “respon"),
        ("SeverityScale", ONLY, "levels:\n  SEV1:\n    respond: soon", "acme.yaml:7 spec.levels.SEV1.respond: “soon” is not a duration."),
        ("SeverityScale", ONLY, "levels:\n  SEV2:\n    respond: 0m", "acme.yaml:7 spec.levels.SEV2.respond: A time is between a second and a year."),
        ("SeverityScale", ONLY, "levels: {SEV3: {calendar: sometimes}}", "spec.levels.SEV3.calendar: “sometimes” is not possible here. One of 24x7, business."),
        ("IncidentRole", "care", "displayName: Care", "acme.yaml:4 spec.duties: A role has written duties."),
        ("IncidentRole", "commander", "holders: 2", "acme.yaml:5 spec.holders: There is exactly one commander."),
        ("IncidentRole", "Care", "duties: [x]", "acme.yaml:3 metadata.name: “Care” cannot be a name."),
        ("IncidentRole", "comms", "page: {user: ann, team: x}", "acme.yaml:5 spec.page: A role is paged at one user, schedule or team."),
        ("IncidentSettings", ONLY, "autoDeclare: [SEV0]", "acme.yaml:5 spec.autoDeclare[0]: “SEV0” is no severity. Did you mean “SEV"),
        ("IncidentSettings", ONLY, "reportForm: pubic", "acme.yaml:5 spec.reportForm: “pubic” is not possible here. Did you mean “public”?"),
        ("IncidentSettings", ONLY, "mailStateTo: [nobody]", "acme.yaml:5 spec.mailStateTo[0]: This is not an e-mail address."),
        ("IncidentSettings", ONLY, "supportTimeZone: Europe/Berlim", "acme.yaml:5 spec.supportTimeZone: “Europe/Berlim” is not a time zone. Did you mean “Europe/Berlin”?"),
        ("CommsTemplate", "public-resolve", "body: x", "acme.yaml:3 metadata.name: There is no template “public-resolve”. Did you mean “public-resolved”?"),
        ("CommsTemplate", "public-resolved", "body: '{{ titel }}'", "acme.yaml:5 spec.body: The template cannot be used: 'titel' is undefined"),
        ("PostmortemTemplate", "x", "{prompts: {cause: [Which]}}", "acme.yaml:5 spec.prompts.cause: Unknown key “cause”. Known here: summary"),
        ("CommsTemplate", "public-resolved", "{}", "acme.yaml:4 spec.body: “body” is missing."),
        ("Runbook", "full", "body: x\nmatchers: [disk]", "acme.yaml:6 spec.matchers[0]: “disk” is not a matcher."),
        ("Runbook", "full", "body: x\ntitlePattern: '('", "acme.yaml:6 spec.titlePattern: “(” is not a regular expression."),
        ("Runbook", "full", "title: x", "acme.yaml:4 spec.body: “body” is missing."),
        ("StatusPage", "a.b", "{}", "acme.yaml:3 metadata.name: “a.b” cannot stand in the address."),
        ("StatusPage", "acme", "domain: https://x", "acme.yaml:5 spec.domain: “https://x” is no host name."),
        ("StatusPage", "acme", "access: addresses", "acme.yaml:5 spec.access: A page for some networks needs at least one."),
        ("StatusPage", "acme", "addresses: [here]", "acme.yaml:5 spec.addresses[0]: “here” is no network."),
        ("StatusPage", "acme", "weights: {partial_outage: 2}", "acme.yaml:5 spec.weights.partial_outage: A weight is a number from 0 to 1."),
        ("StatusPage", "acme", "weights: {partial_outrage: 1}", "acme.yaml:5 spec.weights.partial_outrage: Unknown key “partial_outrage”. Did you mean “partial_outage”?"),
        ("StatusPage", "acme", "components:\n  - {name: x, components: []}", "acme.yaml:6 spec.components[0].components: Only a group holds components."),
        ("StatusPage", "acme", "components:\n  - group: x\n    components: [{nmae: y}]", "acme.yaml:7 spec.components[0].components[0].nmae: Unknown key “nmae”. Did you mean “name”?"),
        ("StatusPage", "acme", "password: aaaaaaaaaaaa", "acme.yaml:5 spec.password: "),
        ("Webhook", "ci", "events: [alarm.*]", "acme.yaml:5 spec.events: “alarm.*” is no event."),
        ("Webhook", "ci", "events: ['*']\nurl: ftp://x", "acme.yaml:6 spec.url: The address cannot be used"),
        ("Webhook", "ci", "events: ['*']\nsecret: short", "acme.yaml:6 spec.secret: "),
        ("Webhook", "ci", "events: ['*']\nflavour: team", "acme.yaml:6 spec.flavour: “team” is not possible here. Did you mean “teams”?"),
        ("Webhook", "ci", "events: ['*']\nflavour: teams\nsecret: abcdefghijklmnop", "acme.yaml:7 spec.secret: A chat's webhook has no signing secret"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_path_and_what_was_meant(kind: str, name: str, body: str, fault: str) -> None:
    assert any(fault in each for each in faults_of(kind, body, name)), faults_of(kind, body, name)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (SCALE, "There is no IncidentRole “care”."),
        (SCALE.replace("care", "comm"), "There is no IncidentRole “comm”. Did you mean “comms”?"),
        (PEOPLE + document("IncidentRole", "comms", "{page: {user: anm}}"), "spec.page.user: There is no User “anm”. Did you mean “ann”?"),
        (PEOPLE + document("IncidentSettings", ONLY, "{commanders: [bem]}"), "spec.commanders[0]: There is no User “bem”. Did you mean “ben”?"),
        (document("IncidentSettings", ONLY, "{commanderPolicy: x}"), "spec.commanderPolicy: There is no EscalationPolicy “x”."),
        (document("Runbook", "full", "{body: x, services: [api], owner: zoe}"), "spec.services[0]: There is no Service “api”."),
        (HEAD.format(kind="StatusPage", name="acme, team: core", spec="{}"), "metadata.team: There is no Team “core”."),
    ],
)  # fmt: skip
def test_a_reference_to_nothing_is_told_with_its_place(hand: Hand, text: str, fault: str) -> None:
    facts = hand.facts()
    with pytest.raises(BadConfig) as refused:
        hand.apply(text)
    assert any(fault in str(problem) for problem in refused.value.problems), refused.value.problems
    assert hand.facts() == facts


def test_a_person_whom_the_settings_name_is_not_pruned(hand: Hand) -> None:
    hand.apply(PEOPLE + POLICY + SETTINGS)
    with pytest.raises(BadConfig) as refused:
        hand.apply(document("User", "ann", "{}") + document("User", "zoe", "{}"), prune=True)
    said = "--prune: User “ben” would be pruned, and IncidentSettings “default” still needs it."
    assert any(said in str(problem) for problem in refused.value.problems)


def test_levels_and_roles_take_what_is_left_out_from_what_comes_with_firebell() -> None:
    scale = spec_of("SeverityScale", "levels: {SEV1: {publicFirst: off}}", ONLY)
    assert isinstance(scale, ScaleSpec)
    assert [level.public_first_s for level in scale.levels] == [None, 300, 3600, None]
    role = spec_of("IncidentRole", "{}", "responder")
    assert isinstance(role, RoleSpec)
    assert (role.holders_max, role.display_name) == (None, "Responder")
