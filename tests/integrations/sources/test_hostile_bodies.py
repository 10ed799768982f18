"""Whatever an authenticated sender posts becomes signals that both databases can store, or Unreadable."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.alerts.model import Signal
from firebell.integrations.sources import all_sources
from firebell.integrations.sources.contract import Accepted, Request, Unreadable
from tests.integrations.sources.senders import capture, captures, check_storable, post

SOURCES = sorted(all_sources())

# Every one of these takes the place of @ in every template.
FRAGMENTS: list[bytes] = [
    *(b"null", b"true", b"0", b"-1", b"1.5", b'""', b'" "', b"[]", b"{}", b"[[]]", b"[null]", b"[{}]", b'{"":""}'),
    *(rb'"\u0000"', rb'"\ud800"', rb'"\udfff\ud800"', rb'"\ud83d\ude00"', b'"\0"', b'"\n\r\t"', rb'"\u202e\u2066"'),
    *(b'"\xff"', b'"\xed\xa0\x80"', b'"\xf5\x80\x80\x80"', b"NaN", b"-Infinity", b"1e999", b"-1e999", b"1e-999"),
    *(b"9223372036854775808", b"-9223372036854775809", b"18446744073709551616", b"9" * 4000, b"9" * 5000),
    *(b"[" * 31 + b"]" * 31, b"[" * 1000 + b"]" * 1000, b'{"a":' * 40 + b"1" + b"}" * 40, b"[" * 5000),
    *(b'"' + b"x" * 70_000 + b'"', b'"' + "\U0001f525".encode() * 3000 + b'"', b'"' + rb"\ud800" * 3000 + b'"'),
    *(
        b'["a","b",1,null,{"c":[]}]',
        b'{"a":{"b":{"c":1}},"d":[1,[2]]}',
        b'"javascript:alert(1)"',
        b'"https://x.example/"',
    ),
    *(b'"0001-01-01T00:00:00Z"', b'"99999-01-01T00:00:00Z"', b"1e300", b'"resolved"', b'"trigger"', b'"resolve"'),
    *(b"{" + b",".join(b'"k%d":"v"' % n for n in range(300)) + b"}", b"[" + b",".join([b'"t"'] * 3000) + b"]"),
    *(b'{"a":1,"a":"two"}', b"01", b"'x'", b"undefined", b'"unterminated', b"{1:2}", b"[1,]", rb'"\x41"', rb'"\u12"'),
]
TEMPLATES: list[bytes] = [
    b"@",
    b'{"title":@,"fingerprint":"f"}',
    b'{"title":"t","fingerprint":@,"status":@,"severity":@,"labels":@}',
    b'{"title":"t","labels":{"a":@},"links":[@],"images":@,"starts_at":@,"end_time":@,"unknown":@,"hosts":@}',
    b'{"alerts":@,"title":"t"}',
    b'{"alerts":[@,{"labels":{"alertname":"A"}}]}',
    b'{"status":@,"externalURL":@,"alerts":[{"labels":@,"annotations":@,"status":@,"fingerprint":@}]}',
    b'{"alerts":[{"labels":{"alertname":@,"severity":@,"job":@},"annotations":{"summary":@,"x":@},"startsAt":@,"endsAt":@}]}',
    b'{"event_action":@,"dedup_key":"k","payload":{"summary":"s","source":"x","severity":"info"}}',
    b'{"event_action":"trigger","dedup_key":@,"payload":{"summary":@,"source":@,"severity":@}}',
    b'{"event_action":"trigger","payload":{"summary":"s","source":"x","severity":"info","custom_details":@,"timestamp":@}}',
    b'{"event_action":"trigger","dedup_key":"k","payload":@,"links":@,"images":[{"src":@}],"client":@,"client_url":@}',
    b'{"event_action":"resolve","dedup_key":@}',
]
ODDITIES: list[bytes] = [
    *(b"", b" ", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b\x08\x00", b"<xml/>", b"a=b&c=d"),
    *('{"title":"ü"}'.encode("utf-16"), '{"title":"ü"}'.encode("utf-32-be"), '{"title":"ü"}'.encode("utf-16")[:-1]),
    *('{"title":"ü"}'.encode("latin-1"), b'\xef\xbb\xbf{"title":"t"}', b'{"title":"t"}{"title":"t"}'),
    b'{"title":"t"}\0',
    *(b"[" * 2**20, b"{" * 2**20, b'"' * 2**20, b"\\" * 2**20, b'{"a":' * 200_000, b"[]" * 2**19, b"\xff" * 2**20),
    *(b"[" + b"{}," * 300_000 + b"{}]", b'{"alerts":[' + b"{}," * 300_000 + b"{}]}", b"[" + b"0," * 500_000 + b"0]"),
    *(b'{"title":"' + b"x" * (2**20 - 12) + b'"}', b'{"title":"' + rb"\u0000" * 150_000 + b'"}'),
    b'{"title":"t","labels":{' + b",".join(b'"%d":"v"' % n for n in range(80_000)) + b"}}",
]  # fmt: skip
BODIES = [template.replace(b"@", fragment) for template in TEMPLATES for fragment in FRAGMENTS] + ODDITIES


def accept(slug: str, request: Request) -> list[Signal] | Unreadable:
    """Parse and answer as the intake does; anything but signals or Unreadable fails the test."""
    source = all_sources()[slug]
    try:
        signals = source.parse(request)
    except Unreadable as unreadable:
        unreadable.reason.encode()
        reply = unreadable.reply or source.reply(request, [Accepted("alr_1", True, "k")])
        json.loads(reply.body)
        return unreadable
    for signal in signals:
        check_storable(signal)
    reply = source.reply(request, [Accepted("alr_1", True, signal.dedup_key or "") for signal in signals])
    assert 200 <= reply.status < 300 or reply.status == 400
    json.loads(reply.body)
    return signals


def test_the_corpus_is_large() -> None:
    assert len(set(BODIES)) >= 150


@pytest.mark.parametrize("slug", SOURCES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_trap_in_every_field(template: bytes, slug: str) -> None:
    for fragment in FRAGMENTS:
        accept(slug, post(template.replace(b"@", fragment), "v2", "enqueue"))


@pytest.mark.parametrize("slug", SOURCES)
@pytest.mark.parametrize("at", range(len(ODDITIES)))
def test_bodies_that_are_odd_as_a_whole(at: int, slug: str) -> None:
    accept(slug, post(ODDITIES[at], "v2", "enqueue"))
    accept(slug, post(ODDITIES[at], headers={"content-type": "application/x-www-form-urlencoded"}))


@pytest.mark.parametrize("slug", SOURCES)
@pytest.mark.parametrize("name", captures())
def test_every_captured_request_at_every_door(name: str, slug: str) -> None:
    """The wrong URL in a sender's settings must page somebody, not break."""
    accept(slug, capture(name))


