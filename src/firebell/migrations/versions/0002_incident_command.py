"""incident command."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval_delegations",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("commander_id", sa.String(), nullable=False),
        sa.Column("delegate_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_approval_delegations")),
    )
    op.create_table(
        "chat_connections",
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vendor", name=op.f("pk_chat_connections")),
    )
    op.create_table(
        "chat_people",
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("chat_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vendor", "chat_id", name=op.f("pk_chat_people")),
    )
    with op.batch_alter_table("chat_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chat_people_user_id"), ["user_id"], unique=False)

    op.create_table(
        "chat_rooms",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("card_ts", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "vendor", name=op.f("pk_chat_rooms")),
    )
    with op.batch_alter_table("chat_rooms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chat_rooms_channel_id"), ["channel_id"], unique=False)

    op.create_table(
        "comms_settings",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_comms_settings")),
    )
    op.create_table(
        "comms_templates",
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("audience", "phase", "version", name=op.f("pk_comms_templates")),
    )
    op.create_table(
        "disagreements",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disagreements")),
    )
    op.create_table(
        "incident_access_asks",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_incident_access_asks")),
    )
    op.create_table(
        "incident_links",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("other_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "kind", "other_id", name=op.f("pk_incident_links")),
    )
    with op.batch_alter_table("incident_links", schema=None) as batch_op:
        batch_op.create_index("ix_incident_links_other", ["kind", "other_id"], unique=False)

    op.create_table(
        "incident_roles",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_incident_roles")),
    )
    op.create_table(
        "incident_settings",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_incident_settings")),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("peak", sa.String(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("codename", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("commander_id", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("number", name=op.f("uq_incidents_number")),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index(
            "ix_incidents_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_incidents_phase", ["phase", "number"], unique=False)
        batch_op.create_index(
            "ix_incidents_private",
            ["id"],
            unique=False,
            sqlite_where=sa.text("private"),
            postgresql_where=sa.text("private"),
        )
        batch_op.create_index(
            "uq_incidents_codename",
            ["codename"],
            unique=True,
            sqlite_where=sa.text("codename <> ''"),
            postgresql_where=sa.text("codename <> ''"),
        )

    op.create_table(
        "maintenances",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("page_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("scheduled_for", sa.BigInteger(), nullable=False),
        sa.Column("scheduled_until", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenances")),
    )
    with op.batch_alter_table("maintenances", schema=None) as batch_op:
        batch_op.create_index(
            "ix_maintenances_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_maintenances_page", ["page_id", "state", "scheduled_for"], unique=False)

    op.create_table(
        "outbox_lanes",
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("wait_until", sa.BigInteger(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_outbox_lanes")),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("outlet", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("unrecorded", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("key", name=op.f("uq_posts_key")),
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_posts_done",
            ["done_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NOT NULL"),
            postgresql_where=sa.text("done_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_posts_lane",
            ["lane", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(
            "ix_posts_queued",
            ["due_at", "lane"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(
            "ix_posts_sending",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )
        batch_op.create_index(
            "ix_posts_stream",
            ["stream", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'sending') AND stream <> ''"),
            postgresql_where=sa.text("state IN ('queued', 'sending') AND stream <> ''"),
        )
        batch_op.create_index("ix_posts_target", ["target_id", "id"], unique=False)

    op.create_table(
        "promises",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("update_id", sa.String(), nullable=False),
        sa.Column("promised_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("fulfilled_by", sa.String(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("late_s", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.create_index("ix_promises_settled", ["settled_at"], unique=False)
        batch_op.create_index(
            "uq_promises_open",
            ["incident_id", "audience"],
            unique=True,
            sqlite_where=sa.text("outcome = 'open'"),
            postgresql_where=sa.text("outcome = 'open'"),
        )

    op.create_table(
        "runbook_misses",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.UniqueConstraint("subject", "what", name=op.f("uq_runbook_misses_subject_what")),
    )
    op.create_table(
        "runbook_runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("runbook_id", sa.String(), nullable=False),
        sa.Column("runbook_version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("variables", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("alert_id", sa.String(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("helped", sa.String(), nullable=True),
        sa.Column("helped_note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runbook_runs")),
    )
    with op.batch_alter_table("runbook_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_runbook_runs_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_runbook_runs_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index("ix_runbook_runs_runbook", ["runbook_id", "id"], unique=False)

    op.create_table(
        "runbook_versions",
        sa.Column("runbook_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("runbook_id", "version", name=op.f("pk_runbook_versions")),
    )
    op.create_table(
        "runbooks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("service_ids", sa.Text(), nullable=False),
        sa.Column("severities", sa.Text(), nullable=False),
        sa.Column("matchers", sa.Text(), nullable=False),
        sa.Column("title_pattern", sa.String(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_by", sa.String(), nullable=False),
        sa.Column("last_run_at", sa.BigInteger(), nullable=True),
        sa.Column("last_success_at", sa.BigInteger(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("failures_in_a_row", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runbooks")),
    )
    with op.batch_alter_table("runbooks", schema=None) as batch_op:
        batch_op.create_index(
            "uq_runbooks_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "severity_scales",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scale", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_severity_scales")),
    )
    op.create_table(
        "status_fanouts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("page_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("components", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_fanouts")),
        sa.UniqueConstraint("key", name=op.f("uq_status_fanouts_key")),
    )
    with op.batch_alter_table("status_fanouts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_status_fanouts_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_status_fanouts_page", ["page_id", "created_at"], unique=False)

    op.create_table(
        "status_pages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=True),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("auto_posts", sa.Boolean(), nullable=False),
        sa.Column("ledger_public", sa.Boolean(), nullable=False),
        sa.Column("weights", sa.Text(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_pages")),
    )
    with op.batch_alter_table("status_pages", schema=None) as batch_op:
        batch_op.create_index(
            "uq_status_pages_domain",
            ["domain"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "uq_status_pages_slug",
            ["slug"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "status_spans",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("component_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_status_spans")),
    )
    with op.batch_alter_table("status_spans", schema=None) as batch_op:
        batch_op.create_index("ix_status_spans_component_id", ["component_id", "from_at"], unique=False)

    op.create_table(
        "subscriber_askings",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("full_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_subscriber_askings")),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("page_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("components", sa.Text(), nullable=False),
        sa.Column("incidents", sa.Boolean(), nullable=False),
        sa.Column("maintenance", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
    )
    with op.batch_alter_table("subscribers", schema=None) as batch_op:
        batch_op.create_index("ix_subscribers_page", ["page_id", "state", "id"], unique=False)
        batch_op.create_index("uq_subscribers_address", ["page_id", "kind", "fingerprint"], unique=True)

    op.create_table(
        "update_clocks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("ring_at", sa.BigInteger(), nullable=True),
        sa.Column("slowed_s", sa.Integer(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("last_update_id", sa.String(), nullable=True),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_update_clocks")),
    )
    with op.batch_alter_table("update_clocks", schema=None) as batch_op:
        batch_op.create_index("ix_update_clocks_incident", ["incident_id"], unique=False)
        batch_op.create_index(
            "ix_update_clocks_ring",
            ["ring_at"],
            unique=False,
            sqlite_where=sa.text("ring_at IS NOT NULL"),
            postgresql_where=sa.text("ring_at IS NOT NULL"),
        )

    op.create_table(
        "updates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("impact", sa.String(), nullable=False),
        sa.Column("eta", sa.String(), nullable=False),
        sa.Column("commander_id", sa.String(), nullable=True),
        sa.Column("next_update_by", sa.BigInteger(), nullable=True),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("components", sa.Text(), nullable=False),
        sa.Column("page_id", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("template_only", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("overrides", sa.Text(), nullable=False),
        sa.Column("event_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("approver_id", sa.String(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_updates")),
        sa.UniqueConstraint("incident_id", "key", name=op.f("uq_updates_incident_id_key")),
    )
    with op.batch_alter_table("updates", schema=None) as batch_op:
        batch_op.create_index("ix_updates_incident", ["incident_id", "audience"], unique=False)

    op.create_table(
        "webhook_cursors",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhook_cursors")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("flavour", sa.String(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", sa.BigInteger(), nullable=True),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("disabled_why", sa.Text(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "status_components",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("page_id", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=True),
        sa.Column("is_group", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status_since", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("showcase", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("only_show_if_degraded", sa.Boolean(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["status_pages.id"], name=op.f("fk_status_components_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_components")),
    )
    with op.batch_alter_table("status_components", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_components_page_id"), ["page_id"], unique=False)

    op.create_table(
        "status_incidents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("page_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("impact", sa.String(), nullable=False),
        sa.Column("overridden", sa.Boolean(), nullable=False),
        sa.Column("components", sa.Text(), nullable=False),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("monitoring_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("next_update_by", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["status_pages.id"], name=op.f("fk_status_incidents_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_incidents")),
    )
    with op.batch_alter_table("status_incidents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_incidents_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index("ix_status_incidents_page_id", ["page_id", "started_at"], unique=False)
        batch_op.create_index("uq_status_incidents_number", ["page_id", "number"], unique=True)

    op.create_table(
        "status_updates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("public_incident_id", sa.String(), nullable=False),
        sa.Column("page_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("event_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("next_update_by", sa.BigInteger(), nullable=True),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("update_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["public_incident_id"], ["status_incidents.id"], name=op.f("fk_status_updates_public_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_updates")),
    )
    with op.batch_alter_table("status_updates", schema=None) as batch_op:
        batch_op.create_index("ix_status_updates_page_id", ["page_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_status_updates_public_incident_id"), ["public_incident_id"], unique=False)

    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alerts_calls",
            ["dedup_key"],
            unique=False,
            sqlite_where=sa.text("kind = 'incident'"),
            postgresql_where=sa.text("kind = 'incident'"),
        )

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("incident_id", sa.String(), nullable=True))

    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("event_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("salt", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.LargeBinary(), nullable=True))

    for statement in _JOURNAL_IS_APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))


_JOURNAL_IS_APPEND_ONLY = {
    "postgresql": [
        (
            "CREATE OR REPLACE FUNCTION journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN IF TG_OP = 'UPDATE' THEN IF OLD.salt IS NOT NULL AND NEW.salt IS NULL AND "
            "NEW.data = '{}' AND NEW.seq IS NOT DISTINCT FROM OLD.seq AND NEW.chain IS NOT "
            "DISTINCT FROM OLD.chain AND NEW.n IS NOT DISTINCT FROM OLD.n AND NEW.subject IS "
            "NOT DISTINCT FROM OLD.subject AND NEW.at IS NOT DISTINCT FROM OLD.at AND "
            "NEW.actor IS NOT DISTINCT FROM OLD.actor AND NEW.kind IS NOT DISTINCT FROM "
            "OLD.kind AND NEW.kid IS NOT DISTINCT FROM OLD.kid AND NEW.hash IS NOT DISTINCT "
            "FROM OLD.hash AND NEW.event_at IS NOT DISTINCT FROM OLD.event_at AND NEW.digest "
            "IS NOT DISTINCT FROM OLD.digest THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION "
            "'the journal is append-only'; END $$"
        ),
        (
            "CREATE OR REPLACE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal "
            "FOR EACH ROW EXECUTE FUNCTION journal_guard()"
        ),
    ],
    "sqlite": [
        "DROP TRIGGER IF EXISTS journal_no_update",
        (
            "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal WHEN NOT (OLD.salt IS NOT "
            "NULL AND NEW.salt IS NULL AND NEW.data = '{}' AND NEW.seq IS OLD.seq AND NEW.chain IS "
            "OLD.chain AND NEW.n IS OLD.n AND NEW.subject IS OLD.subject AND NEW.at IS OLD.at AND "
            "NEW.actor IS OLD.actor AND NEW.kind IS OLD.kind AND NEW.kid IS OLD.kid AND NEW.hash "
            "IS OLD.hash AND NEW.event_at IS OLD.event_at AND NEW.digest IS OLD.digest) BEGIN "
            "SELECT RAISE(ABORT, 'the journal is append-only'); END"
        ),
        (
            "CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal BEGIN SELECT "
            "RAISE(ABORT, 'the journal is append-only'); END"
        ),
    ],
}
