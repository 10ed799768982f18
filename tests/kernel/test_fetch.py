"""The guard on everything that leaves: which addresses, for how long, and how much may come back."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.kernel.addresses import Opening, destination
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import FailureKind, Fetch, FetchFailed, FetchPolicy, vet
from tests.fakes.certificate import certificate
from tests.fakes.http_sink import Answer, Drip, Hang, HttpSink, Raw, Reset

LOOPBACK = FetchPolicy(allow_http=True, allow_internal=("127.0.0.0/8",))

REFUSED = (
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "100.100.100.200",
    "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.0",
    "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1",
    "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.0", "239.255.255.255", "240.0.0.0",
    "255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:7f00:1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    "64:ff9b::a83f:8110", "2002:a00:1::", "::7f00:1", "::808:808", "::ffff:0:7f00:1", "64:ff9b:1::a00:1", "100::1",
    "5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001::1",
    "2001:1ff::1", "2001:db8::1", "2620:4f:8000::1", "3fff::1", "4000::1", "1fff::1",
)  # fmt: skip
ALLOWED = (
    "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "198.17.255.255",
    "198.20.0.0", "223.255.255.255", "168.63.129.17", "1.0.0.0", "11.0.0.0", "2606:4700::1111", "64:ff9b::808:808",
    "::ffff:8.8.8.8", "2000::", "2001:200::", "3ffe:ffff::1",
)  # fmt: skip


def answers(*rounds: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A resolver that gives each round once and then refuses to be asked again."""
    left = list(rounds)

    def resolve(host: str, port: int) -> Sequence[str]:
        assert left, f"{host} was resolved once too often"
        return left.pop(0)

    return resolve


def no_socket(address: tuple[str, int], timeout_s: float) -> socket.socket:
    raise AssertionError(f"a socket to {address} was opened")


def failure(fetch: Fetch, url: str, *, deadline_s: float = 5.0) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        fetch.request("GET", url, deadline_s=deadline_s)
    return failed.value


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert vet(address) is not None


@pytest.mark.parametrize("address", ALLOWED)
def test_a_public_address_is_allowed(address: str) -> None:
    assert vet(address) is None


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "1.2.3.4 ", "１.1.1.1"]
)
def test_anything_but_a_plain_address_is_refused(text: str) -> None:
    assert vet(text) is not None


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_ipv6_clothes(address: ipaddress.IPv4Address) -> None:
    bare = vet(str(address)) is None
    assert (vet(f"::ffff:{address}") is None) == bare
    assert (vet(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(address)))) is None) == bare


@settings(deadline=None)
@given(st.ip_addresses())
def test_nothing_the_standard_library_calls_private_is_ever_allowed(address: ipaddress.IPv4Address) -> None:
    if address.is_private and vet(str(address)) is None:
        # The wrappers are private by registry and judged by what they carry.
        assert address in ipaddress.ip_network("::ffff:0:0/96")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.1/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://127.0.0.1/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[::7f00:1]/",
        "https://[64:ff9b:1::a00:1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.0.0.192/",
        "https://100.100.100.200/",
        "https://[fd00:ec2::254]/",
        "https://[fd20:ce::254]/",
        "https://[fe80::1%eth0]/",
        "https://[fe80::1%25eth0]/",
        "https://１２７.0.0.1/",
        "https://ⓛocalhost/",
        "https://user:word@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com /",
        "https://exam\nple.com/",
        "https://example.com:22/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https:///nohost",
        "https://[127.0.0.1]/",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "",
    ],
)
def test_a_url_is_refused_before_any_socket_opens(url: str) -> None:
    fetch = Fetch(FetchPolicy(), answers(["8.8.8.8"]), connect=no_socket)
    failed = failure(fetch, url)
    assert failed.kind is FailureKind.REFUSED_ADDRESS
    assert not failed.sent


