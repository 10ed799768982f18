"""A postmortem as a sheet: everything a printed document shows, in words, in order, and without a name of anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.blameless import NOBODY, Names, unnamed
from firebell.domain.postmortems.export_markdown import Stamp, one_line, tidy
from firebell.domain.postmortems.model import Document, Section, Why, WhyKind
from firebell.domain.postmortems.slides import Response
from firebell.domain.postmortems.timeline import shown
from firebell.entrypoints.documents.blocks import Block, Span, blocks_of, spans_of


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """What is to leave the house: the document, what is known of its response, and the role map that covers both.

    ``reference`` is the incident's (``INC-12``); ``state`` the postmortem's. With ``names`` nobody is named.
    """

    document: Document
    stamp: Stamp
    reference: str = ""
    state: str = ""
    response: Response = Response()
    names: Names = NOBODY

    def said(self, text: str) -> str:
        """``text`` with roles in the place of names."""
        return unnamed(text, self.names) if self.names.people else text

    def kicker(self, kind: str, state: str = "") -> str:
        """What stands above the title: which incident it is about, unless the title begins with that."""
        about = "" if self.document.title.startswith(self.reference) else self.reference
        return " · ".join(word for word in (kind, about, state) if word)


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    lines: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the why-tree; ``depth`` 0 is the impact. ``evidence`` are spans, linked where it has an address."""

    depth: int
    text: list[Span]
    marks: tuple[str, ...] = ()
    evidence: tuple[list[Span], ...] = ()


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    text: list[Span]
    notes: str = ""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    text: list[Span]


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """An action item. ``mark`` is ``done``, ``open`` or ``declined``."""

    mark: str
    text: list[Span]
    state: str
    notes: tuple[Note, ...] = ()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One of the six sections."""

    number: int
    title: str
    blocks: list[Block] = []
    answers: tuple[Answer, ...] = ()
    causes: tuple[Cause, ...] = ()
    because: str = ""
    promises: tuple[Promise, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.blocks or self.answers or self.causes or self.because or self.promises)


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """``foot`` states revision, time and audience; ``watermark`` is ``DRILL`` or empty."""

    kicker: str
    title: str
    facts: tuple[Fact, ...]
    parts: tuple[Part, ...]
    foot: str
    watermark: str = ""


def sheet(out: Outgoing) -> Sheet:
    """The sheet of what is to leave."""
    document, said = out.document, out.said
    parts = []
    for number, section in enumerate(Section, 1):
        part = Part(number=number, title=section.value, blocks=blocks_of(tidy(said(document.text(section)))))
        if section is Section.ROOT_CAUSE:
            part = msgspec.structs.replace(
                part, answers=tuple(_answers(document.whys, None, 0, said)), causes=_causes(document, said)
            )
        if section is Section.ACTION_ITEMS:
            because = one_line(said(document.no_actions_because))
            part = msgspec.structs.replace(
                part, because=because, promises=tuple(_promise(one, out) for one in document.actions)
            )
        parts.append(part)
    return Sheet(
kicker=out.kicker("Postmortem", out.state.replace("_", " ")),
        title=one_line(said(document.title)) or "Postmortem", facts=tuple(_facts(out)), parts=tuple(parts),
        foot=foot(out.stamp), watermark="DRILL" if out.stamp.drill else "",
    )  # fmt: skip


def foot(stamp: Stamp) -> str:
    """What every export states."""
    return f"Revision {stamp.revision} · {shown(stamp.at)} · {stamp.audience}"


def _facts(out: Outgoing) -> Iterator[Fact]:
    document, known = out.document, out.response
    for label, lines in (
        ("Severity", known.severity),
        ("Durations", known.durations),
        ("Response", (", ".join(known.roles),)),
        ("Error budget", known.budget),
        ("Trigger", (document.trigger.replace("_", " "),)),
        ("Detected by", (document.detected_by.replace("_", " "),)),
        ("Mitigated by", (document.mitigated_by.replace("_", " "),)),
    ):
        kept = tuple(one_line(out.said(line)) for line in lines if line.strip())
        if kept:
            yield Fact(label=label, lines=kept)


def _answers(whys: tuple[Why, ...], parent: str | None, depth: int, said: Callable[[str], str]) -> Iterator[Answer]:
    for one in whys:
        if one.parent != parent or depth > len(whys):
            continue
        marks = (
            "accepted risk" if one.kind is WhyKind.ACCEPTED_RISK else "unknown" if one.kind is WhyKind.UNKNOWN else "",
            "detection" if one.detection else "",
            f"{one.confidence.value} confidence" if parent is not None else "",
        )
        evidence = [spans_of(_linked(item.kind, said(item.ref))) for item in one.evidence]
        if one.reason.strip():
            evidence.append(spans_of(said(one.reason)))
        yield Answer(
            depth=depth, text=spans_of(said(one.condition)), marks=tuple(mark for mark in marks if mark),
            evidence=tuple(evidence),
        )  # fmt: skip
        yield from _answers(whys, one.id, depth + 1, said)


def _linked(words: str, ref: str) -> str:
    """Evidence as Markdown: its kind leads to its address."""
    ref = one_line(ref)
    if ref.startswith(("https://", "http://")) and not set(ref) & set("<> "):
        return f"[{words}](<{ref}>)"
    return f"{words}: {ref}"


def _causes(document: Document, said: Callable[[str], str]) -> tuple[Cause, ...]:
    return tuple(
        Cause(
            kind=one_line(one.kind).replace("_", " "), text=spans_of(said(one.text)),
            notes=" · ".join(
                word
                for word in (f"{one.confidence.value} confidence", one.mechanism and f"shared: {said(one.mechanism)}")
                if word
            ),
        )
        for one in document.factors
    )  # fmt: skip


def _promise(one: ActionItem, out: Outgoing) -> Promise:
    said = out.said
    notes = (
        ("Type", one.type.value if one.type else ""),
        ("Owner", (out.names.role_of(one.owner_id) if out.names.people else "assigned") if one.owner_id else ""),
        ("Due", shown(one.due_at)[:10] if one.due_at else ""),
        ("End state", said(one.end_state)),
        ("Reason", said(one.reason or one.waived)),
        ("Evidence", _linked(one.proof.kind, said(one.proof.ref)) if one.proof else ""),
        ("Effect", one.effect.value.replace("_", " ") if one.effect else ""),
    )
    return Promise(
        mark={ActionState.DONE: "done", ActionState.DECLINED: "declined"}.get(one.state, "open"),
        text=spans_of(said(one.text)), state="waived" if one.waived else one.state.value,
        notes=tuple(Note(label=label, text=spans_of(words)) for label, words in notes if words.strip()),
    )  # fmt: skip
