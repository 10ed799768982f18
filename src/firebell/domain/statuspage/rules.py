"""What a page may say and what follows from what: impact, top line, states of groups, statuses by phase."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from firebell.domain.statuspage.model import (
    WEIGHTS,
    Access,
    Component,
    ComponentStatus,
    Impact,
    PublicIncident,
    PublicStatus,
    PublicUpdate,
    TopLine,
)
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid

RANK: Mapping[str, int] = {status: rank for rank, status in enumerate(ComponentStatus)}
"""From best to worst."""
IMPACTS: Mapping[str, int] = {impact: rank for rank, impact in enumerate(Impact)}
_IMPACT_OF: Mapping[str, Impact] = {
    ComponentStatus.DEGRADED: Impact.MINOR,
    ComponentStatus.PARTIAL: Impact.MAJOR,
    ComponentStatus.MAJOR: Impact.CRITICAL,
}
TOP_LINES: Mapping[str, str] = {
    "none": "All Systems Operational",
    "maintenance": "Service Under Maintenance",
    "minor": "Partially Degraded Service",
    "major": "Partial System Outage",
    "critical": "Major System Outage",
}
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BODY_MAX = 16_384
GROUP_DEPTH_MAX = 4


def code_of(identity: str) -> str:
    """The public id of a thing: 12 lower-case base36 characters, as clients of the format expect them.

    Derived, so that nothing inside can be read out of it: the first 62 bits of the SHA-256 of its internal id.
    """
    rest = int.from_bytes(hashlib.sha256(b"firebell public id\0" + identity.encode()).digest()[:8]) % 36**12
    digits = []
    for _ in range(12):
        rest, digit = divmod(rest, 36)
        digits.append(_BASE36[digit])
    return "".join(reversed(digits))


# ------------------------------------------------------------------ what follows


def worst(statuses: Iterable[str]) -> ComponentStatus:
    """The worst of some states (none: operational)."""
    return ComponentStatus(max(statuses, key=lambda status: RANK[status], default=ComponentStatus.OPERATIONAL))


def impact(statuses: Iterable[str]) -> Impact:
    """What the worst component makes of an incident."""
    return _IMPACT_OF.get(worst(statuses), Impact.NONE)


def heavier(one: str, other: str) -> Impact:
    return Impact(max(one, other, key=lambda each: IMPACTS[each]))


def top_line(statuses: Collection[str], open_impacts: Collection[str]) -> TopLine:
    """The worst of component states and open incidents' impacts, in words."""
    found = heavier(impact(statuses), max(open_impacts, key=lambda each: IMPACTS[each], default=Impact.NONE))
    indicator = str(found)
    if found is Impact.NONE and ComponentStatus.UNDER_MAINTENANCE in statuses:
        indicator = "maintenance"
    return TopLine(indicator=indicator, description=TOP_LINES[indicator])


def shown(components: Sequence[Component]) -> list[Component]:
    """Those that the public may see: not hidden, and not within a hidden group."""
    gone = {one.id for one in components if one.hidden}
    for _ in range(GROUP_DEPTH_MAX):
        gone |= {one.id for one in components if one.group_id in gone}
    return [one for one in components if one.id not in gone]


def with_group_states(components: Sequence[Component]) -> dict[str, ComponentStatus]:
    """The state of every component by id; a group's is the worst of its children's, however deep."""
    children: dict[str, list[Component]] = {}
    for one in components:
        if one.group_id:
            children.setdefault(one.group_id, []).append(one)

    def state(one: Component, depth: int = 0) -> ComponentStatus:
        if not one.is_group or depth > GROUP_DEPTH_MAX:
            return one.status
        return worst(state(child, depth + 1) for child in children.get(one.id, ()))

    return {one.id: state(one) for one in components}


_BY_PHASE: Mapping[str, PublicStatus] = {
    "triage": PublicStatus.INVESTIGATING,
    "responding": PublicStatus.INVESTIGATING,
    "mitigated": PublicStatus.MONITORING,
    "resolved": PublicStatus.RESOLVED,
    "postmortem": PublicStatus.RESOLVED,
    "follow_up": PublicStatus.RESOLVED,
    "closed": PublicStatus.RESOLVED,
    "declined": PublicStatus.RESOLVED,
    "duplicate": PublicStatus.RESOLVED,
}


def status_for(phase: str, *, identified: bool = False, postmortem_published: bool = False) -> PublicStatus:
    """The public status that goes with an internal phase. ``identified``: that milestone is set."""
    found = _BY_PHASE[phase]
    if found is PublicStatus.INVESTIGATING and identified:
        return PublicStatus.IDENTIFIED
    if found is PublicStatus.RESOLVED and postmortem_published:
        return PublicStatus.POSTMORTEM
    return found


def kept(incidents: Iterable[PublicIncident], now: Instant) -> tuple[int, int]:
    """How many promises of a next update were kept, and how many have come due: (kept, due)."""
    good = due = 0
    for one in incidents:
        said: list[PublicUpdate] = sorted(one.updates, key=lambda each: each.created_at)
        for at, each in enumerate(said):
            if each.next_update_by is None or one.backfilled:
                continue
            following = said[at + 1].created_at if at + 1 < len(said) else None
            if following is None and each.next_update_by > now:
                continue
            due += 1
            good += following is not None and following <= each.next_update_by
    return good, due