@pytest.mark.parametrize("odd", ["127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "134744072"])
def test_an_odd_spelling_is_refused_even_where_its_network_is_open(odd: str) -> None:
    assert failure(Fetch(LOOPBACK, connect=no_socket), f"http://{odd}/").kind is FailureKind.REFUSED_ADDRESS


@pytest.mark.parametrize(
    "addresses", [["8.8.8.8", "10.0.0.1"], ["2606:4700::1111", "127.0.0.1"], ["8.8.8.8", "fd00::1"], ["::ffff:a00:1"]]
)
def test_one_bad_address_refuses_the_name(addresses: list[str]) -> None:
    fetch = Fetch(FetchPolicy(), answers(addresses), connect=no_socket)
    assert failure(fetch, "https://mixed.example/").kind is FailureKind.REFUSED_ADDRESS


def test_a_punycode_name_is_judged_by_where_it_leads() -> None:
    fetch = Fetch(FetchPolicy(), answers(["127.0.0.1"]), connect=no_socket)
    assert failure(fetch, "https://xn--lcalhost-66a.example/").kind is FailureKind.REFUSED_ADDRESS


def test_a_name_that_rebinds_is_dialled_where_it_was_judged_and_refused_at_the_next_connection() -> None:
    policy = FetchPolicy(allow_http=True, allow_internal=("127.0.0.1/32",))
    with HttpSink([Answer(close=True)]) as sink:
        fetch = Fetch(policy, answers(["127.0.0.1"], ["127.0.0.2"]))
        assert fetch.request("GET", sink.url("/", "rebinding.example")).status == 200
        assert failure(fetch, sink.url("/", "rebinding.example")).kind is FailureKind.REFUSED_ADDRESS


def test_the_peer_that_answers_must_be_the_one_that_was_judged() -> None:
    with HttpSink([]) as sink:

        def elsewhere(address: tuple[str, int], timeout_s: float) -> socket.socket:
            return socket.create_connection(("127.0.0.1", sink.port), timeout_s)

        fetch = Fetch(FetchPolicy(), answers(["8.8.8.8"]), connect=elsewhere)
        assert failure(fetch, "https://swapped.example/").kind is FailureKind.REFUSED_ADDRESS


def test_a_redirect_is_returned_and_never_followed() -> None:
    with HttpSink([Answer(302, headers={"Location": "http://169.254.169.254/"})]) as sink, Fetch(LOOPBACK) as fetch:
        assert fetch.request("GET", sink.url()).status == 302


def test_an_opening_covers_its_network_and_its_port_only() -> None:
    with HttpSink([Answer()]) as sink:
        opened = FetchPolicy(allow_http=True, allow_internal=(f"127.0.0.0/8:{sink.port}",))
        assert Fetch(opened).request("GET", sink.url()).status == 200
        assert failure(Fetch(opened, connect=no_socket), "http://127.0.0.1:9/").kind is FailureKind.REFUSED_ADDRESS
        assert failure(Fetch(opened, connect=no_socket), "http://10.0.0.1/").kind is FailureKind.REFUSED_ADDRESS


def test_a_further_port_opens_public_addresses_and_no_internal_ones() -> None:
    def unreachable(address: tuple[str, int], timeout_s: float) -> socket.socket:
        raise ConnectionRefusedError("dialled")

    fetch = Fetch(FetchPolicy(allow_ports=(8443,)), connect=unreachable)
    assert failure(fetch, "https://8.8.8.8:8443/").kind is FailureKind.CONNECT
    assert failure(fetch, "https://10.0.0.1:8443/").kind is FailureKind.REFUSED_ADDRESS


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("10.0.0.0/8", None),
        ("10.1.2.3", None),
        ("10.1.2.3:80", 80),
        ("fd00::/8", None),
        ("[fd00::/8]:8443", 8443),
        ("[::1]", None),
    ],
)
def test_an_opening_reads_cidr_and_port(text: str, port: int | None) -> None:
    assert Opening.parse(text).port == port


@pytest.mark.parametrize("text", ["", "everything", "10.0.0.1/8", "10.0.0.0/8:0", "10.0.0.0/8:65536", "localhost:80"])
def test_an_opening_that_cannot_be_read_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        Fetch(FetchPolicy(allow_internal=(text,)))
    assert refused.value.field == "allow_internal"


