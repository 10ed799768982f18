"""Status pages in the browser of who runs them: made, filled, posted on, and what the public reads at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.entrypoints.public.acme import Acme, acme
from tests.entrypoints.web.axe import grave
from tests.entrypoints.web.browsing import LOOKS, shoot, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.signed_in import Company, company, visiting

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Company, Acme]]:
    with company(tmp_path_factory.mktemp("firm")) as made:
        yield made, made.served.house.runner.run(acme)


def public(firm: Company, path: str) -> str:
    return firm.served.request("GET", f"{firm.origin}/status/{path}")[2]


def test_a_page_is_made_filled_and_posted_on(browser: Browser, firm: tuple[Company, Acme]) -> None:
    one, _ = firm
    with visiting(browser, one, one.ada) as (page, faults):
        page.goto(f"{one.origin}/status-pages")
        page.get_by_role("link", name="Add a status page").click()
        page.get_by_label("Name", exact=True).fill("Globex")
        page.get_by_label("Address").fill("globex")
        page.get_by_role("button", name="Make the page").click()
        expect(page.get_by_role("heading", name="Globex")).to_be_visible()
        assert "All Systems Operational" in public(one, "globex")
        page.get_by_role("link", name="Add a component").first.click()
        page.get_by_label("Name", exact=True).fill("Search")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name="New public incident").click()
        page.get_by_label("Title").fill("Search is slow")
        page.get_by_label("Message").fill("We are looking into it.")
        page.get_by_label("State of Search").select_option("degraded_performance")
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("heading", name="Search is slow")).to_be_visible()
        for words in ("Search is slow", "We are looking into it.", "Partially Degraded Service", "Next update by"):
            assert words in public(one, "globex")
        page.get_by_role("link", name="Post an update").click()
        page.get_by_label("Status").select_option("resolved")
        page.get_by_label("Message").fill("It is fast again.")
        page.get_by_label("State of Search").select_option("operational")
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_text("It is fast again.").first).to_be_visible()
        assert "All Systems Operational" in public(one, "globex")
        assert not faults


def test_a_component_is_set_with_one_form(browser: Browser, firm: tuple[Company, Acme]) -> None:
    one, made = firm
    with visiting(browser, one, one.ada, "phone") as (page, _):
        page.goto(f"{one.origin}/status-pages/{made.page_id}")
        row: Page = page
        row.get_by_label("State of Bank transfer").select_option("partial_outage")
        row.get_by_label("Note for Bank transfer").fill("One bank is away")
        page.locator("form", has=page.get_by_label("Note for Bank transfer")).get_by_role("button", name="Set").click()
        expect(page.get_by_text("The public now reads: Bank transfer, partial outage.")).to_be_visible()
        assert "One bank is away" in public(one, "acme")


def test_a_wrong_form_comes_back_with_what_was_typed(browser: Browser, firm: tuple[Company, Acme]) -> None:
    one, _ = firm
    with visiting(browser, one, one.ada) as (page, _):
        page.goto(f"{one.origin}/status-pages/new")
        page.get_by_label("Name", exact=True).fill("Acme again")
        page.get_by_label("Address").fill("acme")
        page.get_by_role("button", name="Make the page").click()
        expect(page.get_by_text("There is a status page “acme” already.").first).to_be_visible()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Acme again")
        page.get_by_label("Address").fill("own-host")
        page.get_by_label("Its own host name").fill("127.0.0.1")
        page.get_by_role("button", name="Make the page").click()
        expect(page.get_by_text("Firebell itself is served there.").first).to_be_visible()


def test_who_only_looks_on_is_offered_nothing_to_press(browser: Browser, firm: tuple[Company, Acme]) -> None:
    one, made = firm
    with visiting(browser, one, one.ben) as (page, _):
        page.goto(f"{one.origin}/status-pages/{made.page_id}")
        expect(page.get_by_text("Card payments fail").first).to_be_visible()
        for name in ("Set", "Remove", "Delete this page"):
            assert page.get_by_role("button", name=name, exact=True).count() == 0
        assert page.get_by_role("link", name="New public incident").count() == 0


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_every_page_fits(browser: Browser, firm: tuple[Company, Acme], size: str, theme: str) -> None:
    one, made = firm
    places = {
        "list": "/status-pages", "page": f"/status-pages/{made.page_id}", "form": f"/status-pages/{made.page_id}/edit",
        "component": f"/status-components/{made.components['Visa']}/edit",
        "post": f"/status-incidents/{made.incident_id}/update", "incident": f"/status-incidents/{made.incident_id}",
        "past": f"/status-pages/{made.page_id}/incidents/new?past=1",
    }  # fmt: skip
    with visiting(browser, one, one.ada, size, theme) as (page, faults):
        for name, path in places.items():
            answer = page.goto(one.origin + path)
            assert answer is not None
            assert answer.status == 200
            assert too_wide(page) <= 0, name
            assert grave(page) == [], name
            shoot(page, f"status-admin-{name}-{size}-{theme}")
        assert not faults
