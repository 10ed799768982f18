"""What strangers cannot do: be somebody else's address, make us call inside, or read a secret in our log."""

from __future__ import annotations

import pytest
from starlette.types import Scope

from firebell.domain.outbox.model import OutcomeKind
from firebell.domain.runbooks import parsing
from firebell.entrypoints import callers
from firebell.entrypoints.logs import redact
from firebell.entrypoints.public.gate import TRIES_MAX, Gate
from firebell.entrypoints.site import Site
from firebell.integrations.outlets import subscriber_chat, subscriber_webhook
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.kernel.addresses import destination
from firebell.kernel.fetch import Fetch, FetchPolicy
from firebell.kernel.secrets import new_webhook_secret
from tests.entrypoints.api.conftest import Api
from tests.fakes.http_sink import Answer, HttpSink

PROXY = "192.0.2.1"


def asked(peer: str, *forwarded: str) -> Scope:
    return {"client": (peer, 4711), "headers": [(b"x-forwarded-for", one.encode()) for one in forwarded]}


def test_a_line_below_which_the_proxy_puts_its_own_is_not_believed() -> None:
    scope = asked(PROXY, "10.0.0.1", "198.51.100.7")
    assert callers.sender(scope, (PROXY,)) == "198.51.100.7"
    assert callers.sender(scope, ()) == PROXY
    assert callers.sender(asked(PROXY, "10.0.0.1, 198.51.100.8"), (PROXY,)) == "198.51.100.8"
    assert callers.sender(asked("203.0.113.9"), (PROXY,)) == "203.0.113.9"


def test_one_machine_with_many_addresses_tries_as_many_passwords_as_another(api: Api) -> None:
    gate = Gate(site(api))
    assert all(gate.may_try(f"2001:db8:1:2::{n:x}") for n in range(TRIES_MAX))
    assert not gate.may_try("2001:db8:1:2:ffff::1")
    assert gate.may_try("2001:db8:1:3::1")


def site(api: Api) -> Site:
    from firebell.app import site_for

    return site_for(api.story.house, api.story.house.live)


@pytest.mark.parametrize("outlet", [subscriber_webhook.OUTLET, subscriber_chat.OUTLET])
def test_what_is_opened_inside_is_not_open_for_an_address_a_stranger_has_typed(outlet: Outlet) -> None:
    with HttpSink([Answer(204)]) as sink, Fetch(FetchPolicy(allow_http=True, allow_internal=("127.0.0.0/8",))) as fetch:
        target = {"url": f"http://127.0.0.1:{sink.port}/hook", "secret": new_webhook_secret()}
        parcel = Parcel("pst_1", {"title": "a", "text": "b"}, 1, 1_767_603_600)
        # First with what is open, so that a connection is kept alive that must not be used for the other.
        assert outlet.deliver(parcel, target, fetch).kind is OutcomeKind.SENT
        stranger = outlet.deliver(parcel, {**target, "outward": "yes"}, fetch)
        assert (stranger.kind, len(sink.requests)) == (OutcomeKind.DEAD, 1)


@pytest.mark.parametrize(
    ("value", "called"),
    [
        ("db-1", "https://db-1.example.com/restart?of=db-1"),
        ("evil.example/#", ""),
        ("evil.example", ""),
        ("a@evil.example", ""),
        ("127.0.0.1:8080", ""),
        ("x&all=1", ""),
    ],
)
def test_a_label_of_an_alert_chooses_no_host_and_adds_nothing_to_an_address(value: str, called: str) -> None:
    filled = parsing.fill_url("https://{{host}}.example.com/restart?of={{host}}", {"host": value})
    read = destination(filled)
    assert ("" if isinstance(read, str) else filled) == called


def test_in_a_path_or_a_query_a_label_stays_one_value() -> None:
    body = "- [ ] Restart {#restart kind=http url=https://ops.example.com/{{host}}?of={{host}}}"
    (step,) = parsing.parse(body).steps
    filled = parsing.fill_url(step.url, {"host": "../a?b&c=1#d"})
    assert filled == "https://ops.example.com/..%2Fa%3Fb%26c%3D1%23d?of=..%2Fa%3Fb%26c%3D1%23d"
    assert parsing.fill_url("{{url}}", {"url": "https://evil.example/"}) == "{{url}}"


@pytest.mark.parametrize("purpose", ["confirm", "manage", "unsubscribe"])
def test_the_log_holds_no_link_of_a_subscriber(purpose: str) -> None:
    path = f"/status/acme/{purpose}/sub_0123456789abcdefgh.AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
    said = redact(None, "info", {"event": "request", "path": path})
    assert said["path"] == f"/status/acme/{purpose}/[redacted]"
