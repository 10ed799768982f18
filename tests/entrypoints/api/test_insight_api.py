"""Insight over HTTP on both databases: numbers by hand, what is in no number, and who must not know of what."""

from __future__ import annotations

import csv
import io
from typing import Any

from firebell.domain.incidents import store as incidents
from firebell.domain.incidents.model import Kind, Phase
from firebell.domain.runbooks import store as runbooks
from firebell.kernel.clock import Instant, plus
from tests import insight_samples as samples
from tests.entrypoints.api.conftest import Api

APRIL = Instant.parse_iso("2025-12-08T10:00:00Z")
MONTH = "2025-12"


def test_durations_are_distributions_and_private_incidents_are_nobodys_business(api: Api) -> None:
    ours = {"service_ids": (api.story.services["checkout"],), "team_id": api.story.team_ids["payments"]}
    day = samples.DAY_S
    made = [
        samples.incident(1, APRIL, samples.plain(300, 60, 1500, 3300), **ours),
        samples.incident(2, plus(APRIL, day), samples.plain(600, 120, 3000, 6600), severity="SEV1", **ours),
        samples.incident(3, plus(APRIL, 2 * day), samples.plain(60, 60, 600, 1200), severity=None),
        samples.incident(4, plus(APRIL, 3 * day), {**samples.plain(60, 60, 600, 1200), samples.M.IMPACT_STARTED: None}),
        samples.incident(5, plus(APRIL, 4 * day), {**samples.plain(60, 60, 600, 1200), samples.M.MITIGATED: -900}),
        samples.incident(6, plus(APRIL, 5 * day), samples.plain(60, 60, 600, 1200), kind=Kind.DRILL),
        samples.incident(7, plus(APRIL, 6 * day), samples.plain(60, 60, 600, 1200), phase=Phase.DUPLICATE),
        samples.incident(8, plus(APRIL, 7 * day), samples.plain(60, 60, 600, 9000), private=True, codename="calm reef"),
        samples.incident(9, plus(APRIL, -365 * day), samples.plain(60, 60, 600, 1200), severity="SEV1"),
    ]

    def happened(work: Any) -> None:
        for one in made:
            incidents.add(work, one)
        samples.written(work, made[0], samples.random.Random(3), api.story.users["ben"], work.now)
        for subject in (made[0].id, made[7].id):
            runbooks.note_miss(work, subject, "missing", "", "system")

    api.story.run(happened)

    found = api.ok("vic", "GET", f"/insight?period={MONTH}")
    assert (found["incidents"], found["incidents_before"], found["declined_or_duplicate"]) == (5, 0, 1)
    by_name = {one["metric"]: one for one in found["durations"]}
    detect, resolve = by_name["time_to_detect"], by_name["time_to_resolve"]
    assert (resolve["values_s"], resolve["median_s"]) == ([1260, 3600, 7200], 3600)
    assert (resolve["p75_s"], resolve["p90_s"]) == (5400, 6480)
    assert (resolve["n"], resolve["invalid"], resolve["pending"], resolve["too_few_to_compare"]) == (3, 2, 0, True)
    assert detect["n"] + detect["invalid"] + detect["pending"] + detect["not_applicable"] == found["incidents"]
    assert "mean" not in str(found)
    reasons = {(one["incident"], one["reason"]) for one in found["invalid"]}
    assert ("INC-4", "impact started is blank") in reasons
    assert ("INC-5", "mitigated is said to be before impact started") in reasons
    assert found["postmortems"]["share"]["n"] == 1
    assert found["repeat_after_fix"] == {"part": 0, "n": 5, "percent": 0}

    # Whoever may see the private one counts it; no file does.
    assert api.ok("root", "GET", f"/insight?period={MONTH}")["incidents"] == 6
    table = api.call("root", "GET", f"/insight/tables/durations?period={MONTH}")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert {one["incident"] for one in rows} == {"INC-1", "INC-2", "INC-3", "INC-4", "INC-5"}
    assert "calm reef" not in table.text
    assert {one["reason"] for one in rows if one["incident"] == "INC-4" and one["metric"] == "stage_detect"} == {
        "impact started is blank"
    }
    for name in ("summary", "groups", "past", "recurrence", "kept", "budget"):
        assert api.call("vic", "GET", f"/insight/tables/{name}?period={MONTH}").text.count("\r\n") >= 1

    # Narrower, side by side, and a team within its own.
    assert api.ok("vic", "GET", f"/insight?period={MONTH}&service=checkout")["incidents"] == 2
    assert api.ok("vic", "GET", f"/insight?period={MONTH}&severity=unset")["incidents"] == 1
    assert api.ok("vic", "GET", f"/insight?period={MONTH}&team=payments")["incidents"] == 2
    within = api.ok("payments", "GET", f"/insight?period={MONTH}")
    assert (within["incidents"], within["postmortems"]["share"]["n"]) == (2, 1)
    groups = api.ok("vic", "GET", f"/insight/groups?period={MONTH}&by=severity&metric=time_to_ack")
    assert [(one["group"], one["n"]) for one in groups] == [("SEV1", 1), ("SEV2", 1), ("unset", 1)]
    causes = {one["group"] for one in api.ok("vic", "GET", f"/insight/groups?period={MONTH}&by=cause")}
    assert "none" in causes
    assert len(causes) == 3

    # The review, with what was a year ago; a runbook that was missing in a private incident is not told.
    one = api.ok("vic", "GET", f"/insight/reviews/{MONTH}")
    assert [(each["incident"], each["years"]) for each in one["anniversaries"]] == [("INC-9", 1)]
    assert [each["lesson"] for each in one["lessons"]] == ["The alert names a symptom that no board shows"]
    assert one["luck"][0]["text"] == "It began at ten in the morning, when everybody was there"
    assert len(one["surprises"]) == 1
    assert not one["running"]
    this_month = api.ok("vic", "GET", "/insight/reviews/2026-01")
    assert [each["subject"] for each in this_month["runbooks_missing_or_wrong"]] == [made[0].id]
    assert this_month["running"]
    assert len(api.ok("root", "GET", "/insight/reviews/2026-01")["runbooks_missing_or_wrong"]) == 2

    for path, status in (
        ("/insight?period=soon", 422), ("/insight?period=2026-02-30..2026-03-01", 422), ("/insight?severity=SEV9", 422),
        ("/insight?service=nothing", 404), ("/insight/groups?metric=mean", 422), ("/insight/reviews/90d", 404),
        ("/insight/reviews/2999-01", 422), ("/insight/reviews/2031-01", 404), ("/insight/tables/people", 422),
    ):  # fmt: skip
        assert api.call("vic", "GET", path).status_code == status, path
