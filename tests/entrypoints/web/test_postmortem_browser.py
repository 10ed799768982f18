"""A postmortem in browsers: written with the linter at one's elbow, reviewed by somebody else, published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from firebell.domain.people import signin
from firebell.kernel.actor import SYSTEM
from tests.entrypoints.web.axe import grave
from tests.entrypoints.web.browsing import Faults, browsing, shoot, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.visitors import Village, Visitor, village

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
BLAME = "Bob Okafor should have caught this in review."
TIMELINE = """- 2026-03-02 09:12 UTC: impact started with push 812
- 2026-03-02 09:52 UTC: an alert paged the on-call engineer
- 2026-03-02 10:46 UTC: rolled back the region list
- 2026-03-02 10:50 UTC: resolved for everybody"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
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


def over(town: Village, title: str) -> str:
    """The path of the postmortem of a SEV1 that Bob commanded and that is over; Bob owns it."""
    bob = town.visitor("bob")
    path = bob.send("/incidents", title=title, severity="SEV1", impact="3 of 10 card payments fail").location
    bob.send(f"{path}/take_command")
    bob.send(f"{path}/mitigate_and_resolve", remedy="rollback", all_clear="All work again.", skip="checked by hand")
    pm = bob.see(f"/postmortems/{path.rpartition('/')[2]}").location
    assert "The owner is named." in bob.send(f"{pm}/set_owner", user_id=str(town.ids["bob"])).text
    return pm


def write(by: Visitor, pm: str, section: str, text: str) -> None:
    found = re.search(r'name="was" value="(\w+)"', by.see(f"{pm}/edit/{section}").html)
    assert found
    assert "Saved." in by.send(f"{pm}/edit/{section}", action="save", was=found[1], text=text).text


def written(bob: Page, pm: str, *, javascript: bool) -> None:
    """The summary, with a sentence that blames: the linter says so, and the name becomes a role."""
    bob.goto(f"{pm}/edit/summary")
    text = bob.locator("[name=text]")
    text.fill("")
    text.press_sequentially(f"Payments failed. {BLAME}", delay=2) if javascript else text.fill(f"It failed. {BLAME}")
    if not javascript:
        bob.click("button:has-text('Check and preview')")
    expect(bob.locator("#said .hit")).to_have_count(2)
    expect(bob.locator("#said .hit >> nth=1")).to_contain_text("should have caught")
    if javascript:
        expect(bob.locator(".paper-marks mark")).to_have_count(2)
    bob.click("button:has-text('Replace names by roles')")
    assert "Bob Okafor" not in text.input_value()
    assert "Incident Commander should have caught" in text.input_value()
    expect(bob.locator("#said .hit")).to_have_count(1)
    bob.locator("#said .hit >> button:has-text('Use this') >> nth=0").click()
    expect(bob.locator("#said .hit")).to_have_count(0)
    text.fill(f"{text.input_value()} It ended with the rollback.")
    bob.click("button:has-text('Save')")
    expect(bob.locator(".flash")).to_contain_text("Saved.")
    expect(bob.locator("#summary")).to_contain_text("It ended with the rollback.")
    assert BLAME not in bob.inner_text("#summary")


def understood(bob: Page, pm: str) -> None:
    """An answer, a factor, and a promise with what is vague about the first wording."""
    bob.goto(f"{pm}/whys")
    for condition, detection in (("The push tool takes an empty region list", False), ("No alert per region", True)):
        bob.click("#w1 > .why-box summary:has-text('How was that possible?')")
        form = bob.locator("#w1 > .why-box .act[open]")
        form.locator("[name=condition]").fill(condition)
        form.locator("[name=evidence_ref] >> nth=0").fill("https://git.example.com/812")
        form.locator("[type=checkbox][name=detection]").set_checked(detection)
        form.locator("button:has-text('Add the answer')").click()
        expect(bob.locator(".why-children .why-text", has_text=condition)).to_be_visible()
    bob.goto(f"{pm}/factors")
    for kind, text in (("config", "An empty list is taken as none"), ("monitoring_gap", "No alert per region")):
        bob.click("summary:has-text('Add a factor')") if not bob.is_visible("#add-text") else None
        bob.fill("#add-kind", kind)
        bob.fill("#add-text", text)
        bob.click("button:has-text('Add it')")
        expect(bob.locator(".work-title", has_text=text)).to_be_visible()


def understood_plainly(bob: Visitor, path: str) -> None:
    """The same by plain forms."""
    for condition, detection in (("The push tool takes an empty region list", ""), ("No alert per region", "true")):
        said = bob.send(f"{path}/add_why", _page="whys", parent="w1", condition=condition, detection=detection)
        assert "Added to the tree." in said.text
    for kind in ("config", "monitoring_gap"):
        assert "Added." in bob.send(f"{path}/add_factor", _page="factors", kind=kind, text="It was possible").text


