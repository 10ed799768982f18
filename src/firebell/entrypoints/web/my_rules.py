"""Notification rules as rows of a form: after so many minutes use this method, in these hours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firebell.domain.people import rules
from firebell.domain.people.methods import NewRule
from firebell.domain.people.model import NotificationRule, Urgency
from firebell.entrypoints.web.drafts import Choices
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Work
from firebell.workflows import rules_changed

ROWS_MAX = 20
_WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Choices = (("", "always"), ("all", "every day"), ("work", "Mon to Fri"), ("end", "Sat and Sun"))
_DAYS = {"all": _WEEK, "work": _WEEK[:5], "end": _WEEK[5:]}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """``kept``: hours this form cannot draw, as JSON, carried along unchanged (``days`` is then ``kept``)."""

    method_id: str = ""
    minutes: str = "0"
    days: str = ""
    since: str = "08:00"
    until: str = "22:00"
    kept: str = ""


def rows(found: Sequence[NotificationRule]) -> list[RuleRow]:
    """Rules as they stand."""
    return [_row(rule) for rule in found]


def _row(rule: NotificationRule) -> RuleRow:
    minutes = f"{rule.delay_s / 60:g}"
    documents = rules.hours_document(rule.hours)
    if not documents:
        return RuleRow(rule.method_id, minutes)
    named = next((name for name, days in _DAYS.items() if days == documents[0]["days"]), "")
    if len(documents) > 1 or not named:
        return RuleRow(rule.method_id, minutes, "kept", kept=json.dumps(documents))
    return RuleRow(rule.method_id, minutes, named, documents[0]["from"], documents[0]["to"])


def read_rows(form: Mapping[str, str]) -> list[RuleRow]:
    """The rows of a posted form; those without a method are left out."""
    typed = form.get("rows", "0")
    count = min(int(typed), ROWS_MAX) if typed.isascii() and typed.isdigit() else 0
    found = [
        RuleRow(*(form.get(f"r{n}-{name}", "") for name in ("method", "minutes", "days", "since", "until", "kept")))
        for n in range(count)
    ]
    return [row for row in found if row.method_id]


def save(work: Work, user_id: str, urgency: Urgency, wanted: Sequence[RuleRow]) -> None:
    """Make these rows the whole set. Raises Invalid at the row's input."""
    new = []
    for n, row in enumerate(wanted):
        try:
            delay_s = round(float(row.minutes.replace(",", ".") or "0") * 60)
        except (ValueError, OverflowError):
            raise Invalid("A number of minutes is needed here.", field=f"r{n}-minutes", hint="0 is at once.") from None
        new.append(NewRule(row.method_id, delay_s, _hours(row)))
    rules_changed.set_rules(work, user_id, urgency.value, new)


def _hours(row: RuleRow) -> list[Mapping[str, Any]]:
    if row.days in _DAYS:
        return [{"days": _DAYS[row.days], "from": row.since, "to": row.until}]
    if row.days != "kept":
        return []
    try:
        found = json.loads(row.kept)
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
