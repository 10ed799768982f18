"""Liquid templates that people edit: no includes, limited loops and output, and unknown names are refused.

https://shopify.github.io/liquid/ says what the language is; what a template may name is :data:`VARIABLES`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any

from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import FilterArgumentError, LiquidError, LiquidInterrupt, LiquidSyntaxError, StopRender
from liquid.token import TOKEN_CONTENT

from firebell.kernel.errors import Invalid

SOURCE_MAX = 20_000
OUTPUT_MAX = 20_000
NUMBER_MAX = 10**15
MADE_MAX = 1_000_000
"""How many characters all filters of one rendering may make together."""

VARIABLES: Mapping[str, str] = {
    "title": "Title of the incident",
    "reference": "Its number, as INC-12",
    "severity": "SEV1 to SEV4",
    "impact": "What is affected, without a full stop at the end",
    "status": "Investigating, Mitigating or Resolved; for the public the word of the status page",
    "eta": "Internal: unknown until the Incident Commander sets it; public: empty until then",
    "commander": "Name of the Incident Commander",
    "components": "Names of the affected components",
    "minutes": "Minutes until the next update",
    "next_update_by": "When the next update is due, with its zone",
    "doing": "What is being done (identified), or was done (monitoring)",
    "still_failing": "How to tell that it still fails (monitoring)",
    "confirmation": "What confirms that it works again (resolved)",
    "data_loss": "What was lost, or that nothing was (resolved)",
    "if_it_persists": "What to do if it persists (resolved)",
}
"""What a template can name, and what it means."""


FILTERS = frozenset(
    {"append", "capitalize", "default", "divided_by", "downcase", "escape", "lstrip", "minus", "modulo", "plus",
     "prepend", "remove", "remove_first", "round", "rstrip", "strip", "strip_newlines", "times", "truncate",
     "truncatewords", "upcase"}
)  # fmt: skip
"""What a template may do to a value. Left out: what reads the clock, what builds lists out of ranges, and what can
make a text longer than the limits notice in time (``replace``)."""


_made: ContextVar[int] = ContextVar("made", default=0)


def _bounded(used: Callable[..., Any]) -> Callable[..., Any]:
    """The filter with a limit on what it makes: the library counts what is kept and what is written, and a chain of
    filters (``x | times: x | times: x``) does neither until its end."""

    @wraps(used)
    def checked(*given: Any, **named: Any) -> Any:
        made = used(*given, **named)
        if isinstance(made, int | float) and abs(made) > NUMBER_MAX:
            raise FilterArgumentError("a number is too large", token=None)
        size = _made.get() + (len(made) if isinstance(made, str) else 1)
        if size > MADE_MAX or (isinstance(made, str) and len(made) > OUTPUT_MAX):
            raise FilterArgumentError("a text is too long", token=None)
        _made.set(size)
        return made

    return checked


class _Sandbox(Environment):
    loop_iteration_limit = 1_000
    local_namespace_limit = 100_000
    output_stream_limit = OUTPUT_MAX
    context_depth_limit = 10
    block_nesting_limit = 10

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        # Nothing can be loaded from a template, and a table is no text.
        for name in ("include", "render", "tablerow"):
            self.tags.pop(name, None)
        self.filters = {name: _bounded(self.filters[name]) for name in self.filters if name in FILTERS}


_sandbox = _Sandbox(undefined=StrictUndefined, strict_filters=True)


_SPACES = re.compile(r"[ \t]+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


@lru_cache(maxsize=128)
def _parsed(source: str) -> BoundTemplate:
    for token in _sandbox.tokenizer()(source):
        # A range is searched and skipped number by number, past every limit; nothing here needs one.
        if token.kind != TOKEN_CONTENT and ".." in _QUOTED.sub("", token.value):
            raise LiquidSyntaxError("ranges like (1..9) are not available", token=token)
    return _sandbox.from_string(source)


def render(source: str, values: Mapping[str, object]) -> str:
    """The text of a template, blank lines at its ends and runs of spaces removed.

    Raises Invalid (field ``body``) naming what is wrong: syntax, an unknown name, a limit.
    """
    if len(source) > SOURCE_MAX:
        raise Invalid(f"A template has at most {SOURCE_MAX} characters.", field="body", hint="Shorten it.")
    _made.set(0)
    try:
        text = _parsed(source).render(**{**dict.fromkeys(VARIABLES, ""), **values})
    except (LiquidError, LiquidInterrupt, StopRender, ValueError, TypeError, RecursionError) as error:
        why = getattr(error, "message", "") or str(error) or type(error).__name__
        raise Invalid(
            f"The template cannot be used: {why}.", field="body", hint="Names: " + ", ".join(VARIABLES) + "."
        ) from error
    return "\n".join(_SPACES.sub(" ", line).rstrip() for line in text.strip().splitlines())


def check(source: str) -> None:
    """Raises Invalid unless the template can be filled in with everything, and with nothing, known."""
    if not source.strip():
        raise Invalid("A template says something.", field="body", hint="Reset it to the text that comes with Firebell.")
    render(source, {name: f"({name})" for name in VARIABLES} | {"minutes": 15})
    render(source, {})