def test_a_second_request_reuses_the_connection_and_the_judged_address() -> None:
    with HttpSink([Answer(body=b"one"), Answer(body=b"two")]) as sink:
        fetch = Fetch(LOOPBACK, answers(["127.0.0.1"]))
        bodies = [fetch.request("POST", sink.url("/", "hook.example"), content=b"x").body for _ in range(2)]
        assert bodies == [b"one", b"two"]
        assert sink.connections == 1


def test_a_connection_the_peer_has_closed_is_replaced() -> None:
    gone = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    with HttpSink([gone, Answer()]) as sink, Fetch(LOOPBACK) as fetch:
        assert fetch.request("GET", sink.url()).status == 200
        sink.wait_for(lambda: sink.closed == 1)
        assert fetch.request("GET", sink.url()).status == 200
        assert sink.connections == 2


def test_nothing_is_sent_that_was_not_asked_for() -> None:
    with HttpSink([Answer(headers={"Set-Cookie": "a=1"}), Answer()]) as sink, Fetch(LOOPBACK) as fetch:
        fetch.request("GET", sink.url("/a%20b?c=d%2Fe"))
        fetch.request("POST", sink.url(), headers={"X-Mine": "yes"}, content=b"body")
        assert sink.requests[0].path == "/a%20b?c=d%2Fe"
        assert set(sink.requests[0].headers) == {"host", "user-agent", "accept-encoding"}
        assert set(sink.requests[1].headers) == {"host", "user-agent", "accept-encoding", "x-mine", "content-length"}
        assert sink.requests[1].body == b"body"


@pytest.mark.parametrize("header", [("X-A", "b\r\nX-C: d"), ("X-A\r\nB", "c"), ("Host", "other.example"), ("X-A", "ü")])
def test_a_header_cannot_smuggle_another(header: tuple[str, str]) -> None:
    with HttpSink([]) as sink, Fetch(LOOPBACK) as fetch, pytest.raises(FetchFailed) as failed:
        fetch.request("GET", sink.url(), headers=dict([header]))
    assert not failed.value.sent


def test_the_first_address_that_accepts_is_used() -> None:
    with HttpSink([Answer()]) as sink:
        fetch = Fetch(LOOPBACK, answers(["127.0.0.9", "127.0.0.1"]))
        assert fetch.request("GET", sink.url("/", "two.example")).status == 200


def test_a_request_that_is_never_answered_ends_in_time_and_may_have_arrived() -> None:
    with HttpSink([Hang()]) as sink, Fetch(LOOPBACK) as fetch:
        failed = failure(fetch, sink.url(), deadline_s=0.2)
    assert (failed.kind, failed.sent, failed.status) == (FailureKind.TIMEOUT, True, None)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_slow_drip_is_bounded_by_the_whole_deadline(head: bytes) -> None:
    # Each byte comes well within the deadline; only a bound on the sum ends this.
    with HttpSink([Drip(head, every_s=0.02)]) as sink, Fetch(LOOPBACK) as fetch:
        failed = failure(fetch, sink.url(), deadline_s=0.3)
    assert (failed.kind, failed.sent) == (FailureKind.TIMEOUT, True)
    assert failed.status == (200 if head.endswith(b"\r\n\r\n") else None)


def test_a_reset_after_the_request_may_have_arrived() -> None:
    with HttpSink([Reset()]) as sink, Fetch(LOOPBACK) as fetch:
        failed = failure(fetch, sink.url())
    assert failed.sent
    assert failed.kind in {FailureKind.CONNECT, FailureKind.PROTOCOL}


