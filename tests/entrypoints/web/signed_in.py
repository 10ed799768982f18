"""A small company behind a real server, and browsers in which one of its people is signed in."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from firebell.domain.alerts import queries as alerts
from firebell.domain.people import commands as people
from firebell.domain.people import methods, passwords, signin
from firebell.domain.people.store import set_password_hash
from firebell.kernel.actor import SYSTEM, Role
from firebell.kernel.ids import UserId
from firebell.kernel.work import Work
from firebell.workflows import first_service
from tests.entrypoints.web.browsing import Faults, browsing
from tests.entrypoints.web.house import Served, served
from tests.fakes.smtp_sink import SmtpSink

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Company:
    """Ada answers for checkout and is reached by e-mail (``mails`` keeps what arrives); Ben only looks on."""

    served: Served
    ada: UserId
    ben: UserId
    address: str
    mails: SmtpSink

    def alert(self, summary: str, severity: str = "critical", **more: str) -> str:
        """A sender says that something is wrong; returns the alert's id once it is stored."""
        fields = {"summary": summary, "severity": severity, "dedup_key": summary, **more}
        body = urllib.parse.urlencode(fields).encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _, answer = self.served.request("POST", self.address, body, form)
        assert status in (200, 202), answer
        found = self.served.house.runner.read(lambda read: alerts.alert_list(read, text=summary), SYSTEM)
        return found[0].id

    def ack_link(self, summary: str) -> str:
        """The link in the mail about this alert."""
        mail = self.mails.wait_for(lambda mail: summary in str(mail.message["Subject"]), timeout_s=30)
        found = re.search(r"http://127\S+/a/[\w-]+", mail.part("plain"))
        assert found
        return found[0]

    @property
    def origin(self) -> str:
        return self.served.origin


@contextmanager
def company(data: Path) -> Iterator[Company]:
    with SmtpSink() as mails, served(data, smtp_url=mails.url) as here:
        ada, ben, key = here.house.runner.run(lambda work: _people(work, here), SYSTEM)
        yield Company(here, ada, ben, f"{here.origin}/in/generic/{key}", mails)


def _people(work: Work, here: Served) -> tuple[UserId, UserId, str]:
    zone = "Europe/Berlin"
    ada = people.create_user(work, name="ada", display_name="Ada Park", time_zone=zone, role=Role.ADMIN)
    ben = people.create_user(work, name="ben", display_name="Ben Ito", time_zone=zone, role=Role.VIEWER)
    for user, address in ((ada, "ada@example.com"), (ben, "ben@example.com")):
        set_password_hash(work, user, passwords.rehash(PASSWORD))
        methods.add_method(
            work, user, name="mail", channel="email", config={"to": address}, masked=f"{address[0]}…@example.com",
            trusted=True,
        )  # fmt: skip
    first = first_service.make(
        work, name="checkout", display_name="Checkout", source="generic", team="platform", user_id=ada, zone=zone,
        keyring=here.house.keyring,
    )  # fmt: skip
    return ada, ben, first.integration.key


@contextmanager
def visiting(
    browser: Browser, company: Company, who: UserId, size: str = "desk", theme: str = "light"
) -> Iterator[tuple[Page, Faults]]:
    """``who`` is signed in already: their session stands, only the form is spared."""
    entered = company.served.house.runner.run(lambda work: signin.enter(work, who, "127.0.0.1", "test"), SYSTEM)
    with browsing(browser, size, theme) as (context, page, faults):
        context.add_cookies([{"name": "fb", "value": entered.session_token, "url": company.origin}])
        yield page, faults
