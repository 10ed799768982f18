"""What is written into a tracker, and what follows from what it says. Firebell decides (postmortems.md 6). Pure."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum

from firebell.domain.trackers.model import Issue, Item, Mirror, Standing, Tracker, Vendor
from firebell.kernel.addresses import destination
from firebell.kernel.errors import Invalid
from firebell.kernel.text import printable

EVERY_S = 60
"""A tracker is looked at so often."""
BACK_OFF_MAX_S = 3600
LEASE_S = 300
SAYS_FAILING_AT = 3
"""Failures in a row before the journal says so."""
TITLE_MAX = 250

_HOW_TO_CLOSE = (
    "To close it from here, close it by a commit, or comment a line “Evidence: https://…” (a change, a passing"
    " test, an alert or a drill) and close it."
)

_GITHUB_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_JIRA_PROJECT = re.compile(r"[A-Z][A-Z0-9_]{1,79}")
_EVIDENCE = re.compile(r"^[^\w\n]{0,6}evidence[^\w\n]{1,8}(https?://[^\s<>()\[\]|*]+)", re.IGNORECASE | re.MULTILINE)


def name(value: str) -> str:
    text = printable(value, one_line=True)
    if not 1 <= len(text) <= 100:
        raise Invalid("Write 1–100 characters.", field="name")
    return text


def vendor(value: str) -> Vendor:
    try:
        return Vendor(value)
    except ValueError:
        raise Invalid(f"“{value[:40]}” is no tracker.", field="vendor", hint=", ".join(Vendor)) from None


def url(value: str, kind: Vendor) -> str:
    """The address of the vendor's API without a slash at its end. Raises Invalid."""
    address = value.strip().rstrip("/") or ("https://api.github.com" if kind is Vendor.GITHUB else "")
    read = destination(address)
    if isinstance(read, str):
        hint = "https://api.github.com" if kind is Vendor.GITHUB else "https://acme.atlassian.net"
        raise Invalid(f"The address cannot be used: {read}.", field="url", hint=f"Write, for example, {hint}.")
    return address


def project(value: str, kind: Vendor) -> str:
    """``owner/repository``, or the key of a project. Raises Invalid."""
    text = value.strip()
    if kind is Vendor.GITHUB and not _GITHUB_PROJECT.fullmatch(text):
        raise Invalid("That is no repository.", field="project", hint="Write owner/repository.")
    if kind is Vendor.JIRA and not _JIRA_PROJECT.fullmatch(text):
        raise Invalid("That is no key of a project.", field="project", hint="Write its key, for example PAY.")
    return text


def account(value: str, kind: Vendor) -> str:
    text = value.strip()
    if kind is Vendor.GITHUB and text:
        raise Invalid("GitHub's token needs no account.", field="account", hint="Leave it empty.")
    if text and (not text.isprintable() or ":" in text or len(text) > 254):
        raise Invalid("That is no account.", field="account", hint="The e-mail address the token belongs to.")
    return text


def token(value: str) -> str:
    text = value.strip()
    if not (text.isascii() and text.isprintable() and 8 <= len(text) <= 500):
        raise Invalid("A token has 8 to 500 ASCII characters.", field="token", hint="Copy it whole.")
    return text


# ------------------------------------------------------------------ what is written there


def title(item: Item) -> str:
    text = " ".join(item.text.split())
    return text if len(text) <= TITLE_MAX else text[: TITLE_MAX - 1] + "…"


def marker(action_id: str) -> str:
    """By this an issue is found again whose making was never recorded."""
    return f"firebell:{action_id}"


def body(item: Item) -> str:
    """The issue's text: readable as Markdown and as plain text, so that each vendor shows it well. No names."""
    rows = [
        f"Promised after {item.incident}." if item.incident else "Promised after an incident.",
        "",
        f"Done when: {' '.join(item.end_state.split()) or 'not said yet'}",
        f"Due: {item.due or 'no date yet'}",
        f"Type: {item.type or 'not said yet'} · severity: {item.severity}",
        "",
        f"Firebell decides whether it is done: {item.url}",
        _HOW_TO_CLOSE,
        "",
        marker(item.id),
    ]
    return "\n".join(rows)


def fingerprint(item: Item) -> str:
    """16 hex digits of what the issue says; it is written again only when that has changed, so that what people edit
    there stays."""
    return hashlib.sha256(f"{title(item)}\n{body(item)}".encode(errors="surrogatepass")).hexdigest()[:16]


# ------------------------------------------------------------------ what follows


class Step(StrEnum):
    """What is to be done in the tracker for one item."""

    NOTHING = "nothing"
    CREATE = "create"
    REWRITE = "rewrite"
    CLOSE = "close"
    DROP = "drop"
    OPEN = "open"


def step(item: Item, mirror: Mirror | None) -> Step:
    """Whether its issue still says what Firebell says. What was never shown there and is over is not shown any more."""
    if mirror is None or not mirror.key:
        return Step.CREATE if item.standing is Standing.OPEN else Step.NOTHING
    if item.standing is Standing.OPEN:
        if not mirror.open_there:
            return Step.OPEN
        return Step.NOTHING if mirror.pushed == fingerprint(item) else Step.REWRITE
    if not mirror.open_there:
        return Step.NOTHING
    return Step.CLOSE if item.standing is Standing.DONE else Step.DROP


class Heard(StrEnum):
    """What an issue's news means for its item."""

    NOTHING = "nothing"
    DONE = "done"
    """Closed there, with evidence: the item is done."""
    NO_EVIDENCE = "no_evidence"
    """Closed there, and nothing shows that it is done: it is opened again, and its readers are told what is missing."""
    CLOSE_AGAIN = "close_again"
    """Opened there, while Firebell says that it is over."""


def hear(standing: Standing, issue: Issue, evidence: str) -> Heard:
    """``evidence``: a link that shows that it is done, or empty."""
    if standing is Standing.OPEN and not issue.is_open:
        return Heard.DONE if evidence else Heard.NO_EVIDENCE
    if standing is not Standing.OPEN and issue.is_open:
        return Heard.CLOSE_AGAIN
    return Heard.NOTHING


def evidence_in(comments: list[str]) -> str:
    """The newest link somebody gave as evidence, on a line that begins with “Evidence:”; empty: none."""
    for text in reversed(comments):
        if found := _EVIDENCE.findall(text):
            return str(found[-1]).rstrip(".,;:!?")
    return ""


def asks_for_evidence(item: Item) -> str:
    return (
        "Closed here without evidence, so it is open again: comment a line “Evidence: https://…” that leads to the"
        f" change, the passing test, the alert or the drill, and close it, or close it in Firebell: {item.url}"
    )


def over_here(item: Item) -> str:
    """Said to those who open an issue whose item is over."""
    return f"Firebell says that this is {item.standing}. To open it again, do so there: {item.url}"


def again_in_s(failures: int) -> int:
    """How long a tracker is left alone after ``failures`` in a row: a minute, doubling to an hour."""
    return min(BACK_OFF_MAX_S, EVERY_S << min(max(failures, 1) - 1, 10))


def home(trackers: list[Tracker], team_id: str | None) -> Tracker | None:
    """Where the items of a team go: to its own tracker, else to the one for all."""
    usable = [one for one in trackers if one.enabled]
    own = [one for one in usable if team_id is not None and one.team_id == team_id]
    shared = [one for one in usable if one.team_id is None]
    return next(iter(own or shared), None)
