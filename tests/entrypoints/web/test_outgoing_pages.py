"""Webhooks, subscribers and planned maintenance by plain forms."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from firebell.domain.statuspage import commands
from firebell.kernel.actor import SYSTEM
from tests.entrypoints.web.visitors import Village, Visitor, village


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("outgoing")) as made:
        yield made


@pytest.fixture(scope="module")
def ann(town: Village) -> Visitor:
    return town.visitor("ann")


@pytest.fixture(scope="module")
def eve(town: Village) -> Visitor:
    return town.visitor("eve")


@pytest.fixture(scope="module")
def page(town: Village) -> str:
    def make(work):  # type: ignore[no-untyped-def]
        page_id = commands.create_page(work, slug="acme", name="Acme")
        commands.add_component(work, page_id, name="Website")
        return str(page_id)

    return town.served.house.runner.run(make, SYSTEM)


def test_a_webhook_is_made_tested_turned_and_deleted(ann: Visitor) -> None:
    assert "No webhooks yet" in ann.see("/settings/webhooks").text
    made = ann.send("/settings/webhooks/new", name="ci", flavour="webhook", url="https://hook.example/x",
                    events="incident.* alert.opened")  # fmt: skip
    assert made.status == 200, made.text
    assert re.search(r"whsec_[A-Za-z0-9+/=]+", made.html), "shown once"
    path = re.findall(r"/settings/webhooks/whk_\w+", made.html)[0]
    seen = ann.see(path)
    assert "whsec_" not in seen.html.replace("whsec_ as the key", "")
    assert "https://hook.example/…" in seen.text
    assert "/x" not in seen.text.replace("https://hook.example/…", "")
    assert "A test is on its way" in ann.send(f"{path}/test").text
    assert "webhook.test" in ann.see(path).text
    assert "whsec_" in ann.send(f"{path}/rotate").html
    assert "It is told nothing" in ann.send(f"{path}/disable").text
    assert "It is told of what happens" in ann.send(f"{path}/enable").text
    assert "Saved" in ann.send(f"{path}/edit", name="ci two", events="*", url="").text
    assert "No webhooks yet" in ann.send(f"{path}/delete").text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("url", "ftp://x", "cannot be used"),
        ("events", "user.created", "is no event"),
        ("events", " ", "events"),
        ("name", "", "name"),
    ],
)
def test_a_wrong_webhook_is_refused_with_what_was_typed(ann: Visitor, field: str, value: str, words: str) -> None:
    form = {"name": "ci", "flavour": "webhook", "url": "https://h.example", "events": "*"} | {field: value}
    seen = ann.send("/settings/webhooks/new", **form)
    assert seen.status == 422
    assert words in seen.text


def test_who_may_not_edit_webhooks_does_not_see_them(eve: Visitor) -> None:
    assert eve.see("/settings/webhooks").status == 403
    assert eve.see("/settings/webhooks/new").status == 403


def test_subscribers_come_in_and_go_out_as_a_list(ann: Visitor, page: str) -> None:
    path = f"/status-pages/{page}/subscribers"
    said = ann.send(f"{path}/import", csv="address,components\npia@example.com,Website\nbad\nQ@example.com,\n",
                    confirmed="1")  # fmt: skip
    assert "2 added, 0 known already" in said.text
    assert "line 3" in said.text
    seen = ann.see(path)
    assert "2 are told" in seen.text
    assert "pia@example.com" in seen.text
    assert "1 known already" in ann.send(f"{path}/import", csv="email\nPIA@example.com\n").text
    out = ann.client.get(f"{path}/export")
    assert out.headers["content-type"].startswith("text/csv")
    assert "pia@example.com,Website,yes,yes,confirmed" in out.text
    first = re.findall(rf"{path}/(sub_\w+)/remove", seen.html)[0]
    assert "1 are told" in ann.send(f"{path}/{first}/remove").text
    wrong = ann.send(f"{path}/import", csv="nothing\n")
    assert wrong.status == 422


def test_an_export_cannot_be_taken_for_a_formula(ann: Visitor, page: str) -> None:
    path = f"/status-pages/{page}/subscribers"
    ann.send(f"{path}/import", csv="address\n=1+1@example.com\n", confirmed="1")
    assert "'=1+1@example.com" in ann.client.get(f"{path}/export").text


def test_only_its_owners_see_who_subscribed(eve: Visitor, page: str) -> None:
    assert eve.see(f"/status-pages/{page}/subscribers").status == 403


def test_maintenance_is_planned_begun_and_completed(ann: Visitor, page: str) -> None:
    path = f"/status-pages/{page}/maintenance"
    assert "Nothing planned" in ann.see(path).text
    form = ann.see(f"{path}/new").html
    component = re.findall(r'name="components" value="(cmp_\w+)"', form)[0]
    made = ann.send(f"{path}/new", name="New disks", from_at="2035-02-01T10:00", until_at="2035-02-01T11:00",
                    components=component, notify="1", notices="24 1", auto="1")  # fmt: skip
    assert made.location.startswith("/status-maintenance/mnt_"), made.text
    assert "New disks" in ann.see(path).text
    begun = ann.send(f"{made.location}/state", state="in_progress", body="We have begun.", notify="1")
    assert "In progress" in begun.text
    assert "We have begun." in begun.text
    assert "Under maintenance" in ann.see(f"/status-pages/{page}").text
    assert "more words" in ann.send(f"{made.location}/note", body="more words").text
    over = ann.send(f"{made.location}/state", state="completed")
    assert "Completed" in over.text
    assert "Begin now" not in over.text


def test_a_plan_that_ends_before_it_begins_is_refused(ann: Visitor, page: str) -> None:
    seen = ann.send(f"/status-pages/{page}/maintenance/new", name="x", from_at="2035-02-01T10:00",
                    until_at="2035-02-01T09:00")  # fmt: skip
    assert seen.status == 422
    assert "between a minute and thirty days" in seen.text
