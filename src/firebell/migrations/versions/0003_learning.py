"""learning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest_choices",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "scope", name=op.f("pk_digest_choices")),
    )
    op.create_table(
        "digest_letters",
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("period", "user_id", name=op.f("pk_digest_letters")),
    )
    with op.batch_alter_table("digest_letters", schema=None) as batch_op:
        batch_op.create_index(
            "ix_digest_letters_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "digest_rounds",
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("laid_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_digest_rounds")),
    )
    with op.batch_alter_table("digest_rounds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_digest_rounds_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("laid_at IS NULL"),
            postgresql_where=sa.text("laid_at IS NULL"),
        )

    op.create_table(
        "gate_override_uses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("override_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_override_uses")),
    )
    with op.batch_alter_table("gate_override_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gate_override_uses_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_override_uses_override_id"), ["override_id"], unique=False)

    op.create_table(
        "gate_overrides",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("service_id", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_overrides")),
    )
    with op.batch_alter_table("gate_overrides", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gate_overrides_service_id"), ["service_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_overrides_until"), ["until"], unique=False)

    op.create_table(
        "gate_settings",
        sa.Column("service_id", sa.String(), nullable=False),
        sa.Column("on_error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_gate_settings")),
    )
    op.create_table(
        "postmortem_actions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("postmortem_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=True),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("ring_at", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postmortem_actions")),
    )
    with op.batch_alter_table("postmortem_actions", schema=None) as batch_op:
        batch_op.create_index("ix_postmortem_actions_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_postmortem_actions_of", ["postmortem_id", "position"], unique=False)
        batch_op.create_index(
            "ix_postmortem_actions_ring",
            ["ring_at"],
            unique=False,
            sqlite_where=sa.text("ring_at IS NOT NULL"),
            postgresql_where=sa.text("ring_at IS NOT NULL"),
        )

    op.create_table(
        "postmortem_looks",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_postmortem_looks")),
    )
    op.create_table(
        "postmortem_marks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_postmortem_marks")),
    )
    op.create_table(
        "postmortem_readers",
        sa.Column("postmortem_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("useful", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("postmortem_id", "user_id", name=op.f("pk_postmortem_readers")),
    )
    with op.batch_alter_table("postmortem_readers", schema=None) as batch_op:
        batch_op.create_index("ix_postmortem_readers_last", ["last_at"], unique=False)

    op.create_table(
        "postmortem_repeats",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("earlier_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("score_permille", sa.Integer(), nullable=False),
        sa.Column("action_ids", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "earlier_id", name=op.f("pk_postmortem_repeats")),
    )
    with op.batch_alter_table("postmortem_repeats", schema=None) as batch_op:
        batch_op.create_index("ix_postmortem_repeats_earlier", ["earlier_id"], unique=False)

    op.create_table(
        "postmortem_revisions",
        sa.Column("postmortem_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("postmortem_id", "number", name=op.f("pk_postmortem_revisions")),
    )
    op.create_table(
        "postmortem_roles",
        sa.Column("postmortem_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("postmortem_id", "user_id", name=op.f("pk_postmortem_roles")),
    )
    op.create_table(
        "postmortem_services",
        sa.Column("postmortem_id", sa.String(), nullable=False),
        sa.Column("service_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("postmortem_id", "service_id", name=op.f("pk_postmortem_services")),
    )
    with op.batch_alter_table("postmortem_services", schema=None) as batch_op:
        batch_op.create_index("ix_postmortem_services_of", ["service_id"], unique=False)

    op.create_table(
        "postmortem_settings",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_postmortem_settings")),
    )
    op.create_table(
        "postmortem_signatures",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("service_ids", sa.Text(), nullable=False),
        sa.Column("factors", sa.Text(), nullable=False),
        sa.Column("mechanisms", sa.Text(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_postmortem_signatures")),
    )
    op.create_table(
        "postmortem_templates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postmortem_templates")),
        sa.UniqueConstraint("name", name=op.f("uq_postmortem_templates_name")),
    )
    op.create_table(
        "postmortem_verdicts",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("computed", sa.String(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("provisional_until", sa.BigInteger(), nullable=False),
        sa.Column("override", sa.String(), nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=False),
        sa.Column("override_by", sa.String(), nullable=True),
        sa.Column("override_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_postmortem_verdicts")),
    )
    with op.batch_alter_table("postmortem_verdicts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_postmortem_verdicts_next",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )

    op.create_table(
        "postmortems",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("peak", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("open_to_all", sa.Boolean(), nullable=False),
        sa.Column("skipped_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postmortems")),
        sa.UniqueConstraint("incident_id", name=op.f("uq_postmortems_incident_id")),
    )
    with op.batch_alter_table("postmortems", schema=None) as batch_op:
        batch_op.create_index(
            "ix_postmortems_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_postmortems_state", ["state", "resolved_at"], unique=False)

    op.create_table(
        "slo_adjustments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slo_ids", sa.Text(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("rrule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("approver_id", sa.String(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slo_adjustments")),
    )
    with op.batch_alter_table("slo_adjustments", schema=None) as batch_op:
        batch_op.create_index(
            "uq_slo_adjustments_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "slo_attributions",
        sa.Column("slo_id", sa.String(), nullable=False),
        sa.Column("objective", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("newest", sa.Boolean(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("errors", sa.Text(), nullable=False),
        sa.Column("net", sa.Text(), nullable=False),
        sa.Column("gross", sa.Text(), nullable=False),
        sa.Column("declared", sa.Text(), nullable=False),
        sa.Column("charged", sa.Text(), nullable=False),
        sa.Column("usual", sa.Text(), nullable=False),
        sa.Column("baseline", sa.String(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Text(), nullable=False),
        sa.Column("exempt", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("final_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("slo_id", "objective", "incident_id", "version", name=op.f("pk_slo_attributions")),
    )
    with op.batch_alter_table("slo_attributions", schema=None) as batch_op:
        batch_op.create_index("ix_slo_attributions_incident", ["incident_id"], unique=False)
        batch_op.create_index(
            "ix_slo_attributions_newest",
            ["slo_id", "objective"],
            unique=False,
            sqlite_where=sa.text("newest"),
            postgresql_where=sa.text("newest"),
        )

    op.create_table(
        "slo_claims",
        sa.Column("slo_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("weight", sa.Text(), nullable=False),
        sa.Column("exempt", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slo_id", "incident_id", name=op.f("pk_slo_claims")),
    )
    op.create_table(
        "slo_clocks",
        sa.Column("slo_id", sa.String(), nullable=False),
        sa.Column("settled_end", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("anomalies", sa.Text(), nullable=False),
        sa.Column("presence", sa.String(), nullable=False),
        sa.Column("quiet_since", sa.BigInteger(), nullable=True),
        sa.Column("nodata_open", sa.Boolean(), nullable=False),
        sa.Column("poll_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_at", sa.BigInteger(), nullable=True),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slo_id", name=op.f("pk_slo_clocks")),
    )
    with op.batch_alter_table("slo_clocks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slo_clocks_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_slo_clocks_poll_at"), ["poll_at"], unique=False)

    op.create_table(
        "slo_consequences",
        sa.Column("slo_id", sa.String(), nullable=False),
        sa.Column("objective", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("threshold", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "slo_id", "objective", "policy_id", "threshold", "about", name=op.f("pk_slo_consequences")
        ),
    )
    op.create_table(
        "slo_days",
        sa.Column("series", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("objective", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bad", sa.Text(), nullable=False),
        sa.Column("total", sa.Text(), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "objective", "day", name=op.f("pk_slo_days")),
    )
    op.create_table(
        "slo_hours",
        sa.Column("series", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("series", "hour", name=op.f("pk_slo_hours")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "slo_policies",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slo_policies")),
    )
    with op.batch_alter_table("slo_policies", schema=None) as batch_op:
        batch_op.create_index(
            "uq_slo_policies_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "slo_policy_approvals",
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "edition", "role", "user_id", name=op.f("pk_slo_policy_approvals")),
    )
    op.create_table(
        "slo_policy_decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slo_policy_decisions")),
    )
    with op.batch_alter_table("slo_policy_decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slo_policy_decisions_policy_id"), ["policy_id"], unique=False)

    op.create_table(
        "slo_policy_editions",
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "edition", name=op.f("pk_slo_policy_editions")),
    )
    op.create_table(
        "slo_reckonings",
        sa.Column("slo_id", sa.String(), nullable=False),
        sa.Column("objective", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("consumed", sa.Text(), nullable=False),
        sa.Column("unattributed", sa.Text(), nullable=False),
        sa.Column("incidents", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slo_id", "objective", name=op.f("pk_slo_reckonings")),
    )
    with op.batch_alter_table("slo_reckonings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slo_reckonings_at"), ["at"], unique=False)

    op.create_table(
        "slo_reviews",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("slo_id", sa.String(), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=False),
        sa.Column("toil_high", sa.Boolean(), nullable=False),
        sa.Column("satisfied", sa.Boolean(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slo_reviews")),
    )
    with op.batch_alter_table("slo_reviews", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slo_reviews_slo_id"), ["slo_id"], unique=False)

    op.create_table(
        "slo_rule_sets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slo_rule_sets")),
    )
    with op.batch_alter_table("slo_rule_sets", schema=None) as batch_op:
        batch_op.create_index(
            "uq_slo_rule_sets_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "slo_series",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("slo_id", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("atoms", sa.BigInteger(), nullable=False),
        sa.Column("bucket_s", sa.Integer(), nullable=False),
        sa.Column("first_start", sa.BigInteger(), nullable=True),
        sa.Column("newest_end", sa.BigInteger(), nullable=True),
        sa.Column("counter", sa.Text(), nullable=True),
        sa.Column("history", sa.Integer(), nullable=False),
        sa.Column("rewritten_from", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slo_series")),
    )
    with op.batch_alter_table("slo_series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slo_series_slo_id"), ["slo_id"], unique=False)

    op.create_table(
        "slo_sources",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("secret_file", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_at", sa.BigInteger(), nullable=True),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slo_sources")),
    )
    with op.batch_alter_table("slo_sources", schema=None) as batch_op:
        batch_op.create_index(
            "uq_slo_sources_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "slo_states",
        sa.Column("slo_id", sa.String(), nullable=False),
        sa.Column("objective", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", sa.BigInteger(), nullable=True),
        sa.Column("streams", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("period_s", sa.Integer(), nullable=False),
        sa.Column("elapsed_s", sa.Integer(), nullable=False),
        sa.Column("knowing", sa.String(), nullable=False),
        sa.Column("coverage", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("measured", sa.Text(), nullable=True),
        sa.Column("charged", sa.Text(), nullable=True),
        sa.Column("unattributed", sa.Text(), nullable=True),
        sa.Column("missed", sa.Text(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("rates", sa.Text(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("slo_id", "objective", name=op.f("pk_slo_states")),
    )
    with op.batch_alter_table("slo_states", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slo_states_state"), ["state"], unique=False)

    op.create_table(
        "slos",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("service_id", sa.String(), nullable=True),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slos")),
    )
    with op.batch_alter_table("slos", schema=None) as batch_op:
        batch_op.create_index(
            "uq_slos_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "tracker_mirrors",
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("tracker_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("pushed", sa.String(), nullable=False),
        sa.Column("open_there", sa.Boolean(), nullable=False),
        sa.Column("trying_since", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_tracker_mirrors")),
    )
    with op.batch_alter_table("tracker_mirrors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tracker_mirrors_tracker_id"), ["tracker_id"], unique=False)

    op.create_table(
        "trackers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("issue_type", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("read_until", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trackers")),
        sa.UniqueConstraint("name", name=op.f("uq_trackers_name")),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index("ix_incidents_declared", ["declared_at"], unique=False)
