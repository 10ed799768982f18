"""Where a SQLite file may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from firebell.kernel.disks import file_system_of, mounts, refusal


def test_the_innermost_mount_decides_on_which_file_system_a_folder_lies() -> None:
    found = [("/", "ext4"), ("/srv", "nfs4"), ("/srv/local", "xfs")]
    assert file_system_of(Path("/var/lib"), found) == "ext4"
    assert file_system_of(Path("/srv/firebell"), found) == "nfs4"
    assert file_system_of(Path("/srv/local/firebell"), found) == "xfs"


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"])
def test_a_folder_on_another_machine_is_refused_even_before_it_exists(tmp_path: Path, kind: str) -> None:
    said = refusal(tmp_path / "var" / "new", [("/", "ext4"), (str(tmp_path), kind)])
    assert said is not None
    assert kind in said
    assert "PostgreSQL" in said


@pytest.mark.parametrize("kind", ["ext4", "xfs", "overlay", "tmpfs", "9p"])
def test_a_folder_of_this_machine_is_not(tmp_path: Path, kind: str) -> None:
    assert refusal(tmp_path / "var", [("/", kind)]) is None


def test_a_link_to_another_machine_leads_there(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "var").symlink_to(tmp_path / "far")
    assert refusal(tmp_path / "var", [("/", "ext4"), (str(tmp_path / "far"), "nfs4")]) is not None


def test_tests_run_on_a_disk_that_would_be_accepted(tmp_path: Path) -> None:
    assert refusal(tmp_path, mounts()) is None
