"""Subscribing to Acme's page: by mail read from a real SMTP sink, by signed webhook, and out again with one click."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from standardwebhooks import Webhook
from starlette.testclient import TestClient

from firebell.app import application
from firebell.domain.statuspage import commands, subscriber_queries, subscribers
from firebell.domain.statuspage.subscriber_model import Counts
from firebell.kernel.clock import SystemClock
from firebell.workflows import status_published
from tests.entrypoints.public.acme import Acme, acme
from tests.fakes.http_sink import Answer, HttpSink
from tests.fakes.smtp_sink import Mail, SmtpSink
from tests.story import Story

BASE = "https://fb.example.com"


@dataclass(slots=True)
class Page:
    story: Story
    client: TestClient
    acme: Acme
    mailbox: SmtpSink

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(path, data=form)

    def subscribe(self, address: str, **more: Any) -> Any:
        form = {"kind": "email", "address": address, "incidents": "yes", "maintenance": "yes"} | more
        answer = self.post("/status/acme/subscribe", **form)
        self.story.settle()
        return answer

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mailbox.mails if mail.to == [address]]

    def confirmed(self, address: str, **more: Any) -> str:
        """Somebody who subscribed and followed the link; returns their manage link's path."""
        self.subscribe(address, **more)
        answer = self.post(link_in(self.mails_to(address)[-1], "confirm"))
        assert answer.status_code == 200, answer.text
        return address

    def say(self, words: str = "We are looking into it.", **more: Any) -> None:
        given = {"name": "Checkout fails", "status": "investigating", "body": words,
                 "components": {self.acme.components["Visa"]: "major_outage"}} | more  # fmt: skip
        self.story.run(lambda work: status_published.post(work, self.acme.page_id, **given))
        self.story.settle()

    def counts(self) -> Counts:
        found: Counts = self.story.house.runner.read(lambda read: subscriber_queries.counts(read, self.acme.page_id))
        return found


def link_in(mail: Mail, purpose: str) -> str:
    found = re.search(rf"{BASE}(/status/acme/{purpose}/\S+)", mail.part("plain"))
    assert found, mail.part("plain")
    return found[1]


@pytest.fixture
def page(tell: Callable[..., Story]) -> Iterator[Page]:
    with SmtpSink() as mailbox:
        # The verifier of webhooks compares with the machine's own clock.
        story = tell(start=SystemClock().now().format_iso(), smtp_url=mailbox.url, public_url=BASE)
        client = TestClient(application(story.house), follow_redirects=False, client=("192.0.2.7", 50_000))
        yield Page(story, client, story.run(acme), mailbox)
        client.close()


def test_an_address_is_proven_before_anything_else_is_sent_to_it(page: Page) -> None:
    assert page.subscribe("pia@example.com").status_code == 200
    (question,) = page.mails_to("pia@example.com")
    assert question.message["Subject"] == "Confirm: messages about Acme"
    assert "List-Unsubscribe" not in question.message
    page.say()
    assert len(page.mails_to("pia@example.com")) == 1
    assert page.counts() == Counts(confirmed=0, pending=1)

    link = link_in(question, "confirm")
    looked = page.client.get(link)
    assert "subscribe me" in looked.text
    assert page.counts().confirmed == 0, "a mail scanner opens links too"
    assert "You are subscribed" in page.post(link).text
    assert "You are subscribed" in page.post(link).text
    assert page.counts() == Counts(confirmed=1, pending=0)

    page.say("A provider is down.", public_incident_id=None, incident_id=None)
    update = page.mails_to("pia@example.com")[-1]
    assert update.message["Subject"] == "[Acme] Investigating: Checkout fails"
    assert "A provider is down." in update.part("plain")
    assert "Visa: Major outage" in update.part("plain")
    assert "<ul><li>Visa: Major outage</li></ul>" in update.part("html")


