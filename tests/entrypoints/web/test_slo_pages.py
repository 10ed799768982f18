"""Objectives by plain forms: made, fed, burned, adjusted, agreed upon, and what the gate then says."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.testclient import TestClient

from firebell.app import application
from firebell.domain.people import signin
from firebell.domain.slo import counting, queries
from firebell.domain.slo.records import SloRecord
from firebell.entrypoints.web.slo_documents import EXAMPLE
from firebell.kernel.actor import SYSTEM, Role
from firebell.kernel.clock import from_micros, micros
from firebell.workflows import budget_unseen, insight_budget
from tests.story import Story

AGREE = {"product": "ann", "development": "max", "reliability": "ben"}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Seen:
    status: int
    location: str
    html: str

    @property
    def plain(self) -> str:
        """With ordinary spaces."""
        return self.text.replace("\N{NO-BREAK SPACE}", " ")

    @property
    def text(self) -> str:
        bare = re.sub(r"<(script|style|svg)[^>]*>.*?</\1>|<[^>]+>", " ", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split())


class Reader:
    """One signed-in person at forms without a script."""

    def __init__(self, story: Story, client: TestClient, name: str) -> None:
        entered = story.run(lambda work: signin.enter(work, story.users[name], "127.0.0.1", "test"), SYSTEM)
        self.client, self.session = client, f"fb={entered.session_token}"
        self.token = html.unescape(_TOKEN.findall(self.see("/me").html)[0])

    def see(self, path: str, flash: str = "") -> Seen:
        cookies = self.session + (f"; firebell_flash={flash}" if flash else "")
        answer = self.client.get(path, headers={"Cookie": cookies}, follow_redirects=False)
        return Seen(answer.status_code, answer.headers.get("location", ""), answer.text)

    def send(self, path: str, **fields: str | Sequence[str]) -> Seen:
        sent = {"csrf_token": self.token, **fields}
        self.client.cookies.clear()
        answer = self.client.post(path, data=sent, headers={"Cookie": self.session}, follow_redirects=False)
        if answer.status_code == 303:
            flash = answer.cookies.get("firebell_flash", "")
            self.client.cookies.clear()
            seen = self.see(answer.headers["location"].partition("#")[0], flash)
            return Seen(seen.status, answer.headers["location"], seen.html)
        return Seen(answer.status_code, "", answer.text)


def opened(story: Story) -> dict[str, Reader]:
    for name, role in (("ann", Role.ADMIN), ("max", Role.MANAGER), ("ben", Role.RESPONDER), ("vic", Role.VIEWER)):
        story.person(name, role=role)
    story.policy("shop", ("ann", 900), fallback=("ann",))
    story.service("shop", policy="shop")
    client = TestClient(application(story.house), base_url=story.house.settings.base_url)
    return {name: Reader(story, client, name) for name in ("ann", "max", "ben", "vic")}


def record(story: Story, name: str) -> SloRecord:
    return story.house.runner.read(lambda read: queries.slo(read, name))


def pushed(story: Story, name: str, minutes: int, bad: int) -> None:
    """The last ``minutes`` minutes had 1 000 requests each, ``bad`` of them errors."""
    end = micros(story.clock.now()) // 60_000_000 * 60
    points = [
        {"start": f"{_iso(end - 60 * n)}", "good": 1000 - bad, "total": 1000} for n in range(minutes, 0, -1)
    ]  # fmt: skip
    one = record(story, name)
    story.run(lambda work: counting.push(work, one.id, points))


def later(story: Story, minutes: int) -> None:
    """Time passes in one step, which is quicker than stopping at every deadline on the way."""
    story.clock.advance(60 * minutes)
    story.settle()


def _iso(second: int) -> str:
    return from_micros(second * 1_000_000).format_iso()


FORM = {
    "display_name": "Checkout succeeds", "name": "checkout", "service": "shop", "source": "pushed", "target": "99.9",
    "kind": "rolling", "duration": "28d", "every": "1M", "zone": "UTC", "method": "Occurrences", "rules": "default",
    "absent": "low", "evaluator": "internal", "shape": "bad_total", "op": "lte", "action": "save",
}  # fmt: skip
POLICY = {
    "name": "shop", "when_0": "remaining < 25%", "do_0": ["gate-warn"], "when_1": "remaining <= 0",
    "do_1": ["notify-owners", "gate-block"], "except_1": "security", "review_days": "90", "override_hours": "8",
}  # fmt: skip


def test_an_objective_from_its_form_to_a_gate_that_blocks_and_is_overridden(story: Story) -> None:
    people = opened(story)
    ann, max_, ben, vic = (people[name] for name in ("ann", "max", "ben", "vic"))
    assert "No objective yet" in vic.see("/slos").text
    assert vic.see("/slos/new").status == 403

    # 100 % is refused with its reason, and what was typed is still there.
    refused = ann.send("/slos/new", **{**FORM, "target": "100"})
    assert refused.status == 422
    assert "A target of 100 % leaves no error budget" in refused.text
    assert 'value="Checkout succeeds"' in refused.html
    impossible = ann.send("/slos/new", **{**FORM, "target": "90", "action": "check"})
    assert "can never fire" in impossible.text
    made = ann.send("/slos/new", **FORM)
    assert made.location == "/slos/checkout", made.text
    assert "Waiting for its first counts" in made.text
    assert f"/api/v1/slos/{record(story, 'checkout').id}/series" in made.html

    # An hour is well, then nearly everything fails.
    pushed(story, "checkout", 60, 0)
    later(story, 4)
    pushed(story, "checkout", 4, 900)
    later(story, 2)
    page = vic.see("/slos/checkout")
    for words in ("99.9 % over 28 days", "Burn rate, 1 h", "Page alert open", "2 % spent when it fires", "Gone in"):
        assert words in page.plain, words
    assert "Edit" not in page.plain
    assert "left_measured" in vic.see("/slos/checkout/burn-down.csv").html
    assert "unattributed" in vic.see("/slos/checkout/shares.csv").html
    assert "Page alert open" in vic.see("/slos?fragment=list").text
    assert "Checkout succeeds" not in vic.see("/slos?state=exhausted&fragment=list").text

    # What burns fast is suggested as SEV2 at least, on the form and in the incident.
    service_id = story.services["shop"]
    asked = ben.see(f"/incidents/new?service={service_id}&at=2026-01-05T09:55:00Z")
    assert "At least SEV2: an error budget burns fast enough to page" in asked.text
    assert 'value="2026-01-05T09:55"' in asked.html
    minor = ben.send(
        "/incidents", title="x", action="suggest", reach="few", condition="at_risk", service_ids=service_id
    )
    assert "The matrix suggests SEV2" in minor.text
    incident = ben.send("/incidents", title="Orders fail", severity="SEV3", service_ids=service_id)
    later(story, 2)
    burning = ben.see(incident.location)
    assert "At least SEV2 is suggested" in burning.text
    assert "Fast enough to page" in burning.text
    raised = ben.send(f"{incident.location}/set_severity", to="SEV2", reason="it burns")
    assert "At least SEV2 is suggested" not in raised.text

    # A private incident is nobody's who is not in it: its share stays in the unattributed line.
    hidden = ben.send("/incidents", title="Someone stole the till", severity="SEV2", private="true",
                      service_ids=service_id)  # fmt: skip
    later(story, 4)
    pushed(story, "checkout", 4, 900)
    later(story, 2)
    assert "stole" in ben.see("/slos/checkout").text
    for path in ("/slos/checkout", "/slos/checkout/shares.csv", f"/services/{service_id}", "/gate"):
        assert "stole" not in vic.see(path).html
        assert hidden.location.rpartition("/")[2] not in vic.see(path).html
    read = story.house.runner.read
    unseen = read(budget_unseen.spent, actor=story.actor("vic"))
    assert sum(unseen.values()) > 0
    assert read(budget_unseen.spent, actor=story.actor("ben")) == {}
    assert read(lambda r: budget_unseen.spent(r, outward=True), actor=story.actor("ben")) == unseen
    shown = {name: read(insight_budget.budgets, actor=story.actor(name))[0] for name in ("ben", "vic")}
    assert shown["vic"].unattributed - shown["ben"].unattributed == sum(unseen.values())
    last = vic.see("/slos/checkout/shares.csv").html.split("unattributed,,,")[1].split(",")[0]
    assert abs(float(shown["vic"].unattributed) - float(last)) < 1e-6, "no two numbers whose difference tells of it"
    told = json.loads(vic.see("/api/v1/slos/checkout/budget").html)
    assert abs(told["objectives"][0]["unattributed"] - float(last)) < 1e-6

    # A policy that nobody has signed warns; one that all have signed blocks.
    users = {f"user_{role}": story.users[name] for role, name in AGREE.items()}
    slo_id = str(record(story, "checkout").id)
    lacking = ann.send("/slos/policies/new", **POLICY, slos=[slo_id], user_product=story.users["ann"])
    assert lacking.status == 422
    written = ann.send("/slos/policies/new", **POLICY, **users, slos=[slo_id])
    assert "This policy punishes nobody." in written.text
    assert "Not approved yet" in written.text
    assert "Warn" in vic.see("/gate").text
    for role, name in AGREE.items():
        signed = people[name].send("/slos/policies/shop/sign", as_=role, edition="1")
    assert "In force" in signed.text
    gate = max_.see("/gate")
    assert "Block" in gate.text
    assert "checkout burns its budget fast enough to page." in gate.text
    assert "Block" in vic.see(f"/services/{service_id}").text
    assert vic.send("/gate/overrides", service_id=service_id, reason="now", hours="1").status != 200
    long = max_.send("/gate/overrides", service_id=service_id, reason="A fix that cannot wait", hours="9")
    assert "An override lasts at most 8 h" in long.text
    overridden = max_.send("/gate/overrides", service_id=service_id, reason="A fix that cannot wait", hours="2")
    assert "max overrides the gate" in overridden.text
    held = re.search(r"/gate/overrides/(\w+)/revoke", overridden.html)
    assert held
    assert "Block" in max_.send(f"/gate/overrides/{held[1]}/revoke").text
    edited = ann.send("/slos/policies/shop/edit", **{**POLICY, "when_0": "remaining < 30%"}, **users, slos=[slo_id],
                      version="1")  # fmt: skip
    assert "Saved as edition 2: everybody signs again." in edited.text

    # What is not charged needs two people; what is measured stays.
    proposed = ann.send(
        "/slos/checkout/adjustments", category="bad_data", start="2026-01-05T09:00", end="2026-01-05T11:00",
        reason="A load test",
    )  # fmt: skip
    assert "Waits for approval" in proposed.text
    found = re.search(r"/slos/adjustments/(\w+)/", proposed.html)
    assert found
    assert ann.send(f"/slos/adjustments/{found[1]}/approve").status == 403
    max_.send(f"/slos/adjustments/{found[1]}/approve")
    assert "approved by max" in max_.see("/slos/checkout").text
    later(story, 2)
    assert "measured" in max_.see("/slos/checkout").text
    assert "fewer" in max_.send("/slos/checkout/review", met="true", toil_high="true", satisfied="true").text.lower()


def test_documents_go_in_and_out_and_files_that_cannot_be_read_say_where(story: Story) -> None:
    ann = opened(story)["ann"]
    broken = ann.send("/slos/import", text="a: [", action="plan")
    assert broken.status == 422
    assert "This is no YAML in line" in broken.text
    strange = ann.send("/slos/import", text=EXAMPLE.replace("service: checkout", "service: shop2"), action="plan")
    assert "There is no service “shop2”." in strange.text
    text = EXAMPLE.replace("service: checkout", "service: shop")
    planned = ann.send("/slos/import", text=text, action="plan")
    assert "make SLO checkout-availability" in planned.text
    assert "No objective yet" in ann.see("/slos").text
    assert "1 document is applied." in ann.send("/slos/import", text=text, action="apply").text
    out = ann.see("/slos/checkout-availability/openslo.yaml").html
    assert ann.send("/slos/checkout-availability/document", text=out, version="1").location
    assert "promtool" not in out
    assert "firebell_slo:bad:rate5m" in ann.see("/slos/checkout-availability/rules.yaml").html
    form = ann.see("/slos/checkout-availability/edit")
    assert 'value="99.9"' in form.html
    tried = ann.send("/slos/checkout-availability/edit", **{**FORM, **PROMETHEUS, "action": "test"})
    assert "There is no data source to ask." in tried.text
    added = ann.send("/slos/sources/new", name="prom", url="http://127.0.0.1:9", secret="s3cret", action="test")
    assert "It does not answer as it should" in added.text
    kept = ann.send("/slos/sources/new", name="prom", url="http://127.0.0.1:9", secret="s3cret", action="save")
    assert "s3cret" not in kept.html
    assert "Not asked yet" in kept.text
    assert "s3cret" not in ann.see("/slos/sources/prom").html


PROMETHEUS = {"source": "prometheus", "part": "a[$window]", "total": "b[$window]", "name": "checkout-availability"}
