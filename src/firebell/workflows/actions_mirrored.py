"""Action items are mirrored in trackers, both ways. Firebell's state decides (postmortems.md 6).

One tracker at a time: claim it, ask it with no transaction open, record each answer at once. What belongs to a private
incident is never shown there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog

from firebell.domain.postmortems import queries as postmortems
from firebell.domain.postmortems.actions import ActionState
from firebell.domain.postmortems.blameless import names, unnamed
from firebell.domain.postmortems.store import ActionRow, is_open_to_all
from firebell.domain.postmortems.verbs import CloseAction
from firebell.domain.trackers import commands, queries, rules
from firebell.domain.trackers.model import Issue, Item, Mirror, Standing, Tracker
from firebell.domain.trackers.rules import Heard, Step
from firebell.integrations.trackers import tracker_of
from firebell.integrations.trackers.contract import IssueTracker, TrackerFailed
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Refused
from firebell.kernel.fetch import Fetch
from firebell.kernel.secrets import Keyring, Unsealable
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import postmortem_moves, postmortem_people

log = structlog.get_logger()
AT_ONCE = 50
"""So many issues are written in one turn; the rest in the next."""
_STANDING = {
    ActionState.COMMITTED: Standing.OPEN, ActionState.DONE: Standing.DONE, ActionState.DECLINED: Standing.DROPPED,
}  # fmt: skip


class Mirroring:
    """The worker's line. ``public_url``: where links lead to. ``inline``: asks in the caller's thread (tests, demo)."""

    def __init__(
        self, runner: Runner, fetch: Fetch, keyring: Keyring, public_url: Callable[[], str], *, inline: bool
    ) -> None:
        self._runner = runner
        self._fetch = fetch
        self._keyring = keyring
        self._public_url = public_url
        # Not in the worker's own thread: a slow tracker must not hold what else is to be told.
        self._pool = None if inline else ThreadPoolExecutor(1, thread_name_prefix="trackers")
        self._busy = threading.Event()

    def next_due(self, read: Read) -> Instant | None:
        return None if self._busy.is_set() else queries.next_due(read)

    def act(self) -> bool:
        """Take one tracker's turn; whether one was due."""
        if self._busy.is_set():
            return False
        held = self._runner.run(commands.claim)
        if held is None:
            return False
        if self._pool is None:
            self._take(held)
        else:
            self._busy.set()
            self._pool.submit(self._take_apart, held)
        return True

    def stop(self) -> None:
        """No further turn; the one under way is finished or left to its lease."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _take_apart(self, held: Tracker) -> None:
        try:
            self._take(held)
        except Exception:
            log.exception("tracker.turn_failed", tracker=held.id)
        finally:
            self._busy.clear()

    def _take(self, held: Tracker) -> None:
        try:
            read_until = self._turn(held)
        except Unsealable:
            self._runner.run(lambda work: commands.note_failed(work, held, "Its token can no longer be opened."))
        except TrackerFailed as failed:
            said = failed.message
            self._runner.run(lambda work: commands.note_failed(work, held, said))
        else:
            self._runner.run(lambda work: commands.note_worked(work, held, read_until))

    def _turn(self, held: Tracker) -> Instant:
        """Listen, then speak. Returns up to when its news are known."""
        begun, token, items, mirrors = self._runner.read(lambda read: self._known(read, held))
        client = tracker_of(held, token, self._fetch)
        if any(one.key for one in mirrors.values()):
            self._listen(held, client, items, mirrors)
        else:
            client.check()
        items, mirrors = self._runner.read(lambda read: self._known(read, held)[2:])
        steps = ((item, rules.step(item, mirrors.get(item.id))) for item in items.values())
        todo = [(item, step) for item, step in steps if step is not Step.NOTHING]
        for item, step in todo[:AT_ONCE]:
            self._speak(held, client, item, step, mirrors.get(item.id))
        return begun

    def _known(self, read: Read, held: Tracker) -> tuple[Instant, str, dict[str, Item], dict[str, Mirror]]:
        mirrors = queries.mirrors_of(read, held.id)
        items = items_of(read, held, mirrors, self._public_url())
        return read.now, queries.token(read, held.id, self._keyring), items, mirrors

    # ---- what it says

    def _listen(
        self, held: Tracker, client: IssueTracker, items: Mapping[str, Item], mirrors: Mapping[str, Mirror]
    ) -> None:
        by_key = {one.key: one for one in mirrors.values() if one.key}
        for issue in client.changed(held.read_until or held.created_at):
            mirror = by_key.get(issue.key)
            item = items.get(mirror.action_id) if mirror else None
            if mirror is not None and item is not None:
                self._hear(held, client, item, mirror, issue)

    def _hear(self, held: Tracker, client: IssueTracker, item: Item, mirror: Mirror, issue: Issue) -> None:
        closed_there = item.standing is Standing.OPEN and not issue.is_open
        if closed_there and not mirror.open_there:
            # It has been opened again here since it was closed there: that is for the other half of the turn.
            return
        evidence = issue.closed_by or (rules.evidence_in(client.comments(issue.key)) if closed_there else "")
        match rules.hear(item.standing, issue, evidence):
            case Heard.DONE:
                self._runner.run(lambda work: _close(work, held, item, issue, evidence))
            case Heard.NO_EVIDENCE:
                client.open(issue.key)
                client.say(issue.key, rules.asks_for_evidence(item))
                self._runner.run(lambda work: commands.note_asked(work, held, item.id))
            case Heard.CLOSE_AGAIN if not mirror.open_there:
                client.close(issue.key, dropped=item.standing is Standing.DROPPED)
                client.say(issue.key, rules.over_here(item))
            case Heard.NOTHING:
                self._runner.run(lambda work: commands.note_heard(work, item.id, open_there=issue.is_open))

    # ---- what it is told

    def _speak(self, held: Tracker, client: IssueTracker, item: Item, step: Step, mirror: Mirror | None) -> None:
        try:
            key, url, open_there = self._done_there(held, client, item, step, mirror)
        except TrackerFailed as failed:
            if not failed.this_one:
                raise
            said = failed.message
            self._runner.run(lambda work: commands.note_refused(work, held, item.id, said))
            return
        self._runner.run(lambda work: commands.note_pushed(work, held, item, key, url, open_there=open_there))

    def _done_there(
        self, held: Tracker, client: IssueTracker, item: Item, step: Step, mirror: Mirror | None
    ) -> tuple[str, str, bool]:
        if step is Step.CREATE or mirror is None:
            issue = client.find(rules.marker(item.id), mirror.trying_since) if mirror and mirror.trying_since else None
            if issue is None:
                self._runner.run(lambda work: commands.note_trying(work, held.id, item.id))
                issue = client.create(rules.title(item), rules.body(item))
            return issue.key, issue.url, issue.is_open
        if step is Step.REWRITE:
            client.rewrite(mirror.key, rules.title(item), rules.body(item))
        elif step is Step.OPEN:
            client.open(mirror.key)
        else:
            client.close(mirror.key, dropped=step is Step.DROP)
        return mirror.key, mirror.url, step in (Step.REWRITE, Step.OPEN)


def items_of(read: Read, held: Tracker, mirrors: Mapping[str, Mirror], public_url: str) -> dict[str, Item]:
    """What belongs into ``held``: promises of its teams, and whatever has an issue there already. Nothing private, and
    people by their roles."""
    trackers = queries.all_trackers(read)
    mirrored = {one.action_id for one in mirrors.values() if one.key}
    rows = {row.item.id: row for row in _promises(read)}
    rows |= {row.item.id: row for one in mirrored - rows.keys() if (row := postmortems.action(read, one)) is not None}
    documents = postmortems.of_incidents(read, {row.incident_id for row in rows.values()})
    found: dict[str, Item] = {}
    anybody = postmortem_people.names(read, "")

    def bare(text: str, postmortem_id: str) -> str:
        # Roles are looked up only where somebody is named: this is asked of every promise, every minute.
        if not names.find(text, anybody):
            return text
        return unnamed(text, postmortem_people.names(read, postmortem_id))

    for row in rows.values():
        item, document = row.item, documents.get(row.incident_id)
        standing = _STANDING.get(item.state)
        if standing is None or document is None or (document.private and not is_open_to_all(document)):
            continue
        if item.id not in mirrored:
            home = rules.home(trackers, item.team_id or document.team_id)
            if home is None or home.id != held.id:
                continue
        found[item.id] = Item(
            id=item.id, text=bare(item.text, document.id), end_state=bare(item.end_state, document.id),
            type=item.type or "", severity=item.severity, due=item.due_at.format_iso()[:10] if item.due_at else "",
            incident=document.reference, url=f"{public_url}/actions/{item.id}", standing=standing,
        )  # fmt: skip
    return found


def _promises(read: Read) -> Iterator[ActionRow]:
    """Every committed item, whoever may see it."""
    last: ActionRow | None = None
    while rows := postmortems.action_list(read, (), states=(ActionState.COMMITTED,), before=last, limit=500):
        yield from rows
        last = rows[-1]


def try_out(runner: Runner, fetch: Fetch, keyring: Keyring, one: Tracker) -> tuple[bool, str]:
    """Whether it answers as it should, and what it says, in words. No transaction is open meanwhile."""
    try:
        token = runner.read(lambda read: queries.token(read, one.id, keyring))
        tracker_of(one, token, fetch).check()
    except Unsealable:
        return False, "Its token can no longer be opened: enter it again."
    except TrackerFailed as failed:
        return False, failed.message
    runner.run(lambda work: commands.look_again(work, one.id))
    return True, "It answers, and the project is there."


def _close(work: Work, held: Tracker, item: Item, issue: Issue, evidence: str) -> None:
    """Done, with the evidence given there. What cannot be closed stays open here and says why."""
    verb = CloseAction(action=item.id, kind="change", ref=evidence, note=f"By {held.name}, {issue.key}.")
    try:
        postmortem_moves.act_on_action(work, item.id, verb)
    except Refused as refused:
        commands.note_refused(work, held, item.id, refused.message)
        return
    commands.note_heard(work, item.id, open_there=False)