def test_mail_carries_what_mail_programs_need(page: Page) -> None:
    page.confirmed("pia@example.com")
    page.say()
    mail = page.mails_to("pia@example.com")[-1].message
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(rf"<{BASE}/status/acme/unsubscribe/\S+>", str(mail["List-Unsubscribe"]).replace("\n", ""))
    assert str(mail["From"]).startswith("Acme <")
    first, thread = str(mail["Message-ID"]), str(mail["References"])

    made = page.story.house.runner.read(
        lambda read: status_published.queries.open_incidents(
            status_published.Read(read.connection, read.now, status_published.SYSTEM), page.acme.page_id
        )
    )
    standing = next(one for one in made if one.name == "Checkout fails")
    page.say("Found it.", status="identified", public_incident_id=standing.id)
    second = page.mails_to("pia@example.com")[-1].message
    assert str(second["Message-ID"]) != first
    assert str(second["References"]) == thread, "one thread per incident"


def test_leaving_takes_one_click_and_a_look_changes_nothing(page: Page) -> None:
    page.confirmed("pia@example.com")
    page.say()
    header = str(page.mails_to("pia@example.com")[-1].message["List-Unsubscribe"])
    path = urlsplit(header.strip("<>")).path
    assert page.client.get(path).status_code == 200
    assert page.counts().confirmed == 1
    one_click = page.client.post(
        path, content="List-Unsubscribe=One-Click",
        headers={"content-type": "application/x-www-form-urlencoded", "origin": "https://mail.example"},
    )  # fmt: skip
    assert one_click.status_code == 200
    assert page.counts() == Counts(ended=1)
    before = len(page.mailbox.mails)
    page.say("More.", name="Another one")
    assert len(page.mailbox.mails) == before


def test_the_form_answers_the_same_whoever_is_known(page: Page) -> None:
    page.confirmed("known@example.com")
    page.story.clock.advance(2 * 3600)
    known, new = page.subscribe("known@example.com"), page.subscribe("new@example.com")
    assert (known.status_code, known.text) == (new.status_code, new.text)
    assert page.mails_to("known@example.com")[-1].message["Subject"] == "You are subscribed already"


def test_nobodys_mailbox_is_filled_by_typing_their_address_again_and_again(page: Page) -> None:
    for _ in range(5):
        page.subscribe("victim@example.com")
    assert len(page.mails_to("victim@example.com")) == 1
    answers = [page.subscribe(f"p{n}@example.com").status_code for n in range(30)]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_a_link_is_good_for_two_days(page: Page) -> None:
    page.subscribe("pia@example.com")
    link = link_in(page.mails_to("pia@example.com")[0], "confirm")
    page.story.clock.advance(49 * 3600)
    assert page.post(link).status_code in (403, 404)
    assert page.counts().confirmed == 0


@pytest.mark.parametrize("damage", [lambda link: link[:-1] + "_", lambda link: link[:-3], lambda link: link + "x"])
def test_a_guessed_link_does_nothing(page: Page, damage: Callable[[str], str]) -> None:
    page.subscribe("pia@example.com")
    link = link_in(page.mails_to("pia@example.com")[0], "confirm")
    assert page.post(damage(link)).status_code == 404
    assert page.counts().confirmed == 0


def test_who_chose_a_group_hears_of_what_is_in_it_and_of_nothing_else(page: Page) -> None:
    codes = page.client.get("/status/acme/api/v2/components.json").json()["components"]
    by_name = {one["name"]: one["id"] for one in codes}
    page.confirmed("cards@example.com", components=by_name["Cards"])
    page.confirmed("site@example.com", components=by_name["Website"])
    page.confirmed("both@example.com", components=[by_name["Website"], by_name["Visa"]])
    before = {a: len(page.mails_to(a)) for a in ("cards@example.com", "site@example.com", "both@example.com")}
    page.say(components={page.acme.components["Visa"]: "major_outage", page.acme.components["Website"]: "operational"})
    page.say("Only cards.", name="Cards slow", components={page.acme.components["Visa"]: "degraded_performance"})
    got = {address: len(page.mails_to(address)) - n for address, n in before.items()}
    assert got == {"cards@example.com": 2, "site@example.com": 1, "both@example.com": 2}


def test_an_update_that_is_not_to_notify_tells_nobody(page: Page) -> None:
    page.confirmed("pia@example.com")
    before = len(page.mailbox.mails)
    page.say(notify=False)
    assert len(page.mailbox.mails) == before


