"""A page as files: whole, complete, and gone when the page is closed."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from firebell.domain.statuspage import commands
from firebell.entrypoints.public import export, v2
from tests.entrypoints.public.conftest import Public


def folder(public: Public) -> Path:
    return public.story.house.settings.data / "public" / "acme"


def written(public: Public) -> Path:
    public.story.house.worker.tick()
    return folder(public)


def test_everything_a_plain_web_server_needs_is_written_after_a_change(public: Public) -> None:
    here = written(public)
    found = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}
    assert {f"api/v2/{name}.json" for name in v2.DOCUMENTS} | {
        "index.html", "history/index.html", "history.atom", "history.rss", "badge.svg", "maintenance.ics",
    } <= found  # fmt: skip
    assert len([name for name in found if name.startswith("incidents/")]) == 3
    public.story.clock.advance(5)
    public.run(
        lambda work: commands.publish(
            work, public.acme.page_id, public_incident_id=public.acme.incident_id, name="x", status="resolved",
            body="It is over.",
        )
    )  # fmt: skip
    written(public)
    assert "It is over." in (here / "index.html").read_text()
    assert json.loads((here / "api/v2/incidents/unresolved.json").read_text())["incidents"] == []


def test_links_among_the_files_lead_to_files(public: Public) -> None:
    here = written(public)
    for page in here.rglob("*.html"):
        for link in re.findall(r'href="([^"]+)"', page.read_text()):
            if link.startswith(("http", "#")):
                continue
            target = (page.parent / link).resolve()
            assert target.is_file() or (target / "index.html").is_file(), (page, link)


def test_files_can_be_read_by_another_user_and_no_draft_is_left(public: Public) -> None:
    here = written(public)
    for path in [here, *here.rglob("*")]:
        assert path.stat().st_mode & (stat.S_IROTH if path.is_file() else stat.S_IXOTH), path
        assert not path.name.startswith(".index")


def test_what_has_not_changed_keeps_its_time(public: Public) -> None:
    here = written(public)
    before = {path: path.stat().st_mtime_ns for path in here.rglob("*") if path.is_file()}
    assert export.write(here, {str(p.relative_to(here)): p.read_bytes() for p in before if p.name != export.MARK}) == 0
    assert before == {path: path.stat().st_mtime_ns for path in here.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "closing",
    [{"access": "password", "password_hash": "$x"}, {"access": "signed_in"}, {"disabled": True}, {"slug": "moved"}],
)
def test_a_page_that_is_closed_or_moved_leaves_no_files(public: Public, closing: Any) -> None:
    here = written(public)
    (here.parent / "mine").mkdir()
    public.story.clock.advance(1)
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, **closing))
    public.story.house.worker.tick()
    assert not here.exists()
    assert (here.parent / "mine").exists(), "only what Firebell wrote is removed"


def test_where_nothing_can_be_written_it_is_tried_again_and_stops_nothing(public: Public) -> None:
    in_the_way = folder(public).parent
    in_the_way.write_text("a file where the folder should be")
    public.story.house.worker.tick()
    in_the_way.unlink()
    public.story.house.worker.tick()
    assert not folder(public).exists()
    public.story.run_for(seconds=61)
    assert (folder(public) / "index.html").is_file()
