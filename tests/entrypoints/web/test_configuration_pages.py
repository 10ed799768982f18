"""Making what pages people, in a real browser: most of it without a script, the rest by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from sqlalchemy import update
from whenever import PlainDateTime

from firebell.domain.escalation import commands as escalation_commands
from firebell.domain.escalation import queries as escalation
from firebell.domain.escalation.model import Step, Target, TargetKind, Wait
from firebell.domain.oncall import commands as oncall_commands
from firebell.domain.oncall import queries as oncall
from firebell.domain.oncall.model import Restriction, RotationLayer, Slot, Unit, Weekday
from firebell.domain.people import queries as people
from firebell.domain.people import signin
from firebell.domain.people.access_store import sessions_table
from firebell.domain.services import commands as services_commands
from firebell.domain.services import queries as services
from firebell.domain.services.model import NewIntegration
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import plus
from firebell.kernel.ids import LayerId
from firebell.kernel.work import Read, Work
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


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(tmp_path_factory.mktemp("house")) as here:
        here.served.house.runner.run(lambda work: _fill(work, here), SYSTEM)
        here.alert("Disk full on db-1")
        yield here


def _fill(work: Work, here: Company) -> None:
    """Turns, nights, a gap and a cover, so that there is something to draw."""

    def layer(name: str, unit: Unit, *slots: Slot, **more: Any) -> RotationLayer:
        return RotationLayer(
            id=LayerId(""), name=name, zone="Europe/Berlin", anchor=PlainDateTime(2026, 1, 5, 9), unit=unit, every=1,
            slots=slots, **more,
        )  # fmt: skip

    nights = Restriction(tuple(Weekday), 22 * 60, 6 * 60)
    not_sundays = Restriction(tuple(Weekday)[:6])
    made = oncall_commands.create_schedule(
        work, name="payments", zone="Europe/Berlin",
        layers=[
            layer("weekly", Unit.WEEK, (here.ada,), (here.ben,), restrictions=(not_sundays,)),
            layer("nights", Unit.WEEK, (here.ben,), (here.ada,), priority=2, restrictions=(nights,)),
        ],
    )  # fmt: skip
    oncall_commands.add_override(
        work, made, "replace", here.ada, plus(work.now, 86_400), plus(work.now, 2 * 86_400), by_user_id=here.ben,
        reason="Dentist",
    )  # fmt: skip
    policy = escalation.policy_by_name(work, "platform")
    assert policy is not None
    second = Step((Target(TargetKind.SCHEDULE, made), Target(TargetKind.USER, here.ben)), Wait(600))
    steps = (*policy.climb.steps, second)
    escalation_commands.edit_policy(work, policy.id, climb=replace(policy.climb, steps=steps))


@pytest.fixture
def plain(browser: Browser, house: Company) -> Iterator[Page]:
    """Ada's phone with scripts switched off."""
    entered = house.served.house.runner.run(lambda work: signin.enter(work, house.ada, "127.0.0.1", "plain"), SYSTEM)
    with browsing(browser, "phone", "dark", javascript=False) as (context, page, _):
        context.add_cookies([{"name": "fb", "value": entered.session_token, "url": house.origin}])
        yield page


