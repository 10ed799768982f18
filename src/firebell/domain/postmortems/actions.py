"""Action items: what somebody has promised to change, by when, and how anybody can see that it is done."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid

DAY_S = 86_400
DUE_DAYS: Mapping[str, int] = {"SEV1": 15, "SEV2": 30, "SEV3": 90, "SEV4": 90}
CHECK_AFTER_S = 30 * DAY_S
"""From done to the question whether it helped."""
REASON_MIN = 10


class ActionType(StrEnum):
    PREVENT = "prevent"
    DETECT = "detect"
    MITIGATE = "mitigate"
    PROCESS = "process"


class ActionState(StrEnum):
    PROPOSED = "proposed"
    COMMITTED = "committed"
    DECLINED = "declined"
    DONE = "done"


class Effect(StrEnum):
    """What became of it 30 days later. ``not_exercised``: nothing has put it to the test; a drill would."""

    EFFECTIVE = "effective"
    RECURRED = "recurred"
    NOT_EXERCISED = "not_exercised"


class Strength(StrEnum):
    """How much an action relies on the system rather than on people, strongest first."""

    ELIMINATE = "eliminate"
    GUARD = "guard"
    DEFAULT = "safer default"
    ALERT = "alert"
    CHECKLIST = "checklist"
    DOCUMENTATION = "documentation"
    TRAINING = "training"
    CARE = "be careful"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence to close: ``kind`` is change, test, alert or drill; ``ref`` a URL or an id. Free text is none."""

    kind: str
    ref: str
    note: str = ""


PROOFS = frozenset({"change", "test", "alert", "drill"})


class ActionItem(msgspec.Struct, frozen=True, kw_only=True):
    """``end_state``: a number, an object or a test by which anybody can tell. ``waived``: why the incident may close
    while it is open. ``late_reason``: why it is due later than its severity asks. ``reopened``: how often its
    effectiveness check failed."""

    id: str
    text: str
    type: ActionType | None = None
    owner_id: str | None = None
    team_id: str | None = None
    due_at: Instant | None = None
    late_reason: str = ""
    end_state: str = ""
    severity: str = "SEV2"
    priority: str = ""
    factor_ids: tuple[str, ...] = ()
    tracker_url: str = ""
    state: ActionState = ActionState.PROPOSED
    reason: str = ""
    waived: str = ""
    proof: Proof | None = None
    committed_at: Instant | None = None
    done_at: Instant | None = None
    effect: Effect | None = None
    reopened: int = 0


_S = ActionState
MOVES: Mapping[str, Mapping[ActionState, ActionState]] = {
    "commit": {_S.PROPOSED: _S.COMMITTED},
    "decline": {_S.PROPOSED: _S.DECLINED, _S.COMMITTED: _S.DECLINED},
    "close": {_S.COMMITTED: _S.DONE},
    "waive": {_S.COMMITTED: _S.COMMITTED},
    "reopen": {_S.DONE: _S.COMMITTED},
}
"""Every other pair is refused. A declined idea stays visible; bringing it back is a new item."""


def moves_from(state: ActionState) -> tuple[str, ...]:
    """The verbs an item in ``state`` can be told."""
    return tuple(verb for verb, moves in MOVES.items() if state in moves)


def due_by(severity: str, since: Instant) -> Instant:
    """When an item of an incident of this peak severity is due: 15, 30 or 90 days after it was resolved. An unset
    severity counts as SEV2."""
    return plus(since, DUE_DAYS.get(severity, DUE_DAYS["SEV2"]) * DAY_S)


def check_due(item: ActionItem, due_at: Instant, latest: Instant, reason: str) -> ActionItem:
    """``item`` due at ``due_at``. Invalid when that is after ``latest`` and nobody says why."""
    if due_at > latest and len(reason.strip()) < REASON_MIN:
        raise Invalid(
            f"Items of a {item.severity} are due by {latest.format_iso()[:10]}.", field="due_at",
            hint=f"Choose an earlier day, or say in at least {REASON_MIN} characters why it takes longer.",
        )  # fmt: skip
    return replace(item, due_at=due_at, late_reason=reason.strip() if due_at > latest else "")


