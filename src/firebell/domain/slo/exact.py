"""Exact numbers from what people typed, and what they look like when shown. No float takes part in a comparison.

A target of 99.9 % is 999/1000, not the nearest binary fraction of it: 9.04 against a threshold of 9 is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction

from firebell.kernel.errors import Invalid

DIGITS_MAX = 30
"""More digits than this are a mistake, and would make sums slow."""

Typed = str | int | float | Decimal | Fraction


def exact(value: Typed, field: str) -> Fraction:
    """``value`` as it was written. A float counts as its shortest text, which is what stood in the file.

    Raises Invalid for anything that is no finite decimal number.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool):
        raise Invalid("This has to be a number.", field=field, hint="Write it in digits, such as 0.999.")
    text = str(value).strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Invalid(f"“{text[:40]}” is not a number.", field=field, hint="Write digits, such as 0.999.") from None
    if not number.is_finite():
        raise Invalid(f"“{text[:40]}” is not a finite number.", field=field, hint="Write digits, such as 0.999.")
    if len(number.as_tuple().digits) > DIGITS_MAX or abs(number.adjusted()) > DIGITS_MAX:
        raise Invalid(f"“{text[:40]}” has too many digits.", field=field, hint=f"At most {DIGITS_MAX} are kept.")
    return Fraction(number)


def decimal_text(value: Fraction) -> str:
    """``value`` written out in full. Raises ValueError when it has no finite decimal form."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        raise ValueError(f"{value} has no finite decimal form")
    with localcontext() as context:
        context.prec = 200
        text = format(Decimal(value.numerator) / Decimal(value.denominator), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def kept(value: Fraction | None) -> str | None:
    """As it is stored: ``n/d`` in lowest terms, or ``n``."""
    return None if value is None else str(value)


def from_kept(text: str | None) -> Fraction | None:
    """The inverse of :func:`kept`."""
    return None if text is None else surely(text)


def surely(text: str) -> Fraction:
    """The inverse of ``str``, for what is always there."""
    above, _, below = text.partition("/")
    return Fraction(int(above), int(below or 1))


def shown(value: Fraction, places: int = 3) -> str:
    """Rounded, halves away from zero, without trailing zeros. Only for eyes: nothing is decided on it."""
    with localcontext() as context:
        context.prec = 200
        quotient = Decimal(value.numerator) / Decimal(value.denominator)
        rounded = quotient.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = format(rounded, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def percent(value: Fraction, places: int = 3) -> str:
    """A share as people write it: ``-38 %``."""
    return f"{shown(value * 100, places)} %"


def median(values: Sequence[Fraction]) -> Fraction:
    """The middle one, or the half way between the two in the middle. Raises ValueError on none."""
    return quantile(values, Fraction(1, 2))


def quantile(values: Sequence[Fraction], share: Fraction) -> Fraction:
    """By linear interpolation between the closest ranks, exactly. Raises ValueError on none."""
    if not values:
        raise ValueError("nothing to take a quantile of")
    ascending = sorted(values)
    at = (len(ascending) - 1) * share
    low = int(at)
    high = min(low + 1, len(ascending) - 1)
    return ascending[low] + (ascending[high] - ascending[low]) * (at - low)
