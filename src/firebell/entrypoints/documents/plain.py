"""A postmortem as JSON, for programs: the same words as in every other export, people as roles."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from firebell.domain.postmortems.export_markdown import tidy
from firebell.domain.postmortems.model import Section
from firebell.entrypoints.documents.sheet import Outgoing
from firebell.kernel.clock import Instant

KIND = "firebell/postmortem"
VERSION = 1
_IDS = frozenset({"id", "parent", "factor_ids", "why_ids", "service_ids", "team_id"})


def as_json(out: Outgoing) -> str:
    """UTF-8, two blanks for a level, keys in a fixed order. No id of a person is in it."""
    return json.dumps(plain(out), ensure_ascii=False, indent=2) + "\n"


def plain(out: Outgoing) -> dict[str, Any]:
    """What :func:`as_json` writes."""
    document = out.document
    actions = [_through(one, out) for one in document.actions]
    for shown, one in zip(actions, document.actions, strict=True):
        owner = shown.pop("owner_id")
        shown["owner"] = (out.names.role_of(one.owner_id) if one.owner_id else None) if out.names.people else owner
    return {
        "kind": KIND,
        "version": VERSION,
        "reference": out.reference,
        "title": out.said(document.title),
        "state": out.state,
        "revision": out.stamp.revision,
        "exported_at": out.stamp.at.format_iso(),
        "audience": out.stamp.audience,
        "drill": out.stamp.drill,
        "trigger": out.said(document.trigger),
        "detected_by": out.said(document.detected_by),
        "mitigated_by": out.said(document.mitigated_by),
        "response": {
            name: [out.said(line) for line in getattr(out.response, name)]
            for name in ("severity", "roles", "durations", "budget")
        },
        "sections": [
            {"title": section.value, "markdown": tidy(out.said(document.text(section)))} for section in Section
        ],
        "whys": [_through(one, out) for one in document.whys],
        "factors": [_through(one, out) for one in document.factors],
        "actions": actions,
        "no_actions_because": out.said(document.no_actions_because),
    }


def _through(one: msgspec.Struct, out: Outgoing) -> dict[str, Any]:
    """A struct as a dict, its words through the role map."""

    def said(value: Any) -> Any:
        if isinstance(value, str):
            return out.said(value)
        if isinstance(value, dict):
            return {name: part if name in _IDS or name == "owner_id" else said(part) for name, part in value.items()}
        return [said(part) for part in value] if isinstance(value, list | tuple) else value

    found: dict[str, Any] = said(msgspec.to_builtins(one, enc_hook=_iso))
    return found


def _iso(value: object) -> str:
    if isinstance(value, Instant):
        return value.format_iso()
    raise NotImplementedError(type(value))
