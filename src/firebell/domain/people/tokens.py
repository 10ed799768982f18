"""API tokens ``fb_<key>_<secret>``: shown once, stored hashed, never more than their creator may.

An installation's token (TOKENS_EDIT) has no owner and lives until it is revoked or expires. A personal token
(SELF_EDIT) may at most what its owner may at that moment, and stops with its owner.
"""

from __future__ import annotations

import difflib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select, update

from firebell.domain.people import access_store, authority, limits, rules, store
from firebell.domain.people.access_store import tokens_table
from firebell.domain.people.facts import TokenCreated, TokenRevoked
from firebell.domain.people.model import ApiToken
from firebell.kernel import ids
from firebell.kernel.actor import ADMIN, Actor, Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Forbidden, Invalid, NotFound
from firebell.kernel.ids import TeamId, TokenId, UserId
from firebell.kernel.secrets import hash_token, new_token, parse_token, token_matches
from firebell.kernel.work import Read, Work

TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Issued:
    """``plain`` is shown now and never again."""

    plain: str = field(repr=False)
    token: ApiToken


def create(
    work: Work,
    name: str,
    scopes: Iterable[str],
    expires_at: Instant | None = None,
    team: str | None = None,
    *,
    personal: bool = False,
) -> Issued:
    """A new token with ``scopes`` (permission words), everywhere or within ``team``.

    Raises Forbidden beyond what the creator may, Invalid, NotFound.
    """
    work.needs(Permission.SELF_EDIT if personal else Permission.TOKENS_EDIT)
    if personal and work.actor.kind != "user":
        raise Forbidden("Only a person signed in makes a personal token.", hint="Leave out personal.")
    wanted = frozenset(_permission(word) for word in scopes)
    if not wanted:
        raise Invalid("A token needs at least one scope.", field="scopes", hint="For example alerts.view.")
    team_id = None if team is None else store.take_team(work, team).id
    if beyond := sorted(scope for scope in wanted if not work.actor.may(scope, team_id)):
        raise Forbidden(f"You may not {beyond[0]} yourself.", field="scopes", hint="Choose scopes you hold.")
    if expires_at is not None and expires_at <= work.now:
        raise Invalid("This moment has passed.", field="expires_at")
    made = new_token()
    token = ApiToken(
        id=TokenId(ids.new("tok", work.now)),
        key=made.id,
        name=rules.title(name, "name"),
        scopes=frozenset(scope.value for scope in wanted),
        created_at=work.now,
        user_id=UserId(work.actor.id) if personal else None,
        team_id=team_id,
        expires_at=expires_at,
    )
    access_store.add_token(work, token, made.hash)
    work.record(token.id, TokenCreated(scopes=sorted(token.scopes), team=token.team_id, user=token.user_id))
    work.publish(TOKENS)
    return Issued(made.plain, token)


def _permission(word: str) -> Permission:
    try:
        return Permission(word)
    except ValueError:
        near = difflib.get_close_matches(word, [p.value for p in Permission], n=1)
        hint = f"Did you mean {near[0]}?" if near else "Scopes are permissions such as alerts.view."
        raise Invalid(f"{word!r} is not a permission.", field="scopes", hint=hint) from None


def actor(read: Read, plain: str) -> Actor | None:
    """Whom a presented token stands for; ``None`` when it is unknown, wrong, revoked, expired, or its owner is gone."""
    presented = parse_token(plain)
    row = None if presented is None else read.one(select(tokens_table).where(tokens_table.c.key == presented.id))
    if not token_matches(presented, None if row is None else row.hash) or row is None:
        return None
    token = access_store.token_of(row)
    if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= read.now):
        return None
    scopes = frozenset(p for p in Permission if p.value in token.scopes)
    if token.user_id is not None:
        owner = authority.user_actor(read, token.user_id)
        if owner is None:
            return None
        scopes = frozenset(scope for scope in scopes if owner.may(scope, token.team_id))
    if token.team_id is None:
        return Actor("token", token.id, token.name, scopes)
    if not _team_lives(read, token.team_id):
        return None
    return Actor("token", token.id, token.name, frozenset(), {token.team_id: scopes})


def _team_lives(read: Read, team_id: TeamId) -> bool:
    t = store.teams_table.c
    return read.one(select(t.id).where(t.id == team_id, t.deleted_at.is_(None))) is not None


def touch(work: Work, token_id: str) -> None:
    """Note that the token was used; writes at most once a minute."""
    row = work.one(select(tokens_table.c.last_used_at).where(tokens_table.c.id == token_id))
    if row is not None and limits.worth_touching(row.last_used_at, work.now):
        work.write(update(tokens_table).where(tokens_table.c.id == token_id).values(last_used_at=work.now))


def installed(read: Read) -> list[ApiToken]:
    """Every token that is not revoked, newest first."""
    read.needs(Permission.TOKENS_EDIT)
    return _tokens(read)


def of_user(read: Read, user_id: str) -> list[ApiToken]:
    """One person's own tokens, newest first."""
    authority.needs_self_or(read, Permission.TOKENS_EDIT, user_id)
    return _tokens(read, tokens_table.c.user_id == user_id)


def names(read: Read, token_ids: Iterable[str]) -> dict[str, tuple[str, UserId | None]]:
    """What tokens are called and whose they are, by id, revoked ones too: to say by which one something was done."""
    read.needs(Permission.PEOPLE_VIEW)
    t = tokens_table.c
    found = read.all(select(t.id, t.name, t.user_id).where(t.id.in_(list(token_ids))))
    return {row.id: (row.name, row.user_id) for row in found}


def owner(read: Read, token_id: str) -> UserId | None:
    """Whose personal token this is; ``None``: an installation's. For the house: what a token asks is asked by it."""
    t = tokens_table.c
    found: UserId | None = read.scalar(select(t.user_id).where(t.id == token_id))
    return found


def _tokens(read: Read, *where: ColumnElement[bool]) -> list[ApiToken]:
    rows = read.all(select(tokens_table).where(tokens_table.c.revoked_at.is_(None), *where))
    return sorted((access_store.token_of(row) for row in rows), key=lambda token: token.id, reverse=True)


def revoke(work: Work, token_id: str) -> None:
    """The token stops working now. Owners revoke their own, TOKENS_EDIT any. Raises NotFound."""
    row = work.take(select(tokens_table).where(tokens_table.c.id == token_id))
    owner = None if row is None else row.user_id
    authority.needs_self_or(work, Permission.TOKENS_EDIT, owner or "")
    if row is None:
        raise NotFound("There is no such token.")
    if row.revoked_at is None:
        work.write(update(tokens_table).where(tokens_table.c.id == token_id).values(revoked_at=work.now))
        work.record(token_id, TokenRevoked())
        work.publish(TOKENS)


def bootstrap_actor(plain: str, configured: str | None) -> Actor | None:
    """The administrator who set the bootstrap token in the environment, when ``plain`` is that token."""
    same = hmac.compare_digest(hash_token(plain), hash_token(configured or ""))
    return Actor("token", "bootstrap", "bootstrap token", ADMIN) if same and configured else None
