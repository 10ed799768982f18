from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.integrations.sources.contract import Unreadable
from firebell.integrations.sources.decoding import DEPTH_MAX, raw_text, too_deep, tree, typed

TEXT = '{"summary":"Lüftung ausgefallen 🔥"}'
VALUE = {"summary": "Lüftung ausgefallen 🔥"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_unicode_encoding_is_recognised(encoding: str) -> None:
    assert tree(TEXT.encode(encoding)) == VALUE


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'"a\ud800b"', "a\ufffdb"),
        (rb'"\udc00"', "\ufffd"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'{"k\ud800":["\ud800"]}', {"k\ufffd": ["\ufffd"]}),
        (rb'"a\u0000b"', "a\ufffdb"),
        (b'"a\0b"', "a\ufffdb"),
        (rb'{"\u0000":1}', {"\ufffd": 1}),
        (rb'"\\u0000"', "\\u0000"),
        (b'"two\nlines\tand a tab"', "two\nlines\tand a tab"),
        (b'{"a":1,"a":2}', {"a": 2}),
        (rb'{"a":1,"a":"\u0000"}', {"a": "\ufffd"}),
        (b"9223372036854775808", 2**63),
        (b"1" * 300, int("1" * 300)),
        (b" null\r\n", None),
    ],
)
def test_what_has_an_honest_meaning_is_read(body: bytes, value: object) -> None:
    assert tree(body) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"a":"\xff"}', "not valid UTF-8"),
        (b'"\xed\xa0\x80"', "not valid UTF-8"),
        (b'"\xc0\x80"', "not valid UTF-8"),
        (b"\xff\xfe\x00\xd8", "not valid UTF-16"),
        (b'{"a":NaN}', "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "Infinity"),
        (b"1e999", "out of range"),
        (b"[-1e999]", "out of range"),
        (b"9" * 5000, "out of range"),
        (b"[" * 1000 + b"]" * 1000, "deeper than 32"),
        (b"[" * 100_000, "deeper than 32"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "deeper than 32"),
        (b'{"a":1', "not JSON"),
        (b'{"a":1} trailing', "not JSON"),
        (b"summary=disk", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b"[{}," * 20, "not JSON"),
    ],
)
def test_what_has_none_is_unreadable_and_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        tree(body)
    assert reason in caught.value.reason


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_32_levels_are_read_and_33_are_not(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    assert not too_deep(opening * DEPTH_MAX + b"1" + closing * DEPTH_MAX)
    assert too_deep(opening * (DEPTH_MAX + 1) + b"1" + closing * (DEPTH_MAX + 1))


def test_brackets_in_strings_are_no_depth() -> None:
    for text in ("[" * 99, '"' + "{" * 99, "\\" + "[" * 99, '\\"' + "[" * 99, "[" * 99 + "\\"):
        body = json.dumps({"a": text, "b": [text]}).encode()
        assert not too_deep(body)
        assert tree(body) == {"a": text, "b": [text]}


def test_many_siblings_are_no_depth() -> None:
    assert not too_deep(b"[" + b",".join([b'{"a":[{}]}'] * 500) + b"]")


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)


@settings(deadline=None)
@given(TREES, st.booleans(), st.integers(0, 60))
def test_depth_is_counted_as_a_parser_would(value: object, ascii_only: bool, around: int) -> None:
    for _ in range(around):
        value = [value, []]
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert too_deep(body) is (_depth(value) > DEPTH_MAX)


@settings(deadline=None)
@given(TREES)
def test_well_formed_json_comes_back_unchanged_except_for_nul(value: object) -> None:
    text = json.dumps(value)
    expected = json.loads(text.replace("\\u0000", "\\ufffd")) if "\\\\" not in text else None
    if expected is not None and _depth(value) <= DEPTH_MAX:
        assert tree(text.encode()) == expected


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_at_all_are_a_value_or_unreadable(body: bytes) -> None:
    with contextlib.suppress(Unreadable):
        read = json.dumps(tree(body), ensure_ascii=False)
        assert "\\u0000" not in read.replace("\\\\", "")
        read.encode()
    raw = raw_text(body)
    assert "\0" not in raw
    raw.encode()


class Pair(msgspec.Struct):
    a: str


def test_the_fast_way_hands_over_instead_of_guessing() -> None:
    pair = msgspec.json.Decoder(Pair)
    assert typed(b'{"a":"x","unknown":1}', pair) == Pair("x")
    for body in (b"", b'{"a":1}', rb'{"a":"\u0000"}', rb'{"a":"\ud800"}', b'{"a":"\xff"}', b'\xef\xbb\xbf{"a":"x"}'):
        assert typed(body, pair) is None
    assert typed(b'{"a":"x","b":' + b"[" * 40 + b"]" * 40 + b"}", pair) is None


def test_a_raw_page_shows_what_it_can() -> None:
    assert raw_text(b'{"a":"\xff"}') == '{"a":"\ufffd"}'
    assert raw_text("größer".encode("utf-16")) == "größer"
    assert raw_text(b'{"a":"b\0c"}') == '{"a":"b\ufffdc"}'
    assert raw_text("ab".encode("utf-16-le")) == "ab"
