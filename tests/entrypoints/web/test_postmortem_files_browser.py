"""The review deck and the document in a browser, and the page of the text for customers: seen, pressed, measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect, sync_playwright

from firebell.domain.incidents import verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Remedy, Severity
from firebell.domain.people import signin
from firebell.domain.postmortems import verbs as asked
from firebell.domain.postmortems.model import Document, Section
from firebell.domain.statuspage import commands as status
from firebell.entrypoints.documents.exports import Format, made
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Work
from firebell.workflows import incident_declared, incident_moves, postmortem_moves, postmortem_opens
from tests.entrypoints.documents.sample import outgoing
from tests.entrypoints.documents.test_documents import full
from tests.entrypoints.web.axe import grave
from tests.entrypoints.web.browsing import LOOKS, browsing, shoot, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.visitors import Village, village

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
OVER = "[...document.querySelectorAll('.lines')].filter(one => one.scrollHeight > one.clientHeight + 1).length"
SMALLEST = (
    "Math.min(...[...document.querySelectorAll('.slide *')].filter(one => one.textContent.trim())"
    ".map(one => parseFloat(getComputedStyle(one).fontSize)))"
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
        yield made


def reviewed(town: Village) -> str:
    """A postmortem of bob's incident, approved by cyd; its id."""
    runner, bob = town.served.house.runner, town.actor("bob")

    def respond(work: Work) -> str:
        new = Declaration(title="Card payments fail", severity=Severity.SEV2, impact="Half of all payments failed.")
        one = incident_declared.declare(work, new)
        for verb in (
            verbs.TakeCommand(), verbs.Mitigate(remedy=Remedy.ROLLBACK),
            verbs.Resolve(all_clear="All is well; no data was lost.", skip="Seen on the graph at once."),
        ):  # fmt: skip
            incident_moves.act(work, one.id, verb)
        pm = postmortem_opens.open_one(work, one.id, town.ids["bob"]).id
        postmortem_moves.act(work, pm, asked.SaveSection(section=Section.IMPACT, text="1200 orders in 98 min."))
        postmortem_moves.act(work, pm, asked.NoActions(because="The vendor has changed it already."))
        postmortem_moves.act(work, pm, asked.Submit(waiver="Short, and agreed on in the meeting."))
        return pm

    pm: str = runner.run(respond, bob)
    runner.run(lambda work: postmortem_moves.act(work, pm, asked.Approve()), town.actor("cyd"))
    runner.run(lambda work: status.create_page(work, slug="acme", name="Acme"), SYSTEM)
    return pm


def test_the_deck_is_led_by_keys_and_everything_fits_on_every_slide(browser: Browser, town: Village) -> None:
    pm = reviewed(town)
    with browsing(browser) as (context, page, faults):
        entered = _enter(town, "eve")
        context.add_cookies([{"name": "fb", "value": entered, "url": town.served.origin}])
        page.set_viewport_size({"width": 960, "height": 540})
        page.goto(f"{town.served.origin}/postmortems/{pm}/export?format=slides&show=true")
        expect(page.locator(".slide")).to_have_count(6)
        for key, slide in (("ArrowRight", 2), ("PageDown", 3), ("Space", 4), ("End", 6), ("ArrowLeft", 5), ("Home", 1)):
            page.keyboard.press(key)
            expect(page.locator(f"#s{slide}")).to_be_focused()
            expect(page.locator(f"#s{slide} .board")).to_be_in_viewport(ratio=0.9)
        _holds(page)
        shoot(page, "review-deck", whole=False)
        for document in (None, full()):
            page.set_content(made(_out(document), Format.SLIDES).body.decode())
            _holds(page)
        assert faults == []


def _holds(page: Page) -> None:
    assert page.evaluate(OVER) == 0
    assert page.evaluate(SMALLEST) >= 17.9
    assert grave(page) == []


def _out(document: Document | None) -> Any:
    return replace(outgoing(document) if document else outgoing(), reference="INC-12")


def _enter(town: Village, who: str) -> str:
    runner = town.served.house.runner
    return str(runner.run(lambda work: signin.enter(work, town.ids[who], "127.0.0.1", "test"), SYSTEM).session_token)


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_the_document_is_readable_at_any_width_and_by_everybody(browser: Browser, size: str, theme: str) -> None:
    with browsing(browser, size, theme) as (_, page, faults):
        page.set_content(made(outgoing(drill=True), Format.HTML).body.decode())
        assert too_wide(page) <= 0
        assert grave(page) == []
        assert faults == []
        shoot(page, f"postmortem-document-{size}-{theme}")


def test_customers_are_told_in_a_text_of_its_own(browser: Browser, town: Village) -> None:
    pm = town.served.house.runner.read(_newest, SYSTEM)
    with browsing(browser) as (context, page, faults):
        context.add_cookies([{"name": "fb", "value": _enter(town, "cyd"), "url": town.served.origin}])
        page.goto(f"{town.served.origin}/postmortems/{pm}")
        page.click("text=Public text")
        page.fill("[name=what_happened]", "Card payments failed after a change; Bob Okafor took it back.")
        page.fill("[name=impact]", "About half of all payments failed for 98 minutes. No action is needed.")
        page.fill("[name=changing]", "Such a change is tried on a copy first.")
        page.click("main button:has-text('Hand it in')")
        expect(page.locator(".field-error")).to_contain_text("Bob")
        page.fill("[name=what_happened]", "Card payments failed after a change of ours.")
        page.click("main button:has-text('Hand it in')")
        expect(page.locator("#standing-title")).to_contain_text("Waits for the Incident Commander")
        for size in ((360, 640), (1280, 900)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert too_wide(page) <= 0
        assert grave(page) == []
        shoot(page, "postmortem-public")
        assert faults == []
    bob = town.visitor("bob")
    seen = bob.see(f"/postmortems/{pm}/public")
    digest = seen.html.split('name="sha256" value="')[1][:64]
    out = bob.send(f"/postmortems/{pm}/public/approve", sha256=digest)
    assert "Stands on the status page" in out.text
    status_page = town.served.request("GET", f"{town.served.origin}/status/acme")[2]
    assert "Such a change is tried on a copy first." in status_page


def _newest(read: Any) -> str:
    from firebell.workflows import postmortems_seen

    return str(postmortems_seen.postmortem_list(read)[0].id)
