"""Budgets burn: from Prometheus to a page, through silence and back."""

from __future__ import annotations

from fractions import Fraction

from firebell.domain.slo.burn import Standing, StreamState
from firebell.domain.slo.coverage import Presence
from firebell.domain.slo.gate import Decision, Why
from firebell.domain.slo.model import BudgetState, Stream
from tests.story import Story
from tests.workflows.slo_cast import a_shop, an_slo

PAGE, TICKET, SILENCE = "slo/checkout/0/page", "slo/checkout/0/ticket", "slo/checkout/nodata"


def test_rows_24_and_25_a_new_slo_pages_within_minutes_and_silence_resolves_nothing(story: Story) -> None:
    with a_shop(story) as shop:
        began = shop.now

        def bad(at: int) -> float | None:
            minute = (at - began) / 60
            outage = 0 < minute <= 6 or 62 < minute <= 66
            return None if minute <= 0 or 66 < minute <= 90 else float(outage)

        shop.bad = bad
        shop.promise(an_slo())
        assert shop.clock().presence is Presence.WAITING

        shop.wait(2.5, step=0.5)
        assert shop.woken() == 1, "by minute 2 and the half minute in which it is looked at"
        page = shop.alerts()[PAGE]
        assert (page.severity, page.urgency, page.integration_id) == ("SEV2", "high", "slo")
        assert page.summary == "checkout burns its error budget at 16.7 times the rate it can bear"
        assert page.labels["row"] == "1h/5m"
        assert page.labels["spent"] == "2.31 %"
        assert page.labels["exhausted_in"] == "1 d 18 h"
        assert page.links[0]["href"].endswith(f"/slos/{shop.records['checkout'].id}")
        assert shop.gate().reasons[0].why is Why.FAST_BURN

        shop.wait(5, step=1)
        assert set(shop.alerts()) == {PAGE}, "the ticket joins silently"
        assert shop.state().streams[Stream.TICKET] == StreamState(Standing.JOINED)
        assert "The slow burn is true as well" in shop.alerts()[PAGE].details
        shop.wait(53.5)
        state = shop.state()
        assert (state.elapsed_s, state.measured, state.error) == (3600, Fraction(5, 36), Fraction(1, 10))
        assert {one.row.long_s: one.long for one in state.rows}[3 * 86_400] == Fraction(1, 720)
        assert state.rates[3600] == 100
        assert state.missed == ((began, began + 360),)
        assert set(shop.alerts()) == {TICKET}, "the page has cleared, and the ticket is not forgotten with it"
        assert shop.woken() == 1

        shop.wait(4, step=1)
        assert shop.woken() == 2, "a page notifies although a ticket is open"
        shop.wait(23, step=4)
        alerts = shop.alerts()
        assert set(alerts) == {PAGE, TICKET, SILENCE}
        assert (alerts[SILENCE].severity, alerts[SILENCE].urgency) == ("SEV4", "low")
        assert alerts[PAGE].details.startswith("Frozen since 2026-01-05 10:06 UTC, no data.")
        assert shop.clock().presence is Presence.ABSENT
        assert shop.state().stale
        blocked = shop.gate()
        assert (blocked.decision, blocked.reasons[0].why, blocked.fast_burn_firing) == (
            Decision.BLOCK, Why.FAST_BURN, True,
        )  # fmt: skip
        assert shop.woken() == 2

        shop.wait(5)
        assert set(shop.alerts()) == {PAGE, TICKET}, "there are data again, and too few to judge by"
        shop.wait(160, step=20)
        assert set(shop.alerts()) == {TICKET}
        assert shop.clock().presence is Presence.PRESENT
        changes = [one for one in shop.facts() if one == "slo.stream_changed"]
        assert len(changes) >= 8
        assert shop.state().state is BudgetState.OK
        assert story.breaches() == []