def press(page: Page | Locator, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def test_from_a_schedule_to_a_signal_without_a_script(plain: Page, house: Company) -> None:
    plain.goto(f"{house.origin}/on-call/new")
    plain.fill("[name=name]", "storage")
    plain.select_option("[name=l0-s1-0]", label="Ben Ito")
    press(plain, "Add a layer")
    assert plain.input_value("[name=name]") == "storage"
    plain.fill("[name=l1-name]", "nights")
    plain.select_option("[name=l1-s0-0]", label="Ben Ito")
    press(plain.locator("#layer-1"), "Only certain hours")
    # It began long ago: on a Monday before nine, nobody would be on call until nine.
    plain.fill("[name=l0-start]", "2026-01-05")
    plain.fill("[name=l1-h0-since]", "22:00")
    plain.fill("[name=l1-h0-until]", "06:00")
    press(plain, "Preview 14 days")
    expect(plain.locator("#preview")).to_contain_text("No gaps")
    press(plain, "Make the schedule")
    expect(plain.locator("h1")).to_have_text("storage")
    made = house.served.house.runner.read(lambda read: oncall.schedule_by_name(read, "storage"), SYSTEM)
    assert made is not None
    assert [(layer.name, layer.slots) for layer in made.layers] == [
        ("weekly", ((house.ada,), (house.ben,))), ("nights", ((house.ben,),)),
    ]  # fmt: skip

    plain.goto(f"{house.origin}/policies/new")
    plain.fill("[name=name]", "storage")
    plain.select_option("[name=s0-t0]", label="storage")
    press(plain, "Add a step")
    plain.select_option("[name=s1-t0]", label="Ben Ito")
    plain.fill("[name=s0-wait-SEV1]", "2")
    press(plain, "Make the policy")
    expect(plain.locator("#policy")).to_contain_text("within 2 min (SEV1)")
    policy = house.served.house.runner.read(lambda read: escalation.policy_by_name(read, "storage"), SYSTEM)
    assert policy is not None
    assert [step.wait.seconds("SEV1") for step in policy.climb.steps] == [120, 300]

    plain.goto(f"{house.origin}/services/new")
    plain.fill("[name=name]", "storage")
    plain.select_option("[name=policy_id]", label="storage")
    press(plain, "Make the service")
    plain.get_by_role("link", name="Add an integration").first.click()
    plain.get_by_text("Alertmanager", exact=False).first.click()
    press(plain, "Make the integration")
    expect(plain.locator("#heard")).to_contain_text("Waiting for the first event")
    press(plain, "Send a test signal")
    expect(plain.locator(".flash")).to_contain_text("accepted it (20")
    expect(plain.locator("#heard")).to_contain_text("1 signal in all")
    assert too_wide(plain) <= 0


def test_a_refused_form_comes_back_with_what_was_typed(plain: Page, house: Company) -> None:
    plain.goto(f"{house.origin}/services/new")
    plain.fill("[name=name]", "checkout")
    plain.fill("[name=description]", "Takes the money.")
    press(plain, "Make the service")
    expect(plain.locator("#f-name-error")).to_contain_text("There is a service “checkout” already.")
    assert plain.input_value("[name=description]") == "Takes the money."

    plain.goto(f"{house.origin}/on-call/new")
    plain.fill("[name=name]", "impossible")
    plain.fill("[name=l0-every]", "0")
    press(plain, "Make the schedule")
    expect(plain.locator("#f-l0-every-error, .field-bad .field-error")).to_contain_text("A turn lasts 1 to")
    assert plain.input_value("[name=name]") == "impossible"

    plain.goto(f"{house.origin}/policies/new")
    plain.fill("[name=name]", "nobody")
    press(plain, "Make the policy")
    expect(plain.locator("#step-0 .field-error")).to_contain_text("A step tells somebody.")


def test_somebody_is_covered_by_keyboard_after_seeing_what_changes(browser: Browser, house: Company) -> None:
    found = house.served.house.runner.read(lambda read: oncall.schedule_by_name(read, "platform-primary"), SYSTEM)
    assert found is not None
    with visiting(browser, house, house.ada) as (page, faults):
        page.goto(f"{house.origin}/on-call/{found.id}")
        page.get_by_role("link", name="Cover me").focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Cover a shift")
        expect(page.locator("[name=user_id]")).to_have_value(house.ada)
        page.locator("[name=by_user_id]").focus()
        page.keyboard.type("Ben")
        page.locator("[name=reason]").focus()
        page.keyboard.type("Dentist")
        page.keyboard.press("Enter")
        expect(page.locator("#preview")).to_contain_text("Ada Park → Ben Ito")
        shoot(page, "cover-preview")
        assert oncall_now(house, found.id) == {house.ada}
        page.get_by_role("button", name="Save the cover").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".flash")).to_contain_text("The cover is saved")
        assert oncall_now(house, found.id) == {house.ben}
        page.get_by_role("button", name="Take back").click()
        expect(page.locator(".flash")).to_contain_text("taken back")
        assert oncall_now(house, found.id) == {house.ada}
        assert faults == []


def oncall_now(house: Company, schedule_id: str) -> set[str]:
    answer = house.served.house.runner.read(
        lambda read: oncall.who_is_on(read, schedule_id, plus(read.now, 120)), SYSTEM
    )
    return set(answer.user_ids)


