"""The demo: a company that lived for real, closed to the outside, and never in the way of anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from firebell.app import chain_key, keyring_of, open_house, site_for
from firebell.demo.carriers import Recorder
from firebell.demo.company import ADMIN
from firebell.demo.opening import DemoSettings, build, open_demo, play
from firebell.domain.alerts import queries as alerts
from firebell.domain.people import passwords
from firebell.domain.people.store import users_table
from firebell.entrypoints.web.warnings import Warnings
from firebell.integrations.channels import all_channels
from firebell.kernel import journal
from firebell.kernel.clock import Instant, SetClock
from firebell.kernel.db import Database
from firebell.kernel.errors import Conflict
from firebell.kernel.work import Read
from firebell.workflows import laws, postmortem_repeats
from firebell.workflows import postmortems_seen as seen

END = Instant.parse_iso("2026-11-24T15:00:00Z")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo") / "demo"
    build(made, end=END, days=13, storm_size=12)
    return made


def test_the_history_ends_now_with_something_to_do_and_no_law_broken(folder: Path) -> None:
    house = open_house(DemoSettings(data=folder), clock=SetClock(END), inline=True, carriers={})  # type: ignore[call-arg]
    try:
        now = house.runner.read(lambda read: alerts.alert_list(read, states=["open", "acknowledged"], limit=50))
        past = house.runner.read(lambda read: alerts.alert_list(read, states=["resolved"], limit=200))
        assert [a.summary.split(":")[0] for a in now] == ["Checkout", "Database", "Queue"]
        assert {a.severity for a in past} >= {"SEV1", "SEV2", "SEV3"}
        assert "coverage_gap" in {str(a.kind) for a in past}
        assert house.runner.read(laws.check) == []
        with house.database.readers.connect() as connection:
            key = chain_key(keyring_of(house.settings).current)
            assert list(journal.verify(connection, {key.kid: key.key})) == []
            kinds = {row[0] for row in connection.exec_driver_sql("SELECT DISTINCT kind FROM journal")}
            stored = connection.execute(
                select(users_table.c.password_hash).where(users_table.c.name == ADMIN)
            ).scalar_one()
        assert {"escalation.step_empty", "escalation.fallback_paged", "delivery.failed", "oncall.began"} <= kinds
        assert passwords.matches(stored, (folder / "sign-in.txt").read_text().split()[1])
    finally:
        house.close()


def test_the_postmortems_were_written_by_people_and_have_promises_in_every_state(folder: Path) -> None:
    house = open_house(DemoSettings(data=folder), clock=SetClock(END), inline=True, carriers={})  # type: ignore[call-arg]
    try:
        house.runner.read(_learned)
    finally:
        house.close()


def _learned(read: Read) -> None:
    again, slow, stuck = seen.postmortem_list(read)
    assert [str(one.state) for one in (again, slow, stuck)] == ["draft", "published", "closed"]
    for one in (slow, stuck):
        assert {str(c.check) for c in seen.checks(read, one) if not c.holds} <= {"slo"}
        assert seen.hits(read, one) == {}
        assert len(seen.revisions(read, one.id)) > 5
        assert one.comments[0].resolved_at is not None
        assert one.meeting.attendance
    states = {str(item.state) for one in (again, slow) for item in one.document.actions}
    assert states == {"proposed", "committed", "declined", "done"}
    assert seen.action_counts(read)["overdue"] == 1
    assert [str(one.kind) for one in postmortem_repeats.known(read, slow.incident_id)] == ["repeat after fix"]
    assert [str(one.kind) for one in postmortem_repeats.known(read, again.incident_id)] == ["known, unfinished"]


def test_it_is_opened_again_as_it_was_left(folder: Path) -> None:
    house, sign_in = open_demo(folder, "127.0.0.1:0")
    house.close()
    assert (folder / "sign-in.txt").read_text().split() == [sign_in.name, sign_in.password]
    assert (folder / "sign-in.txt").stat().st_mode & 0o077 == 0


def test_nothing_can_leave_it(folder: Path) -> None:
    house, _ = open_demo(folder, "127.0.0.1:0")
    try:
        assert set(house.channels) == set(all_channels())
        for carriers in (house.sender._carriers, house.channels, site_for(house, house.live).channels):
            assert all(isinstance(one, Recorder) for one in carriers.values())
        with house.database.readers.connect() as connection:
            found = [
                json.loads(row[0])["to"] for row in connection.exec_driver_sql("SELECT config FROM contact_methods")
            ]
        assert found
        assert all(".invalid" in to for to in found)
    finally:
        house.close()


def test_the_environment_of_a_real_installation_does_not_reach_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FIREBELL_DATABASE_URL", "postgresql://real@127.0.0.1/real")
    monkeypatch.setenv("FIREBELL_SMTP_URL", "smtp://real.example.com")
    settings = DemoSettings(data=tmp_path)  # type: ignore[call-arg]
    assert settings.url.startswith("sqlite:")
    assert settings.smtp_url.get_secret_value() == ""


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "firebell.db").write_text("a real one")
    for fresh in (False, True):
        with pytest.raises(Conflict, match="no demo"):
            open_demo(tmp_path, "127.0.0.1:0", fresh=fresh)
    assert (tmp_path / "firebell.db").read_text() == "a real one"


def test_a_demo_that_is_being_served_is_not_swept_away(folder: Path) -> None:
    server = Database(f"sqlite:///{folder.absolute() / 'firebell.db'}")
    try:
        with pytest.raises(Conflict, match="in use"):
            play(folder, "127.0.0.1:0", fresh=True, build_only=True)
    finally:
        server.close()
    assert (folder / "sign-in.txt").exists()


def test_every_page_says_that_it_is_a_demo(folder: Path) -> None:
    house, _ = open_demo(folder, "127.0.0.1:0")
    try:
        banners = Warnings(site_for(house, house.live)).of("usr_none", END, "UTC")
        assert "This is a demo" in " ".join(banner.text for banner in banners)
        assert not any("E-mail" in banner.text for banner in banners)
    finally:
        house.close()


def test_the_same_month_is_told_each_time(tmp_path: Path) -> None:
    told = []
    for name in ("one", "two"):
        build(tmp_path / name, end=END, days=2, storm_size=0, before=False)
        database = Database(f"sqlite:///{tmp_path / name / 'firebell.db'}")
        with database.readers.connect() as connection:
            told.append(
                connection.exec_driver_sql("SELECT summary, opened_at, resolved_at FROM alerts ORDER BY id").all()
            )
        database.close()
    assert told[0] == told[1]
    assert len(told[0]) > 3
