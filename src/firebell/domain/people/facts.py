"""What happens to people, in the past tense.

Facts hold ids and the names of fields, never a name, an address or a destination: the journal outlives them.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from firebell.kernel.journal import Fact


class UserCreated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "user.created"
    role: str


class UserEdited(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "user.edited"
    changed: list[str]


class UserRoleChanged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "user.role_changed"
    before: str
    after: str


class UserDeactivated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "user.deactivated"


class UserActivated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "user.activated"


class UserDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "user.deleted"


class UserRestored(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "user.restored"


class UserDetached(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "user.detached"
    managed_by: str


class TeamCreated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "team.created"


class TeamEdited(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "team.edited"
    changed: list[str]


class TeamDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "team.deleted"


class TeamDetached(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "team.detached"
    managed_by: str


class MembersChanged(Fact, frozen=True, kw_only=True):
    """``joined`` and ``changed`` map user ids to roles within the team."""

    kind: ClassVar[str] = "team.members_changed"
    joined: dict[str, str] = msgspec.field(default_factory=dict)
    changed: dict[str, str] = msgspec.field(default_factory=dict)
    left: list[str] = msgspec.field(default_factory=list)


class MethodAdded(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "method.added"
    method: str
    channel: str


class MethodEdited(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "method.edited"
    method: str
    changed: list[str]


class MethodRemoved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "method.removed"
    method: str
    reason: str = "by_hand"


class MethodVerified(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "method.verified"
    method: str


class MethodTrusted(Fact, frozen=True, kw_only=True):
    """Taken as verified on an administrator's word, without a code."""

    kind: ClassVar[str] = "method.trusted"
    method: str


class MethodDisabled(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "method.disabled"
    method: str
    reason: str


class MethodEnabled(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "method.enabled"
    method: str


class RulesSet(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "rules.set"
    urgency: str
    rules: int


class SignedIn(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "session.signed_in"
    session: str
    ip: str


class SignInFailed(Fact, frozen=True, kw_only=True):
    """``known``: the name belongs to a user (for the audit log only; the answer never says)."""

    kind: ClassVar[str] = "session.sign_in_failed"
    ip: str
    known: bool


class SteppedUp(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "session.stepped_up"
    session: str


class SessionsEnded(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "session.ended"
    sessions: list[str]
    reason: str


class PasswordChanged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "user.password_changed"
    by: str


class TokenCreated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "token.created"
    scopes: list[str]
    team: str | None = None
    user: str | None = None


class TokenRevoked(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "token.revoked"


class LinkIssued(Fact, frozen=True, kw_only=True):
    """A one-time link: ``setup``, ``invite`` or ``reset``."""

    kind: ClassVar[str] = "link.issued"
    purpose: str


class LinkUsed(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "link.used"
    purpose: str