def test_a_contact_method_is_proven_by_the_code_in_a_real_mail(browser: Browser, house: Company) -> None:
    with visiting(browser, house, house.ada, "phone") as (page, faults):
        page.goto(f"{house.origin}/me/methods/new?channel=email")
        page.fill("[name=to]", "not an address")
        page.eval_on_selector("form.card", "form => form.noValidate = true")
        press(page, "Add and send the code")
        expect(page.locator(".field-error")).to_be_visible()
        page.fill("[name=to]", "ada.night@example.com")
        press(page, "Add and send the code")
        mail = house.mails.wait_for(lambda m: m.to == ["ada.night@example.com"], timeout_s=10)
        code = re.search(r"\d{6}", str(mail.message["Subject"]))
        assert code
        page.locator("[name=code]").blur()
        expect(page.locator("#said")).to_contain_text("250")
        page.fill("[name=code]", "000000" if code[0] != "000000" else "111111")
        press(page, "Confirm")
        expect(page.locator("#f-code-error")).to_contain_text("not the code")
        page.fill("[name=code]", code[0])
        press(page, "Confirm")
        expect(page.locator(".flash")).to_contain_text("Verified")
        methods = house.served.house.runner.read(lambda read: people.methods(read, house.ada), SYSTEM)
        assert [m.usable for m in methods] == [True, True]
        page.get_by_role("link", name="E-mail: a…t@example.com").click()
        press(page, "Send a test")
        expect(page.locator("#said .ledger-row")).to_have_count(2)
        assert too_wide(page) <= 0
        assert faults == []


def test_a_channel_is_tried_with_what_its_provider_really_says(browser: Browser, house: Company) -> None:
    with visiting(browser, house, house.ada) as (page, faults):
        page.goto(f"{house.origin}/settings/channels/email")
        page.fill("[name=test_to]", "ops@example.com")
        press(page, "Send a test now")
        expect(page.locator("main")).to_contain_text("The provider took it")
        expect(page.locator(".snippet")).to_contain_text("250")
        assert faults == []


def test_an_invitation_is_shown_once_and_lets_somebody_in(browser: Browser, house: Company) -> None:
    with visiting(browser, house, house.ada) as (page, faults):
        page.goto(f"{house.origin}/people/invite")
        page.fill("[name=display_name]", "Cem Kaya")
        page.fill("[name=name]", "cem")
        press(page, "Invite and show the link")
        link = page.locator("#one-time-link").inner_text()
        expect(page.locator("main")).to_contain_text("Cannot be paged")
        with browsing(browser) as (_, other, _):
            other.goto(link)
            expect(other.locator("h1")).to_have_text("Welcome, Cem Kaya")
        assert faults == []


def test_who_may_not_edit_sees_no_key_and_no_form(browser: Browser, house: Company) -> None:
    door = house.served.house.runner.read(lambda read: services.integrations(read)[0], SYSTEM)
    with visiting(browser, house, house.ben) as (page, _):
        page.goto(f"{house.origin}/integrations/{door.id}")
        expect(page.locator("main")).to_contain_text("The key is masked")
        assert house.address.rpartition("/")[2] not in page.content()
        assert page.locator(f"form[action$='{door.id}/rotate']").count() == 0
        assert page.goto(f"{house.origin}/settings/tokens").status == 403  # type: ignore[union-attr]
        assert page.goto(f"{house.origin}/people/invite").status == 403  # type: ignore[union-attr]


def test_a_form_that_was_not_drawn_for_them_is_refused_all_the_same(browser: Browser, house: Company) -> None:
    with visiting(browser, house, house.ben) as (page, _):
        page.goto(f"{house.origin}/me")
        token = page.locator("[name=csrf_token]").first.input_value()
        for path in ("/services/new", "/policies/new", "/teams/new", "/settings/channels/email"):
            form: dict[str, str | float | bool] = {
                "name": "mine", "csrf_token": token, "action": "save", "steps": "1", "s0-targets": "1",
                "fallbacks": "1", "s0-t0": f"user:{house.ben}", "fallback-0": f"user:{house.ben}",
            }  # fmt: skip
            answer = page.request.post(house.origin + path, form=form, max_redirects=0)
            assert "This needs the permission" in answer.text(), path
            without = page.request.post(house.origin + path, form=form | {"csrf_token": "x"}, max_redirects=0)
            assert without.status == 403, path
        assert house.served.house.runner.read(lambda read: services.service_by_name(read, "mine"), SYSTEM) is None


