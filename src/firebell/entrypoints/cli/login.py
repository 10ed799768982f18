"""``firebell login``: remember a server and a token for this user."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer

from firebell.entrypoints.cli.calling import Server, call, login_file


def login(
    url: Annotated[str, typer.Argument(help="The server's address.")] = "http://127.0.0.1:8080",
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
) -> None:
    """Remember a server and a token (kept with mode 0600). Example: firebell login https://firebell.example.com"""
    url = url.rstrip("/")
    token = sys.stdin.readline().strip() if token_stdin else typer.prompt("API token", hide_input=True).strip()
    me = call("GET", "/api/v1/users/me", at=Server(url, token))
    file = login_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(".part")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump({"url": url, "token": token}, out)
    draft.replace(file)
    typer.echo(f"Logged in to {url} as {me.get('name') or me.get('id')}.")


def logout() -> None:
    """Forget the server and its token; revoke the token to end it. Example: firebell logout"""
    login_file().unlink(missing_ok=True)
    typer.echo("Forgotten.")
