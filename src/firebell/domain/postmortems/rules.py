"""Which postmortems must be written, and what may be asked of one. Pure: ``now`` is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from firebell.domain.postmortems import actions
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.model import Audience, Postmortem, State, Waiver
from firebell.domain.postmortems.office import Calendar, days
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid

REASON_MIN = 10
P0_ACTION = "p0_action"
"""Among what makes a postmortem required: a policy asks for an action item that goes before all other work."""
BUDGET_PERMILLE = 200
"""More than this share of an SLO's budget in one incident makes a postmortem due."""
BEFORE_MEETING_S = 24 * 3600

_S = State
MOVES: Mapping[str, Mapping[State, State]] = {
    "submit": {_S.DRAFT: _S.IN_REVIEW},
    "request_changes": {_S.IN_REVIEW: _S.DRAFT},
    "approve": {_S.IN_REVIEW: _S.REVIEWED},
    "publish": {_S.REVIEWED: _S.PUBLISHED},
    "close": {_S.PUBLISHED: _S.CLOSED},
    "revise": {_S.REVIEWED: _S.DRAFT, _S.PUBLISHED: _S.DRAFT, _S.CLOSED: _S.DRAFT},
}
"""8 of the 30 pairs of six verbs and five states. Buttons and rules read the same table."""


def moves_from(state: State) -> tuple[str, ...]:
    """The verbs that lead on from ``state``, in their usual order."""
    return tuple(verb for verb, moves in MOVES.items() if state in moves)


# ------------------------------------------------------------------ must one be written?


class Why(StrEnum):
    """Why a postmortem is required."""

    SEVERITY = "severity"
    DATA_LOSS = "data_loss"
    BUDGET = "budget"
    CUSTOMERS_FIRST = "customers_first"
    SEEN_BEFORE = "seen_before"
    ASKED_FOR = "asked_for"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """When one is required; each is a setting of the installation."""

    severities: frozenset[str] = frozenset({"SEV1", "SEV2"})
    data_loss: bool = True
    budget_permille: int | None = BUDGET_PERMILLE
    customers_first: bool = True
    seen_before: bool = True
    asked_for: bool = True


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an incident. ``budget_permille``: the largest share of one SLO's budget it spent."""

    kind: str = "normal"
    peak: str = "SEV2"
    data_loss: bool = False
    budget_permille: int = 0
    customers_first: bool = False
    seen_before: bool = False
    asked_for: bool = False


def required(at: Circumstances, policy: Policy) -> tuple[Why, ...]:
    """Why a postmortem must be written; empty: it may be. Drills and tests never must."""
    if at.kind in ("drill", "test"):
        return ()
    found = (
        (Why.SEVERITY, at.peak in policy.severities),
        (Why.DATA_LOSS, policy.data_loss and at.data_loss),
        (Why.BUDGET, policy.budget_permille is not None and at.budget_permille > policy.budget_permille),
        (Why.CUSTOMERS_FIRST, policy.customers_first and at.customers_first),
        (Why.SEEN_BEFORE, policy.seen_before and at.seen_before),
        (Why.ASKED_FOR, policy.asked_for and at.asked_for),
    )
    return tuple(why for why, holds in found if holds)


# ------------------------------------------------------------------ until when?


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """``draft_at``: draft ready and review meeting booked. ``readable_at``: the draft can be read, a day before the
    meeting (``None``: none is booked, or the severity asks for none)."""

    draft_at: Instant
    readable_at: Instant | None
    published_at: Instant
    actions_at: Instant


_PUBLISHED_DAYS = {"SEV1": 7, "SEV2": 10}
_BUSINESS_DAYS = {"SEV2": 5}


def deadlines(peak: str, resolved_at: Instant, calendar: Calendar, review_at: Instant | None = None) -> Deadlines:
    """All clocks of a postmortem, from the moment its incident was resolved. Unset counts as SEV2."""
    peak = peak if peak in actions.DUE_DAYS else "SEV2"
    major = peak in ("SEV1", "SEV2")
    return Deadlines(
        draft_at=days(3, resolved_at)
        if peak == "SEV1"
        else calendar.after_business_days(resolved_at, _BUSINESS_DAYS.get(peak, 10)),
        readable_at=plus(review_at, -BEFORE_MEETING_S) if major and review_at is not None else None,
        published_at=days(_PUBLISHED_DAYS.get(peak, 20), resolved_at),
        actions_at=actions.due_by(peak, resolved_at),
    )


# ------------------------------------------------------------------ the verbs


