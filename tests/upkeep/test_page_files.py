"""Public status pages as files, written by hand on the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from firebell.app import open_house
from firebell.kernel.errors import Conflict
from firebell.upkeep.opening import installation
from firebell.upkeep.page_files import export_pages
from tests.entrypoints.public.acme import acme
from tests.upkeep.conftest import Place


def test_the_pages_are_written_where_one_says(place: Place, tmp_path: Path) -> None:
    with installation() as house:
        house.runner.run(acme)
    assert export_pages(tmp_path / "out") == [tmp_path / "out" / "acme"]
    assert "Card payments fail" in (tmp_path / "out/acme/index.html").read_text()
    assert export_pages(None) == [place.data / "public" / "acme"]


def test_what_a_running_server_keeps_is_copied(place: Place, tmp_path: Path) -> None:
    house = open_house(place.settings, inline=True)
    try:
        house.runner.run(acme)
        house.worker.tick()
        assert export_pages(tmp_path / "out") == [tmp_path / "out" / "acme"]
        assert (tmp_path / "out/acme/api/v2/summary.json").is_file()
        with pytest.raises(Conflict):
            export_pages(None)
    finally:
        house.close()
