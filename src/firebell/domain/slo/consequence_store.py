"""The table of thresholds of policies that hold now."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from firebell.kernel.db import InstantType, metadata

held_thresholds = Table(
    "slo_consequences",
    metadata,
    Column("slo_id", String, primary_key=True),
    Column("objective", Integer, primary_key=True, autoincrement=False),
    Column("policy_id", String, primary_key=True),
    Column("threshold", String, primary_key=True),
    # An incident or a class; empty for the budget.
    Column("about", String, primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("value", Text, nullable=False),
    Column("at", InstantType, nullable=False),
)
