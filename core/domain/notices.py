"""Whom a notice concerns, and when its cause is gone."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Literal

from core.domain.permissions import Viewer
from core.domain.tickets import Status

Audience = Literal["agent", "group", "supervisors"]


class NoticeKind(StrEnum):
    """What a notice says."""

    NEW_TICKET = "new_ticket"
    """A ticket waits for its first taker."""
    UNACCEPTED = "unaccepted"
    """Nobody has accepted it for the set time."""
    IN_WORK_OWNER = "in_work_owner"
    IN_WORK_HEAD = "in_work_head"
    ASKED = "asked"
    """Somebody wants your help."""
    ASK_WAITING = "ask_waiting"
    """An ask has waited for the set time."""
    ASK_ANSWERED = "ask_answered"
    PASSED = "passed"
    """A ticket was passed or handed to you."""
    TAKEN_BACK = "taken_back"
    """The robot gave your ticket back to its group."""
    MENTIONED = "mentioned"
    KEPT = "kept"
    """Somebody went home with a ticket in their hands."""
    ASK_LOST = "ask_lost"
    """Whom you asked has left."""
    NEW_VOICE = "new_voice"
    """A stranger has written, and somebody has to decide whether they take part."""
    SCENARIO_FAILED = "scenario_failed"
    """An act of a scenario could not be done."""
    SCENARIO_LOOP = "scenario_loop"
    """Scenarios start one another: they were stopped."""
    LOOP = "loop"
    """Automatic letters go round in a circle: no more are sent."""
    UNDELIVERED = "undelivered"
    """An answer of ours did not arrive, or perhaps did not."""
    COPY_UNDELIVERED = "copy_undelivered"
    """The client has an answer of ours, somebody who had a copy does not, or perhaps does not."""
    CLIENT_WROTE = "client_wrote"
    """The client has written on what is solved, and nothing moves by itself."""
    OWN = "own"
    """A scenario of the team's own says so."""


WHILE_NEW = frozenset({NoticeKind.NEW_TICKET, NoticeKind.UNACCEPTED})
WHILE_IN_WORK = frozenset({NoticeKind.IN_WORK_OWNER, NoticeKind.IN_WORK_HEAD})
UNTIL_ANSWERED = frozenset({NoticeKind.ASKED, NoticeKind.ASK_WAITING})
WHILE_OWNED = frozenset({NoticeKind.IN_WORK_OWNER, NoticeKind.PASSED, NoticeKind.KEPT})
"""What is said to the owner, as the owner, or of them."""
UNTIL_DECIDED = frozenset({NoticeKind.UNDELIVERED, NoticeKind.COPY_UNDELIVERED})
"""What goes when the client is answered anew, or that letter is sent again or given up."""
UNTIL_SEEN = frozenset({NoticeKind.OWN, NoticeKind.SCENARIO_FAILED, NoticeKind.SCENARIO_LOOP})
"""What scenarios of the team's own have to say: often of a ticket that they have closed themselves."""
OF_HOLDER = frozenset({NoticeKind.NEW_VOICE, NoticeKind.CLIENT_WROTE})
"""What whoever has the ticket is told, and the next one when it changes hands."""
RETURNS = WHILE_NEW | WHILE_IN_WORK | UNTIL_ANSWERED | OF_HOLDER | UNTIL_DECIDED | UNTIL_SEEN
"""A withdrawn one stands again when an undo brings its cause back."""


def still_holds(
    kind: str,
    cause: int,
    status: Status,
    status_event: int,
    waiting: Collection[int],
    *,
    has_it: bool = True,
    answered: bool = False,
) -> bool:
    """Whether the cause of a notice is still there; else it is withdrawn everywhere.

    The cause of a clock's notice is the event by which the ticket entered its status; that of an ask's notice is the
    event of the ask, that of a new voice's and of a client's word the event of the letter; `waiting` are the asks and
    voices that nobody has answered or decided. `has_it` says whether whom it is for (or whom it is about) has the
    ticket: the agent owns it, or the group holds it. `answered` says whether the client was answered since its cause,
    or somebody has decided about its letter, or taken its cause back.
    """
    if kind in WHILE_OWNED and not has_it:
        return False
    if kind == NoticeKind.NEW_VOICE:
        # A stranger's letter reopens nothing: it waits for its decision on a closed ticket too.
        return has_it and status is not Status.DELETED and cause in waiting
    if kind == NoticeKind.CLIENT_WROTE:
        return has_it and status is Status.SOLVED and status_event < cause and not answered
    if kind in UNTIL_SEEN:
        return status is not Status.DELETED
    if kind in WHILE_NEW:
        return status is Status.NEW and status_event == cause
    if kind in WHILE_IN_WORK:
        # The owner's cause is the later one of entering the status and getting the ticket.
        return status is Status.NEEDS_REPLY and (
            status_event == cause or (kind == NoticeKind.IN_WORK_OWNER and status_event < cause)
        )
    if status in (Status.CLOSED, Status.DELETED):
        return False
    if kind in UNTIL_DECIDED:
        return not answered
    return kind not in UNTIL_ANSWERED or cause in waiting


def concerns(viewer: Viewer, audience: str, agent_id: int | None, group_id: int | None) -> bool:
    """Whether a notice is for this agent."""
    match audience:
        case "agent":
            return viewer.agent_id == agent_id
        case "group":
            return group_id in viewer.groups
    return group_id in viewer.heads
