"""Objectives in a real browser: made without a script, fed, and every page fits in four looks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from firebell.demo.objectives import counts, promises
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.people import signin, tokens
from firebell.domain.slo import counting, policies, queries
from firebell.domain.slo.policy import read_threshold
from firebell.kernel.actor import SYSTEM, Permission
from firebell.kernel.clock import from_micros, micros
from firebell.kernel.work import Work
from firebell.workflows import incident_declared, slo_written
from tests.entrypoints.web.axe import grave
from tests.entrypoints.web.browsing import LOOKS, WIDTHS, browsing, shoot, too_wide
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
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(tmp_path_factory.mktemp("firm")) as made:
        yield made


def test_without_a_script_an_objective_is_made_fed_and_shown(browser: Browser, firm: Company) -> None:
    house = firm.served.house
    entered = house.runner.run(lambda work: signin.enter(work, firm.ada, "127.0.0.1", "test"), SYSTEM)
    token = house.runner.run(
        lambda work: tokens.create(work, "push", [Permission.SLOS_PUSH.value, Permission.SLOS_VIEW.value], None).plain
    )
    with browsing(browser, "phone", javascript=False) as (context, page, _):
        context.add_cookies([{"name": "fb", "value": entered.session_token, "url": firm.origin}])
        page.goto(f"{firm.origin}/slos")
        page.get_by_role("link", name="Push counts").click()
        expect(page.get_by_label("Query of all requests")).to_be_hidden()
        page.get_by_label("Title").fill("Orders arrive")
        page.get_by_label("Name", exact=True).fill("orders")
        page.get_by_label("Service").select_option("checkout")
        page.get_by_label("Target, in per cent").fill("100")
        page.get_by_role("button", name="Make the SLO").click()
        expect(page.get_by_text("leaves no error budget").first).to_be_visible()
        expect(page.get_by_label("Title")).to_have_value("Orders arrive")
        page.get_by_label("Target, in per cent").fill("99.5")
        page.get_by_role("button", name="Make the SLO").click()
        expect(page.get_by_text("Waiting for its first counts")).to_be_visible()
        address = re.search(r"http://127\S+/series", page.content())
        assert address
        end = micros(house.clock.now()) // 60_000_000 * 60
        points = [
            f'{{"start": "{_iso(end - 60 * n)}", "good": 999, "total": 1000}}' for n in range(1, 62)
        ]  # fmt: skip
        body = f'{{"mode": "replace", "points": [{", ".join(points)}]}}'.encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        status, _, answer = firm.served.request("POST", address[0], body, headers)
        assert status == 200, answer
        # A changed document is looked at again at once.
        page.get_by_role("link", name="Edit").click()
        page.get_by_label("What users notice when it is missed").fill("They order twice.")
        page.get_by_role("button", name="Save").click()
        for _ in range(20):
            if page.get_by_text("Burn rate, 1 h").count():
                break
            page.goto(f"{firm.origin}/slos/orders", wait_until="networkidle")
        expect(page.get_by_text("Burn rate, 1 h")).to_be_visible()
        expect(page.get_by_text("0.2×").first).to_be_visible()
        page.goto(f"{firm.origin}/slos")
        expect(page.locator(".slo-row").get_by_text("Within budget")).to_be_visible()


def _iso(second: int) -> str:
    return from_micros(second * 1_000_000).format_iso()


@pytest.fixture(scope="module")
def places(firm: Company) -> dict[str, str]:
    """Two promises of the sample company, one of them overspent, with a policy and an incident under way."""
    house = firm.served.house
    now = house.clock.now()
    chosen = [one for one in promises(now) if one.name in ("payments-fast", "checkout")]

    def make(work: Work) -> str:
        for one in chosen:
            document = one.document()
            document["spec"]["service"] = "checkout"
            record = slo_written.create(work, document).record
            until = micros(now) // 1_000_000 // one.step_s * one.step_s
            counting.store_counts(work, [(record, 0, list(counts(one, until - 29 * 86_400, until)))])
        users = [(role, str(firm.ada)) for role in policies.ROLES]
        found = [queries.slo(work, one.name).id for one in chosen]
        rows = [
            read_threshold("remaining <= 0", ["gate-block"]),
            read_threshold("incident > 20%", ["require-postmortem"]),
        ]
        policies.create(work, name="shop", slo_ids=found, thresholds=rows, approvals=users, decider_id=str(firm.ada))
        service_id = queries.slo(work, "checkout").service_id
        assert service_id is not None
        made = incident_declared.declare(work, Declaration(title="Orders fail", service_ids=(service_id,)))
        return str(made.id)

    incident_id = house.runner.run(make)
    return {
        "list": "/slos", "page": "/slos/checkout", "form": "/slos/new?start=critical", "edit": "/slos/checkout/edit",
        "document": "/slos/checkout/document", "review": "/slos/checkout/review", "sources": "/slos/sources/new",
        "policy": "/slos/policies/shop", "policy-form": "/slos/policies/shop/edit", "gate": "/gate",
        "incident": f"/incidents/{incident_id}",
    }  # fmt: skip


def test_every_page_fits_in_every_look(browser: Browser, firm: Company, places: dict[str, str]) -> None:
    """Each page is loaded once and then looked at in four ways."""
    with visiting(browser, firm, firm.ada) as (page, faults):
        page.goto(f"{firm.origin}/slos/checkout")
        expect(page.locator("#burn-down")).to_be_visible()  # it comes by itself once it is evaluated
        for name, path in places.items():
            answer = page.goto(firm.origin + path)
            assert answer is not None
            assert answer.status == 200, name
            page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
            for size, theme in LOOKS:
                width, height = WIDTHS[size]
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
                assert too_wide(page) <= 0, (name, size)
                if (size, theme) in (("desk", "light"), ("phone", "dark")):
                    # Loaded anew: what still fades from one look to the other has no colour of either.
                    page.reload()
                    assert grave(page) == [], (name, size, theme)
                shoot(page, f"slo-{name}-{size}-{theme}")
        assert not faults