def test_an_odd_address_or_a_choice_that_is_gone_is_no_fault_of_the_server(browser: Browser, house: Company) -> None:
    schedule = places(house)["schedule"]
    odd = ["?from=9999-12-31", "?from=0001-01-01", "/cover?start=9999-12-31T23:59:59Z", "/cover?user=x&start=zz"]
    with visiting(browser, house, house.ada) as (page, _):
        for path in [schedule + rest for rest in odd]:
            assert page.request.get(house.origin + path).status == 200, path
        assert page.request.get(f"{house.origin}/settings/journal?before={10**20}").status == 422
        assert page.request.get(f"{house.origin}/rehearsal?of=service:x&at=9999-12-31T23:59").status == 422
        page.goto(f"{house.origin}/me")
        token = page.locator("[name=csrf_token]").first.input_value()
        gone = {
            "/services/new": {"name": "odd", "team_id": "team_00000000000000000x"},
            f"{schedule}/edit": {"name": "odd", "zone": "Mars/Base", "layers": "0", "action": "preview"},
            f"{schedule}/cover": {
                "kind": "add", "user_id": "usr_00000000000000000x", "starts_at": "2026-12-01T09:00",
                "ends_at": "2026-12-02T09:00", "action": "save",
            },
            "/policies/new": {
                "name": "odd", "steps": "1", "s0-targets": "1", "s0-t0": "user:nobody", "fallbacks": "1",
                "fallback-0": f"user:{house.ada}", "action": "save",
            },
            "/settings/fallback": {"fallback-0": "user:nobody"},
        }  # fmt: skip
        for path, form in gone.items():
            sent: dict[str, str | float | bool] = {**form, "csrf_token": token}
            assert page.request.post(house.origin + path, form=sent, max_redirects=0).status == 422, path


def test_a_session_of_an_hour_ago_proves_itself_before_pages_go_elsewhere(browser: Browser, house: Company) -> None:
    with visiting(browser, house, house.ada) as (page, faults):
        house.served.house.runner.run(
            lambda work: work.write(update(sessions_table).values(stepped_up_at=plus(work.now, -3600))), SYSTEM
        )
        page.goto(f"{house.origin}/me/methods/new?channel=ntfy")
        expect(page.locator("h1")).to_have_text("Is it you?")
        page.fill("[name=password]", "not this one")
        press(page, "Go on")
        expect(page.locator("#f-password-error")).to_contain_text("not your password")
        page.fill("[name=password]", PASSWORD)
        press(page, "Go on")
        expect(page.locator("h1")).to_have_text("Add ntfy")
        assert faults == []


def test_a_calendar_address_is_shown_once_and_dies_when_withdrawn(browser: Browser, house: Company) -> None:
    with visiting(browser, house, house.ada) as (page, faults):
        page.goto(f"{house.origin}/me")
        press(page, "Make a calendar address")
        address = page.locator("#shown-once").inner_text()
        feed = page.request.get(address)
        assert feed.status == 200
        assert "BEGIN:VCALENDAR" in feed.text()
        page.goto(f"{house.origin}/me")
        assert address not in page.content()
        press(page.locator("#calendar"), "Withdraw")
        press(page.get_by_role("dialog"), "Withdraw")
        expect(page.locator(".flash")).to_contain_text("withdrawn")
        assert page.request.get(address).status == 404
        assert faults == []


def test_the_page_of_an_integration_notices_a_signal_by_itself(browser: Browser, house: Company) -> None:
    def second(work: Work) -> NewIntegration:
        service = services.service_by_name(work, "checkout")
        assert service is not None
        return services_commands.create_integration(work, service.id, "second", "generic", house.served.house.keyring)

    door = house.served.house.runner.run(second, SYSTEM)
    address = f"{house.origin}/in/generic/{door.key}"
    with visiting(browser, house, house.ada) as (page, faults):
        page.goto(f"{house.origin}/integrations/{door.id}")
        expect(page.locator("#heard")).to_contain_text("Waiting for the first event")
        expect(page.locator("#live-badge")).to_have_attribute("data-state", "live")
        assert door.key in page.content()
        assert page.request.post(address, data={"summary": "Heard without a reload"}).ok
        expect(page.locator("#heard")).to_contain_text("1 signal in all")
        press(page, "Make a new key")
        press(page.get_by_role("dialog"), "Make a new key")
        expect(page.locator(".flash")).to_contain_text("The old one is refused")
        assert door.key not in page.content()
        assert page.request.post(address, data={"summary": "With the old key"}).status == 401
        assert faults == []


