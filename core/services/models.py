"""Frozen read models: what services hand out. Plain values; loads nothing but the standard library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.domain.tickets import Board, Lane, lanes_of


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """An agent as colleagues see them."""

    id: int
    login: str
    name: str
    email: str = ""
    admin: bool = False
    active: bool = True

    @property
    def initials(self) -> str:
        """Two letters for the eye: of the first and the last word of the name, else of the login."""
        words = self.name.split() or [self.login]
        letters = words[0][:1] + words[-1][:1] if len(words) > 1 else words[0][:2]
        return letters.upper()


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """A team."""

    id: int
    key: str
    name: str
    line: int = 1
    active: bool = True


@dataclass(frozen=True, slots=True)
class Directory:
    """All agents and groups by id, to put names to what rows hold."""

    agents: Mapping[int, AgentInfo]
    groups: Mapping[int, GroupInfo]

    def agent_login(self, agent_id: int | None) -> str:
        """Login, empty for nobody."""
        agent = self.agents.get(agent_id or 0)
        return agent.login if agent else ""

    def group_key(self, group_id: int | None) -> str:
        """Key, empty for none."""
        group = self.groups.get(group_id or 0)
        return group.key if group else ""

    def agent_name(self, agent_id: int | None) -> str:
        """Display name, empty for nobody."""
        agent = self.agents.get(agent_id or 0)
        return agent.name if agent else ""

    def group_name(self, group_id: int) -> str:
        """Display name, empty for an unknown group."""
        group = self.groups.get(group_id)
        return group.name if group else ""


EntryKey = tuple[str, str, int]
"""(board, the ball's last move as text, ticket id): compares in a lane's order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in a lane."""

    key: EntryKey
    id: int


@dataclass(frozen=True, slots=True)
class Card:
    """What a row of a list shows of a ticket."""

    id: int
    subject: str
    client: str
    status: str
    board: str | None
    group_id: int
    owner_id: int | None
    since: datetime
    """The ball's last move."""
    unread: bool
    """Something public or a note came that this agent has not seen."""
    last_event: int
    priority: str
    key: EntryKey
    thanks: bool = False
    """The client's latest letter says nothing but thanks: one key closes the ticket."""
    voice: bool = False
    """A new voice waits for a decision."""
    asked_at: datetime | None = None
    """Since when this agent is asked on it, None where nobody asks or where it stands in another column alone."""
    asked_key: EntryKey | None = None
    """Its place in Help wanted, None where nobody asks; `key` is that in the other column."""

    def places(self, agent_id: int, *, twice: bool) -> dict[Lane, EntryKey]:
        """The columns in which it stands on that agent's board, and its place there; empty off the board."""
        asked = self.asked_key is not None
        lanes = lanes_of(self.board, self.owner_id, agent_id, asked=asked, twice=twice)
        return {lane: self.asked_key or self.key if lane is Lane.HELP_WANTED else self.key for lane in lanes}


@dataclass(frozen=True, slots=True)
class LaneCount:
    """A lane's header."""

    total: int
    late: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since an event."""

    last_event: int
    tickets: frozenset[int]


@dataclass(frozen=True, slots=True)
class PartState:
    """How a part of the desk fares: a mailbox, the relay."""

    part: str
    ok: bool
    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file of a message; its bytes are in the blob store."""

    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of a message and how its delivery went."""

    header: str
    """to or cc."""
    address: str
    name: str
    state: str = ""
    """queued, sent, failed or bounced; empty for inbound messages."""
    reason: str = ""


MessageKind = Literal["inbound", "reply", "note", "confirmation"]


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message or note of the conversation."""

    id: int
    kind: MessageKind
    letter_kind: str
    private: bool
    """A new voice: a stranger's letter, not shown to the client."""
    author: str
    author_address: str
    agent_id: int | None
    at: datetime
    body: str
    quote: str
    subject: str
    recipients: tuple[Recipient, ...]
    attachments: tuple[AttachmentView, ...]
    rfc_id: str
    outbox_id: int | None = None
    delivery: str = ""
    """Outbound: queued, sending, sent, failed, unknown or cancelled."""
    delivery_reason: str = ""
    raw_sha256: str = ""
    dmarc: str = ""
    """`fail` where our mail server found that the sender's address is not proved, `unasked` where nothing but it makes
    the letter an agent's; else empty."""
    undecided: bool = False
    """A new voice that waits for a decision: take part, stay private, or a ticket of its own."""


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of the audit log."""

    id: int
    at: datetime
    kind: str
    actor: str
    """agent, contact, bridge, robot or system."""
    actor_name: str
    data: Mapping[str, object] = field(default_factory=dict)
    actor_address: str = ""
    """A contact's, by which they are known: anybody may call themselves anything."""


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """A place in the conversation: an event, with the message that it brought, if any."""

    event: EventView
    message: MessageView | None = None


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

    @property
    def room(self) -> str:
        """The presence room in which its eyes are seen."""
        return f"g{self.group.id}"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command on a ticket did."""

    ticket_id: int
    event_id: int
    status: str
    changed: bool = True
    """False where it had been so already (a repeated command)."""
    mentioned_outside: tuple[str, ...] = ()
    """Names of colleagues whom the note with it mentions and who could not see the ticket before."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A reply or note that was written down; a reply is queued to be sent."""

    ticket_id: int
    message_id: int
    event_id: int
    status: str
    outbox_id: int | None = None
    mentioned_outside: tuple[str, ...] = ()
    """Names of those whom a note mentions and who could not see the ticket before."""