def submit(one: Postmortem, failed: Iterable[str], now: Instant, by: str, waiver: str = "") -> Postmortem:
    """Into review. ``failed`` are the names of hard checks that do not hold; a ``waiver`` passes over them."""
    state = _moved(one, "submit")
    missing = tuple(failed)
    waivers = one.waivers
    if missing and waiver.strip():
        waivers = (*waivers, Waiver(what="checks", reason=_reason(waiver), by=by, at=now))
    elif missing:
        raise Conflict(
            f"Not ready for review: {', '.join(missing)}.", field="document",
            hint="Fill them in, or waive with a reason.",
        )  # fmt: skip
    return replace(one, state=state, submitted_at=now, waivers=waivers)


def request_changes(one: Postmortem, text: str) -> Postmortem:
    """Back to its authors; ``text`` becomes a comment of the caller's making."""
    state = _moved(one, "request_changes")
    _reason(text)
    return replace(one, state=state, submitted_at=None)


def approve(one: Postmortem, now: Instant, by: str) -> Postmortem:
    """Reviewed, by somebody who does not own it, with every action promised or declined."""
    state = _moved(one, "approve")
    if by == one.owner_id:
        raise Forbidden("Its owner cannot approve a postmortem.", field="verb", hint="Ask another reviewer.")
    open_ideas = [item for item in one.document.actions if item.state is ActionState.PROPOSED]
    if open_ideas:
        raise Conflict(
            f"{len(open_ideas)} action items are neither committed nor declined.", field="actions",
            hint=f"Decide on “{open_ideas[0].text[:60]}” first.",
        )  # fmt: skip
    return replace(one, state=state, reviewed_at=now, reviewed_by=by)


def publish(one: Postmortem, audience: Audience, named: int, now: Instant) -> Postmortem:
    """Readable by ``audience``. ``named`` is how many people's names the linter still finds: only they block."""
    state = _moved(one, "publish")
    if named:
        raise Conflict(
            f"{named} names of people stand in the text.", field="document", hint="Replace them by their roles."
        )
    if P0_ACTION in one.required and not any(_promised_p0(item) for item in one.document.actions):
        raise Conflict(
            "The error budget policy asks for an action item of priority P0.", field="actions",
            hint="Commit to one, with P0 as its priority.",
        )  # fmt: skip
    if one.private and not one.released and audience is Audience.ORGANISATION:
        raise Forbidden(
            "The incident is private.", field="audience", hint="Release it explicitly, or publish for its members."
        )
    return replace(one, state=state, audience=audience, published_at=now)


def _promised_p0(item: ActionItem) -> bool:
    return item.priority.strip().upper() == "P0" and item.state in (ActionState.COMMITTED, ActionState.DONE)


def close(one: Postmortem, now: Instant) -> Postmortem:
    """Over: every promise is done, declined or waived. What is done keeps its effectiveness check."""
    state = _moved(one, "close")
    for item in one.document.actions:
        if not actions.settled(item):
            raise Conflict(
                f"“{item.text[:60]}” is committed and not done.", field="actions", hint="Close, decline or waive it."
            )
    return replace(one, state=state, closed_at=now)


def revise(one: Postmortem, reason: str) -> Postmortem:
    """A draft again, under the next revision number; the one before stays readable."""
    state = _moved(one, "revise")
    _reason(reason)
    return replace(
        one, state=state, revision=one.revision + 1, submitted_at=None, reviewed_at=None, reviewed_by=None,
        closed_at=None,
    )  # fmt: skip


def reopened(one: Postmortem) -> Postmortem:
    """What becomes of it when its incident is reopened: a draft; after publishing, as a new revision."""
    if one.state in (_S.PUBLISHED, _S.CLOSED):
        return revise(one, "The incident was reopened.")
    if one.state is _S.DRAFT:
        return one
    return replace(one, state=_S.DRAFT, submitted_at=None, reviewed_at=None, reviewed_by=None)


def lets_follow_up(state: State) -> bool:
    """Whether the incident may go on to follow-up."""
    return state in (_S.REVIEWED, _S.PUBLISHED, _S.CLOSED)


def waive_required(reason: str, now: Instant, by: str, *, may: bool) -> Waiver:
    """No postmortem, though one is required. Raises Forbidden, Invalid."""
    if not may:
        raise Forbidden(
            "A required postmortem is waived by somebody with that permission.", field="verb",
            hint="Ask a manager; the permission is postmortems.waive.",
        )  # fmt: skip
    return Waiver(what="required", reason=_reason(reason), by=by, at=now)


def _moved(one: Postmortem, verb: str) -> State:
    to = MOVES[verb].get(one.state)
    if to is None:
        raise Conflict(
            f"The postmortem is {one.state.replace('_', ' ')}: “{verb.replace('_', ' ')}” is not possible now.",
            field="verb", hint=f"Possible now: {', '.join(moves_from(one.state))}.",
        )  # fmt: skip
    return to


def _reason(text: str) -> str:
    if len(text.strip()) < REASON_MIN:
        raise Invalid("Say why.", field="reason", hint=f"At least {REASON_MIN} characters.")
    return text.strip()