@pytest.mark.parametrize("slug", SOURCES)
@pytest.mark.parametrize("trap", [rb"\u0000", rb"\ud800", b"\0"])
def test_a_trap_in_a_text_costs_one_character_not_the_alert(trap: bytes, slug: str) -> None:
    bodies = {
        "alertmanager": b'{"alerts":[{"labels":{"alertname":"a@"},"annotations":{}}]}',
        "generic": b'{"title":"a@"}',
        "pagerduty": b'{"event_action":"trigger","payload":{"summary":"a@","source":"x","severity":"info"}}',
    }
    signals = accept(slug, post(bodies[slug].replace(b"@", trap)))
    assert not isinstance(signals, Unreadable)
    assert [signal.summary for signal in signals] == ["a\ufffd"]


NAMES = st.sampled_from(
    (
        *("alerts", "labels", "annotations", "status", "fingerprint", "startsAt", "endsAt", "summary", "severity"),
        *("title", "message", "description", "dedup_key", "links", "href", "images", "src", "payload", "event_action"),
        *("custom_details", "source", "timestamp", "client", "hosts", "end_time"),
    )
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20)
    | st.sampled_from(["firing", "resolved", "trigger", "resolve", "critical", "https://x.example/", "\ud800", "\0"])
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=8),
    max_leaves=40,
)


@pytest.mark.parametrize("slug", SOURCES)
@settings(deadline=None)
@given(value=TREES)
def test_any_json_of_familiar_names(slug: str, value: object) -> None:
    accept(slug, post(value))


@pytest.mark.parametrize("slug", SOURCES)
@settings(deadline=None)
@given(data=st.data())
def test_a_captured_body_with_damage(slug: str, data: st.DataObject) -> None:
    body = bytearray(capture(data.draw(st.sampled_from(captures()))).body)
    for at, new in data.draw(st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)), max_size=4)):
        body[at] = new
    cut_at = data.draw(st.none() | st.integers(0, len(body)))
    accept(slug, post(bytes(body[:cut_at]), "v2", "enqueue"))


@pytest.mark.parametrize("slug", SOURCES)
@settings(deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes(slug: str, body: bytes) -> None:
    accept(slug, post(body))
