"""Whole histories at once: tickets with the letters, notes and moves that made them what they are.

Each history is played through the table of statuses, step by step, so that what is written could have
happened: for sample desks, for measuring, and for whatever brings tickets from elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlmodel import Session

from core.db import bulk as db
from core.db.tables import (
    AddressRow,
    AttachmentRow,
    AttemptRow,
    ContactRow,
    EventRow,
    MessageRow,
    OutboxRecipientRow,
    OutboxRow,
    ParticipantRow,
    Row,
    SeenRow,
    TicketRow,
)
from core.domain.joining import tagged
from core.domain.processes import STANDARD
from core.domain.tickets import Act, Status, next_status
from core.domain.tokens import message_id
from core.errors import BadInput
from core.i18n import _
from core.services import confirmations, life
from core.services.desk import Desk
from core.services.histories import Client, History, Step

BATCH = 1000
"""Tickets per transaction: few enough that another writer need not wait long."""

_ACTS = {
    "accepted": Act.ACCEPT,
    "released": Act.RELEASE,
    "replied": Act.REPLY,
    "solved": Act.SOLVE,
    "closed": Act.CLOSE,
}


def write(desk: Desk, histories: Iterable[History]) -> int:
    """Write histories, a thousand tickets per transaction; returns how many.

    Raises BadInput for a step that the table of statuses does not allow: nothing of its batch is written.
    """
    rest, count = iter(histories), 0
    while batch := list(islice(rest, BATCH)):
        with desk.write() as session:
            _Writer(desk, session, batch).write()
        count += len(batch)
    return count


@dataclass(slots=True)
class _Standing:
    """A ticket while its history is played."""

    id: int
    since: datetime
    status_since: datetime
    status: str = Status.NEW
    kind: str = Status.NEW
    status_event: int = 0
    accepted_event: int = 0
    replied_at: datetime | None = None
    board: str | None = "new"
    owner_id: int | None = None
    accepted_at: datetime | None = None
    solved_at: datetime | None = None
    closed_at: datetime | None = None
    last_event: int = 0
    guard_event: int = 0
    events: int = 0
    last_inbound: str = ""
    references: list[str] = field(default_factory=list)
    seen: dict[int, int] = field(default_factory=dict)


class _Writer:
    """One batch: rows are collected, then inserted table by table, parents first."""

    def __init__(self, desk: Desk, session: Session, batch: Sequence[History]) -> None:
        self.desk = desk
        self.session = session
        self.batch = batch
        self.rows: dict[type[Row], list[dict[str, Any]]] = {
            row: []
            for row in (
                ContactRow, AddressRow, TicketRow, ParticipantRow, MessageRow, AttachmentRow, EventRow,
                OutboxRow, OutboxRecipientRow, AttemptRow, SeenRow,
            )
        }  # fmt: skip
        self._next: dict[type[Row], int] = {
            row: db.next_id(session, row)
            for row in self.rows
            if row not in (ParticipantRow, OutboxRecipientRow, SeenRow)
        }
        self._clients = db.contacts_of(session, {history.client.email.lower() for history in batch})

    def write(self) -> None:
        for history in self.batch:
            self._play(history)
        for row, rows in self.rows.items():
            db.insert_rows(self.session, row, rows)

    def _id(self, row: type[Row]) -> int:
        number = self._next[row]
        self._next[row] = number + 1
        return number

    def _play(self, history: History) -> None:
        first = history.steps[0]
        if first.kind != "client":
            raise BadInput(
                _("A history begins with the client's letter, not with “{step}”.").format(step=first.kind)
            )
        contact_id, address_id, previous = self._client(history.client, first.at)
        ticket = _Standing(self._id(TicketRow), first.at, first.at)
        self._clients[history.client.email.lower()] = (contact_id, address_id, ticket.id)
        for number, step in enumerate(history.steps):
            match step.kind:
                case "client":
                    self._client_wrote(history, ticket, step, number, contact_id, address_id, previous)
                case "confirmed" | "replied":
                    self._letter_out(history, ticket, step, number)
                case "noted":
                    self._noted(ticket, step)
                case _:
                    before, owner = ticket.status, ticket.owner_id
                    self._move(ticket, step)
                    data: dict[str, Any] = {"from": before, "to": ticket.status}
                    if step.kind in ("accepted", "released"):
                        data["owner"] = ticket.owner_id or owner
                    self._event(ticket, step, step.kind, data)
        for agent_id in history.seen_by:
            ticket.seen[agent_id] = ticket.last_event
        self.rows[SeenRow] += [
            {"agent_id": agent, "ticket_id": ticket.id, "event_id": event}
            for agent, event in ticket.seen.items()
        ]
        self.rows[ParticipantRow].append(
            {"ticket_id": ticket.id, "address_id": address_id, "requester": True}
        )
        self.rows[TicketRow].append(
            {
                "id": ticket.id, "subject": history.subject, "status": str(ticket.status),
                "kind": str(ticket.kind), "process": STANDARD, "template": "", "way_back": [], "thanks": False,
                "status_since": ticket.status_since, "status_event": ticket.status_event,
                "accepted_event": ticket.accepted_event, "replied_at": ticket.replied_at, "baton": None,
                "board": ticket.board, "group_id": history.group_id, "owner_id": ticket.owner_id,
                "contact_id": contact_id, "channel": history.channel, "mailbox": history.mailbox,
                "region": history.client.region, "language": history.client.language,
                "priority": history.priority, "rule": history.rule, "why": history.why,
                "created_at": first.at, "since": ticket.since, "accepted_at": ticket.accepted_at,
                "solved_at": ticket.solved_at, "closed_at": ticket.closed_at, "previous_id": previous,
                "last_event": ticket.last_event, "guard_event": ticket.guard_event, "version": ticket.events,
            }
        )  # fmt: skip

    def _client(self, client: Client, at: datetime) -> tuple[int, int, int | None]:
        known = self._clients.get(client.email.lower())
        if known is not None:
            return known
        contact_id, address_id = self._id(ContactRow), self._id(AddressRow)
        self.rows[ContactRow].append(
            {"id": contact_id, "name": client.name or client.email, "region": client.region,
             "language": client.language, "template": "", "created_at": at}
        )  # fmt: skip
        self.rows[AddressRow].append(
            {"id": address_id, "contact_id": contact_id, "email": client.email.lower(), "bounced_at": None,
             "created_at": at}
        )  # fmt: skip
        return contact_id, address_id, None

    def _client_wrote(
        self, history: History, ticket: _Standing, step: Step, number: int,
        contact_id: int, address_id: int, previous: int | None,
    ) -> None:  # fmt: skip
        box = self.desk.mailbox(history.mailbox)
        rfc_id = f"<{_nonce(ticket.id, number)}@{history.client.email.rpartition('@')[2]}>"
        before = ticket.status
        message = self._message(
            ticket, step, "inbound", rfc_id,
            subject=history.subject if number == 0 else f"Re: {history.subject} [GLZ-{ticket.id}]",
            recipients=[["to", box.address if box else "", box.name if box else ""]],
            address_id=address_id, sender_name=history.client.name,
        )  # fmt: skip
        ticket.last_inbound = rfc_id
        data: dict[str, Any] = {"message": message, "from": before}
        if number == 0:
            data = {"to": before, "group": history.group_id, "rule": history.rule, "message": message,
                    "previous": previous, "damaged": False}  # fmt: skip
        else:
            self._move(ticket, step, Act.CLIENT_WROTE)
            data |= {"to": ticket.status, "by": "own-id"}
        self._event(
            ticket,
            step,
            "client_wrote" if number else "opened",
            data,
            guard=True,
            actor=("contact", contact_id),
        )

    def _letter_out(self, history: History, ticket: _Standing, step: Step, number: int) -> None:
        box = self.desk.mailbox(history.mailbox)
        domain = box.address.rpartition("@")[2] if box else "localhost"
        own_id = message_id(self.desk.secret, ticket.id, _nonce(ticket.id, number)[:12], domain)
        kind = "reply" if step.kind == "replied" else "confirmation"
        if kind == "confirmation" and not step.text:
            text = confirmations.words(self.desk, history.mailbox, history.client.language, ticket.id)
            step = replace(step, text=text)
        message = self._message(
            ticket, step, kind, own_id, subject=tagged(f"Re: {history.subject}", ticket.id),
            recipients=[["to", history.client.email, history.client.name]],
        )  # fmt: skip
        before = ticket.status
        if kind == "reply":
            if before is Status.NEW:
                self._move(ticket, step, Act.ACCEPT)
                claimed = {"from": before, "to": ticket.status, "owner": step.agent_id}
                self._event(ticket, step, "accepted", claimed)
            before = ticket.status
            self._move(ticket, step)
            ticket.replied_at = step.at
            self._event(
                ticket, step, "replied", {"from": before, "to": ticket.status, "message": message}, guard=True
            )
        else:
            self._event(ticket, step, "confirmed", {"message": message})
        outbox = self._id(OutboxRow)
        self.rows[OutboxRow].append(
            {"id": outbox, "message_id": message, "notice": None, "mailbox": history.mailbox, "state": "sent",
             "phase": "sent", "due_at": step.at, "lease_by": "", "attempts": 1,
             "raw_sha256": None, "reason": "", "created_at": step.at}
        )  # fmt: skip
        self.rows[OutboxRecipientRow].append(
            {"outbox_id": outbox, "email": history.client.email.lower(), "state": "sent", "code": 250,
             "reason": "2.0.0 Ok"}
        )  # fmt: skip
        self.rows[AttemptRow].append(
            {"id": self._id(AttemptRow), "outbox_id": outbox, "at": step.at, "phase": "sent",
             "result": "sent", "reason": ""}
        )  # fmt: skip
        sent = {"message": message, "state": "sent", "from": ticket.status, "to": ticket.status}
        self._event(ticket, step, "delivery", sent, actor=("bridge", None))
        if step.agent_id is not None:
            ticket.seen[step.agent_id] = ticket.last_event

    def _noted(self, ticket: _Standing, step: Step) -> None:
        message = self._message(ticket, step, "note", None)
        self._event(ticket, step, "noted", {"message": message}, guard=True)

    def _message(
        self, ticket: _Standing, step: Step, kind: str, rfc_id: str | None, *, subject: str = "",
        recipients: Sequence[list[str]] = (), address_id: int | None = None, sender_name: str = "",
    ) -> int:  # fmt: skip
        number = self._id(MessageRow)
        self.rows[MessageRow].append(
            {
                "id": number, "ticket_id": ticket.id, "kind": kind, "letter_kind": "letter", "private": False,
                "voice_event": None, "agent_id": step.agent_id, "address_id": address_id, "sender_name": sender_name,
                "subject": subject, "body": step.text, "quote": step.quote, "recipients": list(recipients),
                "rfc_id": rfc_id, "in_reply_to": ticket.last_inbound if rfc_id else "",
                "refs": " ".join(ticket.references[-20:]) if rfc_id else "", "raw_sha256": None,
                "html_sha256": None, "content_hash": "", "created_at": step.at,
                "sent_at": step.at if rfc_id else None,
            }
        )  # fmt: skip
        if rfc_id:
            ticket.references.append(rfc_id)
        for file in step.files:
            self.rows[AttachmentRow].append(
                {"id": self._id(AttachmentRow), "message_id": number, "name": file.name,
                 "content_type": file.content_type, "size": len(file.content),
                 "sha256": self.desk.blobs.put(file.content), "inline": False}
            )  # fmt: skip
        return number

    def _move(self, ticket: _Standing, step: Step, act: Act | None = None) -> None:
        act = act or _ACTS[step.kind]
        before = Status(ticket.status)
        if act is Act.ACCEPT or (act is Act.REPLY and ticket.owner_id is None):
            ticket.owner_id, ticket.accepted_at, ticket.accepted_event = step.agent_id, step.at, 0
        elif act is Act.RELEASE:
            ticket.owner_id, ticket.accepted_at, ticket.accepted_event = None, None, 0
        after = next_status(before, act, owned=ticket.owner_id is not None)
        if after is None:
            raise BadInput(_("A {status} ticket cannot take “{act}”.").format(status=before, act=act))
        life.settle(ticket, after, after, step.at)

    def _event(
        self, ticket: _Standing, step: Step, kind: str, data: dict[str, Any], *, guard: bool = False,
        actor: tuple[str, int | None] | None = None,
    ) -> None:  # fmt: skip
        number = self._id(EventRow)
        who = actor or (("agent", step.agent_id) if step.agent_id is not None else ("bridge", None))
        self.rows[EventRow].append(
            {"id": number, "ticket_id": ticket.id, "at": step.at, "actor": who[0], "actor_id": who[1],
             "kind": kind, "data": data, "op_id": None}
        )  # fmt: skip
        ticket.last_event = number
        ticket.status_event = ticket.status_event or number
        if ticket.owner_id is not None:
            ticket.accepted_event = ticket.accepted_event or number
        ticket.events += 1
        if guard:
            ticket.guard_event = number
        if step.agent_id is not None:
            ticket.seen[step.agent_id] = number


def _nonce(ticket_id: int, step: int) -> str:
    """Letters and digits that differ from step to step and are the same in every run."""
    return hashlib.sha256(f"{ticket_id}.{step}".encode()).hexdigest()[:20]
