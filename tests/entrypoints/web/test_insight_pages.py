"""Insight and its reviews as people see them: at plain forms, and in a browser at both widths and in both looks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from firebell.domain.insight import store as insight
from firebell.domain.people import signin
from firebell.domain.services import commands as services
from firebell.domain.slo import gate_store
from firebell.domain.slo.policy import Override
from firebell.domain.slo.records import OverrideRecord, OverrideUse
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import plus
from firebell.kernel.work import Work
from tests import insight_samples as samples
from tests.entrypoints.web.axe import grave
from tests.entrypoints.web.browsing import LOOKS, browsing, shoot, too_wide
from tests.entrypoints.web.gallery_shots import CHROMIUM, FLAGS
from tests.entrypoints.web.visitors import Village, village


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """A village with a year behind it, an override of the gate in this month, and one private incident."""
    with village(tmp_path_factory.mktemp("town")) as found:
        found.served.house.runner.run(lambda work: _a_year(work, found), SYSTEM)
        yield found


def _a_year(work: Work, found: Village) -> None:
    made = [
        str(services.create_service(work, name=name, display_name=name.capitalize())) for name in ("search", "mail")
    ]
    samples.a_year(work, work.now, made, "", str(found.ids["bob"]), n=30)
    private = samples.incident(
        90, plus(work.now, -7200), samples.plain(60, 60, 600, 1200), private=True, codename="amber fern",
        title="The secret one",
    )  # fmt: skip
    samples.store.add(work, private)
    override = Override(
        service=made[0], by=str(found.ids["ann"]), reason="The certificate expires tonight",
        since=plus(work.now, -3600), until=plus(work.now, 3600), change="infra",
    )  # fmt: skip
    gate_store.add(work, OverrideRecord("ovr_1", override, None, work.now))
    gate_store.add_use(work, OverrideUse("ovr_1", plus(work.now, -60), made[0], "infra", "0123456789abcdef", "allow"))


def test_every_chart_has_its_table_and_its_file_and_nothing_private_in_it(town: Village) -> None:
    eve = town.visitor("eve")
    page = eve.see("/insight?period=365d")
    assert page.status == 200
    assert "Drills and tests are in no number" in page.text
    assert "too few to compare" in page.text
    assert "amber fern" not in page.html
    assert "The secret one" not in page.html
    assert page.html.count("<figure") == page.html.count("Show data</summary>") == 4
    assert re.search(r'<a href="/incidents/inc_\w+" tabindex="-1" aria-label="INC-\d+, SEV\d: [^"]+">', page.html)
    files = {href.replace("&amp;", "&") for href in re.findall(r'href="(/insight/\w+\.csv[^"]*)"', page.html)}
    assert len(files) == 7
    for path in files:
        answer = eve.see(path)
        assert answer.status == 200, path
        assert "amber fern" not in answer.html
        assert next(csv.reader(io.StringIO(answer.html)))
    assert eve.see("/insight/people.csv").status == 404
    seen_by_ann = town.visitor("ann").see("/insight?period=30d")
    assert "INC-90" in seen_by_ann.html
    assert "INC-90" not in town.visitor("ann").see("/insight/durations.csv?period=30d").html


def test_what_is_no_period_is_said_and_an_empty_one_has_words(town: Village) -> None:
    eve = town.visitor("eve")
    odd = eve.see("/insight?from=2026-05-04&to=2026-05-01")
    assert odd.status == 200
    assert "Write the earlier day first." in odd.text
    empty = eve.see("/insight?period=1999")
    assert "No incident in this period" in empty.text
    assert "No objective has been measured yet." in empty.text
    assert eve.see("/insight?service=svc_nothing").status == 404
    grouped = eve.see("/insight?period=365d&by=cause&metric=stage_ack")
    assert "No cause written yet" in grouped.text
    assert "/insight?period=365d&amp;metric=stage_ack&amp;by=cause&amp;cause=none" in grouped.html


def test_a_review_is_read_by_month_quarter_and_team(town: Village) -> None:
    eve = town.visitor("eve")
    newest = eve.see("/insight/review")
    assert newest.location.startswith("/insight/review/")
    now = town.served.house.runner.clock.now().to_tz("UTC")
    month = eve.see(f"/insight/review/{now.year:04}-{now.month:02}")
    assert month.status == 200
    for words in ("Not over yet", "The certificate expires tonight", "0123456789ab", "Themes", "Where we got lucky"):
        assert words in month.text, words
    assert "amber fern" not in month.html
    quarter = eve.see(f"/insight/review/{now.year:04}-Q{(now.month + 2) // 3}")
    assert "Quarter" in quarter.text
    assert eve.see("/insight/review/90d").status == 404
    assert eve.see("/insight/review/2020-01?team=team_nothing").status == 404
    old = eve.see("/insight/review/2001-03")
    assert "No postmortem was published in this period." in old.text
    assert "Nothing grave is remembered from these days." in old.text


def test_whoever_wants_letters_says_so(town: Village) -> None:
    bob = town.visitor("bob")
    assert "The whole organisation" in bob.see("/insight").text
    assert "Saved." in bob.send("/insight/letters", scope="all").text
    runner = town.served.house.runner
    assert runner.read(lambda read: insight.choices_of(read, str(town.ids["bob"])), SYSTEM) == {"all": True}
    assert "Saved." in bob.send("/insight/letters").text
    assert runner.read(lambda read: insight.choices_of(read, str(town.ids["bob"])), SYSTEM) == {"all": False}


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_insight_and_a_review_are_legible_everywhere(town: Village) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        now = town.served.house.runner.clock.now().to_tz("UTC")
        review = f"/insight/review/{now.year:04}-{now.month:02}"
        for path, name, looks in (("/insight?period=365d", "insight", LOOKS), (review, "review", LOOKS[1:3])):
            for size, theme in looks:
                with _visited(browser, town, size, theme) as page:
                    page.goto(town.served.origin + path)
                    expect(page.get_by_role("heading", level=1)).to_be_visible()
                    assert too_wide(page) <= 0
                    if (size, theme) in LOOKS[1:3]:
                        assert grave(page) == []
                    shoot(page, f"{name}-{size}-{theme}")
        with _visited(browser, town, "desk", "light") as page:
            page.goto(f"{town.served.origin}/insight?period=365d")
            # A mark leads to its incident; the keyboard reaches the same by the table.
            mark = page.locator("#figure-cumulative .strip-plot a").first
            mark.dispatch_event("click")
            page.wait_for_url("**/incidents/inc_*")
            page.go_back()
            page.get_by_label("Severity").select_option("SEV1")
            page.get_by_role("button", name="Show").first.click()
            page.wait_for_url("**severity=SEV1**")
            page.locator("#figure-stage summary").click()
            expect(page.locator("#figure-stage table")).to_be_visible()
        browser.close()


@contextmanager
def _visited(browser: Browser, town: Village, size: str, theme: str) -> Iterator[Page]:
    """Eve's page at that size and in that look; it may say nothing in the console."""
    entered = town.served.house.runner.run(
        lambda work: signin.enter(work, town.ids["eve"], "127.0.0.1", "test"), SYSTEM
    )
    with browsing(browser, size, theme) as (context, page, faults):
        context.add_cookies([{"name": "fb", "value": entered.session_token, "url": town.served.origin}])
        yield page
        assert faults == []
