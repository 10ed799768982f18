"""Signing in, seeing what is wrong, and answering it: by mouse, by key, in bulk, and while it changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.entrypoints.web.browsing import LOOKS, browsing, shoot, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.signed_in import PASSWORD, Company, company, visiting

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


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


def _live(page: Page) -> None:
    """Styles and scripts are in, and the stream is open: what is measured or pressed now is the finished page."""
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "live")


def test_signing_in_leads_back_to_where_one_wanted_to_go_and_nowhere_else(browser: Browser, firm: Company) -> None:
    with browsing(browser) as (_, page, faults):
        page.goto(f"{firm.origin}/alerts?severity=SEV1")
        expect(page.locator("h1")).to_have_text("Sign in")
        page.fill("[name=name]", "ada")
        page.fill("[name=password]", "wrong")
        page.click("main button")
        expect(page.locator("main")).to_contain_text("do not match")
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url(f"{firm.origin}/alerts?severity=SEV1")
        page.click("[popovertarget=user-menu]")
        page.click("#user-menu >> text=Sign out")
        expect(page.locator("h1")).to_have_text("Sign in")
        page.goto(f"{firm.origin}/sign-in?next=//evil.example/")
        assert page.input_value("[name=next]") == "/"
        shoot(page, "sign-in", whole=False)
    assert faults == []


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_every_page_fits_its_window_and_breaks_no_policy(
    browser: Browser, firm: Company, size: str, theme: str
) -> None:
    first = firm.alert("Checkout latency p99 above 2 s in eu-west", details="See the *runbook*.", source="prometheus")
    firm.alert("Payment provider slow", "warning")
    firm.ack_link("Checkout latency")
    with visiting(browser, firm, firm.ada, size, theme) as (page, faults):
        for path, name in (("/", "now"), ("/alerts", "alerts"), (f"/alerts/{first}", "alert"), ("/signals", "signals")):
            page.goto(firm.origin + path)
            _live(page)
            assert too_wide(page) <= 0, path
            shoot(page, f"{name}-{size}-{theme}")
        page.click("[data-row] a")
        expect(page.locator("h1")).to_contain_text("Signal from")
        _live(page)
        assert too_wide(page) <= 0
        shoot(page, f"signal-{size}-{theme}")
        page.goto(f"{firm.origin}/nothing-here")
        expect(page.locator("h1")).to_have_text("Nothing here")
        _live(page)
        assert too_wide(page) <= 0
        assert faults == []


def test_an_alert_appears_and_changes_without_a_reload(browser: Browser, firm: Company) -> None:
    with visiting(browser, firm, firm.ben) as (page, faults):
        page.goto(firm.origin)
        _live(page)
        expect(page.locator("#now")).to_contain_text("Nothing is wrong")
        firm.alert("Disk full on db-1")
        expect(page.locator("#now")).to_contain_text("Disk full on db-1")
        assert page.locator("#now form").count() == 0, "a viewer sees no buttons"
        with visiting(browser, firm, firm.ada) as (other, _):
            other.goto(f"{firm.origin}/alerts")
            other.click("button:has-text('Acknowledge') >> nth=0")
            expect(other.locator(".flash")).to_contain_text("Escalation stopped. Next: nobody.")
            other.click("button:has-text('Undo')")
            expect(other.locator(".flash")).to_contain_text("Open again")
        assert faults == []


def test_keys_step_through_the_rows_and_press_their_buttons(browser: Browser, firm: Company) -> None:
    for n in range(3):
        firm.alert(f"Problem {n}")
    with visiting(browser, firm, firm.ada) as (page, faults):
        page.goto(f"{firm.origin}/alerts")
        _live(page)
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.locator("[data-row]").nth(1)).to_be_focused()
        page.keyboard.press("j")
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Problem 1")
        _live(page)
        page.keyboard.press("e")
        expect(page.locator(".flash")).to_contain_text("Escalated")
        _live(page)
        page.keyboard.press("a")
        expect(page.locator(".flash")).to_contain_text("It is yours")
        _live(page)
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        page.keyboard.type("problem 0")
        expect(page.locator("#palette-list")).to_contain_text("SEV1 alert")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Problem 0")
        assert faults == []


def test_several_alerts_at_once_and_the_list_as_a_file(browser: Browser, firm: Company) -> None:
    firm.alert("=cmd|' /C calc'!A0")
    for n in range(3):
        firm.alert(f"Problem {n}")
    with visiting(browser, firm, firm.ada) as (page, faults):
        page.goto(f"{firm.origin}/alerts")
        for box in page.locator(".pick").all()[:2]:
            box.check()
        page.click("#picked >> text=Resolve")
        expect(page.locator(".flash")).to_contain_text("2 alerts resolved")
        table = page.request.get(f"{firm.origin}/alerts.csv").text()
        assert table.count("\r\n") == 3
        assert "'=cmd" in table
        assert [row["state"] for row in page.request.get(f"{firm.origin}/alerts.json?state=resolved").json()] == [
            "resolved",
            "resolved",
        ]
        _live(page)
        page.fill("input[name=q]", "Problem 0")
        expect(page.locator("[data-row]")).to_have_count(1)
        expect(page).to_have_url(f"{firm.origin}/alerts?q=Problem+0&state=open&severity=&service=")
        assert faults == []


def test_who_was_told_and_why_is_read_from_the_ledger_and_the_journal(browser: Browser, firm: Company) -> None:
    alert_id = firm.alert("Disk full on db-1")
    firm.ack_link("Disk full on db-1")
    with visiting(browser, firm, firm.ada) as (page, faults):
        page.goto(f"{firm.origin}/alerts/{alert_id}")
        told = page.locator("section:has(h2:text('Who was told'))")
        expect(told).to_contain_text("on call in platform-primary, weekly")
        expect(told).to_contain_text("250 2.0.0")
        story = page.locator("section:has(h2:text('What happened'))")
        expect(story).to_contain_text("Opened as SEV1")
        expect(story).to_contain_text("Paged Ada Park: on call in platform-primary, weekly.")
        expect(page.locator("section:has(h2:text('What happens next'))")).to_contain_text("Ada Park at")
        assert faults == []


def test_a_form_without_its_token_is_refused(browser: Browser, firm: Company) -> None:
    alert_id = firm.alert("Disk full on db-1")
    with visiting(browser, firm, firm.ada) as (page, _):
        page.goto(firm.origin)
        answer = page.request.post(f"{firm.origin}/alerts/{alert_id}/resolve", form={"csrf_token": "x"})
        assert answer.status == 403
        assert "This form has run out." in answer.text()
