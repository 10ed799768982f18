"""A public update in two browsers: the Comms Lead writes it, the commander releases it, the status page says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from firebell.domain.people import signin
from firebell.domain.statuspage import commands as pages
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Work
from tests.entrypoints.web.axe import grave
from tests.entrypoints.web.browsing import LOOKS, Faults, browsing, shoot, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.visitors import Village, village

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
IMPACT = "3 of 10 card payments fail in Europe"
WORDS = (
    f"We are aware of an issue affecting Cards. {IMPACT}. We are investigating. "
    "Please pay by bank transfer until then; there is nothing else for you to do."
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("town")) as made:
        made.served.house.runner.run(_page, SYSTEM)
        yield made


def _page(work: Work) -> None:
    page_id = pages.create_page(work, slug="acme", name="Acme", time_zone="Europe/Berlin")
    pages.add_component(work, page_id, name="Cards")


@contextmanager
def at_work(
    browser: Browser, town: Village, who: str, size: str = "desk", theme: str = "light", *, javascript: bool = True
) -> Iterator[tuple[Page, Faults]]:
    """``who`` is signed in already."""
    runner = town.served.house.runner
    entered = runner.run(lambda work: signin.enter(work, town.ids[who], "127.0.0.1", "test"), SYSTEM)
    with browsing(browser, size, theme, javascript=javascript) as (context, page, faults):
        context.add_cookies([{"name": "fb", "value": entered.session_token, "url": town.served.origin}])
        yield page, faults


def commanded(town: Village, title: str) -> str:
    """The path of a SEV1 that Bob commands and for which Cyd speaks."""
    bob = town.visitor("bob")
    path = bob.send("/incidents", title=title, severity="SEV1", impact=IMPACT).location
    bob.send(f"{path}/take_command")
    seen = bob.send(f"{path}/assign_role", role="comms", user_id=str(town.ids["cyd"]))
    assert "The role is given." in seen.text
    return path


def written(cyd: Page, address: str) -> None:
    """The Comms Lead fills in the composer and hands it in."""
    cyd.goto(f"{address}/updates/new?audience=public")
    filled = cyd.input_value("[name=body]")
    assert filled.startswith(f"We are aware of an issue affecting part of our service. {IMPACT}. We are investigating.")
    cyd.fill("[name=body]", WORDS)
    cyd.select_option("label:has-text('Cards') + select", "partial_outage")
    cyd.click("button:has-text('Check again')")
    expect(cyd.locator(".findings")).not_to_contain_text("Stands in the way")
    expect(cyd.locator(".preview")).to_contain_text("Please pay by bank transfer")
    assert cyd.input_value("label:has-text('Cards') + select") == "partial_outage", "what was chosen is still chosen"
    cyd.click("button:has-text('Send to customers')")
    expect(cyd.locator(".flash")).to_contain_text("It waits for the Incident Commander")


def public(browser: Browser, town: Village) -> str:
    """What anybody reads on the status page."""
    with browsing(browser, javascript=False) as (_, page, faults):
        page.goto(f"{town.served.origin}/status/acme")
        assert faults == []
        return page.inner_text("body")


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_written_released_by_the_commander_and_read_by_customers(
    browser: Browser, town: Village, javascript: bool
) -> None:
    title = f"Card payments fail {'live' if javascript else 'without a script'}"
    path = commanded(town, title)
    address = town.served.origin + path
    with (
        at_work(browser, town, "bob", "phone", javascript=javascript) as (bob, faults),
        at_work(browser, town, "cyd", javascript=javascript) as (cyd, more),
    ):
        bob.goto(address)
        written(cyd, address)
        assert cyd.locator("button:has-text('Release and send')").count() == 0, "nobody releases their own text"
        assert title not in public(browser, town), "nothing is public before it is released"
        if not javascript:
            bob.reload()
        waiting = bob.locator("#updates .update-pending")
        expect(waiting).to_contain_text("Please pay by bank transfer")
        shoot(bob, "update-waits-phone")
        waiting.locator("button:has-text('Release and send')").click()
        expect(bob.locator(".flash")).to_contain_text("Released and sent.")
        expect(bob.locator("#updates .update-pending")).to_have_count(0)
        assert too_wide(bob) <= 0
        assert too_wide(cyd) <= 0
        assert faults == more == []
    said = public(browser, town)
    assert title in said
    assert "Please pay by bank transfer" in said
    assert "Partial outage" in said
    assert "Bob" not in said
    assert "Cyd" not in said


def test_what_stands_in_the_way_is_said_and_nothing_typed_is_lost(browser: Browser, town: Village) -> None:
    path = commanded(town, "Vouchers fail")
    with at_work(browser, town, "cyd", "phone", javascript=False) as (cyd, faults):
        cyd.goto(f"{town.served.origin}{path}/updates/new?audience=public")
        cyd.fill("[name=body]", WORDS + " Ask bob@example.com.")
        cyd.click("button:has-text('Send to customers')")
        expect(cyd.locator(".finding-block")).to_contain_text("bob@example.com")
        assert "Ask bob@example.com." in cyd.input_value("[name=body]")
        assert too_wide(cyd) <= 0
        assert faults == []
    assert "Vouchers" not in public(browser, town)


def test_a_rejected_text_goes_back_with_the_reason(browser: Browser, town: Village) -> None:
    address = town.served.origin + commanded(town, "Refunds fail")
    with at_work(browser, town, "bob") as (bob, faults), at_work(browser, town, "cyd") as (cyd, more):
        written(cyd, address)
        bob.goto(address)
        bob.click("#updates summary:has-text('Reject')")
        bob.fill("#updates [name=reason]", "Say that refunds are safe.")
        bob.click("#updates .act-form button:has-text('Reject')")
        expect(bob.locator(".flash")).to_contain_text("Back to its author")
        cyd.reload()
        expect(cyd.locator("#updates")).to_contain_text("Say that refunds are safe.")
        assert faults == more == []
    assert "Refunds" not in public(browser, town)


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_the_composer_and_what_sets_it_up_fit_every_window_and_reader(
    browser: Browser, town: Village, size: str, theme: str
) -> None:
    path = commanded(town, "Search is slow")
    with at_work(browser, town, "ann", size, theme) as (ann, faults):
        for part in (
            f"{path}/updates/new?audience=public", f"{path}/timeline", f"{path}/timeline?entry=1",
            "/incidents/severity?reach=many&condition=severe", "/settings/incidents", "/settings/incidents/scale",
            "/settings/incidents/roles", "/settings/incidents/roles/comms", "/settings/templates",
            "/settings/templates/public/identified", "/report",
        ):  # fmt: skip
            ann.goto(town.served.origin + part)
            assert too_wide(ann) <= 0, part
            if (size == "phone") == (theme == "light"):
                assert grave(ann) == [], part
        assert faults == []


def test_a_template_is_previewed_while_it_is_typed(browser: Browser, town: Village) -> None:
    with at_work(browser, town, "ann") as (ann, faults):
        ann.goto(f"{town.served.origin}/settings/templates/public/identified")
        ann.locator("[name=body]").press_sequentially("Sorry: ", delay=5)
        ann.fill("[name=body]", "We know why {{ components }} are slow.")
        expect(ann.locator("#preview")).to_contain_text("We know why Checkout and Payments are slow.")
        ann.fill("[name=body]", "We know why {{ nonsense }}")
        expect(ann.locator("#preview")).to_contain_text("The template cannot be used")
        assert ann.input_value("[name=body]") == "We know why {{ nonsense }}"
        assert faults == []


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_an_entry_is_starred_and_corrected_on_a_phone(browser: Browser, town: Village, javascript: bool) -> None:
    path = commanded(town, "Receipts are late")
    with at_work(browser, town, "bob", "phone", javascript=javascript) as (bob, faults):
        bob.goto(f"{town.served.origin}{path}/timeline")
        bob.click("#e1 .tl-star")
        expect(bob.locator("#e1 .tl-star")).to_have_attribute("aria-pressed", "true")
        bob.click("#e1 [title='Correct it']")
        bob.fill("#tools [name=text]", "Receipts are lost")
        bob.fill("#tools [name=reason]", "support has looked")
        bob.click("#tools button:has-text('Correct it')")
        expect(bob.locator("#e1 s")).to_contain_text("Receipts are late")
        bob.click("text=Starred")
        expect(bob.locator("#record .timeline > li")).to_have_count(1)
        assert too_wide(bob) <= 0
        assert faults == []