# ------------------------------------------------------------------ what is valid


def component_status(value: str, field: str = "status") -> ComponentStatus:
    try:
        return ComponentStatus(value)
    except ValueError:
        raise Invalid(
            f"“{value}” is no state of a component.", field=field, hint=f"One of {', '.join(ComponentStatus)}."
        ) from None


def public_status(value: str) -> PublicStatus:
    try:
        return PublicStatus(value)
    except ValueError:
        raise Invalid(
            f"“{value}” is no public status.", field="status", hint=f"One of {', '.join(PublicStatus)}."
        ) from None


def impact_given(value: str) -> Impact:
    try:
        return Impact(value)
    except ValueError:
        raise Invalid(f"“{value}” is no impact.", field="impact", hint=f"One of {', '.join(Impact)}.") from None


def body(value: str, field: str = "body") -> str:
    """What an update says, in Markdown; 1..16,384 characters."""
    value = value.strip()
    if not 1 <= len(value) <= BODY_MAX:
        raise Invalid("Write 1–16,384 characters.", field=field)
    return _clean(value, field)


def label(value: str, field: str, length_max: int = 200) -> str:
    """One line for people, trimmed; 1..``length_max`` characters."""
    value = " ".join(value.split())
    if not 1 <= len(value) <= length_max:
        raise Invalid(f"Write 1–{length_max} characters.", field=field)
    return _clean(value, field)


def words(value: str, field: str, length_max: int = 4096) -> str:
    """Text that may be empty."""
    value = value.strip()
    if len(value) > length_max:
        raise Invalid(f"At most {length_max} characters.", field=field)
    return _clean(value, field)


def _clean(value: str, field: str) -> str:
    if _CONTROL.search(value):
        raise Invalid("There is a control character in this text.", field=field, hint="Take it out.")
    return value


def slug(value: str) -> str:
    if not _SLUG.fullmatch(value):
        raise Invalid(
            f"“{value[:80]}” cannot stand in the address.",
            field="slug",
            hint="Use 1–63 lower-case letters, digits and “-”, beginning and ending with a letter or digit.",
        )
    return value


def domain(value: str | None) -> str | None:
    """A host name in lower case, or ``None``."""
    value = (value or "").strip().lower().rstrip(".")
    if not value:
        return None
    if not _HOST.fullmatch(value):
        raise Invalid(
            f"“{value[:80]}” is no host name.", field="domain", hint="For example status.example.com, without https://."
        )
    return value


def url(value: str) -> str:
    value = value.strip()
    if value and (not re.fullmatch(r"https?://[^\s<>\"'\\]{1,500}", value) or _CONTROL.search(value)):
        raise Invalid("That is no web address.", field="url", hint="For example https://example.com.")
    return value


def access(value: str) -> Access:
    try:
        return Access(value)
    except ValueError:
        raise Invalid(f"“{value}” is no access.", field="access", hint=f"One of {', '.join(Access)}.") from None


def addresses(values: Iterable[str]) -> tuple[str, ...]:
    """Networks in CIDR; a lone address is a network of one."""
    found = []
    for value in (each.strip() for each in values):
        if not value:
            continue
        try:
            found.append(str(ipaddress.ip_network(value, strict=False)))
        except ValueError:
            raise Invalid(
                f"“{value[:60]}” is no network.", field="addresses", hint="For example 192.0.2.0/24 or 2001:db8::/32."
            ) from None
    return tuple(dict.fromkeys(found))


def weights(value: Mapping[str, Any]) -> dict[str, float]:
    """How much each state counts as down: 0..1; what is not given is as usual."""
    found = dict(WEIGHTS)
    for name, weight in value.items():
        if name not in WEIGHTS:
            raise Invalid(f"“{name}” has no weight.", field="weights", hint=f"Of {', '.join(WEIGHTS)}.")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise Invalid("A weight is a number from 0 to 1.", field=f"weights.{name}")
        found[name] = float(weight)
    return found


def check_group(component_id: str, group_id: str | None, all_of_page: Sequence[Component]) -> None:
    """Raises Invalid unless ``component_id`` (empty: a new one) may stand in ``group_id``."""
    by_id = {str(one.id): one for one in all_of_page}
    if group_id is None:
        return
    if group_id not in by_id or not by_id[group_id].is_group:
        raise Invalid("There is no such group on this page.", field="group_id")
    depth, at = 1, group_id
    while at:
        if at == component_id:
            raise Invalid("A group cannot stand within itself.", field="group_id")
        depth, at = depth + 1, by_id[at].group_id or "" if at in by_id else ""
        if depth > GROUP_DEPTH_MAX + 1:
            raise Invalid(f"Groups nest at most {GROUP_DEPTH_MAX} deep.", field="group_id")


def check_managed(managed_by: str | None, *, on_behalf: bool) -> None:
    """What a configuration owns is changed there, or detached first (an edit to ``managed_by=None``)."""
    if managed_by is not None and not on_behalf:
        raise Conflict(f"This is managed by {managed_by}.", hint="Change it there, or detach it first.")


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """``{field: [before, after]}`` of the fields in ``after`` that differ."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}