def promised(bob: Page, town: Village, pm: str, *, javascript: bool) -> None:
    bob.goto(f"{pm}/actions")
    if javascript:
        bob.locator("#new-text").press_sequentially("Improve monitoring", delay=2)
        expect(bob.locator("#action-said")).to_contain_text("“Improve” has no end.")
    bob.fill("#new-text", "Reject a push with an empty region list in CI")
    bob.select_option("#new-type", "prevent")
    bob.select_option("#new-owner_id", str(town.ids["bob"]))
    if javascript:
        expect(bob.locator("#action-said")).to_contain_text("guard")
    bob.click("button:has-text('Propose it')")
    expect(bob.locator(".pm-action")).to_contain_text("Proposed")
    bob.click(".pm-action button:has-text('Commit')")
    expect(bob.locator(".pm-action")).to_contain_text("Committed")


@pytest.mark.parametrize(("size", "javascript"), [("desk", True), ("phone", False)], ids=["script", "phone, no script"])
def test_written_reviewed_by_another_and_published(
    browser: Browser, town: Village, size: str, javascript: bool
) -> None:
    path = over(town, f"Card payments fail {size}")
    pm = town.served.origin + path
    for section, text in (("timeline", TIMELINE), ("impact", "98 min, 4 120 orders."), ("lessons", "Luck.")):
        write(town.visitor("bob"), path, section, text)
    with (
        at_work(browser, town, "bob", size, javascript=javascript) as (bob, faults),
        at_work(browser, town, "cyd", javascript=javascript) as (cyd, more),
    ):
        written(bob, pm, javascript=javascript)
        if javascript:
            understood(bob, pm)
        else:
            understood_plainly(town.visitor("bob"), path)
        promised(bob, town, pm, javascript=javascript)
        bob.goto(pm)
        shoot(bob, f"postmortem-{size}")
        assert too_wide(bob) <= 0
        bob.click("button:has-text('Submit for review')")
        expect(bob.locator(".flash")).to_contain_text("It is in review")
        expect(bob.locator(".why-not")).to_contain_text("Its owner cannot approve")
        cyd.goto(pm)
        cyd.click("#impact summary:has-text('Comment')")
        cyd.fill("#talk-impact-text", "Does it count the phone line?")
        cyd.click("#impact button:has-text('Say it')")
        expect(cyd.locator("#impact .comment")).to_contain_text("phone line")
        cyd.click(".pm-moves button:has-text('Approve')")
        expect(cyd.locator(".flash")).to_contain_text("Approved.")
        bob.goto(pm)
        bob.click("summary:has-text('Publish…')")
        bob.click("button:has-text('Publish it')")
        expect(bob.locator(".flash")).to_contain_text("Published.")
        cyd.goto(pm)
        cyd.click("#reach button:has-text('Yes')")
        expect(cyd.locator("#reach")).to_contain_text("1 of 1 found it useful")
        cyd.goto(f"{pm}/edit/summary")
        assert faults == more == []


def test_two_who_write_the_same_section_lose_nothing(browser: Browser, town: Village) -> None:
    path = over(town, "Refunds fail")
    with at_work(browser, town, "bob") as (bob, faults):
        bob.goto(f"{town.served.origin}{path}/edit/impact")
        write(town.visitor("cyd"), path, "impact", "12 min, 40 refunds.")
        bob.fill("[name=text]", "98 min, 61 refunds.")
        bob.click("button:has-text('Save') >> nth=0")
        expect(bob.locator(".callout-attention")).to_contain_text("40 refunds")
        assert bob.input_value("[name=text]") == "98 min, 61 refunds."
        bob.fill("[name=text]", "98 min, 61 refunds; 40 of them twice.")
        bob.click("button:has-text('Save mine over theirs')")
        expect(bob.locator("#impact")).to_contain_text("40 of them twice")
        assert faults == []


READ = ("", "/edit/timeline", "/whys", "/actions", "/meeting")
REST = ("/factors", "/lint", "/history", "/refresh", "/names")
ELSEWHERE = ("/postmortems", "/actions", "/settings/postmortems", "/settings/postmortems/templates/new")


@pytest.mark.parametrize(("size", "theme"), [("phone", "light"), ("desk", "dark")])
def test_every_page_fits_every_window_and_reader(browser: Browser, town: Village, size: str, theme: str) -> None:
    """Each page at its narrowest or widest, in one of the two themes, as readers without sight or mouse find it."""
    path = over(town, f"Search is slow {size}")
    parts = [f"{path}{part}" for part in READ] if size == "phone" else [*(f"{path}{part}" for part in REST), *ELSEWHERE]
    with at_work(browser, town, "ann", size, theme) as (ann, faults):
        for part in parts:
            ann.goto(town.served.origin + part)
            assert too_wide(ann) <= 0, part
            assert grave(ann) == [], part
        assert faults == []
