from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.alerts.model import Link
from firebell.integrations.sources import shaping
from firebell.kernel.clock import Instant

AT = "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-01-02T03:04:05Z", AT),
        ("2026-01-02T03:04:05.123Z", "2026-01-02T03:04:05.123Z"),
        ("2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05.1234567Z"),
        ("2026-01-02T03:04:05.1234567891Z", "2026-01-02T03:04:05.123456789Z"),
        ("2026-01-02T03:04:05+0000", AT),
        ("2026-01-02T03:04:05.5+0000", "2026-01-02T03:04:05.5Z"),
        ("2026-01-02T05:04:05+02", AT),
        ("2026-01-02T08:34:05+05:30", AT),
        ("2026-01-01T22:04:05-0500", AT),
        ("2026-01-02T03:04:05+00:00Z", AT),
        ("2026-01-02T03:04:05.000", AT),
        ("2026-01-02T03:04:05", AT),
        ("2026-01-02 03:04:05.123", "2026-01-02T03:04:05.123Z"),
        ("2026-01-02 03:04:05", AT),
        ("2026-01-02 03:04:05 UTC", AT),
        ("2026-01-02 03:04:05.25 +0000 UTC", "2026-01-02T03:04:05.25Z"),
        ("2026-01-02 05:04:05 +0200 CEST m=+0.0012", AT),
        ("2026-01-02t03:04:05z", AT),
        ("2026-01-02T03:04Z", "2026-01-02T03:04:00Z"),
        ("2026-01-02", "2026-01-02T00:00:00Z"),
        (" 2026-01-02T03:04:05Z ", AT),
        ("2026-01-02T03:04:60Z", "2026-01-02T03:04:59Z"),
        ("2026-01-02T03:04:60", "2026-01-02T03:04:59Z"),
        (1767323045, AT),
        (1767323045.25, "2026-01-02T03:04:05.25Z"),
        ("1767323045", AT),
        ("1767323045.25", "2026-01-02T03:04:05.25Z"),
        (1767323045123, "2026-01-02T03:04:05.123Z"),
        ("1767323045123", "2026-01-02T03:04:05.123Z"),
        (150_000_000_000_000, "1974-10-03T02:40:00Z"),
        (1767323045123456, "2026-01-02T03:04:05.123456Z"),
        (1767323045123456789, "2026-01-02T03:04:05.123456789Z"),
        # Held within sane years.
        ("1950-06-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59", "1970-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.5Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59-23:00", "9999-12-31T23:59:59Z"),
        (10**25, "9999-12-31T23:59:59Z"),
    ],
)
def test_stamps_that_must_parse(stamp: object, expected: str) -> None:
    assert shaping.instant(stamp) == Instant.parse_iso(expected)


