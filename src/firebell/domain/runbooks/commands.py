"""Write runbooks, and work through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from msgspec.structs import replace

from firebell.domain.runbooks import parsing, rules, store
from firebell.domain.runbooks.model import (
    Helped,
    Matcher,
    Run,
    Runbook,
    RunbookDeleted,
    RunbookMissed,
    RunbookSaved,
    RunEnded,
    RunStarted,
    StepEnded,
    StepState,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import seconds_between
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.text import printable
from firebell.kernel.work import Work

SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")
TITLE_MAX = 200


class Fields(TypedDict, total=False):
    """What of a runbook can be set."""

    name: str
    title: str
    body: str
    team_id: str | None
    owner_id: str | None
    service_ids: Sequence[str]
    severities: Sequence[str]
    matchers: Sequence[Matcher]
    title_pattern: str
    managed_by: str | None


def create(work: Work, **fields: Unpack[Fields]) -> Runbook:
    """A new runbook; ``name`` and ``body`` are needed. Raises Invalid, Conflict (name taken)."""
    work.needs(Permission.RUNBOOKS_EDIT, fields.get("team_id"))
    if not fields.get("name"):
        raise Invalid("A runbook needs a name.", field="name", hint="For example checkout-latency.")
    values = _checked(fields)
    _free(work, fields["name"], None)
    new = Runbook(
        id=ids.new("rbk", work.now), title=values.pop("title", "") or fields["name"], body=values.pop("body", ""),
        created_at=work.now, edited_at=work.now, edited_by=_by(work), **values,
    )  # fmt: skip
    store.add(work, new)
    _saved(work, new, "created")
    return new


def edit(work: Work, runbook_id: str, expected: int | None = None, **fields: Unpack[Fields]) -> Runbook:
    """Change what is given; every change is a version. Raises Changed, Conflict (managed by a file), Invalid."""
    before = _runbook(work, runbook_id)
    if "team_id" in fields and fields["team_id"] != before.team_id:
        work.needs(Permission.RUNBOOKS_EDIT, fields["team_id"])
    if expected is not None and expected != before.version:
        raise Changed("This runbook has been edited meanwhile.", hint="Load it again and repeat your change.")
    if before.managed_by is not None and "managed_by" not in fields:
        raise Conflict(f"This is managed by {before.managed_by}.", hint="Change it there, or detach it first.")
    values = _checked(fields)
    if values.get("name", before.name) != before.name:
        _free(work, values["name"], before.id)
    after = replace(before, **values)
    if after == before:
        return before
    after = replace(after, version=before.version + 1, edited_at=work.now, edited_by=_by(work))
    store.save(work, after, before.version)
    _saved(work, after, "edited")
    return after


def delete(work: Work, runbook_id: str, *, managed_by: str | None = None) -> None:
    """Its runs stay readable."""
    before = _runbook(work, runbook_id)
    if before.managed_by is not None and managed_by is None:
        raise Conflict(f"This is managed by {before.managed_by}.", hint="Change it there, or detach it first.")
    store.save(work, replace(before, deleted_at=work.now, version=before.version + 1), before.version)
    work.record(before.id, RunbookDeleted(name=before.name))
    work.publish("runbooks", before.id)


def start(
    work: Work, runbook_id: str, *, variables: Mapping[str, str], incident_id: str | None = None,
    alert_id: str | None = None, team_id: str | None = None,
) -> Run:  # fmt: skip
    """A run of the runbook as it is now, for an incident or an alert (whose team is ``team_id``)."""
    found = store.get(work, runbook_id)
    work.needs(Permission.RUNBOOKS_RUN, team_id or (found.team_id if found else None))
    if found is None or found.deleted_at is not None:
        raise NotFound("There is no such runbook.", field="runbook")
    parsed = parsing.parse(found.body)
    run = rules.begin(
        found, parsed, variables, run_id=ids.new("rrn", work.now), now=work.now, by=_by(work), incident_id=incident_id,
        alert_id=alert_id,
    )  # fmt: skip
    store.add_run(work, run)
    work.record(_subject(run), RunStarted(run_id=run.id, runbook_id=found.id, title=found.title, version=found.version))
    work.publish("runbooks", run.id, _subject(run))
    return run


def end_step(work: Work, run_id: str, step_id: str, state: StepState, note: str = "") -> Run:
    """Tick one step of a run: ok, failed, or skipped with a reason."""
    before = _run(work, run_id)
    after = rules.end_step(before, step_id, state, note=printable(note), by=_by(work), now=work.now)
    store.save_run(work, after)
    done = after.of(step_id)
    step = rules.known_step(after, step_id)
    assert done is not None
    assert done.started_at is not None
    work.record(
        _subject(after),
        StepEnded(
            run_id=run_id, step=step_id, text=step.text[:200], state=state.value, note=done.note[:500],
            took_s=int(seconds_between(done.started_at, work.now)),
        ),
    )  # fmt: skip
    work.publish(run_id, _subject(after))
    return after


def end(work: Work, run_id: str, helped: Helped, note: str = "") -> Run:
    """The run is over; did it help?"""
    before = _run(work, run_id)
    after = rules.end(before, helped, printable(note), work.now)
    store.save_run(work, after)
    book = store.get(work, after.runbook_id)
    if book is not None:
        store.count_run(work, rules.counted(book, after, work.now))
    work.record(
        _subject(after),
        RunEnded(
            run_id=run_id, runbook_id=after.runbook_id, title=after.title, helped=helped.value, failed=after.failed,
            took_s=int(seconds_between(after.started_at, work.now)),
        ),
    )  # fmt: skip
    work.publish("runbooks", run_id, _subject(after))
    return after


def report_miss(work: Work, subject: str, what: str, words: str = "", team_id: str | None = None) -> bool:
    """There was no runbook (``missing``) or it was ``wrong``: counted once per alert or incident."""
    work.needs(Permission.RUNBOOKS_RUN, team_id)
    if what not in ("missing", "wrong"):
        raise Invalid("A runbook is missing or wrong.", field="what", hint="Send missing or wrong.")
    new = store.note_miss(work, subject, what, printable(words)[:2000], _by(work))
    if new:
        work.record(subject, RunbookMissed(what=what, words=printable(words)[:500]))
        work.publish(subject)
    return new


def _subject(run: Run) -> str:
    """Whose journal a run's facts go into."""
    return run.incident_id or run.alert_id or run.runbook_id


