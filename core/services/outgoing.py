"""From rows of the outbox to letters as plain values, which the bridge composes into bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import Session

from core.db import tickets as db
from core.db.tables import GroupRow, MessageRow, OutboxRow, TicketRow
from core.domain.letters import REPLY_MARKER, Mailaddr, OutgoingLetter
from core.domain.tokens import plus_address
from core.i18n import choose
from core.services.desk import Desk

if TYPE_CHECKING:
    from core.settings import MailboxSettings


def letter(desk: Desk, session: Session, row: OutboxRow, ticket: TicketRow) -> tuple[OutgoingLetter, bool]:
    """The letter of a message to a client, and whether it is automatic."""
    message = session.get_one(MessageRow, row.message_id)
    group = session.get_one(GroupRow, ticket.group_id)
    mailbox = desk.mailbox(row.mailbox)
    address = mailbox.address if mailbox else ""
    automatic = message.kind == "confirmation"
    settings = desk.settings.groups.get(group.key)
    signature = settings.signature.strip() if settings and not automatic else ""
    files = db.attachments_of(session, [message.id or 0]).get(message.id or 0, [])

    def listed(header: str) -> tuple[Mailaddr, ...]:
        return tuple(Mailaddr(addr, name) for kind, addr, name in message.recipients if kind == header)

    name = _desk_name(desk, row)
    plus = mailbox is not None and mailbox.plus_addressing
    composed = OutgoingLetter(
        message_id=message.rfc_id or "",
        from_addr=address,
        from_name=f"{message.sender_name} ({name})" if message.sender_name else name,
        to=listed("to"),
        cc=listed("cc"),
        subject=message.subject,
        body_text=_marked(mailbox, f"{message.body}\n\n-- \n{signature}" if signature else message.body),
        date=message.created_at,
        reply_to=plus_address(desk.secret, ticket.id or 0, address) if plus else "",
        in_reply_to=message.in_reply_to,
        references=tuple(message.references.split()),
        automatic=automatic,
        attachments=tuple((file.name, file.content_type, file.sha256) for file in files),
        language=ticket.language or choose(desk.settings.desk.language),
    )
    return composed, automatic


def envelope_sender(desk: Desk, mailbox_key: str, letter: OutgoingLetter) -> str:
    """Where a letter's bounces go: to the mailbox, or to the ticket's own signed address where that is set."""
    mailbox = desk.mailbox(mailbox_key)
    return letter.reply_to if mailbox is not None and mailbox.verp and letter.reply_to else letter.from_addr


def _marked(mailbox: MailboxSettings | None, text: str) -> str:
    """The text below the line above which an answer is to be written, where the mailbox asks for one."""
    return f"{REPLY_MARKER}\n\n{text}" if mailbox is not None and mailbox.reply_marker else text


def notice_letter(desk: Desk, row: OutboxRow) -> OutgoingLetter:
    """A letter to the staff; whom it goes to stands in the outbox."""
    mailbox, notice = desk.mailbox(row.mailbox), row.notice or {}
    return OutgoingLetter(
        message_id=notice.get("rfc_id", ""),
        from_addr=mailbox.address if mailbox else "",
        from_name=_desk_name(desk, row),
        to=(),
        cc=(),
        subject=notice.get("subject", ""),
        body_text=notice.get("body", ""),
        date=row.created_at,
        automatic=True,
        language=notice.get("language", "en"),
    )


def _desk_name(desk: Desk, row: OutboxRow) -> str:
    mailbox = desk.mailbox(row.mailbox)
    return (mailbox.name if mailbox else "") or desk.settings.desk.name
