"""A page with a past: groups within groups, a bad day, an open incident that promises the next update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firebell.domain.statuspage import commands
from firebell.domain.statuspage.model import PageFields
from firebell.kernel.clock import plus
from firebell.kernel.work import Work

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Acme:
    """Ids by the names that the page shows."""

    page_id: str
    components: dict[str, str]
    incident_id: str
    past_id: str


def acme(work: Work, **fields: Any) -> Acme:
    """ "Acme" at ``/status/acme``: a website, a group "Payments" with a group "Cards" in it, something hidden."""
    given: PageFields = {"slug": "acme", "name": "Acme", "url": "https://acme.example", "time_zone": "Europe/Berlin"}
    page_id = commands.create_page(work, **given | fields)  # type: ignore[typeddict-item]
    made: dict[str, str] = {}
    for name, within, group in (
        ("Website", "", False), ("Payments", "", True), ("Cards", "Payments", True), ("Visa", "Cards", False),
        ("Bank transfer", "Payments", False), ("Fax", "", False), ("Old system", "", False),
    ):  # fmt: skip
        made[name] = commands.add_component(
            work, page_id, name=name, group_id=made.get(within), is_group=group,
            only_show_if_degraded=name == "Fax", hidden=name == "Old system",
        )  # fmt: skip
    past = commands.add_past(
        work, page_id, name="Slow checkout", body="The **database** was slow.", from_at=plus(work.now, -6 * DAY),
        until_at=plus(work.now, -6 * DAY + 5400), components={made["Visa"]: "degraded_performance"},
    )  # fmt: skip
    # An hour that no midnight divides, whatever time it is now: the page counts each day for itself.
    morning = plus(work.now, -40 * DAY).round("hour", increment=24, mode="floor").add(hours=8)
    commands.add_past(
        work, page_id, name="Website unreachable", body="A certificate had run out.", from_at=morning,
        until_at=plus(morning, 3600), components={made["Website"]: "major_outage"},
    )  # fmt: skip
    incident = commands.publish(
        work, page_id, name="Card payments fail", status="investigating",
        body="We are aware of **failing** card payments. <script>alert(1)</script>",
        components={made["Visa"]: "partial_outage"}, next_update_by=plus(work.now, 1800),
    )  # fmt: skip
    incident = commands.publish(
        work, page_id, public_incident_id=incident.id, name="Card payments fail", status="identified",
        body="A provider rejects them; see [their page](https://provider.example).",
        next_update_by=plus(work.now, 1800),
    )  # fmt: skip
    return Acme(page_id, made, incident.id, past.id)