def test_rules_are_set_row_by_row_without_a_script(plain: Page, house: Company) -> None:
    plain.goto(f"{house.origin}/me")
    form = plain.locator("#rules-high")
    form.locator("[name=r0-method]").select_option(index=1)
    form.locator("[name=r0-minutes]").fill("0")
    press(form, "Another row")
    form.locator("[name=r1-method]").select_option(index=1)
    form.locator("[name=r1-minutes]").fill("5")
    form.locator("[name=r1-days]").select_option("work")
    press(form, "Save")
    expect(plain.locator(".flash")).to_contain_text("rules for high urgency are saved")
    made = house.served.house.runner.read(lambda read: people.notification_rules(read, house.ada), SYSTEM)
    assert [(rule.delay_s, [sorted(h.days) for h in rule.hours]) for rule in made] == [
        (0, []),
        (300, [[1, 2, 3, 4, 5]]),
    ]
    press(plain.locator("#rules-high"), "Save")
    again = house.served.house.runner.read(lambda read: people.notification_rules(read, house.ada), SYSTEM)
    assert again == made


def test_a_policy_in_use_stays(browser: Browser, house: Company) -> None:
    with visiting(browser, house, house.ada) as (page, _):
        page.goto(house.origin + places(house)["policy"])
        press(page, "Delete this policy")
        press(page.get_by_role("dialog"), "Delete this policy")
        expect(page.locator("main")).to_contain_text("checkout would page nobody")


def test_a_rehearsal_says_who_when_and_by_what(plain: Page, house: Company) -> None:
    plain.goto(f"{house.origin}/rehearsal")
    plain.select_option("[name=of]", label="Checkout")
    press(plain, "Rehearse")
    first = plain.locator("#told tbody tr").first
    expect(first).to_contain_text("at once")
    expect(first).to_contain_text("Ada Park")
    expect(first).to_contain_text("E-mail: mail")
    expect(plain.locator("#told")).to_contain_text("after 5 min")


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_every_page_fits_its_window_and_breaks_no_policy(
    browser: Browser, house: Company, size: str, theme: str
) -> None:
    wide = []
    with visiting(browser, house, house.ada, size, theme) as (page, faults):
        for name, path in places(house).items():
            # Widths need one theme each; what differs by theme is the look, and that is the same parts everywhere.
            if (size, theme) not in (("phone", "dark"), ("desk", "light")) and name not in LOOKED_AT:
                continue
            answer = page.goto(house.origin + path)
            assert answer is not None
            assert answer.status == 200, path
            if too_wide(page) > 0:
                wide.append(f"{path}: {too_wide(page)} px")
            shoot(page, f"{name}-{size}-{theme}", whole=size == "desk")
        assert wide == []
        assert faults == []


LOOKED_AT = ("service", "schedule", "schedule-edit", "policy", "integration", "me", "settings")


def places(house: Company) -> dict[str, str]:
    """Every page of this half, with a thing of each kind."""

    def look(read: Read) -> dict[str, str]:
        service = services.service_by_name(read, "checkout")
        assert service is not None
        door = services.integrations(read, service.id)[0].id
        schedule = oncall.schedule_by_name(read, "payments")
        assert schedule is not None
        policy = service.policy_id
        return {
            "services": "/services", "service": f"/services/{service.id}",
            "service-edit": f"/services/{service.id}/edit", "integration": f"/integrations/{door}",
            "integration-new": f"/services/{service.id}/integrations/new", "on-call": "/on-call",
            "schedule": f"/on-call/{schedule.id}", "cover": f"/on-call/{schedule.id}/cover?me=1",
            "schedule-month": f"/on-call/{schedule.id}?days=28&from=2026-10-19", "schedule-new": "/on-call/new",
            "schedule-edit": f"/on-call/{schedule.id}/edit", "policies": "/policies", "policy": f"/policies/{policy}",
            "policy-edit": f"/policies/{policy}/edit", "rehearsal": f"/rehearsal?of=policy:{policy}",
            "people": "/people", "person": f"/people/{house.ben}", "person-edit": f"/people/{house.ben}/edit",
            "invite": "/people/invite", "teams": "/teams", "team": f"/teams/{service.team_id}",
            "team-new": "/teams/new", "me": "/me", "method-new": "/me/methods/new?channel=ntfy", "prove": "/me/prove",
            "settings": "/settings", "channels": "/settings/channels", "channel": "/settings/channels/email",
            "tokens": "/settings/tokens", "journal": "/settings/journal?check=1",
        }  # fmt: skip

    return house.served.house.runner.read(look, SYSTEM)
