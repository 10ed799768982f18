"""The first draft, from plain facts (postmortems.md 2). It writes what is known and asks for the rest.

People come in as roles; the caller has mapped them, and nothing here knows a name. What the draft says is stable: the
same facts give the same text, so that making it again shows only what has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from firebell.domain.postmortems.model import LESSONS, Document, Section, Why
from firebell.domain.postmortems.timeline import Entry, shown, written
from firebell.kernel.clock import Instant, seconds_between

NOT_KNOWN = "*not known yet*"
ROOT_ID = "w1"
CONVENTIONS = ("From the start of the impact", "From the stage before")
"""How durations are counted; each stands in front of a line of the summary."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone and when it was; ``None``: nobody has said."""

    name: str
    at: Instant | None


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A duration of either convention. ``words`` stand in its place when there is no number (pending, invalid, why)."""

    name: str
    seconds: int | None = None
    words: str = ""
    stage: bool = False


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """An update that was sent, with the outcome of the promise it kept or broke."""

    at: Instant
    audience: str
    text: str
    promise: str = ""


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What one SLO lost: ``permille`` of its budget, ``bad`` of ``total`` events when they are counted."""

    slo: str
    permille: int
    bad: int | None = None
    total: int | None = None
    unit: str = "requests"


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """A hypothesis. ``against`` is what spoke against it, once it was eliminated."""

    text: str
    evidence: str = ""
    eliminated: bool = False
    against: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known when an incident is resolved. Texts are people's; ``severity_s`` are (severity, seconds).

    ``changes`` are the last changes to the services before the impact. ``left_open`` are tasks, follow-up notes, failed
    runbook steps; ``process`` are promises broken, commandless minutes, overrides, skipped verification.
    """

    reference: str
    title: str
    kind: str = "normal"
    peak: str = "SEV2"
    severity_s: tuple[tuple[str, int], ...] = ()
    impact: str = ""
    mitigation: str = ""
    detected_by: str = ""
    moments: tuple[Moment, ...] = ()
    measures: tuple[Measured, ...] = ()
    entries: tuple[Entry, ...] = ()
    updates: tuple[Posted, ...] = ()
    changes: tuple[Entry, ...] = ()
    guesses: tuple[Guess, ...] = ()
    components: tuple[str, ...] = ()
    customers: str = ""
    contacts: int | None = None
    spent: tuple[Spent, ...] = ()
    roles: tuple[str, ...] = ()
    left_open: tuple[str, ...] = ()
    process: tuple[str, ...] = ()


def draft(facts: Facts) -> Document:
    """A document with its sections filled as far as facts go."""
    texts = {
        Section.SUMMARY: _summary(facts),
        Section.TIMELINE: _timeline(facts),
        Section.ROOT_CAUSE: _root_cause(facts),
        Section.IMPACT: _impact(facts),
        Section.ACTION_ITEMS: _actions(facts),
        Section.LESSONS: _lessons(facts),
    }
    root = Why(id=ROOT_ID, condition=" ".join((facts.impact or facts.title).split()))
    return Document(
        title=_one_line(f"{facts.reference}: {facts.title}"), texts=texts, whys=(root,), detected_by=facts.detected_by
    )


def _summary(facts: Facts) -> str:
    stretches = ", ".join(f"{severity} {minutes(seconds)}" for severity, seconds in facts.severity_s)
    lines = [
        *([f"**{facts.kind.upper()}**", ""] if facts.kind in ("drill", "test") else []),
        f"{_one_line(facts.title)} ({facts.reference}) reached {facts.peak}{f': {stretches}' if stretches else ''}.",
        "",
        f"Impact: {_one_line(facts.impact) or NOT_KNOWN}",
        f"Mitigated by: {_one_line(facts.mitigation) or NOT_KNOWN}",
        f"Detected by: {_one_line(facts.detected_by) or NOT_KNOWN}",
        "",
        *_durations(facts.measures),
    ]
    return _joined(lines)


def _durations(measures: Sequence[Measured]) -> list[str]:
    """Both conventions side by side, and what has no number says why."""
    found: list[str] = []
    for heading, wanted in zip(CONVENTIONS, (False, True), strict=True):
        named = [one for one in measures if one.stage is wanted]
        if named:
            said = "; ".join(f"{_name(one.name)} {_measured(one)}" for one in named)
            found.append(f"{heading}: {said}.")
    return found


def _measured(one: Measured) -> str:
    return minutes(one.seconds) if one.seconds is not None else f"not measured ({one.words or 'no milestone'})"


def _timeline(facts: Facts) -> str:
    """Changes before the incident, then everything in the order of event time; milestones first among equals."""
    said = {(one.at, one.text.partition(" ")[0].rstrip(".").lower()) for one in facts.entries}
    named = [
        Entry(at=one.at, text=f"{_sentence(one.name)}.")
        for one in facts.moments
        # An entry that says so in more words is enough.
        if one.at is not None and (one.at, one.name.partition("_")[0]) not in said
    ]
    posts = [
        Entry(
            at=one.at, text=f"{_sentence(one.audience)} update: {one.text}{f' ({one.promise})' if one.promise else ''}"
        )
        for one in facts.updates
    ]
    missing = [_name(one.name) for one in facts.moments if one.at is None]
    text = written(_once([*facts.changes, *named, *facts.entries, *posts]))
    if missing:
        text = f"{text}\n\nNot known: {', '.join(missing)}." if text else f"Not known: {', '.join(missing)}."
    return text


def _once(entries: Iterable[Entry]) -> list[Entry]:
    """The same words at the same time stand once."""
    found: dict[tuple[Instant | None, str], Entry] = {}
    for one in entries:
        found.setdefault((one.at, _one_line(one.text)), one)
    return list(found.values())


def _root_cause(facts: Facts) -> str:
    lines = ["What made the impact possible? Answer with conditions; each answer has its evidence."]
    kept = [one for one in facts.guesses if not one.eliminated]
    gone = [one for one in facts.guesses if one.eliminated]
    lines += _listed("Hypotheses that stand", [_guess(one) for one in kept])
    lines += _listed("Eliminated", [_guess(one) for one in gone])
    lines += _listed("Changes before the impact", [_entry(one) for one in facts.changes])
    return _joined(lines)


def _guess(one: Guess) -> str:
    behind = "; ".join(_one_line(words) for words in (one.evidence, one.against) if words)
    return f"{_one_line(one.text)}{f' ({behind})' if behind else ''}"


def _entry(one: Entry) -> str:
    link = f" [evidence]({one.url})" if one.url else ""
    return f"{f'{shown(one.at)}: ' if one.at else ''}{_one_line(one.text)}{link}"


def _impact(facts: Facts) -> str:
    visible = _visible_s(facts.moments)
    lines = [
        f"Visible for: {minutes(visible) if visible is not None else NOT_KNOWN}",
        f"Affected: {_one_line(facts.customers) or NOT_KNOWN}",
        f"Components: {', '.join(facts.components) or 'none'}",
        f"Contacts to support: {NOT_KNOWN if facts.contacts is None else facts.contacts}",
    ]
    for one in facts.spent:
        counted = f", {one.bad} of {one.total} {one.unit}" if one.bad is not None and one.total is not None else ""
        lines.append(f"Budget of {one.slo}: {one.permille / 10:g} % spent{counted}")
    return _joined(f"- {one}" for one in lines)


def _visible_s(moments: Iterable[Moment]) -> int | None:
    times: Mapping[str, Instant | None] = {one.name: one.at for one in moments}
    began, ended = times.get("impact_started"), times.get("mitigated")
    if began is None or ended is None or ended < began:
        return None
    return int(seconds_between(began, ended))


def _actions(facts: Facts) -> str:
    lines = _listed("Left open by the response", [_one_line(one) for one in facts.left_open])
    lines += _listed("From the process", [_one_line(one) for one in facts.process])
    return _joined(lines[1:]) if lines else ""


def _lessons(facts: Facts) -> str:
    prompts = ("What helped?", "What was slow? What surprised us?", "What was luck, and will not be there next time?")
    lines: list[str] = []
    for heading, prompt in zip(LESSONS, prompts, strict=True):
        lines += [f"### {heading}", "", f"*{prompt}*", ""]
    return _joined(lines)


def _listed(heading: str, items: Sequence[str]) -> list[str]:
    return ["", f"**{heading}**", "", *(f"- {one}" for one in items)] if items else []


def minutes(seconds: int) -> str:
    """``98 min``: rounded down, as clocks show it; under a minute in seconds."""
    return f"{seconds} s" if abs(seconds) < 60 else f"{seconds // 60} min"


def _name(name: str) -> str:
    return name.replace("_", " ")


def _sentence(name: str) -> str:
    words = _name(name)
    return words[:1].upper() + words[1:]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).strip("\n")
