"""A delivery that failed later: found back to the letter of ours, marked on it, and the ball returned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.db import mail as db
from core.db import people
from core.db.tables import MessageRow, OutboxRecipientRow, OutboxRow, TicketRow
from core.domain import joining
from core.domain.domains import readable
from core.domain.letters import Letter
from core.domain.tickets import Act
from core.i18n import _, choose, speaking
from core.services import deliveries, events, life, notices
from core.services.access import BRIDGE
from core.services.desk import Desk, desk_of


@dataclass(frozen=True, slots=True)
class Bounced:
    """The ticket that a bounce speaks of, and the letter of ours where it can be told."""

    ticket_id: int
    outbox: OutboxRow | None


def find(desk: Desk, session: Session, letter: Letter) -> Bounced | None:
    """The letter of ours that came back: by the Message-ID in the returned part, else by what the bounce
    answers, else by the signed token of the address to which it came."""
    wanted = joining.referenced_ids(letter)
    known = db.messages_by_rfc_id(session, wanted)
    for rfc_id in wanted:
        for message in known.get(rfc_id, []):
            if message.kind in ("reply", "confirmation"):
                return Bounced(message.ticket_id, db.outbox_by_message(session, message.id or 0))
    for ticket_id, _join in joining.signed_tickets(desk.secret, letter):
        if session.get(TicketRow, ticket_id) is not None:
            return Bounced(ticket_id, _meant(session, ticket_id, letter))
    return None


def _meant(session: Session, ticket_id: int, letter: Letter) -> OutboxRow | None:
    """Which of a ticket's letters a bounce is about: the one whose id it gives in another spelling, else the latest
    one that went to a recipient whom it names."""
    spelled = {joining.bare_id(one) for one in joining.referenced_ids(letter)}
    named = {readable(result.recipient.lower()) for result in letter.dsn}
    sent = db.outbox_of_ticket(session, ticket_id)
    for row, rfc_id in sent:
        if joining.bare_id(rfc_id) in spelled:
            return row
    reached = db.recipients_by_letter(session, [row.id or 0 for row, _rfc_id in sent])
    for row, _rfc_id in sent:
        if named & {one.email for one in reached.get(row.id or 0, []) if _went_out(row, one)}:
            return row
    return None


def _went_out(letter: OutboxRow, recipient: OutboxRecipientRow) -> bool:
    """Whether a letter may have reached the relay for a recipient: only such a one can come back. To mark one that
    still waits would take it off the letter that is about to leave."""
    if recipient.state == "queued":
        return letter.phase == "data" and letter.state in ("sending", "unknown")
    return recipient.state in ("sent", "bounced")


def mark(
    session: Session, ticket: TicketRow, bounced: Bounced, letter: Letter, message_id: int, at: datetime
) -> int:
    """Flag the recipients and their addresses, and give the ball back where a reply did not reach the client;
    returns the event's id. A delay moves nothing: the relay goes on trying."""
    final = [result for result in letter.dsn if result.action == "failed"]
    failures = {readable(result.recipient.lower()): result.status for result in final}
    delayed_only = bool(letter.dsn) and not final
    reached = 0
    if bounced.outbox is not None and not delayed_only:
        rows = db.recipients_of(session, bounced.outbox.id or 0)
        for row in rows:
            # A sole recipient is meant, whatever address a forwarder made of theirs.
            if _is_meant(row, rows, failures) and _went_out(bounced.outbox, row):
                status = failures.get(row.email, next(iter(failures.values()), ""))
                row.state, row.reason = "bounced", status
                reached += 1
                address = people.address_of(session, row.email)
                if address is not None and not status.startswith("4"):
                    address.bounced_at = at
        _settle_letter(session, bounced.outbox, rows)
    before, failed_reply = ticket.status, not delayed_only and _was_reply(session, bounced)
    copies = failed_reply and _hits_copies_only(session, bounced, letter)
    if failed_reply and not copies:
        life.follow(session, ticket, Act.DELIVERY_FAILED, at)
    event = events.record(
        session, ticket, BRIDGE, _kind(letter), at,
        data={"from": before, "to": ticket.status, "message": message_id, "recipients": reached,
              "of": bounced.outbox.message_id if bounced.outbox else None},
    )  # fmt: skip
    if failed_reply:
        of = bounced.outbox.message_id if bounced.outbox else None
        notices.undelivered(session, ticket, of, event, at, copies=copies)
    return event


def _is_meant(
    row: OutboxRecipientRow, all_of_them: Sequence[OutboxRecipientRow], failures: Collection[str]
) -> bool:
    """Whether a report speaks of a recipient: it names them, or there is nobody else."""
    return row.email in failures or len(all_of_them) == 1


def _hits_copies_only(session: Session, bounced: Bounced, letter: Letter) -> bool:
    """Whether a report says of copies alone that they failed: the client has the letter."""
    message = session.get(MessageRow, bounced.outbox.message_id) if bounced.outbox else None
    if bounced.outbox is None or message is None:
        return False
    failures = {readable(one.recipient.lower()) for one in letter.dsn if one.action == "failed"}
    rows = db.recipients_of(session, bounced.outbox.id or 0)
    meant = {row.email for row in rows if _is_meant(row, rows, failures) and _went_out(bounced.outbox, row)}
    return deliveries.are_copies(session, message, meant)


def _settle_letter(session: Session, letter: OutboxRow, recipients: Sequence[OutboxRecipientRow]) -> None:
    """A letter that came back is not sent: it failed, for the reason that its recipients give. What is still on its
    way to others, and what was given up, stays that."""
    back = [row for row in recipients if row.state == "bounced"]
    if not back or letter.state not in ("sent", "unknown", "failed"):
        return
    with speaking(choose(desk_of(session).settings.desk.language)):
        said = ", ".join(f"{row.email} {row.reason}".strip() for row in back)
        letter.state, letter.reason = "failed", _("came back: {why}").format(why=said)[:300]


def _kind(letter: Letter) -> str:
    """What a report tells: something failed, something is late, or (a receipt of delivery, RFC 3461) all is well."""
    actions = {result.action for result in letter.dsn}
    if not actions or "failed" in actions:
        return "bounced"
    return "delayed" if "delayed" in actions else "automatic"


def returns_ball(session: Session, bounced: Bounced, letter: Letter) -> bool:
    """Whether a report gives the ball back: a reply did not arrive, and not only will arrive later, nor only a copy."""
    delayed_only = bool(letter.dsn) and all(result.action != "failed" for result in letter.dsn)
    lost = not delayed_only and _was_reply(session, bounced)
    return lost and not _hits_copies_only(session, bounced, letter)


def _was_reply(session: Session, bounced: Bounced) -> bool:
    """Confirmations are no replies: a bounced one moves nothing."""
    if bounced.outbox is None:
        return True
    message = session.get(MessageRow, bounced.outbox.message_id)
    return message is not None and message.kind == "reply"
