"""From a fresh start to a page that was received and answered, in a real browser with a real mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from firebell.domain.people import setup
from tests.entrypoints.web.browsing import Faults, browsing, shoot, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.house import Served, served
from tests.fakes.smtp_sink import SmtpSink

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as here:
        yield here


def _make_admin(page: Page, house: Served) -> None:
    page.goto(f"{house.origin}/setup/{house.house.runner.run(setup.issue_link)}")
    page.fill("[name=display_name]", "Ada Park")
    page.fill("[name=name]", "ada")
    page.fill("[name=email]", "ada@example.com")
    page.fill("[name=password]", "correct horse battery staple")
    page.fill("[name=time_zone]", "Europe/Berlin")


@pytest.mark.parametrize(("size", "theme"), [("phone", "dark"), ("desk", "light")])
def test_five_steps_from_nothing_to_an_answered_page(browser: Browser, house: Served, size: str, theme: str) -> None:
    with SmtpSink() as mails, browsing(browser, size, theme) as (_, page, faults):
        look = f"{size}-{theme}"
        _make_admin(page, house)
        _seen(page, faults, f"setup-1-admin-{look}")
        page.click("button:has-text('Go on')")

        expect(page.locator("h1")).to_have_text("Mail server")
        page.fill("[name=host]", "127.0.0.1")
        page.fill("[name=port]", str(mails.port))
        page.select_option("[name=security]", "plain")
        page.fill("[name=from]", "Firebell <firebell@example.com>")
        _seen(page, faults, f"setup-2-mail-{look}")
        page.click("button:has-text('Send test and save')")

        expect(page.locator(".flash")).to_contain_text("250")
        assert page.input_value("[name=to]") == "ada@example.com"
        page.click("button:has-text('Send me a code')")
        code = mails.wait_for(lambda mail: "code" in str(mail.message["Subject"]), timeout_s=30)
        found = re.search(r"\d{6}", str(code.message["Subject"]))
        assert found
        # The ledger follows by itself while the code is being typed.
        expect(page.locator("[name=code]")).to_be_focused()
        expect(page.locator("#sent")).to_contain_text("250")
        _seen(page, faults, f"setup-3-code-{look}")
        page.fill("[name=code]", found[0])
        page.click("button:has-text('Confirm')")

        expect(page.locator("h1")).to_have_text("First integration")
        _seen(page, faults, f"setup-4-integration-{look}")
        page.click("button:has-text('Make it')")
        expect(page.locator("#first-event")).to_contain_text("Waiting for the first event")
        expect(page.locator("#live-badge")).to_have_attribute("data-state", "live")
        address = re.search(r"http://127[^ ']+", page.locator("[data-copy-text]").first.inner_text())
        assert address
        sent = page.request.post(address[0], data={"summary": "Disk full on db-1", "severity": "critical"})
        assert sent.ok
        expect(page.locator("#first-event")).to_contain_text("The first event is in")
        _seen(page, faults, f"setup-4-received-{look}")
        page.click("#first-event >> text=Go on")

        page.click("button:has-text('Page me now')")
        mail = mails.wait_for(lambda mail: "Test page" in str(mail.message["Subject"]), timeout_s=30)
        expect(page.locator("#test")).to_contain_text("250")
        _seen(page, faults, f"setup-5-test-{look}")
        link = re.search(r"http://127\S+/a/[\w-]+", mail.part("plain"))
        assert link
        with browsing(browser, "phone", theme, javascript=False) as (_, phone, _):
            phone.goto(link[0])
            phone.click("button:has-text('Acknowledge')")
            expect(phone.locator("main")).to_contain_text("Escalation stopped. Next: nobody.")
        expect(page.locator("#test")).to_contain_text("The whole way round works")
        _seen(page, faults, f"setup-6-done-{look}")
        page.goto(house.origin)
        expect(page.locator("#now")).to_contain_text("Disk full on db-1")
        expect(page.locator("#now")).to_contain_text("You are on call in platform-primary")
        assert page.locator(".banner").all_inner_texts() == []
        _seen(page, faults, f"setup-7-now-{look}")
    assert faults == []


def test_a_mail_server_that_refuses_is_quoted_and_not_kept(browser: Browser, house: Served) -> None:
    with SmtpSink(answers={"RCPT": "550 5.1.1 no such person here"}) as mails, browsing(browser) as (_, page, faults):
        _make_admin(page, house)
        page.click("button:has-text('Go on')")
        page.fill("[name=host]", "127.0.0.1")
        page.fill("[name=port]", str(mails.port))
        page.select_option("[name=security]", "plain")
        page.fill("[name=from]", "firebell@example.com")
        page.click("button:has-text('Send test and save')")
        expect(page.locator("main")).to_contain_text("550 5.1.1 no such person here")
        assert page.input_value("[name=host]") == "127.0.0.1"
        _seen(page, faults, "setup-2-refused")
        page.goto(f"{house.origin}/setup")
        expect(page.locator("h1")).to_have_text("Mail server")
    assert faults == []


def _seen(page: Page, faults: Faults, name: str) -> None:
    assert too_wide(page) <= 0, name
    shoot(page, name)
    assert faults == []
