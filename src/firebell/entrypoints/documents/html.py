"""Postmortems and review decks as one HTML file each: no address is asked for anything, and nothing else may run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from firebell.entrypoints.documents.boards import LONG_TITLE, Boards, fitted
from firebell.entrypoints.documents.sheet import Sheet

HERE = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def _source(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8").strip()


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


@cache
def policy(style: str, script: str = "") -> str:
    """The Content-Security-Policy of such a file: its own style and script by their hashes, and nothing else."""
    runs = f"script-src {_hash(_source(script))}; " if script else ""
    return f"default-src 'none'; style-src {_hash(_source(style))}; {runs}base-uri 'none'; form-action 'none'"


def document_policy() -> str:
    return policy("document.css")


def deck_policy() -> str:
    return policy("deck.css", "deck.js")


def document(one: Sheet) -> str:
    """The sheet for a screen and for paper."""
    return _environment().get_template("document.html").render(
        sheet=one, style=Markup(_source("document.css")), policy=document_policy()  # noqa: S704  (ours)
    )  # fmt: skip


def deck(one: Boards) -> str:
    """Six slides. Arrow keys, space, Home and End lead through them; without script they scroll. Each is a page."""
    style, script = Markup(_source("deck.css")), Markup(_source("deck.js"))  # noqa: S704  (both are ours)
    return _environment().get_template("deck.html").render(
        deck=one, boards=fitted(one), long=len(one.title) > LONG_TITLE, style=style, script=script,
        policy=deck_policy(),
    )  # fmt: skip
