"""Which thresholds of policies hold now: each crossing is carried out once, and may come again when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from sqlalchemy import delete, select

from firebell.domain.slo.consequence_store import held_thresholds
from firebell.domain.slo.exact import kept
from firebell.domain.slo.records import SloRecord
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact
from firebell.kernel.work import Read, Work


class ThresholdCrossed(Fact, frozen=True, kw_only=True):
    """A threshold was crossed. ``value`` as an exact fraction; ``consequences``: what the policy asks for then.

    The subject is the SLO, or the incident the threshold is about.
    """

    kind: ClassVar[str] = "slo.consequence"
    slo: str
    name: str
    objective: int
    policy: str
    edition: int
    threshold: str
    about: str
    value: str
    consequences: list[str]


@dataclass(frozen=True, slots=True)
class Held:
    """``threshold`` in the words of the policy, ``about`` an incident or a class, since ``at``."""

    threshold: str
    about: str
    edition: int
    at: Instant


def held(read: Read, slo_id: str, objective: int, policy_id: str) -> list[Held]:
    """What held when it was last looked at."""
    t = held_thresholds.c
    query = select(t.threshold, t.about, t.edition, t.at).where(
        t.slo_id == slo_id, t.objective == objective, t.policy_id == policy_id
    )
    return [Held(row.threshold, row.about, row.edition, row.at) for row in read.all(query)]


def hold(
    work: Work, record: SloRecord, objective: int, policy_id: str, *, edition: int, threshold: str, about: str,
    value: Fraction, consequences: Sequence[str],
) -> None:  # fmt: skip
    """It holds from now on, and that is a fact. About an incident it is the incident's, so that of a private one only
    those read it who may."""
    work.needs(Permission.SLOS_EDIT)
    row = {
        "slo_id": record.id, "objective": objective, "policy_id": policy_id, "threshold": threshold, "about": about,
        "edition": edition, "value": kept(value) or "", "at": work.now,
    }  # fmt: skip
    if not work.insert(held_thresholds, [row], skip_existing=True):
        return
    said = ThresholdCrossed(
        slo=record.id, name=record.name, objective=objective, policy=policy_id, edition=edition, threshold=threshold,
        about=about, value=kept(value) or "", consequences=list(consequences),
    )  # fmt: skip
    work.record(about if about.startswith("inc_") else record.id, said)


def release(work: Work, slo_id: str, objective: int, policy_id: str, gone: Sequence[Held]) -> None:
    """These hold no more, and the next crossing is a new one."""
    work.needs(Permission.SLOS_EDIT)
    t = held_thresholds.c
    for one in gone:
        work.write(
            delete(held_thresholds).where(
                t.slo_id == slo_id, t.objective == objective, t.policy_id == policy_id,
                t.threshold == one.threshold, t.about == one.about,
            )
        )  # fmt: skip
