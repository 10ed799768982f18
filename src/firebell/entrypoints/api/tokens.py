"""``/api/v1/tokens``: keys for programs, shown once."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field

from firebell.domain.people import tokens
from firebell.domain.people.model import ApiToken
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, Limit, Page, Shown, iso, moment, pages_of
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Work

router = APIRouter(prefix="/tokens", tags=["tokens"], route_class=ApiRoute)


class TokenShown(Shown):
    """An API token without its secret; ``key`` is the public part."""

    id: str
    key: str
    name: str
    scopes: list[str]
    user_id: str | None
    team_id: str | None
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    html_url: str


class TokenIssued(TokenShown):
    """``token`` is shown now and never again."""

    token: str


class NewToken(Body):
    """``scopes`` are permissions (``alerts.view``). ``team`` (name or id): they hold within that team only.

    ``personal``: yours, never more than you may yourself.
    """

    name: str = Field(min_length=1, max_length=100)
    scopes: list[str] = Field(min_length=1, max_length=100)
    team: str | None = Field(None, max_length=100)
    expires_at: str | None = Field(None, max_length=50)
    personal: bool = False


def shown(request: Request, token: ApiToken) -> TokenShown:
    """A token as the API shows it."""
    return TokenShown(
        id=token.id, key=token.key, name=token.name, scopes=sorted(token.scopes), user_id=token.user_id,
        team_id=token.team_id, created_at=token.created_at.format_iso(), expires_at=iso(token.expires_at),
        last_used_at=iso(token.last_used_at), html_url=f"{site_of(request).base_url}/settings/tokens#{token.id}",
    )  # fmt: skip


@router.get("")
def list_tokens(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None, mine: bool = False
) -> Page[TokenShown]:
    """Tokens that are not revoked, oldest first; ``mine``: your own."""
    found = read(request, lambda r: tokens.of_user(r, caller.id) if mine else tokens.installed(r), caller)
    kept, following = pages_of(found, limit, cursor, lambda token: token.id)
    return Page(items=[shown(request, token) for token in kept], next=following)


@router.post("", status_code=201)
def create_token(request: Request, caller: Caller, body: NewToken) -> TokenIssued:
    """A new token, shown once."""

    def make(w: Work) -> tokens.Issued:
        team = references.team_id(w, body.team)
        expires_at = moment(body.expires_at, "expires_at") if body.expires_at is not None else None
        return tokens.create(w, body.name, body.scopes, expires_at, team, personal=body.personal)

    issued = run(request, make, caller)
    return TokenIssued(**shown(request, issued.token).model_dump(), token=issued.plain)


@router.delete("/{token_id}", status_code=204)
def revoke_token(request: Request, token_id: str, caller: Caller) -> None:
    """The token stops working now."""
    run(request, lambda w: tokens.revoke(w, token_id), caller)
