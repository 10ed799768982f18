"""Command in two browsers: declared, taken, handed over, watched live; on a phone, by key, without a script, by axe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from firebell.domain.incidents import verbs
from firebell.domain.people import signin
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Work
from firebell.workflows import incident_moves
from tests.entrypoints.web.axe import grave
from tests.entrypoints.web.browsing import LOOKS, Faults, browsing, shoot, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.visitors import Village, village

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
LIVE_S = 1.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("town")) as made:
        yield made


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


def _live(page: Page) -> None:
    expect(page.locator("#live-badge")).to_have_attribute("data-state", "live")


def declared(town: Village, who: str, title: str, **more: str) -> str:
    """The address of a fresh incident."""
    return town.served.origin + town.visitor(who).send("/incidents", title=title, **more).location


def unfold(page: Page, words: str, within: str = "main") -> None:
    page.locator(f"{within} details.act > summary", has_text=words).first.click()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_declared_taken_and_handed_over_while_the_other_watches(browser: Browser, town: Village, size: str) -> None:
    with at_work(browser, town, "bob", size) as (bob, faults), at_work(browser, town, "cyd", size) as (cyd, more):
        bob.goto(f"{town.served.origin}/incidents")
        bob.click("text=Declare an incident")
        bob.fill("[name=title]", "Checkout fails for card payments")
        bob.check("[name=severity][value=SEV1]")
        bob.click("main button:has-text('Declare it')")
        expect(bob.locator(".flash")).to_contain_text("is declared")
        expect(bob.locator(".pin .commandless")).to_contain_text("Nobody")
        cyd.goto(bob.url)
        _live(cyd)
        bob.click(".todo button:has-text('Take command')")
        expect(bob.locator(".duties").first).to_contain_text("You are Incident Commander: your duties")
        expect(cyd.locator(".pin-commander")).to_contain_text("Bob Okafor")
        _live(bob)
        unfold(bob, "Hand over command")
        bob.select_option("[name=to]", label="Cyd Marchetti")
        bob.fill("[name=note]", "I have been up since four.")
        bob.click("button:has-text('Offer command')")
        expect(cyd.locator(".todo")).to_contain_text("Bob Okafor offers you command")
        cyd.click("text=Read the brief")
        expect(cyd.locator(".brief")).to_contain_text("I have been up since four.")
        expect(bob.locator(".pin-commander")).to_contain_text("You")
        shoot(cyd, f"incident-brief-{size}")
        cyd.check("[name=brief_read]")
        cyd.click("#offer button:has-text('Take command')")
        expect(cyd.locator(".pin-commander")).to_contain_text("You")
        expect(bob.locator(".pin-commander")).to_contain_text("Cyd Marchetti")
        assert too_wide(bob) <= 0
        assert too_wide(cyd) <= 0
        assert faults == more == []


def test_a_second_browser_changes_within_a_second(browser: Browser, town: Village) -> None:
    address = declared(town, "bob", "Checkout fails", severity="SEV2")
    path = address.removeprefix(town.served.origin)
    bob = town.visitor("bob")
    bob.send(f"{path}/take_command")
    with at_work(browser, town, "cyd") as (cyd, faults):
        cyd.goto(address)
        _live(cyd)
        took = []
        for n in range(3):
            bob.client.post(f"{path}/suggest_hypothesis", data={"csrf_token": bob.token, "text": f"guess {n}"})
            begun = time.perf_counter()
            expect(cyd.locator("#understanding")).to_contain_text(f"guess {n}")
            took.append(time.perf_counter() - begun)
        assert min(took) < LIVE_S, took
        assert faults == []


def test_whoever_is_writing_is_not_interrupted_and_sees_the_rest_change(browser: Browser, town: Village) -> None:
    address = declared(town, "bob", "Checkout fails", severity="SEV3")
    path = address.removeprefix(town.served.origin)
    bob = town.visitor("bob")
    bob.send(f"{path}/take_command")
    with at_work(browser, town, "cyd") as (cyd, faults):
        cyd.goto(address)
        _live(cyd)
        unfold(cyd, "Suggest a cause")
        cyd.locator("[name=text][id^=hyp]").press_sequentially("it may be the ")
        bob.send(f"{path}/set_severity", to="SEV1")
        expect(cyd.locator(".pin")).to_contain_text("SEV1")
        cyd.locator("[name=text][id^=hyp]").press_sequentially("cache")
        cyd.keyboard.press("Enter")
        expect(cyd.locator("#understanding")).to_contain_text("it may be the cache")
        assert faults == []


def test_a_form_half_filled_and_left_for_a_moment_keeps_what_it_has(browser: Browser, town: Village) -> None:
    address = declared(town, "bob", "Checkout fails", severity="SEV3")
    path = address.removeprefix(town.served.origin)
    bob = town.visitor("bob")
    bob.send(f"{path}/take_command")
    with at_work(browser, town, "cyd") as (cyd, faults):
        cyd.goto(address)
        _live(cyd)
        unfold(cyd, "Give a task")
        cyd.fill("#task-text", "half written")
        cyd.select_option("#task-assignee_id", label="Bob Okafor")
        cyd.locator("h1").click()
        bob.send(f"{path}/suggest_hypothesis", text="a guess")
        expect(cyd.locator("#understanding")).to_contain_text("a guess")
        expect(cyd.locator("#task-text")).to_have_value("half written")
        expect(cyd.locator("#task-assignee_id")).to_have_value(town.ids["bob"])
        expect(cyd.locator("#task-text")).to_be_visible()
        assert faults == []


def test_an_objection_is_heard_while_the_window_counts_down(browser: Browser, town: Village) -> None:
    address = declared(town, "bob", "Checkout fails", severity="SEV2")
    town.visitor("bob").send(f"{address.removeprefix(town.served.origin)}/take_command")
    with at_work(browser, town, "bob") as (bob, faults), at_work(browser, town, "cyd", "phone") as (cyd, more):
        for page in (bob, cyd):
            page.goto(address)
            _live(page)
        unfold(bob, "Propose a decision")
        bob.fill("[name=proposal]", "fail over to Frankfurt")
        bob.click("button:has-text('Ask for objections')")
        expect(cyd.locator(".todo")).to_contain_text("Any strong objections? fail over to Frankfurt")
        clock = cyd.locator(".decision .count").first
        first = clock.text_content()
        expect(clock).not_to_have_text(first or "")
        unfold(cyd, "I object", ".decision")
        cyd.locator(".decision [name=text]").fill("the replica lags")
        cyd.click(".decision button:has-text('Object')")
        expect(bob.locator(".decision")).to_contain_text("Cyd Marchetti objects: the replica lags")
        decide = bob.locator("button:has-text('Decide: do it all the same')")
        expect(decide).to_be_visible(timeout=60_000)  # it comes by itself once the window is over
        decide.click()
        expect(cyd.locator("#decisions")).to_contain_text("adopted over objection by Bob Okafor")
        assert faults == more == []


def test_everything_works_without_a_script(browser: Browser, town: Village) -> None:
    with at_work(browser, town, "bob", "phone", javascript=False) as (page, _):
        page.goto(f"{town.served.origin}/incidents/new")
        page.fill("[name=title]", "Search is slow")
        page.click("main button:has-text('Declare it')")
        page.click(".todo button:has-text('Take command')")
        expect(page.locator(".flash").first).to_contain_text("You are in command.")
        unfold(page, "Give a task")
        page.fill("#task-text", "Look at the cache")
        page.select_option("#task-assignee_id", label="Cyd Marchetti")
        page.click("#tasks button:has-text('Give it')")
        expect(page.locator("#tasks .work-row")).to_contain_text("Look at the cache")
        expect(page.locator("#tasks .work-clock")).to_contain_text(":")
        page.check("[name=to][value=SEV1]")
        page.click("button:has-text('Set the severity')")
        expect(page.locator(".pin")).to_contain_text("SEV1")


def test_keys_lead_to_the_list_and_declare(browser: Browser, town: Village) -> None:
    declared(town, "bob", "Checkout fails")
    with at_work(browser, town, "bob") as (page, faults):
        page.goto(town.served.origin)
        _live(page)
        page.keyboard.press("g")
        page.keyboard.press("i")
        expect(page.locator("h1")).to_have_text("Incidents")
        _live(page)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Checkout fails")
        _live(page)
        page.keyboard.press("Control+k")
        page.keyboard.type("take command")
        page.keyboard.press("Enter")
        expect(page.locator(".pin-commander")).to_contain_text("You")
        page.goto(f"{town.served.origin}/incidents")
        _live(page)
        page.keyboard.press("c")
        expect(page.locator("h1")).to_have_text("Declare an incident")
        assert faults == []


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_every_page_fits_and_can_be_read_by_everybody(browser: Browser, town: Village, size: str, theme: str) -> None:
    bob = town.visitor("bob")
    address = declared(town, "bob", "Checkout fails for card payments in the whole of eu-west-1", severity="SEV1")
    path = address.removeprefix(town.served.origin)
    quiet = declared(town, "bob", "Search is slow")
    declared(town, "bob", "Stolen laptop", private="true", kind="drill", severity="SEV4")

    def say(*asked: verbs.Verb) -> None:
        def job(work: Work) -> None:
            for verb in asked:
                incident_moves.act(work, path.rpartition("/")[2], verb)

        town.served.house.runner.run(job, town.actor("bob"))

    say(
        verbs.TakeCommand(),
        verbs.Edit(impact="One in three customers cannot pay.", command_post="https://meet.example/" + "x" * 60),
        verbs.AddSizeUp(wrong="Card payments answer 502", scope="a third of requests"),
        verbs.AssignTask(text="Roll payments back to 41.2", assignee_id=town.ids["cyd"], minutes=10),
        verbs.ProposeDecision(proposal="fail over to Frankfurt", risk="two minutes of errors"),
        verbs.SuggestHypothesis(text="the-new-card-library-" * 6, evidence="it began with the release"),
        verbs.AddCriterion(text="error ratio under 0.1 % for 30 min"),
        verbs.RequestInfo(question="Do we tell the press?"),
        verbs.AssignRole(role="comms", user_id=town.ids["cyd"]),
        verbs.AddNote(text="A long word: " + "w" * 120),
    )
    bob.send(f"{path}/offer_command", to=town.ids["ann"], note="Going to bed")
    with at_work(browser, town, "ann", size, theme) as (page, faults):
        places = [("/incidents?state=all", "incidents"), ("/incidents/new", "incident-new"), (path, "incident")]
        places += [(quiet.removeprefix(town.served.origin), "incident-triage"), ("/", "now-incidents"), ("/me", "me")]
        for place, name in places:
            page.goto(town.served.origin + place)
            _live(page)
            assert too_wide(page) <= 0, place
            shoot(page, f"{name}-{size}-{theme}")
            page.eval_on_selector_all("details", "all => all.forEach(one => (one.open = true))")
            assert too_wide(page) <= 0, f"{place}, everything unfolded"
            assert grave(page) == [], place
        assert faults == []