def _saved(work: Work, one: Runbook, what: str) -> None:
    store.add_version(work, one)
    work.record(one.id, RunbookSaved(name=one.name, version=one.version, what=what))
    work.publish("runbooks", one.id)


def _runbook(work: Work, runbook_id: str) -> Runbook:
    found = store.get(work, runbook_id)
    work.needs(Permission.RUNBOOKS_EDIT, found.team_id if found else None)
    if found is None or found.deleted_at is not None:
        raise NotFound("There is no such runbook.", field="runbook")
    return found


def _run(work: Work, run_id: str) -> Run:
    found = store.take_run(work, run_id)
    book = store.get(work, found.runbook_id) if found else None
    work.needs(Permission.RUNBOOKS_RUN, book.team_id if book else None)
    if found is None:
        raise NotFound("There is no such run of a runbook.", field="run")
    return found


def _free(work: Work, name: str, own_id: str | None) -> None:
    other = store.get(work, name)
    if other is not None and other.id != own_id:
        raise Conflict(f"A runbook is already called {name}.", field="name", hint="Choose another name.")


def _checked(fields: Fields) -> dict[str, Any]:
    values: dict[str, Any] = dict(fields)
    if "name" in fields and (not ids.is_slug(fields["name"]) or fields["name"].startswith("rbk_")):
        raise Invalid("A name is lower-case letters, digits and hyphens.", field="name", hint="Like checkout-latency.")
    if "title" in fields:
        values["title"] = printable(fields["title"], one_line=True)[:TITLE_MAX]
    if "body" in fields:
        values["body"] = printable(fields["body"])
        if len(fields["body"].encode(errors="replace")) > parsing.BODY_MAX:
            raise Invalid("A runbook has at most 64 KiB of text.", field="body", hint="Split it into several.")
    for severity in fields.get("severities", ()):
        if severity not in SEVERITIES:
            raise Invalid(f"{severity[:20]} is no severity.", field="severities", hint="Use SEV1 to SEV4.")
    if fields.get("title_pattern"):
        rules.check_pattern(fields["title_pattern"], "title_pattern")
    if len(fields.get("matchers", ())) > rules.MATCHERS_MAX:
        raise Invalid(f"At most {rules.MATCHERS_MAX} matchers.", field="matchers", hint="Leave some out.")
    for name in ("service_ids", "severities", "matchers"):
        if name in values:
            values[name] = tuple(values[name])
    return values


def _by(work: Work) -> str:
    return work.actor.id if work.actor.kind == "user" else f"{work.actor.kind}:{work.actor.id}"
