"""What people read: every state in words, nothing that runs, and it fits a phone in either light."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from firebell.domain.statuspage import commands, maintenance
from firebell.kernel.clock import plus
from tests.entrypoints.public.acme import Acme, acme
from tests.entrypoints.public.conftest import Public
from tests.entrypoints.web.axe import grave
from tests.entrypoints.web.browsing import LOOKS, browsing, shoot, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.house import Served, served


def test_the_front_page_says_what_is_open_and_when_more_is_said(public: Public) -> None:
    text = public.get().text
    for words in ("Partial System Outage", "Card payments fail", "Identified", "Next update by", "10:30 CET",
                  "Visa: Partial outage", "Slow checkout", "Entered afterwards"):  # fmt: skip
        assert words in text, words


def test_nothing_on_any_page_runs_or_comes_from_elsewhere(public: Public) -> None:
    code = public.json("incidents")["incidents"][0]["id"]
    for name in ("", "history", f"incidents/{code}"):
        answer = public.get(name)
        assert "<script" not in answer.text
        assert not re.findall(r'\s(?:on\w+|style)="', answer.text)
        assert not re.findall(r'(?:src|<link rel="stylesheet")', answer.text)
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_what_is_written_by_people_stays_text(public: Public) -> None:
    wild = "<img src=x onerror=alert(1)>\"'&"
    made = public.run(
        lambda work: commands.publish(
            work, public.acme.page_id, name=wild, status="investigating", body=f"{wild} [x](javascript:alert(1))",
        )
    )  # fmt: skip
    website = public.acme.components["Website"]
    public.run(lambda work: commands.edit_component(work, website, name=wild, description=wild))
    public.run(lambda work: commands.set_component(work, website, "degraded_performance", wild))
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, name=wild, description=wild))
    for name in ("", "history", f"incidents/{made.code}"):
        text = public.get(name).text
        assert "<img" not in text
        assert "javascript:" not in re.sub(r">[^<]*<", "><", text)
    assert "<img" not in public.get("badge.svg").text


def test_what_is_only_shown_when_degraded_comes_and_goes(public: Public) -> None:
    assert "Fax" not in public.get().text
    public.run(lambda work: commands.set_component(work, public.acme.components["Fax"], "degraded_performance", "Slow"))
    assert "Fax" in public.get().text


def test_the_kept_promises_are_said_only_where_the_page_wants_it(public: Public) -> None:
    assert "came on time" not in public.get().text
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, ledger_public=True))
    assert "0 of 0" not in public.get().text
    public.story.clock.advance(1801)
    assert "1 of 2 announced updates" in public.get().text


def test_a_month_shows_its_days_and_leads_to_its_neighbours(public: Public) -> None:
    december = public.get("history/2025-12").text
    assert "December 2025" in december
    assert "Slow checkout" in december
    assert 'href="/status/acme/history/2026-01"' in december
    assert 'href="/status/acme/history/2025-11"' in december
    assert re.search(r'<li class="slow" title="Degraded performance">30<', december)
    november = public.get("history/2025-11").text
    assert "Website unreachable" in november
    assert 'rel="next"' not in public.get("history").text


def test_an_old_incident_keeps_its_page(public: Public) -> None:
    code = public.json("incidents")["incidents"][-1]["id"]
    for n in range(55):
        public.run(
            lambda work, n=n: commands.publish(work, public.acme.page_id, name=f"{n}", status="resolved", body="b")
        )  # type: ignore[misc]
    assert "Website unreachable" in public.get(f"incidents/{code}").text


def test_a_page_without_components_is_operational_unless_an_incident_is_open(public: Public) -> None:
    bare = public.run(lambda work: commands.create_page(work, slug="bare", name="Bare"))
    assert "All Systems Operational" in public.client.get("/status/bare").text
    public.run(
        lambda work: commands.publish(work, bare, name="x", status="investigating", body="b", impact_override="minor")
    )
    assert "Partially Degraded Service" in public.client.get("/status/bare").text


# ------------------------------------------------------------------ in a browser


def in_a_browser(test: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.browser(pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")(test))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Acme]]:
    with served(Path(tmp_path_factory.mktemp("public"))) as here:
        made = here.house.runner.run(acme)
        here.house.runner.run(
            lambda work: maintenance.schedule(
                work, made.page_id, plus(work.now, 90_000), plus(work.now, 93_600), name="New disks for the database",
                body="Some requests take longer.", component_ids=(made.components["Bank transfer"],),
            )
        )  # fmt: skip
        yield here, made


@in_a_browser
@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_every_page_fits_and_nothing_is_complained_about_without_javascript(
    browser: Browser, site: tuple[Served, Acme], size: str, theme: str
) -> None:
    here, _ = site
    with browsing(browser, size, theme, javascript=False) as (_, page, faults):
        page.goto(f"{here.origin}/status/acme")
        expect(page.get_by_role("heading", name="Acme", level=1)).to_be_visible()
        expect(page.get_by_role("status")).to_contain_text("Partial System Outage")
        expect(page.get_by_text("New disks for the database")).to_be_visible()
        expect(page.get_by_text("Visa", exact=True).first).to_be_visible()
        shoot(page, f"status-{size}-{theme}")
        page.get_by_text("Show data").first.click()
        expect(page.get_by_role("cell", name="Major outage 1 h")).to_be_visible()
        page.get_by_role("link", name="Card payments fail").click()
        expect(page.get_by_role("heading", name="Card payments fail", level=1)).to_be_visible()
        page.get_by_role("link", name="History").click()
        expect(page.get_by_role("list", name="The worst state of each day")).to_be_visible()
        assert not faults
    with browsing(browser, size, theme) as (_, page, faults):
        for name in ("", "/history"):
            page.goto(f"{here.origin}/status/acme{name}")
            assert too_wide(page) <= 0
            page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
            assert grave(page) == []
        assert not faults


@in_a_browser
def test_a_change_is_on_the_page_within_a_second(browser: Browser, site: tuple[Served, Acme]) -> None:
    here, made = site
    with browsing(browser) as (_, page, _):
        page.goto(f"{here.origin}/status/acme")
        here.house.runner.run(lambda work: commands.set_component(work, made.components["Website"], "major_outage"))
        page.reload()
        expect(page.get_by_role("status")).to_contain_text("Major System Outage", timeout=1000)