def commit(item: ActionItem, now: Instant) -> ActionItem:
    """A promise: it has one owner, a due date and a type. Raises Conflict, Invalid."""
    state = _moved(item, "commit")
    for field, value, hint in (
        ("owner_id", item.owner_id, "One person, who answers for it; a team may be added."),
        ("due_at", item.due_at, "A day."),
        ("type", item.type, "prevent, detect, mitigate or process."),
    ):
        if not value:
            raise Invalid(f"“{item.text[:60]}” has no {field.removesuffix('_id')} yet.", field=field, hint=hint)
    return replace(item, state=state, committed_at=now, reason="")


def decline(item: ActionItem, reason: str, *, approved: bool) -> ActionItem:
    """Not to be done, and why. ``approved``: an approver asks, which a promise at SEV1 and SEV2 needs."""
    state = _moved(item, "decline")
    if item.state is _S.COMMITTED:
        _needs_approver(item, approved, "declined")
    return replace(item, state=state, reason=_reason(reason), waived="")


def waive(item: ActionItem, reason: str, *, approved: bool) -> ActionItem:
    """It stays open while the incident closes."""
    state = _moved(item, "waive")
    _needs_approver(item, approved, "waived")
    return replace(item, state=state, waived=_reason(reason))


def close(item: ActionItem, proof: Proof, now: Instant) -> ActionItem:
    """Done, with a link to what shows it. Raises Conflict, Invalid."""
    state = _moved(item, "close")
    if proof.kind not in PROOFS or not _is_reference(proof.ref):
        raise Invalid(
            "Words alone do not close an action item.", field="proof",
            hint="Link the change, the passing test, the alert or the drill.",
        )  # fmt: skip
    return replace(item, state=state, proof=proof, done_at=now, effect=None, waived="")


def reopen(item: ActionItem, reason: str) -> ActionItem:
    """What it was to prevent has happened again."""
    state = _moved(item, "reopen")
    return replace(
        item, state=state, reason=_reason(reason), done_at=None, proof=None, effect=Effect.RECURRED,
        reopened=item.reopened + 1,
    )  # fmt: skip


def check_at(item: ActionItem) -> Instant | None:
    """When to ask whether it helped; ``None`` while it is not done, or when that is answered."""
    if item.state is not _S.DONE or item.done_at is None or item.effect is not None:
        return None
    return plus(item.done_at, CHECK_AFTER_S)


def checked(item: ActionItem, now: Instant, *, recurred_in: str = "", exercised: bool = False) -> ActionItem:
    """The answer of the effectiveness check; the input before it is due.

    ``recurred_in`` is the incident the signature came back in (empty: none): the item is open again. ``exercised``:
    traffic, an alert or a drill has put it to the test. Recurrence is not waited for: it counts before the 30 days.
    """
    if item.state is not _S.DONE:
        return item
    if recurred_in:
        return reopen(item, f"The same happened again in {recurred_in}.")
    due = check_at(item)
    if due is None or now < due:
        return item
    return replace(item, effect=Effect.EFFECTIVE if exercised else Effect.NOT_EXERCISED)


def settled(item: ActionItem) -> bool:
    """Whether the incident may close over it: done, declined, or waived. An idea nobody promised holds up nothing."""
    return item.state is not _S.COMMITTED or bool(item.waived)


def overdue_s(item: ActionItem, now: Instant) -> int:
    """Seconds past its due time; 0 when it is not, or is no promise."""
    if item.state is not _S.COMMITTED or item.due_at is None:
        return 0
    return max(0, int(now.timestamp() - item.due_at.timestamp()))


def _moved(item: ActionItem, verb: str) -> ActionState:
    to = MOVES[verb].get(item.state)
    if to is None:
        possible = ", ".join(moves_from(item.state)) or "nothing"
        raise Conflict(
            f"The item is {item.state}: “{verb}” is not possible now.", field="verb", hint=f"Possible now: {possible}."
        )
    return to


def _reason(text: str) -> str:
    if len(text.strip()) < REASON_MIN:
        raise Invalid("Say why.", field="reason", hint=f"At least {REASON_MIN} characters.")
    return text.strip()


def _needs_approver(item: ActionItem, approved: bool, word: str) -> None:
    if not approved and item.severity in ("SEV1", "SEV2"):
        raise Forbidden(
            f"A promise of a {item.severity} is {word} by an approver.", field="verb", hint="Ask the team's lead."
        )


def _is_reference(ref: str) -> bool:
    """A URL, or an id of ours (``alr_…``, ``drl_…``): something that can be followed."""
    words = ref.strip()
    if " " in words or not words:
        return False
    return words.startswith(("https://", "http://")) or "_" in words[:5] or "/" in words or "#" in words
