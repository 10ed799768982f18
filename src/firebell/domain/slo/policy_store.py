"""Tables of error budget policies: every edition, who agreed to which, what was decided, and reviews of objectives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, Row, String, Table, Text, delete, select, text, update

from firebell.domain.slo.exact import kept, surely
from firebell.domain.slo.policy import Approval, Consequence, Exemption, Policy, Subject, Threshold
from firebell.domain.slo.records import PolicyDecision, PolicyRecord, Review
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

policies = Table(
    "slo_policies",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("team_id", String),
    Column("edition", Integer, nullable=False),
    Column("content", Doc, nullable=False),
    Column("managed_by", String),
    Column("reviewed_at", InstantType),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False),
    Index(
        "uq_slo_policies_name", "name", unique=True,
        sqlite_where=text("deleted_at IS NULL"), postgresql_where=text("deleted_at IS NULL"),
    ),
)  # fmt: skip

editions = Table(
    "slo_policy_editions",
    metadata,
    Column("policy_id", String, primary_key=True),
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("content", Doc, nullable=False),
    Column("by", String, nullable=False),
    Column("at", InstantType, nullable=False),
)

approvals = Table(
    "slo_policy_approvals",
    metadata,
    Column("policy_id", String, primary_key=True),
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("role", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("at", InstantType, nullable=False),
)

decisions = Table(
    "slo_policy_decisions",
    metadata,
    Column("id", String, primary_key=True),
    Column("policy_id", String, nullable=False, index=True),
    Column("edition", Integer, nullable=False),
    Column("about", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("at", InstantType, nullable=False),
)

reviews = Table(
    "slo_reviews",
    metadata,
    Column("id", String, primary_key=True),
    Column("slo_id", String, nullable=False, index=True),
    Column("met", Boolean, nullable=False),
    Column("toil_high", Boolean, nullable=False),
    Column("satisfied", Boolean, nullable=False),
    Column("hint", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("at", InstantType, nullable=False),
)


def content(policy: Policy) -> dict[str, Any]:
    """All of a policy that people agree to."""
    return {
        "slos": list(policy.slos),
        "thresholds": [
            {
                "subject": str(one.subject), "op": one.op, "value": kept(one.value),
                "do": [str(each) for each in one.consequences], "except": sorted(one.spared),
            }
            for one in policy.thresholds
        ],
        "approvals": [{"user": one.user_id, "as": one.as_} for one in policy.approvals],
        "goals": list(policy.goals), "decider": policy.decider, "exemptions": sorted(policy.exemptions),
        "review_every_s": policy.review_every_s, "override_max_s": policy.override_max_s,
        "override_who": sorted(policy.override_who),
    }  # fmt: skip


Given = Mapping[tuple[str, str], Instant]
"""(role, user) → when that one agreed to this edition."""


def from_content(name: str, edition: int, found: Mapping[str, Any], given: Given) -> Policy:
    """The inverse of :func:`content`, with the approvals that were given to this edition."""
    asked = [(one["as"], one["user"]) for one in found["approvals"]]
    return Policy(
        name=name, version=edition, slos=tuple(found["slos"]),
        thresholds=tuple(
            Threshold(
                Subject(one["subject"]), one["op"], surely(one["value"]),
                tuple(Consequence(each) for each in one["do"]), frozenset(one["except"]),
            )
            for one in found["thresholds"]
        ),
        approvals=tuple(
            Approval(user, role, edition if (role, user) in given else None, given.get((role, user)))
            for role, user in asked
        ),
        goals=tuple(found["goals"]), decider=found["decider"],
        exemptions=frozenset(Exemption(one) for one in found["exemptions"]),
        review_every_s=found["review_every_s"], override_max_s=found["override_max_s"],
        override_who=frozenset(found["override_who"]),
    )  # fmt: skip


def _records(read: Read, rows: Iterable[Row[Any]]) -> list[PolicyRecord]:
    found = list(rows)
    given: dict[tuple[str, int], dict[tuple[str, str], Instant]] = {}
    if found:
        query = select(approvals).where(approvals.c.policy_id.in_([row.id for row in found]))
        for one in read.all(query):
            given.setdefault((one.policy_id, one.edition), {})[one.role, one.user_id] = one.at
    return [
        PolicyRecord(
            id=row.id, name=row.name, team_id=row.team_id,
            policy=from_content(row.name, row.edition, row.content, given.get((row.id, row.edition), {})),
            managed_by=row.managed_by, reviewed_at=row.reviewed_at, created_at=row.created_at,
            updated_at=row.updated_at, version=row.version,
        )
        for row in found
    ]  # fmt: skip


def get(read: Read, id_or_name: str) -> PolicyRecord | None:
    which = (policies.c.id == id_or_name) | (policies.c.name == id_or_name)
    row = read.one(select(policies).where(which, policies.c.deleted_at.is_(None)))
    return _records(read, [row])[0] if row else None


def take(work: Work, policy_id: str) -> PolicyRecord | None:
    row = work.take(select(policies).where(policies.c.id == policy_id, policies.c.deleted_at.is_(None)))
    return _records(work, [row])[0] if row else None


def listed(read: Read) -> list[PolicyRecord]:
    return _records(read, read.all(select(policies).where(policies.c.deleted_at.is_(None)).order_by(policies.c.name)))


def editions_of(read: Read, policy_id: str, name: str) -> list[tuple[Policy, str, Instant]]:
    """(edition, who wrote it, when), the newest first, each with the approvals it was given."""
    query = select(approvals).where(approvals.c.policy_id == policy_id)
    given: dict[int, dict[tuple[str, str], Instant]] = {}
    for one in read.all(query):
        given.setdefault(one.edition, {})[one.role, one.user_id] = one.at
    rows = read.all(select(editions).where(editions.c.policy_id == policy_id).order_by(editions.c.edition.desc()))
    return [(from_content(name, row.edition, row.content, given.get(row.edition, {})), row.by, row.at) for row in rows]


def add(work: Work, values: Mapping[str, Any]) -> None:
    work.insert(policies, [values])


def add_edition(work: Work, policy_id: str, policy: Policy, by: str) -> None:
    work.insert(
        editions,
        [{"policy_id": policy_id, "edition": policy.version, "content": content(policy), "by": by, "at": work.now}],
    )


def save(work: Work, policy_id: str, version: int, values: Mapping[str, Any]) -> None:
    """Write ``values`` and count the version up; a version that has moved meanwhile is a lost race."""
    change = (
        update(policies)
        .where(policies.c.id == policy_id, policies.c.version == version)
        .values(**values, version=version + 1, updated_at=work.now)
    )
    if work.write(change) != 1:
        raise Stale("Somebody else changed this at the same moment.")


def add_approval(work: Work, policy_id: str, edition: int, role: str, user_id: str) -> None:
    row = {"policy_id": policy_id, "edition": edition, "role": role, "user_id": user_id, "at": work.now}
    work.insert(approvals, [row], skip_existing=True)


def drop_approval(work: Work, policy_id: str, edition: int, role: str, user_id: str) -> None:
    c = approvals.c
    work.write(
        delete(approvals).where(c.policy_id == policy_id, c.edition == edition, c.role == role, c.user_id == user_id)
    )


def add_decision(work: Work, one: PolicyDecision) -> None:
    values = {name: getattr(one, name) for name in ("id", "policy_id", "edition", "about", "decision", "by", "at")}
    work.insert(decisions, [values])


def decisions_of(read: Read, policy_id: str) -> list[PolicyDecision]:
    """The newest first."""
    query = select(decisions).where(decisions.c.policy_id == policy_id).order_by(decisions.c.id.desc())
    return [PolicyDecision(**row._mapping) for row in read.all(query)]


def add_review(work: Work, one: Review) -> None:
    names = ("id", "slo_id", "met", "toil_high", "satisfied", "hint", "note", "by", "at")
    work.insert(reviews, [{name: getattr(one, name) for name in names}])


def reviews_of(read: Read, slo_id: str) -> list[Review]:
    """The newest first."""
    query = select(reviews).where(reviews.c.slo_id == slo_id).order_by(reviews.c.id.desc())
    return [Review(**row._mapping) for row in read.all(query)]