def test_a_refused_connection_has_sent_nothing() -> None:
    with HttpSink([]) as sink:
        url = sink.url()
    failed = failure(Fetch(LOOPBACK), url)
    assert (failed.kind, failed.sent) == (FailureKind.CONNECT, False)


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10_000_000])
def test_a_reply_over_64_kib_is_dropped_while_it_streams(size: int) -> None:
    with HttpSink([Answer(body=b"x" * size)]) as sink, Fetch(LOOPBACK) as fetch:
        failed = failure(fetch, sink.url())
    assert (failed.kind, failed.sent, failed.status) == (FailureKind.TOO_LARGE, True, 200)


def test_a_reply_of_exactly_64_kib_is_whole() -> None:
    with HttpSink([Answer(body=b"x" * 65536)]) as sink, Fetch(LOOPBACK) as fetch:
        assert len(fetch.request("GET", sink.url()).body) == 65536


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
    ],
)
def test_an_answer_that_is_not_http_is_a_failure(data: bytes) -> None:
    with HttpSink([Raw(data)]) as sink, Fetch(LOOPBACK) as fetch:
        failed = failure(fetch, sink.url())
    assert (failed.kind, failed.sent) == (FailureKind.PROTOCOL, True)


def test_a_compressed_reply_is_not_inflated() -> None:
    with (
        HttpSink([Answer(body=b"\x1f\x8b....", headers={"Content-Encoding": "gzip"})]) as sink,
        Fetch(LOOPBACK) as fetch,
    ):
        assert fetch.request("GET", sink.url()).body == b"\x1f\x8b...."


def test_a_name_that_does_not_resolve_is_a_dns_failure() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "unknown")

    failed = failure(Fetch(FetchPolicy(), unknown), "https://nowhere.example/")
    assert (failed.kind, failed.sent) == (FailureKind.DNS, False)


def test_a_resolver_that_never_answers_does_not_outlive_the_deadline() -> None:
    forever = threading.Event()

    def silent(host: str, port: int) -> Sequence[str]:
        forever.wait(10)
        return []

    failed = failure(Fetch(FetchPolicy(), silent), "https://slow.example/", deadline_s=0.1)
    forever.set()
    assert (failed.kind, failed.sent) == (FailureKind.DNS, False)


def test_threads_share_one_client_without_sharing_a_deadline() -> None:
    endless = Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", every_s=0.02)
    with HttpSink([endless, Answer(body=b"fine")]) as sink, Fetch(LOOPBACK) as fetch:
        outcomes: list[FailureKind] = []
        slow = threading.Thread(target=lambda: outcomes.append(failure(fetch, sink.url(), deadline_s=0.5).kind))
        slow.start()
        sink.wait_for(lambda: bool(sink.requests))
        # A longer deadline elsewhere must not lengthen the one that is running.
        assert fetch.request("GET", sink.url(), deadline_s=60).body == b"fine"
        slow.join()
        assert outcomes == [FailureKind.TIMEOUT]


def test_the_certificate_is_checked_for_the_name_and_the_name_is_announced(tmp_path: Path) -> None:
    bundle, server = certificate(tmp_path, "hook.example")
    announced: list[str | None] = []
    server.sni_callback = lambda sock, name, context: announced.append(name)
    policy = FetchPolicy(allow_internal=("127.0.0.0/8",), ca_file=str(bundle))
    with HttpSink([Answer(body=b"sealed")], tls=server) as sink:
        named = Fetch(policy, answers(["127.0.0.1"], ["127.0.0.1"]))
        assert named.request("GET", sink.url("/", "hook.example")).body == b"sealed"
        assert announced == ["hook.example"]
        assert sink.requests[0].headers["host"] == f"hook.example:{sink.port}"
        failed = failure(named, sink.url("/", "other.example"))
        assert (failed.kind, failed.sent) == (FailureKind.TLS, False)


def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    _, server = certificate(tmp_path, "hook.example")
    with HttpSink([], tls=server) as sink:
        fetch = Fetch(FetchPolicy(allow_internal=("127.0.0.0/8",)), answers(["127.0.0.1"]))
        assert failure(fetch, sink.url("/", "hook.example")).kind is FailureKind.TLS


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_url_reader(text: str) -> None:
    read = destination(f"https://{text}")
    assert isinstance(read, str) or read.host.isascii()
