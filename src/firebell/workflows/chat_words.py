"""How an incident looks in chat: plain text for every vendor, Block Kit for Slack, an adaptive card's parts for Teams.

Limits are Slack's: header 150, section 3,000, 10 fields, button text 75, value 2,000 characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from firebell.domain.incidents.model import ACTIVE, Incident, Phase, TaskState
from firebell.kernel.clock import Instant, seconds_between

TEXT_MAX = 2900


def heading(incident: Incident) -> str:
    """``SEV1 · INC-12 · Checkout down``; a drill says so first, a private one goes by its codename."""
    drill = "DRILL · " if incident.kind == "drill" else ""
    return f"{drill}{incident.severity or 'Severity unset'} · {incident.reference} · {incident.name}"


def topic(incident: Incident, names: Mapping[str, str]) -> str:
    """One line for a channel's topic, at most 250 characters."""
    commander = names.get(incident.commander_id or "", "nobody")
    return f"{incident.severity or 'SEV?'} · {phase_words(incident.phase)} · Incident Commander: {commander}"[:250]


def room_name(prefix: str, number: int, title: str) -> str:
    """A channel's name: lower-case letters, digits, ``-`` and ``_``, at most 80 characters."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return f"{prefix}{number}-{words}"[:80].strip("-")


def phase_words(phase: Phase) -> str:
    return str(phase).replace("_", " ").capitalize()


def lines(incident: Incident, names: Mapping[str, str], now: Instant) -> list[tuple[str, str]]:
    """(what, how it stands): for the card and for ``status``."""
    minutes = int(seconds_between(incident.declared_at, now) // 60)
    open_tasks = [task for task in incident.tasks if task.state is TaskState.OPEN]
    found = [
        ("Severity", str(incident.severity or "unset (counts as SEV2)")),
        ("Phase", phase_words(incident.phase)),
        ("Incident Commander", names.get(incident.commander_id or "", "nobody")),
        ("Comms Lead", names.get(incident.holder("comms") or "", "nobody")),
        ("Since", f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"),
        ("Impact", incident.impact or "not stated yet"),
    ]
    if incident.size_ups:
        found.append(("Size-up", incident.size_ups[-1].wrong))
    if open_tasks:
        found.append(("Tasks", "; ".join(f"{names.get(t.assignee_id or '', 'nobody')}: {t.text}" for t in open_tasks)))
    if incident.cause:
        found.append(("Believed cause", incident.cause))
    return found


def text(incident: Incident, names: Mapping[str, str], now: Instant) -> str:
    """How it stands, in plain text."""
    told = "\n".join(f"{what}: {how}" for what, how in lines(incident, names, now))
    return f"{heading(incident)}\n{told}"


def escape(words: str) -> str:
    """Text that Slack's mrkdwn shows as it is and that mentions nobody."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def blocks(incident: Incident, names: Mapping[str, str], now: Instant, url: str) -> list[dict[str, Any]]:
    """The card of a room: header, how it stands, and the buttons that make sense now."""
    fields = [
        {"type": "mrkdwn", "text": f"*{what}*\n{escape(how)[:1900]}"} for what, how in lines(incident, names, now)[:10]
    ]
    card: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": heading(incident)[:150]}},
        {"type": "section", "fields": fields},
        {"type": "actions", "block_id": f"incident:{incident.id}", "elements": buttons(incident, url)},
    ]
    if incident.summary:
        card.insert(1, {"type": "section", "text": {"type": "mrkdwn", "text": escape(incident.summary)[:TEXT_MAX]}})
    return card


def buttons(incident: Incident, url: str) -> list[dict[str, Any]]:
    """Take command while nobody has it, the update form while people are at work, and the page itself."""
    found = []
    if incident.phase in ACTIVE and incident.commander_id is None:
        found.append(button("Take command", "take", incident.id, style="danger"))
    if incident.phase in ACTIVE:
        found += [
            button("Post update", "form_update", incident.id), button("My task: ack", "ack", incident.id),
            button("Status", "status", incident.id),
        ]  # fmt: skip
    return [*found, {"type": "button", "action_id": "open", "text": plain("Open page"), "url": url[:3000]}]


def button(label: str, action: str, value: str, *, style: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "button", "action_id": action, "text": plain(label), "value": value[:2000],
    }  # fmt: skip
    return made | ({"style": style} if style else {})


def plain(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words[:75]}


def proposal(incident_id: str, decision_id: str, words: str, window_s: int) -> list[dict[str, Any]]:
    """A proposal, with the button for whoever strongly objects."""
    asked = f"*Proposal:* {escape(words)}\nAny strong objections? ({window_s} s)"
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": asked[:3000]}},
        {
            "type": "actions", "block_id": f"decision:{incident_id}",
            "elements": [button("I object", "form_object", f"{incident_id} {decision_id}", style="danger")],
        },
    ]  # fmt: skip


def section(words: str) -> list[dict[str, Any]]:
    """One text, as a block."""
    return [{"type": "section", "text": {"type": "mrkdwn", "text": escape(words)[:3000]}}]


def update_form(incident: Incident, audience: str, text_now: str) -> dict[str, Any]:
    """The modal in which an update is written; ``private_metadata`` says for which incident and audience."""
    shown = "for the team" if audience == "internal" else "for customers"
    return {
        "type": "modal", "callback_id": "update", "private_metadata": f"{incident.id} {audience}",
        "title": {"type": "plain_text", "text": f"Update {shown}"[:24]},
        "submit": {"type": "plain_text", "text": "Send"}, "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [
            _input("body", "What is said", multiline=True, initial=text_now[:3000]),
            _input("next", "Next update within (minutes)", initial=""),
        ],
    }  # fmt: skip


def objection_form(incident_id: str, decision_id: str) -> dict[str, Any]:
    return {
        "type": "modal", "callback_id": "object", "private_metadata": f"{incident_id} {decision_id}",
        "title": {"type": "plain_text", "text": "Strong objection"},
        "submit": {"type": "plain_text", "text": "Object"}, "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [_input("text", "Why", multiline=True, initial="")],
    }  # fmt: skip


def _input(name: str, label: str, *, initial: str, multiline: bool = False) -> dict[str, Any]:
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": name, "multiline": multiline}
    if initial:
        element["initial_value"] = initial
    return {
        "type": "input", "block_id": name, "optional": name == "next", "label": {"type": "plain_text", "text": label},
        "element": element,
    }  # fmt: skip
