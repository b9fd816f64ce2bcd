"""Tags of tickets: given and taken by agents, rules and scenarios. They move no ball and start no clock anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from core.clock import now
from core.db import tags as db
from core.db.tables import EventRow, TicketRow
from core.domain import tags
from core.errors import BadInput, Conflict
from core.i18n import _
from core.services import events, life
from core.services.access import Actor, require_agent, ticket_to_act_on
from core.services.desk import Desk
from core.text import cut, one_line


@dataclass(frozen=True, slots=True)
class Tagged:
    """A ticket whose tags were changed."""

    ticket_id: int
    event_id: int
    status: str
    tags: tuple[str, ...]
    """Those that it has now, in order."""
    changed: bool = True
    """False where it had been so already (a repeated command)."""


def change(
    desk: Desk,
    actor: Actor,
    ticket_id: int,
    add: Collection[str] = (),
    remove: Collection[str] = (),
    *,
    op_id: str | None = None,
) -> Tagged:
    """Give a ticket tags and take others from it, as one event.

    Raises BadInput for what is no tag, for none at all, and for one that is to come and to go; Conflict where the
    ticket would have too many.
    """
    require_agent(actor)
    come, go = words(add), words(remove)
    if not come and not go:
        raise BadInput(_("No tag is named: say which to add, or which to remove."))
    if both := sorted(set(come) & set(go)):
        raise BadInput(_("The tag {tag} cannot be added and removed at once.").format(tag=both[0]))
    with desk.write() as session:
        ticket, _viewer = ticket_to_act_on(session, actor, ticket_id)
        asked = {"asked": [list(come), list(go)]}
        if events.done_before(session, op_id, "tagged", ticket_id, asked):
            return _now(session, ticket, changed=False)
        data = apply(session, ticket, come, go)
        if not data["added"] and not data["removed"]:
            return _now(session, ticket, changed=False)
        # What was asked for tells the command from another one with the same key.
        data |= {
            "from": ticket.status,
            "to": ticket.status,
            "was": life.snapshot(ticket),
            **(asked if op_id else {}),
        }
        events.record(session, ticket, actor, "tagged", now(), data=data, op_id=op_id)
        return _now(session, ticket)


def _now(session: Session, ticket: TicketRow, *, changed: bool = True) -> Tagged:
    have = db.tags_of(session, ticket.id or 0)
    return Tagged(ticket.id or 0, ticket.last_event, ticket.status, have, changed)


def apply(
    session: Session, ticket: TicketRow, add: Collection[str], remove: Collection[str]
) -> dict[str, Any]:
    """Change a ticket's tags inside somebody's transaction; returns what was `added` and `removed` for the event's
    data, empty lists where all was so already. Raises Conflict where it would have too many."""
    ticket_id = ticket.id or 0
    have = frozenset(db.tags_of(session, ticket_id))
    then = tags.changed(have, frozenset(add), frozenset(remove))
    added, removed = sorted(then - have), sorted(have - then)
    if added and len(then) > tags.MOST:
        raise Conflict(
            _("Ticket {id} would have {count} tags, and {most} are the most.").format(
                id=ticket_id, count=len(then), most=tags.MOST
            ),
            hint=_("Remove some that say nothing any more."),
        )
    if removed:
        db.remove(session, ticket_id, removed)
    db.add(session, ticket_id, added)
    if added or removed:
        session.flush()
        # Scenarios may ask for tags: their clocks begin to run or stop; those that run go on as they were.
        life.rearm(session, ticket)
    return {"added": added, "removed": removed}


def take_back(session: Session, ticket: TicketRow, event: EventRow) -> None:
    """Undo a change of tags, as far as nobody has done so since. Raises Conflict."""
    apply(session, ticket, event.data["removed"], event.data["added"])


def on_new(session: Session, ticket: TicketRow, found: Collection[str]) -> dict[str, Any]:
    """Tag a ticket that is being opened, before its first event; returns what that event says of it."""
    db.add(session, ticket.id or 0, found)
    return {"tags": list(found)} if found else {}


def words(texts: Collection[str]) -> tuple[str, ...]:
    """Tags as they are kept, each once. Raises BadInput for what is none, and for too many."""
    found = []
    for text in texts:
        tag = tags.parse(text)
        if not tag:
            raise BadInput(
                _("“{text}” is no tag.").format(text=cut(one_line(text), tags.LONGEST)),
                hint=_(
                    "A tag has 1 to {most} letters, digits and - _ . /, and begins with a letter or a digit."
                ).format(most=tags.LONGEST),
            )
        found.append(tag)
    kept = tuple(dict.fromkeys(found))
    if len(kept) > tags.MOST:
        raise BadInput(_("A ticket has {most} tags at most.").format(most=tags.MOST))
    return kept
