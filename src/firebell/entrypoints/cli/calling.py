"""Talking to a server: ``FIREBELL_URL`` and ``FIREBELL_TOKEN``, or ``firebell login``, say which one and as whom."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import typer

_TIMEOUT_S = 60
_PAGE = 200
DEFAULT_URL = "http://127.0.0.1:8080"


class Server(NamedTuple):
    """Its address without a trailing slash, and the token to show it (empty: none)."""

    url: str
    token: str


def login_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where ``firebell login`` keeps the server's address and the token."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    return Path(home) / "firebell" / "login.json"


def server(environment: Mapping[str, str] = os.environ) -> Server:
    """The server to talk to. The environment comes first; the kept token goes only to the server it was made for."""
    kept: dict[str, str] = {}
    if login_file(environment).is_file():
        try:
            kept = json.loads(login_file(environment).read_text(encoding="utf-8"))
        except ValueError:
            typer.echo(f"{login_file(environment)} cannot be read and is ignored: firebell login again.", err=True)
    url = (environment.get("FIREBELL_URL") or kept.get("url") or DEFAULT_URL).rstrip("/")
    token = environment.get("FIREBELL_TOKEN") or environment.get("FIREBELL_BOOTSTRAP_TOKEN", "")
    if not token and url == kept.get("url"):
        token = kept.get("token", "")
    return Server(url, token)


def call(
    method: str, path: str, body: Mapping[str, Any] | None = None, *, query: Mapping[str, Any] | None = None,
    at: Server | None = None, or_nothing: bool = False, once: str = "",
) -> Any:  # fmt: skip
    """The server's JSON answer (``{}`` when there is none; with ``or_nothing`` also when this token may not see it).

    ``once``: a request that is repeated with the same word is done once.

    A refusal or a lost connection is told on stderr and ends the program with 1.
    """
    import httpx2

    there = at or server()
    headers = {"authorization": f"Bearer {there.token}"} if there.token else {}
    if once:
        headers["idempotency-key"] = once
    asked = {name: value for name, value in (query or {}).items() if value is not None}
    try:
        answer = httpx2.request(method, there.url + path, json=body, params=asked, headers=headers, timeout=_TIMEOUT_S)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        typer.echo(f"No answer from {there.url}: {error}. Is the server running, and FIREBELL_URL right?", err=True)
        raise typer.Exit(1) from None
    if or_nothing and answer.status_code == 403:
        return {}
    if not answer.is_success:
        _refused(there, answer)
    if not answer.content:
        return {}
    try:
        return answer.json()
    except ValueError:
        typer.echo(f"{there.url} answered with something that is not JSON. Is FIREBELL_URL right?", err=True)
        raise typer.Exit(1) from None


def text(path: str) -> str:
    """The server's answer in plain text. Failures end the program as in :func:`call`."""
    return received(path).decode(errors="replace")


def received(path: str, query: Mapping[str, Any] | None = None) -> bytes:
    """The server's answer as it is. Failures end the program as in :func:`call`."""
    import httpx2

    there = server()
    headers = {"authorization": f"Bearer {there.token}"} if there.token else {}
    asked = {name: value for name, value in (query or {}).items() if value is not None}
    try:
        answer = httpx2.get(there.url + path, params=asked, headers=headers, timeout=_TIMEOUT_S)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        typer.echo(f"No answer from {there.url}: {error}. Is the server running, and FIREBELL_URL right?", err=True)
        raise typer.Exit(1) from None
    if not answer.is_success:
        _refused(there, answer)
    return answer.content


def items(
    path: str, query: Mapping[str, Any] | None = None, *, limit: int | None = None, or_nothing: bool = False
) -> list[dict[str, Any]]:
    """A list from the server, over as many pages as it takes, up to ``limit`` items."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while limit is None or len(found) < limit:
        size = _PAGE if limit is None else min(_PAGE, limit - len(found))
        page = call("GET", path, query={**(query or {}), "limit": size, "cursor": cursor}, or_nothing=or_nothing)
        found += page.get("items", [])
        cursor = page.get("next")
        if cursor is None:
            break
    return found


def names(path: str) -> dict[str, str]:
    """Names by id, of deleted things too (the API lists those apart); none when this token may not see them."""
    found = [one for deleted in (True, False) for one in items(path, {"deleted": deleted}, or_nothing=True)]
    return {one["id"]: one["name"] for one in found}


def download(path: str, target: Path) -> Path:
    """Write what the server sends for ``path`` to ``target`` (or into that folder, under the server's name for it).

    The file appears whole or not at all, with its SHA-256 beside it. Returns where it is.
    """
    import httpx2

    there = server()
    headers = {"authorization": f"Bearer {there.token}"} if there.token else {}
    try:
        with httpx2.stream("GET", there.url + path, headers=headers, timeout=_TIMEOUT_S) as answer:
            if not answer.is_success:
                answer.read()
                _refused(there, answer)
            if target.is_dir():
                named = re.search(r'filename="?([A-Za-z0-9._-]+)"?', answer.headers.get("content-disposition", ""))
                target /= named[1].lstrip(".") if named else "download"
            digest = _write(answer.iter_bytes(), target)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        typer.echo(f"No answer from {there.url}: {error}. Is the server running, and FIREBELL_URL right?", err=True)
        raise typer.Exit(1) from None
    target.with_name(target.name + ".sha256").write_text(f"{digest}  {target.name}\n", encoding="utf-8")
    return target


def _write(pieces: Iterable[bytes], target: Path) -> str:
    draft = target.with_name(f".{target.name}.part")
    digest = hashlib.sha256()
    try:
        draft.touch(0o600)
        with draft.open("wb") as out:
            for piece in pieces:
                digest.update(piece)
                out.write(piece)
        draft.replace(target)
    except OSError as error:
        typer.echo(f"{target} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    finally:
        draft.unlink(missing_ok=True)
    return digest.hexdigest()


def _refused(there: Server, answer: Any) -> NoReturn:
    try:
        found = answer.json()
    except ValueError:
        found = {"title": f"{there.url} answered {answer.status_code} with something that is not JSON."}
    for line in told(found):
        typer.echo(line, err=True)
    if answer.status_code == 401:
        typer.echo("Set FIREBELL_TOKEN, or run firebell login.", err=True)
    raise typer.Exit(1)


def told(problem: Any) -> list[str]:
    """A problem document as lines for the terminal; each fault of a configuration on a line of its own."""
    if not isinstance(problem, dict):
        return ["The server's answer cannot be understood."]
    if problems := problem.get("problems"):
        return [
            f"{p['file']}:{p['line']}: {p['path'] + ': ' if p['path'] else ''}{p['message']} {p['hint'] or ''}".rstrip()
            for p in problems
        ]
    where = f"{problem['field']}: " if problem.get("field") else ""
    return [f"{where}{problem.get('title', 'The server refused.')} {problem.get('hint') or ''}".rstrip()]
