"""Tables of contact methods and notification rules, and people as the pager reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Row, String, Table, UniqueConstraint, delete, select, update

from firebell.domain.people import rules
from firebell.domain.people.model import ContactMethod, DisabledReason, NotificationRule, Person, Urgency
from firebell.domain.people.store import find_users, users_table
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import NotFound
from firebell.kernel.ids import MethodId, RuleId, UserId
from firebell.kernel.work import Read, Work

_IDS_PER_QUERY = 500

methods_table = Table(
    "contact_methods",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("config", Doc, nullable=False),
    Column("masked", String, nullable=False),
    Column("created_at", InstantType, nullable=False),
    Column("managed_by", String),
    Column("verified_at", InstantType),
    Column("disabled_at", InstantType),
    Column("disabled_reason", String),
    Column("failing", Integer, nullable=False, default=0),
    Column("last_delivered_at", InstantType),
    Column("last_tested_at", InstantType),
    UniqueConstraint("user_id", "name"),
)

rules_table = Table(
    "notification_rules",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("urgency", String, nullable=False),
    Column("method_id", ForeignKey("contact_methods.id"), nullable=False, index=True),
    Column("delay_s", Integer, nullable=False),
    Column("hours", Doc),
)


def method_of(row: Row[Any]) -> ContactMethod:
    return ContactMethod(
        id=MethodId(row.id),
        user_id=UserId(row.user_id),
        name=row.name,
        channel=row.channel,
        config=row.config,
        masked=row.masked,
        created_at=row.created_at,
        managed_by=row.managed_by,
        verified_at=row.verified_at,
        disabled_at=row.disabled_at,
        disabled_reason=None if row.disabled_reason is None else DisabledReason(row.disabled_reason),
        failing=row.failing,
        last_delivered_at=row.last_delivered_at,
        last_tested_at=row.last_tested_at,
    )


def add_method(work: Work, method: ContactMethod) -> None:
    work.insert(methods_table, [{name: getattr(method, name) for name in method.__slots__}])


def save_method(work: Work, method: ContactMethod) -> None:
    values = {name: getattr(method, name) for name in method.__slots__ if name not in {"id", "user_id", "created_at"}}
    work.write(update(methods_table).where(methods_table.c.id == method.id).values(**values))


def find_method(work: Work, method_id: str) -> ContactMethod | None:
    """The method, locked."""
    row = work.take(select(methods_table).where(methods_table.c.id == method_id))
    return None if row is None else method_of(row)


def take_method(work: Work, method_id: str) -> ContactMethod:
    """The method, locked. Raises NotFound."""
    method = find_method(work, method_id)
    if method is None:
        raise NotFound("There is no such contact method.")
    return method


def drop_method(work: Work, method_id: str) -> None:
    work.write(delete(rules_table).where(rules_table.c.method_id == method_id))
    work.write(delete(methods_table).where(methods_table.c.id == method_id))


def rule_of(row: Row[Any]) -> NotificationRule:
    return NotificationRule(
        id=RuleId(row.id),
        user_id=UserId(row.user_id),
        urgency=Urgency(row.urgency),
        method_id=MethodId(row.method_id),
        delay_s=row.delay_s,
        hours=rules.hours(row.hours or ()),
    )


def replace_rules(work: Work, user_id: str, urgency: Urgency, new: Sequence[NotificationRule]) -> None:
    where = (rules_table.c.user_id == user_id) & (rules_table.c.urgency == urgency.value)
    work.write(delete(rules_table).where(where))
    work.insert(
        rules_table,
        [
            {
                "id": rule.id,
                "user_id": rule.user_id,
                "urgency": rule.urgency.value,
                "method_id": rule.method_id,
                "delay_s": rule.delay_s,
                "hours": rules.hours_document(rule.hours) if rule.hours else None,
            }
            for rule in new
        ],
    )


def people(read: Read, ids: Iterable[str]) -> dict[UserId, Person]:
    """Everyone of ``ids`` who exists (deleted ones included): three queries per 500 ids."""
    wanted = list(dict.fromkeys(ids))
    found: dict[UserId, Person] = {}
    for start in range(0, len(wanted), _IDS_PER_QUERY):
        found.update(_people(read, wanted[start : start + _IDS_PER_QUERY]))
    return found


def _people(read: Read, ids: Sequence[str]) -> dict[UserId, Person]:
    methods: dict[str, list[ContactMethod]] = defaultdict(list)
    theirs = select(methods_table).where(methods_table.c.user_id.in_(ids))
    for row in read.all(theirs.order_by(methods_table.c.created_at, methods_table.c.id)):
        methods[row.user_id].append(method_of(row))
    rules_by_user: dict[str, list[NotificationRule]] = defaultdict(list)
    for row in read.all(select(rules_table).where(rules_table.c.user_id.in_(ids))):
        rules_by_user[row.user_id].append(rule_of(row))
    return {
        user.id: Person(user, tuple(methods[user.id]), rules.sorted_rules(rules_by_user[user.id]))
        for user in find_users(read, users_table.c.id.in_(ids))
    }
