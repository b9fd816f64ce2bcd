"""A ticket's timeline as lines of text with roles, wrapped block by block. Pure: no widget, no colours.

Who speaks is told by a sign and a word (◀ client, ▶ we, ✎ note, · event), never by colour alone.
Everything from outside passes `terminal_safe` here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, Literal

from core.i18n import _, decimal, ngettext
from core.names import letter_word, unproved, unverified
from core.text import cut, one_line, terminal_safe
from core.text import width as cells
from tui.commands import shown_key
from tui.deliveries import partly
from tui.happenings import event_text, is_noise, says_more
from tui.names import Names
from tui.widgets.lane import wrap_words

if TYPE_CHECKING:
    from core.services.models.conversation import AttachmentView, MessageView, TimelineItem
    from core.services.models.ticket import TicketView

Role = Literal["plain", "text", "strong", "muted", "accent", "good", "warn", "alarm"]
Piece = tuple[str, Role]
Kind = Literal["inbound", "reply", "note", "automatic", "event"]

_KINDS: Final[dict[str, Kind]] = {"inbound": "inbound", "note": "note", "reply": "reply"}
"""By the kind of a message; what is missing is automatic."""
_TITLE_ROLES: Final[dict[Kind, Role]] = {"inbound": "accent", "reply": "good", "note": "warn"}
SIGNS: Final[dict[Kind, str]] = {"inbound": "◀", "reply": "▶", "note": "✎", "automatic": "▷", "event": "·"}
READING_WIDTH: Final = 96
"""Cells of a line of prose at most: longer lines are hard to read."""
HEAD_WIDTH: Final = 118
"""Cells of a message's first row at most, so that its time is not a screen away from its author."""
LONGEST: Final = 20_000
"""Lines of one message that are shown; a letter may be a log file."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the conversation."""

    pieces: tuple[Piece, ...]
    kind: Kind
    body: bool = True
    """False for the blank row between two blocks."""


@dataclass(frozen=True, slots=True)
class Block:
    """One place of the timeline."""

    key: tuple[object, ...]
    """Equal keys look the same."""
    kind: Kind
    title: str
    """Who, already safe."""
    remark: str
    """What kind of words, and when."""
    delivery: str
    delivery_role: Role
    text: str
    quote: str
    files: tuple[str, ...]
    event_id: int
    message_id: int | None
    outbox_id: int | None
    last_of_run: bool
    """An event that a message follows: a blank row sets them apart."""
    undecided: str
    """Outbound and "unknown" or "failed": an agent has to decide; else empty."""

    def lines(self, width: int, *, unfolded: bool) -> list[Line]:
        """The rows of the block in `width` cells, the blank one behind it included."""
        kind = self.kind
        if kind == "event":
            row = Line(
                ((f"  {SIGNS[kind]} ", "muted"), (cut(f"{self.title}  {self.remark}", width - 4), "muted")),
                kind,
            )
            return [row, Line((), kind, body=False)] if self.last_of_run else [row]
        rows = [Line(part, kind) for part in self._head(width)]
        inner = max(8, min(READING_WIDTH, width - 5))
        rows += [Line((("   " + row, "text"),), kind) for row in wrap_text(self.text, inner)]
        if self.quote:
            quoted = self.quote.splitlines()
            if unfolded:
                rows += [Line((("   ┆ " + row, "muted"),), kind) for row in wrap_text(self.quote, inner - 2)]
            else:
                folded = ngettext("{n} quoted line", "{n} quoted lines", len(quoted)).format(n=len(quoted))
                rows.append(Line(((f"   ┆ {folded}", "muted"), ("  f", "accent")), kind))
        rows += [Line((("   ▤ ", "accent"), (cut(name, inner - 2), "strong")), kind) for name in self.files]
        if self.undecided:
            hint = (
                _("Nobody knows whether this letter arrived.")
                if self.undecided == "unknown"
                else _("This letter did not arrive.")
            )
            rows.append(
                Line(
                    (
                        (f"   ? {hint}  ", "warn"),
                        ("R", "accent"), (" " + _("send again") + "  ", "text"),
                        ("X", "accent"), (" " + _("give up"), "text"),
                    ),
                    kind,
                )
            )  # fmt: skip
        rows.append(Line((), kind, body=False))
        return rows

    def _head(self, width: int) -> list[tuple[Piece, ...]]:
        title_role = _TITLE_ROLES.get(self.kind, "muted")
        tail = f"{self.remark} "
        delivery = f"  {self.delivery}" if self.delivery else ""
        room = width - 3 - cells(tail) - cells(delivery) - 2
        title = cut(self.title, max(8, min(room, width - 4)))
        if room < 8:
            return [
                ((f" {SIGNS[self.kind]} ", title_role), (title, title_role)),
                ((f"   {cut(self.remark + delivery, width - 4)}", "muted"),),
            ]
        gap = " " * max(2, min(width, HEAD_WIDTH) - 3 - cells(title) - cells(tail) - cells(delivery))
        return [
            (
                (f" {SIGNS[self.kind]} ", title_role),
                (title, title_role),
                (gap + tail.rstrip(), "muted"),
                (delivery, self.delivery_role),
            )
        ]


