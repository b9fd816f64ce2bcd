"""Letters on their way out: leased, attempted with every phase written down, and ending in exactly one state.

What is stored is what is sent; after the final dot nothing is ever sent again blindly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from core.clock import now
from core.db import departures
from core.db import mail as db
from core.db import tickets as ticket_db
from core.db.tables import AttemptRow, MessageRow, OutboxRow, TicketRow
from core.domain.letters import Mailaddr
from core.domain.tickets import Act
from core.errors import Conflict, NotFound
from core.i18n import _
from core.names import delivery_word
from core.services import deliveries, events, life, outgoing
from core.services.access import BEYOND, Actor, require_agent, seen_by, ticket_to_act_on, viewer_of
from core.services.desk import Desk
from core.services.models.outbox import Delivery, ListedLetter, OutboxItem, Phase


def due(desk: Desk, worker: str, limit: int = 20, full: Collection[str] = ()) -> list[OutboxItem]:
    """Lease letters whose time has come, but for those that `full` mailboxes (keys) would send."""
    at = now()
    with desk.write() as session:
        come = [mailbox for mailbox, first in _waiting(desk, session, full).items() if first <= at]
        rows = departures.due(session, at, limit, come)
        for row in rows:
            row.state, row.phase, row.lease_by = "sending", "none", worker
            row.attempts, row.tried_from = row.attempts + 1, row.tried_from or at
        return [_item(desk, session, row) for row in rows]


def next_due(desk: Desk, full: Collection[str] = ()) -> datetime | None:
    """When the next queued letter is due that no `full` mailbox would send; a cheap question."""
    with desk.read() as session:
        return min(_waiting(desk, session, full).values(), default=None)


def _waiting(desk: Desk, session: Session, full: Collection[str]) -> dict[str, datetime]:
    """Mailboxes with queued letters, without those that a `full` one sends, and when their first is due."""
    # A letter of a mailbox that was taken out goes by the first one, and waits with it.
    found = departures.waiting(session)
    return {mailbox: first for mailbox, first in found.items() if desk.mailbox_key(mailbox) not in full}


def store_bytes(desk: Desk, outbox_id: int, sha256: str) -> None:
    """Remember the final bytes, before the first attempt."""
    with desk.write() as session:
        session.get_one(OutboxRow, outbox_id).raw_sha256 = sha256


def phase(desk: Desk, outbox_id: int, reached: Phase, worker: str) -> None:
    """Write down how far the attempt has come, before the step is taken.

    Raises Conflict where another sender took the letter over meanwhile: this one must stop before DATA.
    """
    with desk.write() as session:
        _held(session, outbox_id, worker).phase = reached


def finish(
    desk: Desk, outbox_id: int, results: Mapping[str, Delivery], worker: str, retry_seconds: float = 300
) -> str:
    """Write down what the relay said of each recipient; returns the row's state.

    Where some are to be tried later the row is queued again for those alone. A recipient who is refused for
    good makes it failed, and gives the ball back where the client is among them. Raises Conflict as `phase` does.
    """
    at = now()
    with desk.write() as session:
        row = _held(session, outbox_id, worker)
        rows = db.recipients_of(session, outbox_id)
        for recipient in rows:
            result = results.get(recipient.email)
            if result is None or recipient.state == "bounced":
                # It came back before we had written down that it left.
                continue
            recipient.code, recipient.reason = result.code, result.text[:300]
            if result.state != "later":
                recipient.state = result.state
        waiting = [recipient for recipient in rows if recipient.state == "queued"]
        failed = [recipient for recipient in rows if recipient.state in ("failed", "bounced")]
        sent = [recipient for recipient in rows if recipient.state == "sent"]
        row.reason = next((recipient.reason for recipient in (*failed, *waiting) if recipient.reason), "")
        if waiting:
            _requeue(row, at, retry_seconds)
            _log(session, row, at, "partly" if sent else "retry")
        else:
            row.state = "sent" if sent and not failed else "failed"
            row.phase = "sent"
            _log(session, row, at, row.state)
            deliveries.tell(session, row, at)
        return row.state


def retry_later(desk: Desk, outbox_id: int, reason: str, worker: str, seconds: float) -> None:
    """Nobody was served: try again later. Only where the relay cannot have the letter. Raises Conflict as
    `phase` does."""
    at = now()
    with desk.write() as session:
        row = _held(session, outbox_id, worker)
        row.reason = reason[:300]
        _log(session, row, at, "retry")
        _requeue(row, at, seconds)


def fail(desk: Desk, outbox_id: int, reason: str, worker: str) -> None:
    """The letter cannot be sent at all: the ball comes back. Raises Conflict as `phase` does."""
    at = now()
    with desk.write() as session:
        row = _held(session, outbox_id, worker)
        for recipient in db.recipients_of(session, outbox_id):
            if recipient.state == "queued":
                recipient.state, recipient.reason = "failed", reason[:300]
        row.state, row.reason = "failed", reason[:300]
        _log(session, row, at, "failed")
        deliveries.tell(session, row, at)


def unknown(desk: Desk, outbox_id: int, reason: str, worker: str) -> None:
    """The connection broke after the final dot: the relay may have it. An agent decides. Raises Conflict as
    `phase` does."""
    at = now()
    with desk.write() as session:
        _unknown(session, _held(session, outbox_id, worker), reason, at)


def recover(desk: Desk, worker: str) -> tuple[int, int]:
    """Take up what another, dead sender left behind; returns (queued again, unknown).

    Only for the holder of the lease `sender`. Before DATA the relay cannot have the letter, so it is
    simply due again; from DATA on it is unknown.
    """
    at = now()
    again = lost = 0
    with desk.write() as session:
        for row in departures.interrupted(session, worker):
            if row.phase in ("data", "sent"):
                _unknown(session, row, _("The sender was stopped while the relay was taking the letter."), at)
                lost += 1
            else:
                _log(session, row, at, "retry")
                _requeue(row, at, 0)
                again += 1
    return again, lost


TROUBLE = ticket_db.TROUBLE


def list_letters(
    desk: Desk, actor: Actor, states: Collection[str] = TROUBLE, limit: int = 200
) -> list[ListedLetter]:
    """Letters on tickets that the actor may see, newest first; no states mean any. Letters to the staff are not
    among them."""
    with desk.read() as session:
        viewer = viewer_of(session, actor)
        found = db.outbox_list(session, seen_by(viewer), states, limit)
        recipients = db.recipients_by_letter(session, [row.id for row, *_rest in found])
        return [
            ListedLetter(
                row.id, ticket_id, subject, kind, row.state, row.reason,
                {one.email: one.state for one in recipients.get(row.id, [])}, row.attempts, row.due_at,
                row.created_at,
            )
            for row, kind, ticket_id, subject in found
        ]  # fmt: skip


def resend(desk: Desk, actor: Actor, outbox_id: int) -> None:
    """Send an unknown or failed letter again: the same bytes, the same Message-ID."""
    require_agent(actor)
    at = now()
    with desk.write() as session:
        row, ticket = _for_decision(session, actor, outbox_id)
        message = session.get_one(MessageRow, row.message_id)
        answers = message.kind == "reply" and not deliveries.missed_copies_only(session, row, message)
        for recipient in db.recipients_of(session, outbox_id):
            if recipient.state != "sent":
                recipient.state = "queued"
        _requeue(row, at, 0)
        row.reason, row.attempts, row.tried_from = "", 0, None
        last, before = ticket_db.last_inbound(session, ticket.id or 0), ticket.status
        # What the client has written since is not answered by sending an older letter again.
        if answers and (last is None or (last.id or 0) < (row.message_id or 0)):
            life.follow(session, ticket, Act.REPLY, at)
        data = {"message": row.message_id, "from": before, "to": ticket.status}
        events.record(session, ticket, actor, "resent", at, data=data)


def give_up(desk: Desk, actor: Actor, outbox_id: int) -> None:
    """Count an unknown or failed letter as not sent: the ball stays ours, unless the client has it and only copies are
    lost."""
    require_agent(actor)
    at = now()
    with desk.write() as session:
        row, ticket = _for_decision(session, actor, outbox_id)
        row.state, before = "cancelled", ticket.status
        message = session.get_one(MessageRow, row.message_id)
        if message.kind == "reply" and not deliveries.missed_copies_only(session, row, message):
            life.follow(session, ticket, Act.DELIVERY_FAILED, at)
        data = {"message": row.message_id, "from": before, "to": ticket.status}
        events.record(session, ticket, actor, "given_up", at, data=data)


def _item(desk: Desk, session: Session, row: OutboxRow) -> OutboxItem:
    ticket = ticket_of(session, row)
    letter, automatic = outgoing.notice_letter(desk, row), True
    if row.message_id is not None and ticket is not None:
        letter, automatic = outgoing.letter(desk, session, row, ticket)
    recipients = tuple(r.email for r in db.recipients_of(session, row.id or 0) if r.state == "queued")
    if row.message_id is None:
        letter = replace(letter, to=tuple(Mailaddr(email) for email in recipients))
    return OutboxItem(
        row.id or 0, (ticket.id or 0) if ticket else 0, ticket.group_id if ticket else 0, row.mailbox,
        "" if automatic else outgoing.envelope_sender(desk, row.mailbox, letter), recipients, letter,
        row.raw_sha256, row.attempts, row.tried_from or now(), row.lease_by,
    )  # fmt: skip


def ticket_of(session: Session, row: OutboxRow) -> TicketRow | None:
    """The ticket of a letter; None for a letter to the staff."""
    if row.message_id is None:
        return None
    return session.get_one(TicketRow, session.get_one(MessageRow, row.message_id).ticket_id)


def _held(session: Session, outbox_id: int, worker: str) -> OutboxRow:
    """The row, while it is leased to the worker. Raises Conflict where it was taken over: whoever lost it
    must neither go on sending nor say what became of it, or the letter might go out twice."""
    row = session.get_one(OutboxRow, outbox_id)
    if row.state != "sending" or row.lease_by != worker:
        raise Conflict(_("Another sender has taken letter {id} over.").format(id=outbox_id))
    return row


def _requeue(row: OutboxRow, at: datetime, seconds: float) -> None:
    row.state, row.phase, row.lease_by = "queued", "none", ""
    row.due_at = at + timedelta(seconds=seconds)


def _unknown(session: Session, row: OutboxRow, reason: str, at: datetime) -> None:
    row.state, row.reason = "unknown", reason[:300]
    _log(session, row, at, "unknown")
    deliveries.tell(session, row, at)


def _log(session: Session, row: OutboxRow, at: datetime, result: str) -> None:
    session.add(AttemptRow(outbox_id=row.id or 0, at=at, phase=row.phase, result=result, reason=row.reason))


def _for_decision(session: Session, actor: Actor, outbox_id: int) -> tuple[OutboxRow, TicketRow]:
    missing = NotFound(
        _("There is no letter {id} in the outbox of your tickets.").format(id=outbox_id),
        hint=_("See those that wait for a decision: glazok outbox list"),
    )
    row = session.get(OutboxRow, outbox_id) if 0 < outbox_id < BEYOND else None
    if row is None or row.message_id is None:
        raise missing
    message = session.get_one(MessageRow, row.message_id)
    try:
        ticket, _viewer = ticket_to_act_on(session, actor, message.ticket_id)
    except NotFound:
        # The same words for what is not there and for what is hidden.
        raise missing from None
    if row.state not in TROUBLE:
        raise Conflict(
            _("This letter is {state}: there is nothing to decide.").format(state=delivery_word(row.state)),
            hint=_("Only letters that failed, or of which nobody knows, wait for a decision."),
        )
    return row, ticket
