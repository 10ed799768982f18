"""The offline state files of incidents as a line of the worker's list, and their timeline as lines of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from firebell.entrypoints.web import sentences
from firebell.entrypoints.web.names import ids_in, look_up
from firebell.entrypoints.worker import Line
from firebell.kernel.journal import Entry
from firebell.kernel.work import Read, Runner
from firebell.workflows.incident_files import StateFiles


def lines(runner: Runner, folder: Path) -> tuple[Line, ...]:
    """The worker's line that keeps the files in ``folder`` up to date."""
    files = StateFiles(runner, folder, said)
    return (Line("state files", files.next_due, files.act),)


def said(read: Read, entries: Sequence[Entry]) -> list[str]:
    """One line per entry: when it happened (UTC), who, what. People and things by their names."""
    names = look_up(read, [inner for one in entries for inner in (one.actor, *ids_in(one.data))])
    found = []
    for one in entries:
        line = sentences.line(one, names, "UTC", read.now)
        words = f"{line.who} {line.text.striptags()}".strip()
        found.append(f"{one.event_at.format_iso()[5:16].replace('T', ' ')} {words}")
    return found
