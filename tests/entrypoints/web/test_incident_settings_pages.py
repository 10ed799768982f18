"""How incidents are run, by plain forms: the severity card and its matrix, settings, the scale, roles and templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from firebell.domain.comms import queries as comms
from firebell.domain.comms import settings as comms_settings
from firebell.domain.incidents import commands, queries
from firebell.domain.incidents.scale import DEFAULT_SCALE
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read, Work
from tests.entrypoints.web.visitors import Village, Visitor, village

T = TypeVar("T")
SCALE = "/settings/incidents/scale"
ROLES = "/settings/incidents/roles"
TEMPLATES = "/settings/templates"
INVESTIGATING = f"{TEMPLATES}/public/investigating"


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest.fixture
def ann(town: Village) -> Visitor:
    return town.visitor("ann")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """A town in which nothing is changed: everything there is only read, or refused."""
    with village(tmp_path_factory.mktemp("calm")) as made:
        yield made


@pytest.fixture(scope="module")
def eve(calm: Village) -> Visitor:
    return calm.visitor("eve")


@pytest.fixture(scope="module")
def asker(calm: Village) -> Visitor:
    """Who may change everything, and is refused for what they ask."""
    return calm.visitor("ann")


def filled(html: str, action: str) -> dict[str, Any]:
    """What a browser would send of the form with this action if nothing is changed."""
    form = re.search(rf'<form[^>]*action="{action}"[^>]*>(.*?)</form>', html, re.DOTALL)
    assert form, f"no form {action}"
    body = form[1]
    values: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", body):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and (not box or " checked" in tag):
            values.setdefault(name[1], []).append(value[1] if value else "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', body, re.DOTALL):
        values[name] = [text]
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', body, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        values[name] = [chosen[1] if chosen else ""]
    return {name: found[0] if len(found) == 1 else found for name, found in values.items() if name != "csrf_token"}


def looked(town: Village, job: Callable[[Read], T]) -> T:
    return town.served.house.runner.read(job, SYSTEM)


# ------------------------------------------------------------------ the card


def test_the_card_says_of_all_four_what_they_mean_and_which_clocks_run(eve: Visitor) -> None:
    seen = eve.see("/incidents/severity")
    for level in DEFAULT_SCALE.levels:
        assert level.impact in seen.text
        assert level.response in seen.text
        assert f'id="{level.severity}"' in seen.html
    assert "Acknowledged within 5 min, day and night" in seen.text
    assert "Acknowledged within 4 h, support hours" in seen.text
    assert "Edit the scale" not in seen.text, "who may not is not asked to"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("reach=many&condition=severe", "The matrix suggests SEV2"),
        ("reach=internal&condition=at_risk&breach=true", "The matrix suggests SEV2"),
        ("reach=few&condition=severe", "The matrix suggests SEV3"),
        ("reach=few", "Say how badly."),
        ("breach=true", "Say whom it hits."),
        ("reach=everybody&condition=bad", "Say whom it hits."),
    ],
)
def test_the_matrix_answers_or_asks_for_the_other_half(eve: Visitor, query: str, said: str) -> None:
    assert said in eve.see(f"/incidents/severity?{query}").text


def test_an_incident_shows_the_card_it_was_judged_under(ann: Visitor) -> None:
    path = ann.send("/incidents", title="Checkout fails", severity="SEV2").location
    sent = filled(ann.see(SCALE).html, SCALE) | {"SEV2-impact": "Half of the shop is dark."}
    assert "Version 2 is in force" in ann.send(SCALE, **sent).text
    linked = re.findall(r'href="(/incidents/severity\?version=\d+)"', ann.see(path).html)
    old = ann.see(linked[0])
    assert "A core function is unusable for many" in old.text
    assert "In force now is version 2" in old.text
    assert "Half of the shop is dark." in ann.see("/incidents/severity").text


# ------------------------------------------------------------------ settings


def test_settings_are_kept_as_they_were_chosen(town: Village, ann: Visitor) -> None:
    page = "/settings/incidents"
    sent = filled(ann.see(page).html, page)
    assert sent["auto_declare"] == ["SEV1", "SEV2"]
    ids = [str(town.ids[name]) for name in ("bob", "cyd")]
    seen = ann.send(
        page, **sent | {
            "auto_declare": ["SEV1"], "commander_ids": ids, "auto_offer": "true", "report_form": "public",
            "mail_state_to": "noc@example.com\r\nops@example.com\r\n",
        },
    )  # fmt: skip
    assert "Saved." in seen.text
    kept = looked(town, queries.settings)
    assert kept.auto_declare == ("SEV1",)
    assert kept.commander_ids == tuple(ids)
    assert (kept.auto_offer, kept.report_form) == (True, "public")
    assert kept.mail_state_to == ("noc@example.com", "ops@example.com")
    again = filled(ann.see(page).html, page)
    assert again["auto_declare"] == "SEV1"
    assert again["commander_ids"] == ids
    assert again["report_form"] == "public"


def test_what_is_wrong_with_the_settings_stands_at_its_field(town: Village, ann: Visitor) -> None:
    page = "/settings/incidents"
    sent = filled(ann.see(page).html, page)
    bad = ann.send(page, **sent | {"mail_state_to": "noc@example.com nobody"})
    assert bad.status == 422
    assert "This is not an e-mail address." in bad.text
    assert "noc@example.com nobody</textarea>" in bad.html
    ann.send(page, **sent | {"mail_state_to": "noc@example.com"})
    stale = ann.send(page, **sent | {"mail_state_to": "other@example.com"})
    assert "edited meanwhile" in stale.text
    assert looked(town, queries.settings).mail_state_to == ("noc@example.com",)


@pytest.mark.parametrize("page", ["/settings/incidents", SCALE, f"{ROLES}/commander", TEMPLATES, INVESTIGATING])
def test_who_may_not_change_it_reads_it_and_is_refused(eve: Visitor, asker: Visitor, page: str) -> None:
    seen = eve.see(page)
    assert seen.status == 200
    assert "<fieldset" in seen.html
    assert re.search(r"<fieldset[^>]* disabled", seen.html)
    assert eve.send(page, **filled(asker.see(page).html, page)).status == 403


# ------------------------------------------------------------------ the scale


def test_a_saved_scale_is_a_new_version_with_times_as_typed(town: Village, ann: Visitor) -> None:
    sent = filled(ann.see(SCALE).html, SCALE)
    assert sent["SEV1-respond_s"] == "5m"
    assert sent["SEV3-public_scope_s"] == ""
    unchanged = ann.send(SCALE, **sent)
    assert "Version 1 is in force" in unchanged.text, "nothing changed, so no new version"
    ann.send(SCALE, **sent | {"SEV1-respond_s": "90s", "SEV3-public_scope_s": "1h 30 min", "SEV4-calendar": "24x7"})
    scale = looked(town, queries.scale)
    assert scale.version == 2
    assert scale.level(scale.levels[0].severity).respond_s == 90
    assert scale.levels[2].public_scope_s == 5400
    assert scale.levels[3].calendar == "24x7"
    assert scale.levels[1] == DEFAULT_SCALE.levels[1]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("SEV2-respond_s", "soon", "This is not a length of time."),
        ("SEV2-respond_s", "", "This is not a length of time."),
        ("SEV2-name", " ", "This cannot be empty."),
        ("SEV3-public_every_s", "0m", "A time is between a second and a year."),
        ("SEV4-action_days", "900", "Actions are due within a year."),
        ("SEV1-page_roles", "nobody-knows", "There is no role nobody-knows."),
    ],
)
def test_a_scale_that_cannot_be_kept_is_refused_at_its_field(
    calm: Village, asker: Visitor, field: str, typed: str, said: str
) -> None:
    sent = filled(asker.see(SCALE).html, SCALE)
    seen = asker.send(SCALE, **sent | {field: typed})
    assert seen.status == 422
    assert said in seen.text
    assert re.search(rf'field-bad"><(?:label[^>]*for="f-{field}"|legend)', seen.html)
    assert looked(calm, queries.scale).version == 1


def test_what_a_file_manages_is_shown_refused_and_can_be_detached(town: Village, ann: Visitor) -> None:
    def job(work: Work) -> None:
        commands.set_scale(work, DEFAULT_SCALE.levels, managed_by="acme.yaml")
        commands.set_roles(work, list(queries.roles(work)), managed_by="acme.yaml")
        comms_settings.set_template(work, "public", "investigating", "We look at it.", managed_by="acme.yaml")

    sent = {page: filled(ann.see(page).html, page) for page in (SCALE, f"{ROLES}/scribe", INVESTIGATING)}
    town.served.house.runner.run(job, SYSTEM)
    for page, detach in ((SCALE, SCALE), (f"{ROLES}/scribe", ROLES), (INVESTIGATING, INVESTIGATING)):
        seen = ann.see(page)
        assert "Managed by acme.yaml" in seen.text
        fresh = sent[page] | {k: v for k, v in filled(seen.html, page).items() if k in ("version", "seen")}
        refused = ann.send(page, **fresh | {"body": "Other words.", "SEV1-name": "Other", "never": "Other"})
        assert "This is managed by acme.yaml." in refused.text
        assert "No longer managed by a file." in ann.send(f"{detach}/detach").text
        assert "Managed by" not in ann.see(page).text


# ------------------------------------------------------------------ roles


def test_a_role_gets_other_words_and_somebody_who_stands_behind_it(town: Village, ann: Visitor) -> None:
    page = f"{ROLES}/comms"
    target = f"user:{town.ids['cyd']}"
    sent = filled(ann.see(page).html, page)
    seen = ann.send(page, **sent | {"display_name": "Voice", "duties": "Speaks.\r\n\r\nListens.", "page": target})
    assert "Saved." in seen.text
    assert "Cyd Marchetti" in seen.text
    role = next(one for one in looked(town, queries.roles) if one.name == "comms")
    assert (role.display_name, role.duties, role.page, role.own) == ("Voice", ("Speaks.", "Listens."), target, False)
    stale = ann.send(page, **sent | {"never": "Guesses."})
    assert "edited meanwhile" in stale.text


def test_an_own_role_is_added_and_removed_and_the_seven_stay(town: Village, ann: Visitor) -> None:
    new = {"display_name": "Legal", "name": "legal", "duties": "Reads the contract.", "holders_max": ""}
    assert "Legal" in ann.send(f"{ROLES}/new", **new).text
    assert "There is such a role already." in ann.send(f"{ROLES}/new", **new).text
    role = next(one for one in looked(town, queries.roles) if one.name == "legal")
    assert (role.own, role.holders_max) == (True, None)
    assert "The role is gone." in ann.send(f"{ROLES}/legal/remove").text
    assert "belongs to every incident" in ann.send(f"{ROLES}/scribe/remove").text
    assert [one.name for one in looked(town, queries.roles)][-1] == "observer"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"duties": " "}, "A role has written duties."),
        ({"holders_max": "3"}, "There is exactly one commander."),
        ({"holders_max": "many"}, "A whole number is needed here."),
        ({"display_name": ""}, "This cannot be empty."),
        ({"page": "user:usr_000000000000000000"}, "What was chosen is not there any more."),
        ({"page": "nonsense"}, "Choose from the list."),
    ],
)
def test_a_role_that_does_not_work_is_refused(asker: Visitor, changed: dict[str, str], said: str) -> None:
    page = f"{ROLES}/commander"
    seen = asker.send(page, **filled(asker.see(page).html, page) | changed)
    assert seen.status == 422
    assert said in seen.text


# ------------------------------------------------------------------ templates


def test_a_template_is_previewed_saved_compared_and_taken_back(town: Village, ann: Visitor) -> None:
    sent = filled(ann.see(INVESTIGATING).html, INVESTIGATING)
    words = "{{ components }} limp. {{ impact }}. Next by {{ next_update_by }}."
    seen = ann.send(INVESTIGATING, **sent | {"body": words, "action": "preview"})
    assert "Checkout and Payments limp. A third of payments fail in Europe." in seen.text
    assert looked(town, lambda read: comms.template_versions(read, "public", "investigating")) == []
    assert "Saved." in ann.send(INVESTIGATING, **sent | {"body": words}).text
    assert "Checkout and Payments limp." in ann.see(TEMPLATES).text
    both = ann.see(INVESTIGATING).html
    assert re.search(r"<ins>[^<]*limp", both)
    assert re.search(r"<del>[^<]*aware", both)
    version = {"version": "1", "body": words}
    assert "Back to the text that comes with Firebell." in ann.send(INVESTIGATING, **version, action="reset").text
    assert "limp" not in ann.see(TEMPLATES).text

    def bodies(read: Read) -> list[str]:
        return [one.body for one in comms.template_versions(read, "public", "investigating")]

    assert looked(town, bodies) == [words, ""], "the versions before stay"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{ secret }}", "The template cannot be used"),
        ("{% if %}", "The template cannot be used"),
        (" ", "A template says something."),
    ],
)
def test_a_template_that_cannot_be_filled_in_says_why(asker: Visitor, body: str, said: str) -> None:
    sent = filled(asker.see(INVESTIGATING).html, INVESTIGATING)
    seen = asker.send(INVESTIGATING, **sent | {"body": body})
    assert seen.status == 422
    assert said in seen.text
    live = asker.client.post(
        f"{INVESTIGATING}/preview", data={"csrf_token": asker.token, "body": body}, headers={"hx-request": "true"}
    )
    assert live.text.startswith("<section"), "only the part is drawn"


def test_words_of_a_template_are_never_markup(ann: Visitor) -> None:
    sent = filled(ann.see(INVESTIGATING).html, INVESTIGATING)
    ann.send(INVESTIGATING, **sent | {"body": "<script>alert(1)</script> {{ impact }}"})
    for page in (INVESTIGATING, TEMPLATES):
        assert "<script>alert" not in ann.see(page).html


def test_a_phase_without_words_of_its_own_says_what_stands_in(town: Village, ann: Visitor) -> None:
    assert "As “Any other” says." in ann.see(TEMPLATES).text
    page = f"{TEMPLATES}/internal/mitigating"
    ann.send(page, **filled(ann.see(page).html, page) | {"body": "Mitigating {{ reference }}"})
    assert "Mitigating INC-12" in ann.see(TEMPLATES).text
    assert ann.see(f"{TEMPLATES}/public/mitigating").status == 404


def test_who_the_executives_are_and_where_the_support_hours_run(town: Village, ann: Visitor) -> None:
    sent = filled(ann.see(TEMPLATES).html, TEMPLATES)
    bad = ann.send(TEMPLATES, **sent | {"support_zone": "Mars/Olympus"})
    assert bad.status == 422
    assert "There is no time zone Mars/Olympus." in bad.text
    ann.send(TEMPLATES, **sent | {"support_zone": "Asia/Tokyo", "executive_ids": [str(town.ids["eve"])]})
    kept = looked(town, comms.settings)
    assert (kept.support_zone, kept.executive_ids) == ("Asia/Tokyo", (town.ids["eve"],))
