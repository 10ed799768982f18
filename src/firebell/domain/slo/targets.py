"""Reading a target as it was typed. 100 % is refused: it leaves no budget, and every ratio to it divides by nothing."""

from __future__ import annotations

from fractions import Fraction

from firebell.domain.slo.exact import Typed, decimal_text, exact
from firebell.domain.slo.model import Method, Objective
from firebell.kernel.errors import Invalid

SLICE_MAX_S = 86_400


def objective(
    *,
    target: Typed | None = None,
    target_percent: Typed | None = None,
    method: Method = Method.OCCURRENCES,
    slice_target: Typed | None = None,
    slice_s: int | None = None,
    name: str = "",
    weight: Typed = 1,
    field: str = "objective",
) -> Objective:
    """One objective, checked. Exactly one of ``target`` (0.999) and ``target_percent`` (99.9). Raises Invalid."""
    if (target is None) == (target_percent is None):
        raise Invalid(
            "An objective has exactly one of target and targetPercent.", field=f"{field}.target",
            hint="target: 0.999, or targetPercent: 99.9",
        )  # fmt: skip
    share = _share(target, target_percent, field)
    weighs = exact(weight, f"{field}.compositeWeight")
    if weighs <= 0:
        raise Invalid("A weight is more than 0.", field=f"{field}.compositeWeight", hint="The default is 1.")
    sliced = method is not Method.OCCURRENCES
    if sliced and slice_s is None:
        raise Invalid(f"{method} needs a timeSliceWindow.", field=f"{field}.timeSliceWindow", hint="For example 1m.")
    if method is Method.TIMESLICES and slice_target is None:
        raise Invalid("Timeslices needs a timeSliceTarget.", field=f"{field}.timeSliceTarget", hint="For example 0.95.")
    least = None if slice_target is None else exact(slice_target, f"{field}.timeSliceTarget")
    if least is not None and not 0 < least <= 1:
        raise Invalid("A slice's target is above 0 and at most 1.", field=f"{field}.timeSliceTarget", hint="0.95")
    if slice_s is not None and (slice_s < 60 or slice_s % 60 or slice_s > SLICE_MAX_S):
        raise Invalid(
            "A slice is a whole number of minutes, at most a day.", field=f"{field}.timeSliceWindow", hint="1m"
        )
    return Objective(
        target=share,
        typed=str(target if target is not None else target_percent),
        name=name,
        percent=target is None,
        slice_target=least if method is Method.TIMESLICES else None,
        slice_s=slice_s if sliced else None,
        weight=weighs,
    )


def _share(target: Typed | None, target_percent: Typed | None, field: str) -> Fraction:
    if target is not None:
        where, share, top = f"{field}.target", exact(target, f"{field}.target"), "1"
    else:
        where = f"{field}.targetPercent"
        share, top = exact(target_percent or 0, where) / 100, "100"
    if share == 1:
        raise Invalid(
            f"A target of {'100 %' if top == '100' else '1'} leaves no error budget: the first error would break it.",
            field=where, hint="Take what users notice the lack of: 99.9 % is 43 minutes in 30 days.",
        )  # fmt: skip
    if not 0 <= share < 1:
        instead = f" Did you mean {decimal_text(share / 100)}?" if top == "1" and 1 < share < 100 else ""
        raise Invalid(f"A target is at least 0 and below {top}.{instead}", field=where, hint="99.9 % is 0.999.")
    return share
