"""A backup file is accepted whole or refused: cut, prolonged or changed anywhere, it leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firebell.kernel.archive import MAGIC, Damaged, pack, unpack
from firebell.kernel.errors import Invalid

CONTENT = b"a page of a database " * 5000 + bytes(range(256))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "copy").write_bytes(CONTENT)
    pack(folder / "copy", folder / "backup", {"made_at": "2026-01-05T09:00:00Z"})
    return (folder / "backup").read_bytes()


def refused(folder: Path, data: bytes) -> bool:
    (folder / "backup").write_bytes(data)
    try:
        unpack(folder / "backup", folder / "out")
    except Damaged:
        return not (folder / "out").exists()
    return False


def test_what_was_packed_comes_out_with_what_was_said_about_it(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "backup").write_bytes(whole)
    header = unpack(tmp_path / "backup", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert header["about"] == {"made_at": "2026-01-05T09:00:00Z"}


def test_packing_leaves_only_the_archive_and_keeps_it_private(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(CONTENT)
    pack(tmp_path / "copy", tmp_path / "backup", {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["backup", "copy"]
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


def test_cut_at_any_offset_it_is_refused(tmp_path: Path, whole: bytes) -> None:
    assert all(refused(tmp_path, whole[:cut]) for cut in range(len(whole)))


def test_prolonged_it_is_refused(tmp_path: Path, whole: bytes) -> None:
    assert refused(tmp_path, whole + b"\n")
    assert refused(tmp_path, whole + whole)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_byte_of_the_copy_is_noticed(tmp_path: Path, whole: bytes, data: st.DataObject) -> None:
    body = whole.index(b"\n", len(MAGIC)) + 1
    at = data.draw(st.integers(body, len(whole) - 1))
    flip = data.draw(st.integers(1, 255))
    assert refused(tmp_path, whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])


@pytest.mark.parametrize(
    "header",
    [b"", b"{}", b"[]", b"not json", b'{"size": 1}', b'{"size":"x","sha256":1,"raw_size":null,"raw_sha256":2}'],
)
def test_a_header_that_says_nothing_is_refused(tmp_path: Path, header: bytes) -> None:
    assert refused(tmp_path, MAGIC + header + b"\n" + b"x")


def test_a_forged_size_does_not_fill_the_disk(tmp_path: Path, whole: bytes) -> None:
    line_end = whole.index(b"\n", len(MAGIC))
    header = json.loads(whole[len(MAGIC) : line_end])
    header["raw_size"] = 10
    assert refused(tmp_path, MAGIC + json.dumps(header).encode() + whole[line_end:])


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        unpack(tmp_path / "none", tmp_path / "out")
