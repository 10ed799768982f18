"""The eight documents: exactly the keys of the format, read strictly by us and read by somebody else's program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from firebell.domain.statuspage import commands, maintenance
from firebell.entrypoints.public import v2
from firebell.kernel.clock import plus
from tests.entrypoints.public.acme import acme
from tests.entrypoints.public.conftest import Public
from tests.entrypoints.web.house import served

Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z]{12}$")]
At = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/]+(/\S*)?$")]
State = Literal["operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage"]


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """No default anywhere: a key that is left out is an error, and so is one too many."""


class Page(Strict):
    id: Id
    name: str
    url: Url
    time_zone: str
    updated_at: At


class Status(Strict):
    indicator: Literal["none", "minor", "major", "critical"]
    description: str


class Component(Strict):
    id: Id
    name: str
    status: State
    created_at: At
    updated_at: At
    position: int
    description: str | None
    showcase: bool
    start_date: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")] | None
    group_id: Id | None
    page_id: Id
    group: bool
    only_show_if_degraded: bool
    components: list[Id] | msgspec.UnsetType = msgspec.UNSET


class Change(Strict):
    code: Id
    name: str
    old_status: State
    new_status: State


class Update(Strict):
    id: Id
    status: Literal[
        "investigating", "identified", "monitoring", "resolved", "postmortem", "scheduled", "in_progress", "verifying",
        "completed",
    ]  # fmt: skip
    body: str
    incident_id: Id
    created_at: At
    updated_at: At
    display_at: At
    affected_components: list[Change] | None
    deliver_notifications: bool
    custom_tweet: None
    tweet_id: None


class Incident(Strict):
    id: Id
    name: str
    status: Literal["investigating", "identified", "monitoring", "resolved", "postmortem"]
    created_at: At
    updated_at: At
    monitoring_at: At | None
    resolved_at: At | None
    impact: Literal["none", "minor", "major", "critical"]
    shortlink: Url
    started_at: At
    page_id: Id
    incident_updates: list[Update]
    components: list[Component]
    reminder_intervals: None


class Maintenance(Strict):
    id: Id
    name: str
    status: Literal["scheduled", "in_progress", "verifying", "completed"]
    created_at: At
    updated_at: At
    monitoring_at: None
    resolved_at: At | None
    impact: Literal["maintenance"]
    shortlink: Url
    started_at: At
    page_id: Id
    incident_updates: list[Update]
    components: list[Component]
    reminder_intervals: None
    scheduled_for: At
    scheduled_until: At


class Components(Strict):
    page: Page
    components: list[Component]


class Incidents(Strict):
    page: Page
    incidents: list[Incident]


class Maintenances(Strict):
    page: Page
    scheduled_maintenances: list[Maintenance]


class OnlyStatus(Strict):
    page: Page
    status: Status


class Summary(Strict):
    page: Page
    components: list[Component]
    incidents: list[Incident]
    scheduled_maintenances: list[Maintenance]
    status: Status


SHAPES: dict[str, type[Strict]] = {
    "summary": Summary, "status": OnlyStatus, "components": Components, "incidents": Incidents,
    "incidents/unresolved": Incidents, "scheduled-maintenances": Maintenances,
    "scheduled-maintenances/upcoming": Maintenances, "scheduled-maintenances/active": Maintenances,
}  # fmt: skip


def plan(public: Public, name: str, from_min: float, until_min: float) -> None:
    public.run(
        lambda work: maintenance.schedule(
            work, public.acme.page_id, name=name, body="We swap a disk.",
            scheduled_for=plus(work.now, from_min * 60), scheduled_until=plus(work.now, until_min * 60),
            component_ids=(public.acme.components["Website"],),
        )
    )  # fmt: skip


@pytest.mark.parametrize("name", list(SHAPES))
def test_every_document_has_exactly_the_keys_of_the_format(public: Public, name: str) -> None:
    plan(public, "New disks", 60, 120)
    answer = public.get(f"api/v2/{name}.json")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    msgspec.json.decode(answer.content, type=SHAPES[name], strict=True)


def test_there_are_eight_documents() -> None:
    assert set(SHAPES) == set(v2.DOCUMENTS)


def test_the_summary_holds_what_is_open_and_what_is_to_come(public: Public) -> None:
    plan(public, "New disks", 60, 120)
    summary = public.json("summary")
    assert [one["name"] for one in summary["incidents"]] == ["Card payments fail"]
    assert [one["name"] for one in summary["scheduled_maintenances"]] == ["New disks"]
    assert summary["status"] == {"indicator": "major", "description": "Partial System Outage"}
    assert summary["page"]["time_zone"] == "Europe/Berlin"


def test_updates_come_newest_first_with_the_states_before_and_after(public: Public) -> None:
    (one,) = public.json("incidents/unresolved")["incidents"]
    assert [update["status"] for update in one["incident_updates"]] == ["identified", "investigating"]
    newest, first = one["incident_updates"]
    assert newest["affected_components"] is None
    (change,) = first["affected_components"]
    assert (change["name"], change["old_status"], change["new_status"]) == ("Visa", "operational", "partial_outage")
    assert one["components"][0]["id"] == change["code"]


def test_groups_name_their_children_and_children_their_group(public: Public) -> None:
    found = {one["name"]: one for one in public.json("components")["components"]}
    assert found["Payments"]["components"] == [found["Cards"]["id"], found["Bank transfer"]["id"]]
    assert found["Visa"]["group_id"] == found["Cards"]["id"]
    assert found["Cards"]["status"] == found["Payments"]["status"] == "partial_outage"
    assert "components" not in found["Visa"]


def test_what_is_hidden_is_nowhere(public: Public) -> None:
    hidden = public.acme.components["Old system"]
    public.run(
        lambda work: commands.publish(
            work, public.acme.page_id, name="Both", status="investigating", body="b",
            components={hidden: "major_outage", public.acme.components["Website"]: "degraded_performance"},
        )
    )  # fmt: skip
    for name in SHAPES:
        assert "Old system" not in public.get(f"api/v2/{name}.json").text
    assert "Old system" not in public.get().text


def test_times_have_milliseconds_and_ids_twelve_characters(public: Public) -> None:
    text = public.get("api/v2/summary.json").text
    assert set(map(len, re.findall(r'"[a-z_]*id":"([^"]*)"', text))) == {12}
    assert not re.findall(r"T\d\d:\d\d:\d\d(?!\.\d{3}Z)", text)


def test_a_page_under_maintenance_says_none_to_strict_clients_and_the_truth_in_words(public: Public) -> None:
    public.run(
        lambda work: commands.publish(
            work, public.acme.page_id, public_incident_id=public.acme.incident_id, name="x", status="resolved",
            body="b",
            components={public.acme.components["Visa"]: "under_maintenance"},
        )
    )  # fmt: skip
    assert public.json("status")["status"] == {"indicator": "none", "description": "Service Under Maintenance"}
    assert "Service Under Maintenance" in public.get("badge.svg").text


def test_maintenances_are_upcoming_then_active_then_neither(public: Public) -> None:
    plan(public, "New disks", 10, 20)

    def where() -> list[int]:
        names = ("scheduled-maintenances", "scheduled-maintenances/upcoming", "scheduled-maintenances/active")
        return [len(public.json(name)["scheduled_maintenances"]) for name in names]

    assert where() == [1, 1, 0]
    public.story.run_for(minutes=11)
    assert where() == [1, 0, 1]
    public.story.run_for(minutes=11)
    assert where() == [1, 0, 0]


def test_the_incidents_are_the_fifty_newest(public: Public) -> None:
    for n in range(51):
        public.story.clock.advance(1)
        public.run(
            lambda work, n=n: commands.publish(work, public.acme.page_id, name=f"{n}", status="resolved", body="b")  # type: ignore[misc]
        )
    found = public.json("incidents")["incidents"]
    assert [one["name"] for one in found[:2]] == ["50", "49"]
    assert len(found) == 50


_CLIENT = """
import json, sys
from statuspage_prometheus_exporter.service_checker import check_status_page_service
print(json.dumps(check_status_page_service("acme", {"name": "Acme", "url": sys.argv[1]})))
"""


@pytest.mark.system
def test_an_exporter_for_the_original_reads_ours(tmp_path: Path) -> None:
    """statuspage-prometheus-exporter, as it comes, polling a real server."""
    with served(tmp_path / "data") as here:
        here.house.runner.run(acme)
        address = f"{here.origin}/status/acme/api/v2/summary.json"
        done = subprocess.run(
            [sys.executable, "-c", _CLIENT, address],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["success"] is True
    assert (found["raw_status"], found["status_text"]) == ("major", "Major Outage")
    (incident,) = found["incident_metadata"]
    assert (incident["name"], incident["affected_components"]) == ("Card payments fail", ["Visa"])
    assert incident["shortlink"].startswith(here.origin)
    states = {one["name"]: one["status"] for one in found["component_metadata"]}
    assert states["Visa"] == "partial_outage"