def wrap_text(text: str, width: int) -> list[str]:
    """Safe text in lines of at most `width` cells; indents and line breaks are the author's, blank runs
    are cut."""
    rows: list[str] = []
    for line in terminal_safe(text, keep_newlines=True).strip("\n").split("\n"):
        line = line.rstrip()
        if not line:
            if rows and rows[-1]:
                rows.append("")
            continue
        rows += [line] if cells(line) <= width else wrap_words(line, width)
        if len(rows) > LONGEST:
            rows.append("…")
            break
    return rows


def blocks_of(view: TicketView, now: datetime, names: Names) -> list[Block]:
    """The timeline from oldest to newest. What its words do not say of an act stands above them."""
    items = [item for item in view.timeline if item.message is not None or not is_noise(item.event)]
    blocks = []
    for item, following in zip_longest(items, items[1:]):
        if item.message is None:
            alone = following is None or (
                following.message is not None and not says_more(following.event, names)
            )
            blocks.append(_happening(item, now, names, last_of_run=alone))
            continue
        if says_more(item.event, names):
            blocks.append(_happening(item, now, names, last_of_run=False))
        blocks.append(_words(item, item.message, now))
    return blocks


def _happening(item: TimelineItem, now: datetime, names: Names, *, last_of_run: bool) -> Block:
    event, at = item.event, time_text(item.event.at, now)
    text = event_text(event, names)
    return Block(
        ("event", event.id, at, text, last_of_run), "event", text, at, "", "muted", "", "", (), event.id,
        None, None, last_of_run, "",
    )  # fmt: skip


def _words(item: TimelineItem, message: MessageView, now: datetime) -> Block:
    event, at = item.event, time_text(item.event.at, now)
    kind = _KINDS.get(message.kind, "automatic")
    delivery, role = delivery_text(message)
    return Block(
        key=(
            message.id,
            message.delivery,
            delivery,
            message.private,
            message.undecided,
            at,
            message.body,
            len(message.attachments),
        ),
        kind=kind,
        title=_title(kind, message),
        remark=" · ".join(filter(None, (_remark(kind, message), unproved(message.dmarc), at))),
        delivery=delivery,
        delivery_role=role,
        text=message.body,
        quote=terminal_safe(message.quote, keep_newlines=True).strip("\n"),
        files=tuple(map(_file, message.attachments)),
        event_id=event.id,
        message_id=message.id,
        outbox_id=message.outbox_id,
        last_of_run=False,
        undecided=message.delivery if message.delivery in ("unknown", "failed") else "",
    )


def _file(file: AttachmentView) -> str:
    unchecked = unverified(file.content_type)
    return f"{one_line(file.name)}  {size_text(file.size)}" + (f"  {unchecked}" if unchecked else "")


def _title(kind: Kind, message: MessageView) -> str:
    author = one_line(message.author) or one_line(message.author_address) or _("unknown")
    address = one_line(message.author_address)
    if kind == "inbound":
        return f"{author} <{address}>" if address and address.casefold() != author.casefold() else author
    if kind in ("reply", "automatic"):
        to = ", ".join(one_line(r.address) for r in message.recipients)
        name = author if kind == "reply" else _("Automatic letter")
        return f"{name} → {to}" if to else name
    return author


def _remark(kind: Kind, message: MessageView) -> str:
    if kind == "inbound":
        if message.private:
            if message.undecided:
                return _("a new voice, not shown to the client: decide with “{key}”").format(
                    key=shown_key("ticket.voice")
                )
            return _("a new voice, kept private")
        return letter_word(message.letter_kind)
    return {"reply": _("reply"), "note": _("note, colleagues only")}.get(kind, _("to the client"))


def delivery_text(message: MessageView) -> tuple[str, Role]:
    """How an outbound letter fares, with a sign, in words; empty for what is not sent."""
    reason = one_line(message.delivery_reason)
    match message.delivery:
        case "queued":
            return "… " + _("queued") + (f": {reason}" if reason else ""), "muted"
        case "sending":
            return "… " + _("being sent"), "muted"
        case "sent":
            return "✓ " + _("sent"), "good"
        case "failed":
            if some := partly(message):
                return f"✗ {some}", "alarm"
            return "✗ " + (_("failed: {reason}").format(reason=reason) if reason else _("failed")), "alarm"
        case "unknown":
            return "? " + _("unknown"), "warn"
        case "cancelled":
            return "– " + _("given up"), "muted"
    return "", "muted"


def time_text(at: datetime, now: datetime) -> str:
    """A moment in the agent's zone: the time today, the day before that, the year where it is another."""
    local, today = at.astimezone(), now.astimezone()
    clock = local.strftime("%H:%M")
    if local.date() == today.date():
        return clock
    month = _("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()[local.month - 1]
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {month}{year} {clock}"


def size_text(size: int) -> str:
    """A file's size in words."""
    if size < 1024:
        return ngettext("{n} byte", "{n} bytes", size).format(n=size)
    if size < 1024 * 1024:
        return _("{n} kB").format(n=round(size / 1024))
    return _("{n} MB").format(n=decimal(size / 1024 / 1024))


def news_since(blocks: Sequence[Block], seen: int) -> list[Block]:
    """Public messages and notes that came after an event: what the send guard is about."""
    return [block for block in blocks if block.event_id > seen and block.kind != "event"]


def first_unseen(blocks: Sequence[Block], seen: int) -> int | None:
    """The place of the first words that came after an event, the beginning where nothing was seen; None where
    all was."""
    if not seen:
        return 0 if blocks else None
    fresh = (at for at, block in enumerate(blocks) if block.event_id > seen and block.kind != "event")
    return next(fresh, None)
