"""Messages survive a redirect, keep their undo while it lasts, and cannot be written by anybody else."""

from __future__ import annotations

from firebell.entrypoints.web.alert_export import cell
from firebell.entrypoints.web.flashes import Flash, Undo, pack, unpack
from firebell.entrypoints.web.session import local_path, sign_in_path
from firebell.kernel.clock import Instant, plus

NOW = Instant.parse_iso("2026-11-24T03:00:00Z")
KEY = b"k" * 32


def test_what_is_packed_is_unpacked_with_the_seconds_that_are_left() -> None:
    said = [Flash("It is yours.", undo=Undo("/alerts/alr_1/unacknowledge")), Flash("Wörter <b>", "note")]
    cookie = pack(said, KEY, NOW)
    assert unpack(cookie, KEY, NOW) == said
    assert unpack(cookie, KEY, plus(NOW, 20))[0].undo == Undo("/alerts/alr_1/unacknowledge", 40)
    assert unpack(cookie, KEY, plus(NOW, 60))[0].undo is None


def test_a_cookie_that_is_not_ours_says_nothing() -> None:
    cookie = pack([Flash("Paid.")], KEY, NOW)
    body, _, mark = cookie.partition(".")
    for forged in ("", "x", f"{body}.", f"{body}x.{mark}", pack([Flash("Paid.")], b"q" * 32, NOW), f"{body}.ü"):
        assert unpack(forged, KEY, NOW) == []


def test_nothing_posted_sends_a_browser_to_another_site() -> None:
    for bad in ("//evil.example", "https://evil.example", "/\\evil.example", "", "evil", "/a\r\nX: y", "/\t/evil"):
        assert local_path(bad) == "/"
    assert local_path("/alerts?state=open") == "/alerts?state=open"
    assert sign_in_path("/alerts?q=a b") == "/sign-in?next=/alerts%3Fq%3Da%20b"


def test_a_cell_is_never_a_formula() -> None:
    assert [cell(text) for text in ("=1", "+1", "-1", "@x", "\tx", "\rx", "\0x", "fine", None)] == [
        "'=1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "'\0x", "fine", "",
    ]  # fmt: skip