@pytest.mark.parametrize(
    "stamp",
    [
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00", "", "  ", "0", 0, 0.0, -1, "-62135596800", -62135596800),
        *(None, True, False, [], {}, "now", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30", "2026-01-02T25:00:00Z"),
        *(
            "2026-01-02T03:04:05 EST",
            "10000-01-01T00:00:00Z",
            "2026-01-02T03:04:05Z" + "0" * 60,
            "9" * 60,
            "٢٠٢٦-٠١-٠٢",
        ),
        *(float("nan"), float("inf"), float("-inf"), 10**400, "1e9", "0x10"),
    ],
)
def test_stamps_that_are_unset_or_senseless(stamp: object) -> None:
    assert shaping.instant(stamp) is None


@settings(deadline=None)
@given(st.text(max_size=80) | st.integers() | st.floats() | st.from_regex(shaping._STAMP, fullmatch=True))
def test_no_stamp_raises_or_leaves_the_sane_years(stamp: object) -> None:
    at = shaping.instant(stamp)
    assert at is None or 1970 <= at.to_fixed_offset().year <= 9999


@pytest.mark.parametrize(
    ("canonical", "words"),
    [
        ("critical", "critical CRITICAL Critical P1 DOWN page emergency fatal disaster 5"),
        ("high", "error high P2 UNKNOWN UNREACHABLE major HIGH 4"),
        ("warning", "warning P3 P4 WARNING MEDIUM minor moderate average 2 3"),
        ("info", "info P5 OK UP LOW none success low 0 1"),
    ],
)
def test_severity_words(canonical: str, words: str) -> None:
    for word in words.split():
        assert shaping.severity(word) == canonical, word
        assert shaping.severity(f" {word} ") == canonical, word


def test_severity_numbers_and_our_own_levels() -> None:
    assert [shaping.severity(n) for n in (5, 4, 3, 2, 1, 0)] == [
        "critical",
        "high",
        "warning",
        "warning",
        "info",
        "info",
    ]
    assert [shaping.severity(f"SEV{n}") for n in (1, 2, 3, 4)] == ["critical", "high", "warning", "info"]


@pytest.mark.parametrize("word", ["purple", "", " ", None, [], {}, 6, -1, "x" * 100_000, True])
def test_an_unknown_severity_is_none(word: object) -> None:
    assert shaping.severity(word) is None


def test_what_is_too_long_is_cut_and_marked() -> None:
    assert shaping.cut("x" * 1024, 1024) == "x" * 1024
    assert shaping.one_line("x" * 1025) == "x" * 1020 + "…cut"
    assert shaping.details("x" * 6145) == "x" * 6140 + "…cut"
    assert shaping.details("x" * 6144) == "x" * 6144


def test_a_summary_is_one_line() -> None:
    assert shaping.one_line(" disk\r\n\tfull \n") == "disk full"


def test_a_long_dedup_key_becomes_its_hash_and_a_blank_one_nothing() -> None:
    assert shaping.dedup_key("k" * 512) == "k" * 512
    assert shaping.dedup_key("ü" * 513) == hashlib.sha256(("ü" * 513).encode()).hexdigest()
    assert shaping.dedup_key("  ") is None


def test_labels_beyond_64_are_dropped_and_named() -> None:
    kept, dropped = shaping.labels((f"n{n}", "v") for n in range(67))
    assert len(kept) == 64
    assert dropped == ["n64", "n65", "n66"]


def test_of_a_thousand_dropped_labels_twenty_are_named() -> None:
    _, dropped = shaping.labels((f"n{n}", "v") for n in range(1064))
    assert len(dropped) == 21
    assert dropped[-1] == "…"


def test_long_label_names_and_values_are_cut() -> None:
    kept, _ = shaping.labels([("n" * 129, "v" * 1025), ("", "x"), ("x", "")])
    assert kept == {"n" * 124 + "…cut": "v" * 1020 + "…cut"}


def test_the_note_about_dropped_labels_is_never_cut_off() -> None:
    text = shaping.details("x" * 7000, ["a", "b"])
    assert len(text) <= shaping.DETAILS_MAX
    assert text.endswith("dropped: a, b")
    worst = shaping.details("x" * 7000, ["n" * 128] * 20 + ["…"])
    assert len(worst) <= shaping.DETAILS_MAX


@pytest.mark.parametrize(
    "pairs", [{"": "x"}, {"x": ""}, {"n" * 129: "v"}, {"n": "v" * 1025}, {str(n): "v" for n in range(65)}]
)
def test_labels_that_need_shaping(pairs: dict[str, str]) -> None:
    assert not shaping.fits(pairs)
    assert shaping.fits({"n" * 128: "v" * 1024})


@pytest.mark.parametrize(
    "href",
    [
        *(
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "data:text/html,x",
            "ftp://x.example/",
            "//x.example/",
            "x.example",
        ),
        *(
            "http://",
            "https:///x",
            "http://a b",
            "",
            "file:///etc/passwd",
            "vbscript:x",
            7,
            None,
            [],
        ),
        "https://x.example/" + "a" * 2048,
    ],
)
def test_no_link(href: object) -> None:
    assert shaping.link(href, "text") is None


@pytest.mark.parametrize(
    "href", ["http://x.example", "HTTPS://x.example/a?b=c#d", "http://10.0.0.1:9090/graph?g0.expr=up"]
)
def test_a_link(href: str) -> None:
    assert shaping.link(href, "text") == Link(href, "text")


def test_flattening() -> None:
    value = {"a": {"b": 1, "c": [1, "x", None, True]}, "d": [{"e": 1}], "f": None}
    assert list(shaping.flatten(value)) == [("a.b", "1"), ("a.c", "1, x, true"), ("d", '[{"e": 1}]'), ("f", "")]


def test_whole_numbers_keep_every_digit() -> None:
    assert shaping.scalar(2**63) == "9223372036854775808"
    assert shaping.scalar(-(2**64) - 1) == "-18446744073709551617"
