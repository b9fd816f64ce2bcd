"""How tickets are printed: lists as they are read, one ticket as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.output import say
from core.domain.letters import no_sender
from core.i18n import N_, _
from core.names import delivery_word, status_word, unproved, unverified
from core.text import one_line, terminal_safe

if TYPE_CHECKING:
    from core.services.models import ClientView, MessageView, TicketView

MESSAGE_WORDS = {
    "inbound": N_("client"),
    "reply": N_("answer"),
    "note": N_("note"),
    "confirmation": N_("confirmation"),
}


def print_ticket(ticket: TicketView) -> None:
    """A ticket as text: what it is, then its conversation, oldest first."""
    say(f"#{ticket.id} {one_line(ticket.subject)}")
    facts = {
        _("status"): status_word(ticket.status),
        _("group"): ticket.group.name,
        _("owner"): ticket.owner.name if ticket.owner else "—",
        _("client"): ", ".join(_client(ticket.client, no_sender(ticket.mailbox))) or _("no sender"),
        _("region"): ticket.region or "—",
        _("routed by"): f"{ticket.rule} ({ticket.why})" if ticket.why else ticket.rule,
        _("last event"): str(ticket.last_event),
    }
    wide = max(map(len, facts))
    for name, value in facts.items():
        say(f"{name:>{wide}}: {one_line(value)}")
    for item in ticket.timeline:
        if item.message is not None:
            say("")
            _print_message(item.message, ticket)


def _client(client: ClientView, nobody: str) -> list[str]:
    """Name and addresses; a name that is only an address again is left out."""
    addresses = [address for address in client.addresses if address != nobody]
    known = {"", nobody, *(address.casefold() for address in addresses)}
    return [client.name, *addresses] if client.name.strip().casefold() not in known else addresses


def _author(message: MessageView, ticket: TicketView) -> str:
    if message.kind != "inbound":
        return message.author or ticket.sender or _("the desk")
    nobody = no_sender(ticket.mailbox)
    return next(
        (one for one in (message.author, message.author_address) if one not in ("", nobody)), _("no sender")
    )


def _print_message(message: MessageView, ticket: TicketView) -> None:
    kind = _(MESSAGE_WORDS[message.kind])
    delivery = f", {delivery_word(message.delivery)}" if message.delivery else ""
    reason = f" ({one_line(message.delivery_reason)})" if message.delivery_reason else ""
    say(f"── {message.at:%Y-%m-%d %H:%M} {kind}: {one_line(_author(message, ticket))}{delivery}{reason}")
    if doubt := unproved(message.dmarc):
        say(f"({doubt})")
    say(terminal_safe(message.body, keep_newlines=True))
    for file in message.attachments:
        line = _("attached: {name} ({size} bytes)").format(name=one_line(file.name), size=file.size)
        unchecked = unverified(file.content_type)
        say(f"{line}, {unchecked}" if unchecked else line)
