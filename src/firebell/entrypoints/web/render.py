"""Our own pages from Jinja2: everything escaped, an undefined name is an error, one block alone for a fragment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from firebell.entrypoints.web import moments
from firebell.entrypoints.web.moments import Moment
from firebell.kernel import text
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound

HERE = Path(__file__).parent
STATIC = HERE / "static"


class Renderer:
    """``page(template, context)`` is the whole page, ``block(...)`` one block of the same template."""

    def __init__(self, static: Path = STATIC) -> None:
        listed = static / "manifest.json"
        self._names: dict[str, str] = json.loads(listed.read_text()) if listed.exists() else {}
        self.env = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self.env.globals["asset"] = self.asset
        self.env.globals["ui"] = self.env.get_template("_macros.html").module
        self.env.globals["cal"] = self.env.get_template("_calendar.html").module
        self.env.filters |= {
            "moment": _moment, "clock": _clock, "local": _local, "markdown": _markdown, "span": moments.span,
            "countdown": moments.countdown,
            "printable": text.printable,
        }  # fmt: skip

    @property
    def hashed(self) -> frozenset[str]:
        """Names of built files that carry their content's hash."""
        return frozenset(built for name, built in self._names.items() if built != name)

    def asset(self, name: str) -> str:
        """The URL of a built file, with its content's hash in it where there is one."""
        return f"/static/{self._names.get(name, name)}"

    def page(self, template: str, context: Mapping[str, Any]) -> str:
        return self.env.get_template(template).render(context)

    def block(self, template: str, name: str, context: Mapping[str, Any]) -> str:
        """Raises NotFound when the template has no such block."""
        found = self.env.get_template(template)
        draw = found.blocks.get(name)
        if draw is None:
            raise NotFound("This page has no such part.", hint="Load the whole page.")
        return "".join(draw(found.new_context(dict(context))))


@cache
def of_this_process() -> Renderer:
    """The one over our own front end: compiling the macros takes longer than all the rest of an application's start."""
    return Renderer()


@pass_context
def _moment(context: Context, at: Instant | None) -> Moment | None:
    """``ui.when(alert.opened_at|moment)``."""
    page = context["page"]
    return moments.moment(at, page.now, page.zone)


@pass_context
def _clock(context: Context, at: Instant) -> str:
    """``next at {{ due_at|clock }}``."""
    page = context["page"]
    return moments.clock(at, page.zone, page.now)


@pass_context
def _local(context: Context, at: Instant) -> str:
    """The full local time with its zone."""
    page = context["page"]
    return moments.local(at, page.zone, page.now)


def _markdown(source: str) -> Markup:
    return Markup(text.html_of(source))  # noqa: S704 - html_of cleans it