def test_a_webhook_is_subscribed_by_answering_a_signed_ping(page: Page) -> None:
    with HttpSink([Answer(204), Answer(200)]) as sink:
        answer = page.subscribe(sink.url("/hook"), kind="webhook")
        found = re.search(r"whsec_[A-Za-z0-9+/=]+", answer.text)
        assert found
        secret = found[0]
        ping = Webhook(secret).verify(sink.requests[0].body, dict(sink.requests[0].headers))
        assert ping["type"] == "status.ping"
        assert page.counts() == Counts(confirmed=1)

        page.say()
        sent = sink.requests[1]
        event = Webhook(secret).verify(sent.body, dict(sent.headers))
        assert event["type"] == "status.incident_updated"
        assert event["data"]["incident"]["name"] == "Checkout fails"
        assert event["data"]["components"] == [
            {"id": event["data"]["components"][0]["id"], "name": "Visa", "status": "major_outage"}
        ]
        assert event["data"]["unsubscribe_url"].startswith(f"{BASE}/status/acme/unsubscribe/")


def test_a_dead_webhook_delays_no_mail_and_is_switched_off_in_the_end(page: Page) -> None:
    page.confirmed("pia@example.com")
    with HttpSink([Answer(200), Answer(410)]) as sink:
        page.subscribe(sink.url("/hook"), kind="webhook")
        page.say()
        assert page.mails_to("pia@example.com")[-1].message["Subject"] == "[Acme] Investigating: Checkout fails"
        assert page.counts() == Counts(confirmed=1, ended=1)


def test_a_chat_hears_in_words(page: Page) -> None:
    with HttpSink([Answer(200), Answer(200)]) as sink:
        page.subscribe(sink.url("/services/T/B/x"), kind="chat")
        page.say("Cards are refused.")
        hello, update = (json.loads(one.body)["text"] for one in sink.requests)
        assert "hears about Acme" in hello
        assert "Investigating: Checkout fails" in update
        assert "Cards are refused." in update


def test_what_is_subscribed_can_be_changed_by_its_link(page: Page) -> None:
    page.confirmed("pia@example.com")
    page.say()
    manage = link_in(page.mails_to("pia@example.com")[-1], "manage")
    assert "Save" in page.client.get(manage).text
    assert "Saved" in page.post(manage, maintenance="yes").text
    before = len(page.mailbox.mails)
    page.say("More.", name="Another")
    assert len(page.mailbox.mails) == before
    refused = page.post(manage)
    assert refused.status_code == 422


def test_statuspages_own_call_subscribes_too(page: Page) -> None:
    answer = page.client.post("/status/acme/api/v2/subscribers.json", json={"subscriber": {"email": "x@example.com"}})
    assert answer.status_code == 201
    page.story.settle()
    assert len(page.mails_to("x@example.com")) == 1
    assert page.client.post("/status/acme/api/v2/subscribers.json", json={"subscriber": {}}).status_code == 422


def test_who_fills_in_what_no_person_sees_subscribes_nobody(page: Page) -> None:
    answer = page.subscribe("bot@example.com", website="http://spam.example")
    assert answer.status_code == 200
    assert page.counts() == Counts()


def test_a_locked_page_is_not_subscribed_to_from_outside(page: Page) -> None:
    page.story.run(
        lambda work: commands.edit_page(work, page.acme.page_id, access="addresses", addresses=("10.0.0.0/8",))
    )
    assert page.subscribe("pia@example.com").status_code == 303
    assert page.counts() == Counts()


def test_unproven_addresses_are_forgotten(page: Page) -> None:
    page.subscribe("pia@example.com")
    page.story.clock.advance(49 * 3600)
    page.story.run(subscribers.tidy)
    assert page.counts() == Counts()


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("subscribe", b"address=" + b"a" * 70_000, "application/x-www-form-urlencoded", 413),
        ("api/v2/subscribers.json", b"{" + b" " * 70_000 + b"}", "application/json", 413),
        ("api/v2/subscribers.json", b"[" * 60_000, "application/json", 422),
    ],
)
def test_what_a_stranger_sends_is_small_and_flat_or_refused(
    page: Page, path: str, body: bytes, kind: str, status: int
) -> None:
    answer = page.client.post(f"/status/acme/{path}", content=body, headers={"content-type": kind})
    assert answer.status_code == status
