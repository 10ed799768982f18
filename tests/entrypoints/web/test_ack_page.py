"""The link in a message, as a woken person meets it: a small phone, no script, no sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.model import AlertState
from firebell.kernel.actor import SYSTEM
from tests.entrypoints.web.browsing import browsing, shoot, too_tall, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.signed_in import Company, company

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
LONG = "Checkout latency p99 above 2 s in eu-west for more than five minutes, error budget burning"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as made:
        yield made


def _state(firm: Company, alert_id: str) -> str:
    return firm.served.house.runner.read(lambda read: alerts.alert(read, alert_id).state, SYSTEM)


def _told(page: Page, link: str) -> None:
    """Look again until the step that was due has been taken: a button pressed before would come too late."""
    for _ in range(100):
        page.goto(link)
        if "Next: Ada Park at" in page.locator(".ack-why").inner_text():
            return
    pytest.fail("the first step was not taken")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_one_screen_without_scrolling_and_buttons_a_thumb_can_hit(browser: Browser, firm: Company, theme: str) -> None:
    firm.alert(f"{LONG} ({theme})")
    link = firm.ack_link(f"{LONG} ({theme})"[:60])
    with browsing(browser, "phone", theme, javascript=False) as (_, page, _):
        page.goto(link)
        expect(page.locator("main")).to_contain_text("on call in platform-primary")
        heights = [box.bounding_box() for box in page.locator(".ack-actions .btn").all()]
        assert all(box and box["height"] >= 48 for box in heights)
    with browsing(browser, "phone", theme) as (_, page, faults):
        page.goto(link)
        assert (too_wide(page), max(0, too_tall(page))) == (0, 0)
        shoot(page, f"ack-ask-{theme}", whole=False)
        assert faults == []


def test_looking_never_acts_a_press_does_once_and_can_be_taken_back(browser: Browser, firm: Company) -> None:
    alert_id = firm.alert("Disk full on db-1")
    link = firm.ack_link("Disk full on db-1")
    for _ in range(3):
        _, headers, _ = firm.served.request("GET", link)
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"] == "noindex, nofollow"
    assert _state(firm, alert_id) == AlertState.OPEN
    with browsing(browser, "phone", "dark", javascript=False) as (_, page, _):
        page.goto(link)
        page.click("button:has-text('Acknowledge')")
        expect(page.locator("main")).to_contain_text("Escalation stopped. Next: nobody.")
        assert _state(firm, alert_id) == AlertState.ACKNOWLEDGED
        shoot(page, "ack-mine", whole=False)
        page.click("button:has-text('Undo')")
        expect(page.locator("main")).to_contain_text("Taken back")
        assert _state(firm, alert_id) == AlertState.OPEN
        _told(page, link)
        page.click("button:has-text('Escalate')")
        expect(page.locator("main")).to_contain_text("Escalated.")
        page.click("button:has-text('Acknowledge')")
        expect(page.locator("main")).to_contain_text("Next: nobody")


def test_a_link_that_is_not_known_says_so_kindly(browser: Browser, firm: Company) -> None:
    with browsing(browser, "phone", "light", javascript=False) as (_, page, _):
        answer = page.goto(f"{firm.origin}/a/{'x' * 43}")
        assert answer is not None
        assert answer.status == 404
        expect(page.locator("h1")).to_have_text("This link is not known")
        expect(page.locator("main")).to_contain_text("Sign in and see alerts")


def test_another_sites_form_cannot_use_a_link(firm: Company) -> None:
    alert_id = firm.alert("Queue stuck")
    link = firm.ack_link("Queue stuck")
    status, _, _ = firm.served.request("POST", f"{link}/acknowledge", headers={"Origin": "https://evil.example"})
    assert status == 403
    assert _state(firm, alert_id) == AlertState.OPEN
