"""The islands in a real browser: what a reader sees when the page is alive, and that they press only real forms."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.entrypoints.web.gallery_server import STATIC, Gallery
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS

BUILT = Path(os.environ.get("FIREBELL_STATIC", STATIC))
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not any(BUILT.glob("main*.js")), reason="the front end is not built: make assets"),
]
PATIENCE_S = 10


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    made = Gallery(BUILT)
    yield made
    made.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    yield made
    made.close()


def opened(context: BrowserContext, gallery: Gallery, path: str = "/gallery") -> Page:
    page = context.new_page()
    page.goto(gallery.origin + path)
    if path == "/gallery":
        expect(page.locator("#live-badge")).to_have_attribute("data-state", "live")
    return page


def retitle(gallery: Gallery, title: str) -> None:
    first, *rest = gallery.sample.alerts
    gallery.sample.alerts = [type(first)(**(vars(first) | {"title": title})), *rest]


def test_a_told_topic_renews_its_element_and_leaves_the_focus_where_it_was(
    context: BrowserContext, gallery: Gallery
) -> None:
    page = opened(context, gallery)
    page.keyboard.press("j")
    expect(page.locator("#row-alr_1")).to_be_focused()
    retitle(gallery, "Checkout is back")
    gallery.tell("alerts")
    expect(page.locator("#row-alr_1 .alert-title")).to_have_text("Checkout is back")
    expect(page.locator("#row-alr_1")).to_be_focused()


def test_another_topic_asks_for_nothing(context: BrowserContext, gallery: Gallery) -> None:
    page = opened(context, gallery)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    gallery.tell("schedules")
    retitle(gallery, "Later")
    gallery.tell("alerts")
    expect(page.locator("#row-alr_1 .alert-title")).to_have_text("Later")
    assert len(asked) == 1


def test_two_tabs_share_one_stream_and_both_hear_it(context: BrowserContext, gallery: Gallery) -> None:
    first = opened(context, gallery)
    second = opened(context, gallery)
    assert len(gallery.streams) == 1
    retitle(gallery, "Heard twice")
    gallery.tell("alerts")
    for page in (first, second):
        expect(page.locator("#row-alr_1 .alert-title")).to_have_text("Heard twice")


def test_when_the_listening_tab_closes_the_next_takes_over(context: BrowserContext, gallery: Gallery) -> None:
    first = opened(context, gallery)
    second = opened(context, gallery)
    with second.expect_request("**/live/events", timeout=PATIENCE_S * 1000):
        first.close()
    expect(second.locator("#live-badge")).to_have_attribute("data-state", "live")


def test_a_cut_stream_is_said_and_what_was_missed_is_fetched_on_return(
    context: BrowserContext, gallery: Gallery
) -> None:
    page = opened(context, gallery)
    retitle(gallery, "Missed while away")
    gallery.cut()
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "reconnecting")
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "live", timeout=PATIENCE_S * 1000)
    expect(page.locator("#row-alr_1 .alert-title")).to_have_text("Missed while away")


def test_a_acknowledges_the_focused_row_by_its_own_form(context: BrowserContext, gallery: Gallery) -> None:
    page = opened(context, gallery)
    for key in "jjja":  # the third row: the second has nothing to acknowledge
        page.keyboard.press(key)
    path, fields = gallery.posts.get(timeout=PATIENCE_S)
    assert path == "/alerts/alr_3/acknowledge"
    assert fields == {"csrf_token": "sample-token"}


def test_a_focused_row_without_that_act_does_not_fall_back_to_another_alert(
    context: BrowserContext, gallery: Gallery
) -> None:
    page = opened(context, gallery)
    for key in "jja":
        page.keyboard.press(key)
    page.keyboard.press("j")
    expect(page.locator("#row-alr_3")).to_be_focused()
    assert gallery.posts.empty()


def test_without_a_focused_row_the_key_means_the_alert_of_the_page(context: BrowserContext, gallery: Gallery) -> None:
    opened(context, gallery).keyboard.press("e")
    assert gallery.posts.get(timeout=PATIENCE_S)[0] == "/a/1/escalate"


def test_keys_rest_while_the_reader_types(context: BrowserContext, gallery: Gallery) -> None:
    page = opened(context, gallery)
    page.locator("#f-to").fill("")
    page.locator("#f-to").press_sequentially("aegn?")
    expect(page.locator("#f-to")).to_have_value("aegn?")
    assert page.url.endswith("/gallery")
    assert gallery.posts.empty()


def test_g_o_goes_on_call(context: BrowserContext, gallery: Gallery) -> None:
    page = opened(context, gallery)
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/on-call")


def test_the_palette_finds_menus_acts_and_what_the_server_knows(context: BrowserContext, gallery: Gallery) -> None:
    page = opened(context, gallery)
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    expect(palette.locator(".palette-item").first).to_contain_text("Acknowledge")
    page.locator(".palette-input").fill("or")
    expect(palette.get_by_text("orders-db")).to_be_visible()
    page.locator(".palette-input").fill("polic")
    page.keyboard.press("Enter")
    page.wait_for_url("**/policies")


def test_what_cannot_be_undone_is_asked_first(context: BrowserContext, gallery: Gallery) -> None:
    page = opened(context, gallery)
    page.get_by_role("button", name="Delete service").click()
    asked = page.get_by_role("dialog", name="Delete checkout-api and its 212 alerts?")
    asked.get_by_role("button", name="Keep as it is").click()
    expect(asked).to_have_count(0)
    assert gallery.posts.empty()
    page.get_by_role("button", name="Delete service").click()
    asked.get_by_role("button", name="Delete service").click()
    assert gallery.posts.get(timeout=PATIENCE_S)[0] == "/x/delete"


def test_the_theme_changes_at_once_and_is_told_to_the_server(context: BrowserContext, gallery: Gallery) -> None:
    page = opened(context, gallery)
    page.click("[popovertarget=user-menu]")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    path, fields = gallery.posts.get(timeout=PATIENCE_S)
    assert path == "/theme"
    assert fields["theme"] == "dark"


def test_the_undo_counts_down_and_goes(context: BrowserContext, gallery: Gallery) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(gallery.origin + "/gallery")
    undo = page.locator("form[data-undo]")
    page.clock.run_for(10_000)
    expect(undo).to_contain_text("(48 s)")
    page.clock.run_for(60_000)
    expect(undo).to_have_count(0)


def test_times_are_kept_true_by_the_servers_clock(context: BrowserContext, gallery: Gallery) -> None:
    page = context.new_page()
    page.clock.install(time="2031-01-01T00:00:00Z")
    page.goto(gallery.origin + "/ack")
    since = page.locator(".ack-card time")
    expect(since).to_have_text("2 min ago")
    page.clock.run_for(5 * 60_000)
    expect(since).to_have_text("7 min ago")


def test_without_scripts_the_forms_still_act(browser: Browser, gallery: Gallery) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(gallery.origin + "/ack")
    page.get_by_role("button", name="Acknowledge").click()
    assert gallery.posts.get(timeout=PATIENCE_S)[0] == "/a/1/acknowledge"
    context.close()


def test_the_content_policy_is_never_broken(context: BrowserContext, gallery: Gallery) -> None:
    faults: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(gallery.origin + "/gallery")
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "live")
    retitle(gallery, "Once more")
    gallery.tell("alerts")
    expect(page.locator("#row-alr_1 .alert-title")).to_have_text("Once more")
    page.keyboard.press("Control+k")
    assert faults == []


def test_a_second_tap_is_not_a_second_escalation(context: BrowserContext, gallery: Gallery) -> None:
    page = opened(context, gallery)
    stopped = page.evaluate(
        """() => {
            const seen = [];
            addEventListener("submit", (event) => { seen.push(event.defaultPrevented); event.preventDefault(); });
            const form = document.querySelector("#row-alr_1 form[data-key=e]");
            form.requestSubmit();
            form.requestSubmit();
            return seen;
        }"""
    )
    assert stopped == [False, True]


def test_a_frozen_tab_cannot_keep_the_others_deaf(context: BrowserContext, gallery: Gallery) -> None:
    frozen = opened(context, gallery, "/ack")  # holds the lock, opens no stream and answers nobody
    frozen.evaluate("void navigator.locks.request('firebell-live', () => new Promise(() => {}))")
    page = context.new_page()
    page.clock.install()
    page.goto(gallery.origin + "/gallery")
    page.clock.run_for(11_000)
    page.clock.run_for(4_000)
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "live")


def test_without_locks_a_tab_listens_for_itself(context: BrowserContext, gallery: Gallery) -> None:
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })")
    page = opened(context, gallery)
    retitle(gallery, "Over plain HTTP")
    gallery.tell("alerts")
    expect(page.locator("#row-alr_1 .alert-title")).to_have_text("Over plain HTTP")


def test_a_reader_in_the_middle_of_a_sentence_is_not_interrupted(context: BrowserContext, gallery: Gallery) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(gallery.origin + "/gallery")
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "live")
    other = opened(context, gallery)
    page.evaluate(
        """() => {
            const field = document.createElement("textarea");
            field.id = "note";
            document.querySelector("#alerts").append(field);
            field.focus();
        }"""
    )
    page.locator("#note").press_sequentially("half a sent")
    retitle(gallery, "After the sentence")
    gallery.tell("alerts")
    expect(other.locator("#row-alr_1 .alert-title")).to_have_text("After the sentence")
    page.clock.run_for(1_000)
    expect(page.locator("#note")).to_have_value("half a sent")
    expect(page.locator("#row-alr_1 .alert-title")).not_to_have_text("After the sentence")
    page.locator("#note").blur()
    page.clock.run_for(1_000)
    expect(page.locator("#row-alr_1 .alert-title")).to_have_text("After the sentence")


def test_a_filter_replaces_only_the_list_and_keeps_the_view_in_the_url(
    context: BrowserContext, gallery: Gallery
) -> None:
    page = opened(context, gallery)
    retitle(gallery, "Only what matches")
    page.locator("input.search").fill("")
    page.locator("input.search").press_sequentially("api")
    expect(page.locator("#row-alr_1 .alert-title")).to_have_text("Only what matches")
    expect(page).to_have_url(gallery.origin + "/alerts?q=api&state=open")
    expect(page.locator("input.search")).to_be_focused()
    expect(page.locator("input.search")).to_have_value("api")
