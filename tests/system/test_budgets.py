"""From a real Prometheus that scrapes a failing shop to a page, a closed gate, an incident's share, and silence."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import MilestoneName
from firebell.domain.slo import sources
from firebell.domain.slo.coverage import Presence
from firebell.domain.slo.gate import Change, Decision, Why
from firebell.domain.slo.model import Indicator, Shape, Source
from firebell.kernel.clock import SystemClock, from_micros, micros
from firebell.kernel.fetch import Fetch, FetchPolicy
from firebell.workflows import prometheus_read
from firebell.workflows.prometheus_read import Metrics
from tests.fakes.exporter import Exporter
from tests.incident_story import Room
from tests.story import open_story
from tests.system.monitoring import PROMETHEUS, measuring
from tests.system.server import pause
from tests.workflows.slo_cast import Shop, an_slo

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        PROMETHEUS is None and os.environ.get("CI") != "true",
        reason="Prometheus is not installed (apt-get install prometheus)",
    ),
]
SHOP = Indicator(
    Source.PROMETHEUS,
    Shape.BAD_TOTAL,
    part='sum(increase(http_requests_total{job="shop",code="500"}[$window]))',
    total='sum(increase(http_requests_total{job="shop"}[$window]))',
)
WRONG = Indicator(Source.PROMETHEUS, Shape.BAD_TOTAL, part="sum(", total="up")
PAGE, SILENCE = "slo/checkout/0/page", "slo/checkout/nodata"


def test_a_failing_shop_pages_closes_the_gate_is_charged_and_freezes(tmp_path: Path) -> None:
    with Exporter() as exporter:
        exporter.bad_share = 1.0
        with measuring(tmp_path, exporter.port) as url:
            # A minute that has only just begun has too few samples to be one.
            while exporter.scrapes < 20 or _seconds() % 60 < 3:
                pause(0.1)
            _the_story(tmp_path, url)


def _seconds() -> int:
    return micros(SystemClock().now()) // 1_000_000


def _the_story(tmp_path: Path, url: str) -> None:
    now = micros(SystemClock().now()) // 1_000_000
    story = open_story(
        f"sqlite:///{tmp_path / 'firebell.db'}", tmp_path, start=from_micros(now * 1_000_000).format_iso()
    )
    story.person("ada", rules={"high": [(0, "ntfy")], "low": [(0, "email")]}, channels=("ntfy", "email"))
    story.policy("shop", ("ada", 900), fallback=("ada",), ack_timeout_s=None)
    story.service("shop", policy="shop")
    keyring = story.house.keyring
    story.run(lambda work: sources.create(work, keyring, name="prometheus", url=url))
    shop = Shop(story, None)  # type: ignore[arg-type]

    minute = now // 60 * 60 + 60
    with Fetch(FetchPolicy(allow_http=True, allow_internal=("127.0.0.0/8",))) as fetch:
        tried = prometheus_read.try_query(fetch, Metrics(url), SHOP, shop.at(minute, 0))
    assert (tried.error, len(tried.buckets)) in ((1, 1), (1, 2)), tried

    shop.promise(an_slo(indicator=SHOP))
    shop.promise(an_slo("wrong", indicator=WRONG))
    assert "parse error" in shop.clock("wrong").error
    story.clock.set(shop.at(minute, 1.1))
    story.settle()
    assert story.paged() == ["ada"]
    page = shop.alerts()[PAGE]
    assert (page.severity, page.labels["row"]) == ("SEV2", "1h/5m")
    assert shop.state().error == 1
    assert shop.gate().decision is Decision.BLOCK
    story.alert_ids["page"] = page.id
    story.acknowledge("ada", "page")

    room = Room(story)
    one = room.declare("The shop fails", "SEV2", by="ada", alerts=["page"])
    room.act("ada", verbs.SetMilestone(name=MilestoneName.IMPACT_STARTED, at=shop.at(minute, -3)))
    shop.wait(1)
    share = shop.shares()[one.id]
    assert share.share.net == shop.state().measured
    assert shop.state().unattributed == 0
    assert shop.gate(change=Change.ROLLBACK, incident=one.reference).reasons[0].why is not Why.FAST_BURN

    shop.wait(20)
    alerts = shop.alerts()
    assert {PAGE, SILENCE} <= set(alerts)
    assert alerts[PAGE].details.startswith("Frozen since ")
    assert shop.clock().presence is Presence.ABSENT
    blocked = shop.gate()
    assert (blocked.decision, blocked.reasons[0].why) == (Decision.BLOCK, Why.FAST_BURN)
    assert (
        sum((row.share.net for row in shop.shares().values()), Fraction(0)) + (shop.state().unattributed or 0)
        == shop.state().measured
    )
    assert story.breaches() == []
    story.house.close()
