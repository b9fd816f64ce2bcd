"""The tables, as SQLModel rows. A `table=True` row validates nothing: services check what they are given.

Times are aware UTC. Rows named `…Row` stay inside `core.db` and `core.services`; others get frozen read
models. Import them from here: which module holds a table is this package's own matter.
"""

from __future__ import annotations

from core.db.tables.base import Row, metadata
from core.db.tables.desk import (
    LeaseRow,
    NoticeAckRow,
    NoticeRow,
    PartStateRow,
    SettingRow,
    TimerRow,
)
from core.db.tables.mail import (
    AttemptRow,
    LedgerRow,
    OutboxRecipientRow,
    OutboxRow,
    UnfetchedRow,
)
from core.db.tables.people import (
    AddressRow,
    AgentRow,
    ContactRow,
    GroupRow,
    MembershipRow,
    ShiftRow,
)
from core.db.tables.tickets import (
    AskRow,
    AttachmentRow,
    DraftRow,
    EventRow,
    InvolvedRow,
    MessageRow,
    ParticipantRow,
    SeenRow,
    TagRow,
    TicketRow,
)

__all__ = [
    "AddressRow",
    "AgentRow",
    "AskRow",
    "AttachmentRow",
    "AttemptRow",
    "ContactRow",
    "DraftRow",
    "EventRow",
    "GroupRow",
    "InvolvedRow",
    "LeaseRow",
    "LedgerRow",
    "MembershipRow",
    "MessageRow",
    "NoticeAckRow",
    "NoticeRow",
    "OutboxRecipientRow",
    "OutboxRow",
    "PartStateRow",
    "ParticipantRow",
    "Row",
    "SeenRow",
    "SettingRow",
    "ShiftRow",
    "TagRow",
    "TicketRow",
    "TimerRow",
    "UnfetchedRow",
    "metadata",
]
