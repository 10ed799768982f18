"""Talking to a server: ``FIREBELL_URL`` and ``FIREBELL_TOKEN`` say which one and who."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import httpx2
import typer

_TIMEOUT_S = 60


def call(method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The server's JSON answer. A refusal or a lost connection is told on stderr and ends the program with 1."""
    url = os.environ.get("FIREBELL_URL", "http://127.0.0.1:8080").rstrip("/")
    token = os.environ.get("FIREBELL_TOKEN") or os.environ.get("FIREBELL_BOOTSTRAP_TOKEN", "")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx2.request(method, url + path, json=body, headers=headers, timeout=_TIMEOUT_S)
    except httpx2.HTTPError as error:
        typer.echo(f"No answer from {url}: {error}. Is the server running, and FIREBELL_URL right?", err=True)
        raise typer.Exit(1) from None
    try:
        found = answer.json()
    except ValueError:
        found = {"title": f"{url} answered {answer.status_code} with something that is not JSON."}
    if answer.is_success and isinstance(found, dict):
        return found
    for line in told(found):
        typer.echo(line, err=True)
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
