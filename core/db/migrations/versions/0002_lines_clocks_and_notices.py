"""Lines, clocks and notices"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "setting",
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("value", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "shift",
        sa.Column("id", BigId, nullable=False),
        sa.Column("agent_id", BigId, nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("away_since", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_shift_agent_id_agent"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_index("ix_shift_agent", "shift", ["agent_id", "id"], unique=False)

    op.create_table(
        "involved",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("agent_id", BigId, nullable=True),
        sa.Column("group_id", BigId, nullable=True),
        sa.Column("how", AutoString(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.CheckConstraint("how IN ('follows', 'asked', 'mentioned')", name=op.f("ck_involved_how")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_involved_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["desk_group.id"], name=op.f("fk_involved_group_id_desk_group")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_involved_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_involved")),
    )
    op.create_index("ix_involved_agent", "involved", ["agent_id", "ticket_id"], unique=False)
    op.create_index("ix_involved_group", "involved", ["group_id", "ticket_id"], unique=False)
    op.create_index(op.f("ix_involved_ticket_id"), "involved", ["ticket_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", BigId, nullable=False),
        sa.Column("audience", AutoString(), nullable=False),
        sa.Column("agent_id", BigId, nullable=True),
        sa.Column("group_id", BigId, nullable=True),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("cause", BigId, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("mailed_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("audience IN ('agent', 'group', 'supervisors')", name=op.f("ck_notice_audience")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_notice_agent_id_agent")),
        sa.ForeignKeyConstraint(["group_id"], ["desk_group.id"], name=op.f("fk_notice_group_id_desk_group")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_notice_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_agent", "notice", ["agent_id", "withdrawn_at"], unique=False)
    op.create_index("ix_notice_group", "notice", ["group_id", "withdrawn_at"], unique=False)
    op.create_index(op.f("ix_notice_ticket_id"), "notice", ["ticket_id"], unique=False)

    op.create_table(
        "timer",
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("scenario", AutoString(), nullable=False),
        sa.Column("cause", BigId, nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("fired_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_timer_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "scenario", name=op.f("pk_timer")),
    )
    op.create_index(
        "ix_timer_due",
        "timer",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("fired_at IS NULL"),
        postgresql_where=sa.text("fired_at IS NULL"),
    )

    op.create_table(
        "ask",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("by_agent", BigId, nullable=False),
        sa.Column("to_agent", BigId, nullable=True),
        sa.Column("to_group", BigId, nullable=True),
        sa.Column("question", BigId, nullable=False),
        sa.Column("answer", BigId, nullable=True),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("event", BigId, nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'answered', 'withdrawn')", name=op.f("ck_ask_state")),
        sa.ForeignKeyConstraint(["answer"], ["message.id"], name=op.f("fk_ask_answer_message")),
        sa.ForeignKeyConstraint(["by_agent"], ["agent.id"], name=op.f("fk_ask_by_agent_agent")),
        sa.ForeignKeyConstraint(["question"], ["message.id"], name=op.f("fk_ask_question_message")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ask_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["to_agent"], ["agent.id"], name=op.f("fk_ask_to_agent_agent")),
        sa.ForeignKeyConstraint(["to_group"], ["desk_group.id"], name=op.f("fk_ask_to_group_desk_group")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ask")),
    )
    op.create_index("ix_ask_agent", "ask", ["to_agent", "state"], unique=False)
    op.create_index("ix_ask_group", "ask", ["to_group", "state"], unique=False)
    op.create_index("ix_ask_ticket", "ask", ["ticket_id", "state"], unique=False)

    op.create_table(
        "notice_ack",
        sa.Column("notice_id", BigId, nullable=False),
        sa.Column("agent_id", BigId, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_notice_ack_agent_id_agent"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_ack_notice_id_notice"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("notice_id", "agent_id", name=op.f("pk_notice_ack")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notice", sa.JSON(), nullable=True))
        batch_op.alter_column("message_id", existing_type=BigId, nullable=True)
    op.add_column("contact", sa.Column("template", AutoString(), nullable=False, server_default=""))
    for column in (
        sa.Column("kind", AutoString(), nullable=False, server_default="new"),
        sa.Column("process", AutoString(), nullable=False, server_default="standard"),
        sa.Column("template", AutoString(), nullable=False, server_default=""),
        # Replaced below; a column without a default cannot be added to a table with rows.
        sa.Column("status_since", UTCDateTime(), nullable=False, server_default="2000-01-01 00:00:00.000000"),
        sa.Column("status_event", BigId, nullable=False, server_default="0"),
        sa.Column("accepted_event", BigId, nullable=False, server_default="0"),
        sa.Column("replied_at", UTCDateTime(), nullable=True),
        sa.Column("way_back", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("thanks", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("baton", BigId, nullable=True),
    ):
        op.add_column("ticket", column)
    # Clocks of tickets that are older than clocks count from the last thing that happened to them.
    op.execute("UPDATE ticket SET kind = status, status_since = since, status_event = last_event")
    op.execute("UPDATE ticket SET status_since = solved_at WHERE solved_at IS NOT NULL")
    op.execute("UPDATE ticket SET accepted_event = last_event WHERE owner_id IS NOT NULL")
    op.execute(
        "UPDATE ticket SET replied_at = (SELECT max(created_at) FROM message"
        " WHERE message.ticket_id = ticket.id AND message.kind = 'reply')"
    )
