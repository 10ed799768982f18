"""A form on its way: what was typed, and after a refusal what is wrong with which field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from firebell.kernel.errors import Invalid, NotFound, Refused, Unauthenticated

Choices = Sequence[tuple[str, str]]
"""What a select offers: (value, text)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """``values`` by input name. ``at`` names the input that ``error`` is about, or nothing (the whole form)."""

    values: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    error: str = ""
    hint: str = ""

    @property
    def status(self) -> int:
        """What the page that shows it is answered with."""
        return 422 if self.error else 200

    def of(self, name: str) -> str:
        """The value of an input."""
        return self.values.get(name, "")

    def wrong(self, name: str) -> str:
        """What is wrong with this input, or nothing."""
        return self.error if self.error and name == self.at else ""


def refused(values: Mapping[str, str], error: Refused, inputs: Mapping[str, str] | None = None) -> Draft:
    """The form again with what was typed. ``inputs`` names the input of a field that is called otherwise there.

    What no form can mend (a thing that is gone, a stranger) is raised again.
    """
    if isinstance(error, NotFound | Unauthenticated) and not error.field:
        raise error
    at = (inputs or {}).get(error.field or "", error.field or "")
    return Draft(values, at, error.message, error.hint or "")


def whole_number(form: Mapping[str, str], name: str, *, otherwise: int | None = None) -> int:
    """The whole number in an input, or ``otherwise`` for an empty one. Raises Invalid at that input."""
    typed = form.get(name, "").strip()
    if not typed and otherwise is not None:
        return otherwise
    if not typed.isascii() or not typed.isdigit() or len(typed) > 9:
        raise Invalid("A whole number is needed here.", field=name, hint="For example 5.")
    return int(typed)


def words(text: str) -> list[str]:
    """What stands between commas, spaces and line ends."""
    return [word for word in text.replace(",", " ").split() if word]
