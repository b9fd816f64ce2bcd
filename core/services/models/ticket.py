"""A whole ticket: its client, its followers, what was asked on it. Frozen values; loads nothing but the domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.domain.tickets import Board
from core.services.models.conversation import Recipient, TimelineItem
from core.services.models.people import AgentInfo, GroupInfo


@dataclass(frozen=True, slots=True)
class ClientView:
    """Who wrote."""

    id: int | None
    name: str
    addresses: tuple[str, ...]
    region: str


@dataclass(frozen=True, slots=True)
class Follower:
    """A colleague, or a whole group, that keeps a ticket in view."""

    login: str
    """Empty for a group."""
    group: str
    """Key of the group, empty for a colleague."""
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AskView:
    """A question on a ticket, to a colleague or to the head of a group."""

    id: int
    by: str
    """Login of who asked."""
    by_name: str
    of: str
    """Login of the colleague, or the key of the group whose head is asked."""
    of_name: str
    head: bool
    """Whether the head of a group is asked."""
    state: str
    """open, answered or withdrawn."""
    asked_at: datetime
    closed_at: datetime | None
    question: int
    """Id of its message."""
    answer: int | None
    """Id of the message that answers it."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """Through whose hands a ticket was passed on."""

    group: str
    """Key of the group that it left."""
    group_name: str
    owner: str
    """Login of who owned it then, empty for nobody."""
    owner_name: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """A whole ticket."""

    id: int
    subject: str
    status: str
    board: Board | None
    group: GroupInfo
    owner: AgentInfo | None
    client: ClientView
    channel: str
    mailbox: str
    region: str
    language: str
    priority: str
    rule: str
    why: str
    created_at: datetime
    since: datetime
    accepted_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    previous_id: int | None
    last_event: int
    guard_event: int
    version: int
    thanks: bool
    """The client's latest letter says nothing but thanks."""
    undelivered: int
    """Letters of ours that did not get through, or perhaps did not."""
    to: tuple[Recipient, ...]
    """Where a reply goes."""
    sender: str
    """The address from which a reply goes; empty where no mailbox is configured."""
    timeline: tuple[TimelineItem, ...]
    seen: int = 0
    """Up to which event whoever asked has seen it; 0 for never."""
    kind: str = ""
    """The built-in status that its status behaves like."""
    process: str = ""
    template: str = ""
    """Key of the ticket template by which it was opened."""
    followers: tuple[Follower, ...] = ()
    asks: tuple[AskView, ...] = ()
    """Everything that was asked on it, oldest first."""
    way_back: tuple[WayBack, ...] = ()
    """Through whose hands it was passed on, the latest last: where `back` returns it to."""
    tags: tuple[str, ...] = ()

    @property
    def room(self) -> str:
        """The presence room in which its eyes are seen."""
        return f"g{self.group.id}"
