"""What a valid service and a valid integration key are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from firebell.domain.services.model import SEVERITIES, UrgencyRule
from firebell.kernel.errors import Conflict, Invalid

KEY_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# PagerDuty's own clients refuse a routing key of any other length before they send anything.
KEY_LENGTH = 32
KEY_LENGTH_MIN = 16
KEY_LENGTH_MAX = 128
RESOLVE_TIMEOUT_S_MAX = 366 * 86_400

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONTROL_OR_BREAK = re.compile(r"[\x00-\x1f\x7f]")
_KEY = re.compile(r"[0-9A-Za-z._~-]+")


def slug(value: str, field: str) -> str:
    """``value`` if it can stand in a URL and a YAML file: lower case, at most 63 characters."""
    if not _SLUG.fullmatch(value):
        raise Invalid(
            f"“{value}” cannot be a name.",
            field=field,
            hint="Use 1–63 lower-case letters, digits, “-”, “_” or “.”, beginning and ending with a letter or digit.",
        )
    return value


def label(value: str, field: str, length_max: int = 200) -> str:
    """Text for people, trimmed; 1..``length_max`` characters."""
    value = value.strip()
    if not 1 <= len(value) <= length_max:
        raise Invalid(f"Write 1–{length_max} characters.", field=field)
    return _clean(value, field, _CONTROL_OR_BREAK)


def _clean(value: str, field: str, unwanted: re.Pattern[str]) -> str:
    # PostgreSQL cannot keep a NUL, and the rest can play tricks on a terminal.
    if unwanted.search(value):
        raise Invalid("There is a control character in this text.", field=field, hint="Take it out.")
    return value


def description(value: str) -> str:
    """Text of several lines, at most 16,384 characters."""
    if len(value) > 16_384:
        raise Invalid("At most 16,384 characters.", field="description")
    return _clean(value, "description", _CONTROL)


def component(value: str | None) -> str | None:
    """A component's name on a status page, or ``None``."""
    return None if value is None or not value.strip() else label(value, "component")


def severity(value: str) -> str:
    if value not in SEVERITIES:
        raise Invalid(f"“{value}” is no severity.", field="default_severity", hint=f"One of {', '.join(SEVERITIES)}.")
    return value


def urgency(value: str) -> UrgencyRule:
    try:
        return UrgencyRule(value)
    except ValueError:
        raise Invalid(f"“{value}” is no urgency.", field="urgency", hint=f"One of {', '.join(UrgencyRule)}.") from None


def key(value: str) -> str:
    """A key given by the caller: 16..128 characters that need no escaping in a URL."""
    if not KEY_LENGTH_MIN <= len(value) <= KEY_LENGTH_MAX:
        raise Invalid(
            f"An integration key has {KEY_LENGTH_MIN}–{KEY_LENGTH_MAX} characters; this one has {len(value)}.",
            field="key",
            hint="Leave it out to have one generated.",
        )
    if not _KEY.fullmatch(value):
        raise Invalid("An integration key consists of letters, digits and “-”, “_”, “.”, “~”.", field="key")
    return value


def generated_key(choose: Callable[[str], str]) -> str:
    """A key of 32 letters and digits (190 bits). ``choose`` is :func:`secrets.choice`."""
    return "".join(choose(KEY_ALPHABET) for _ in range(KEY_LENGTH))


def settings(value: Mapping[str, Any]) -> dict[str, Any]:
    """An integration's settings: ``ignore_labels`` is a list of label names, ``resolve_timeout_s`` whole seconds up to
    a year (0 or ``None``: never); other keys belong to the source."""
    ignored = value.get("ignore_labels", [])
    if not isinstance(ignored, list | tuple) or not all(isinstance(name, str) and name for name in ignored):
        raise Invalid("A list of label names is needed.", field="settings.ignore_labels")
    timeout_s = value.get("resolve_timeout_s")
    # Every alert of the integration is timed with it: one that no clock can hold would refuse them all.
    if timeout_s is not None and (type(timeout_s) is not int or not 0 <= timeout_s <= RESOLVE_TIMEOUT_S_MAX):
        raise Invalid(
            "The time of silence is a whole number of seconds, at most a year.",
            field="settings.resolve_timeout_s",
            hint="For example 3600.",
        )
    return {**value, **({"ignore_labels": list(ignored)} if "ignore_labels" in value else {})}


def cycle(name: str, depends_on: tuple[str, ...], others: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """The way from ``name`` back to itself if it depended on ``depends_on`` (``(a, b, a)``), or ``None``.

    ``others`` maps every other service to what it depends on.
    """
    graph = {**others, name: depends_on}
    stack: list[tuple[str, ...]] = [(name,)]
    seen: set[str] = set()
    while stack:
        path = stack.pop()
        for following in graph.get(path[-1], ()):
            if following == name:
                return (*path, name)
            if following not in seen:
                seen.add(following)
                stack.append((*path, following))
    return None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """``{field: [before, after]}`` of the fields in ``after`` that differ."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}


def check_managed(managed_by: str | None, *, on_behalf: bool) -> None:
    """What a configuration owns is changed there, or detached first (an edit to ``managed_by=None``)."""
    if managed_by is not None and not on_behalf:
        raise Conflict(f"This is managed by {managed_by}.", hint="Change it there, or detach it first.")
