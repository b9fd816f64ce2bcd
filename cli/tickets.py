"""How one ticket is printed as text for people: what it is, then its conversation and what happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cli.output import moment, plain, say, wrapped
from core.domain.letters import no_sender
from core.i18n import N_, _, ngettext
from core.names import delivery_word, letter_word, priority_word, unproved, unverified
from core.text import one_line, terminal_safe
from tui.deliveries import partly
from tui.happenings import event_text, is_noise, says_more

if TYPE_CHECKING:
    from core.services.models.conversation import EventView, MessageView
    from core.services.models.ticket import AskView, ClientView, TicketView
    from tui.names import Names

MESSAGE_WORDS = {
    "reply": N_("answer"),
    "note": N_("note"),
    "confirmation": N_("confirmation"),
}
ORDINARY = ("", "standard")
"""Processes and templates that go without saying."""
MARGIN = "│ "
"""What stands before every line of a message: what a letter says cannot pass for a line of ours."""


def as_json(ticket: TicketView) -> dict[str, Any]:
    """A ticket as `--json` has it: what lists have of it, by the same names, and the rest."""
    owner = ticket.owner
    document = {
        **plain(ticket),
        "group": ticket.group.key,
        "group_name": ticket.group.name,
        "owner": owner.login if owner else "",
        "owner_name": owner.name if owner else "",
        "previous": ticket.previous_id,
    }
    del document["previous_id"]
    return document


def print_ticket(ticket: TicketView, names: Names, *, quotes: bool = False) -> None:
    """A ticket as text: what it is, then what was said and what happened, oldest first; the text that letters quote
    with `quotes`, else only how much of it there is."""
    _row(f"#{ticket.id} {one_line(ticket.subject)}")
    facts = list(_facts(ticket, names))
    wide = max(len(name) for name, _value in facts)
    for name, value in facts:
        _row(f"{name:>{wide}}: {one_line(value)}")
    asks = {message: ask for ask in ticket.asks for message in (ask.question, ask.answer) if message}
    apart = True
    for item in ticket.timeline:
        message, event = item.message, item.event
        if says_more(event, names) if message is not None else not is_noise(event):
            if apart:
                say("")
            _row(f"·  {moment(event.at)} {event_text(event, names)}")
            apart = False
        if message is not None:
            say("")
            _print_message(message, event, asks.get(message.id), ticket, quotes=quotes)
            apart = True


def _facts(ticket: TicketView, names: Names) -> Iterator[tuple[str, str]]:
    yield _("status"), names.status(ticket.status)
    yield _("priority"), priority_word(ticket.priority)
    yield _("group"), ticket.group.name
    yield _("owner"), ticket.owner.name if ticket.owner else "—"
    yield _("client"), ", ".join(_client(ticket.client, no_sender(ticket.mailbox))) or _("no sender")
    yield _("region"), ticket.region or "—"
    yield _("routed by"), f"{ticket.rule} ({ticket.why})" if ticket.why else ticket.rule
    if ticket.process not in ORDINARY:
        yield _("process"), names.process(ticket.process)
    if ticket.template not in ORDINARY:
        yield _("template"), names.template(ticket.template)
    if ticket.tags:
        yield _("tags"), ", ".join(ticket.tags)
    if ticket.previous_id:
        yield _("previous"), f"#{ticket.previous_id}"
    if ticket.way_back:
        steps = (", ".join(filter(None, (step.group_name, step.owner_name))) for step in ticket.way_back)
        yield _("passed on by"), " → ".join(steps)
    if ticket.followers:
        yield _("followers"), ", ".join(follower.name for follower in ticket.followers)
    for ask in ticket.asks:
        if ask.state == "open":
            asked = _("{by} → {of}, since {time}").format(
                by=ask.by_name, of=_asked_of(ask), time=moment(ask.asked_at)
            )
            yield _("question {id}").format(id=ask.id), asked
    yield _("last event"), str(ticket.last_event)


def _client(client: ClientView, nobody: str) -> list[str]:
    """Name and addresses; a name that is only an address again is left out."""
    addresses = [address for address in client.addresses if address != nobody]
    known = {"", nobody, *(address.casefold() for address in addresses)}
    return [client.name, *addresses] if client.name.strip().casefold() not in known else addresses


def _asked_of(ask: AskView) -> str:
    return _("the head of {group}").format(group=ask.of_name) if ask.head else ask.of_name


def _author(message: MessageView, ticket: TicketView) -> str:
    if message.kind != "inbound":
        return message.author or ticket.sender or _("the desk")
    # A name is what the sender says of themselves, a colleague's if they like: the address tells who it is.
    nobody = no_sender(ticket.mailbox)
    name, address = (
        "" if one == nobody else one_line(one) for one in (message.author, message.author_address)
    )
    if name and address and name.casefold() != address.casefold():
        return f"{name} <{address}>"
    return address or name or _("no sender")


def _kind(message: MessageView, event: EventView, ask: AskView | None) -> str:
    """What a message is, in a word or two."""
    if ask is not None and message.id == ask.question:
        return _("question {id} to {of}").format(id=ask.id, of=_asked_of(ask))
    if ask is not None:
        return _("answer to question {id}").format(id=ask.id)
    if message.private:
        return _("a new voice")
    if message.kind == "inbound":
        return letter_word(message.letter_kind)
    if message.kind == "confirmation" and event.actor == "robot":
        return _("letter of a scenario")
    return _(MESSAGE_WORDS[message.kind])


def _print_message(
    message: MessageView, event: EventView, ask: AskView | None, ticket: TicketView, *, quotes: bool
) -> None:
    kind, author = one_line(_kind(message, event, ask)), one_line(_author(message, ticket))
    _row(f"── {moment(message.at)} {kind}: {author}{_delivery(message)}")
    for header, name in (("to", _("To")), ("cc", _("Cc"))):
        people = [one_line(one.address) for one in message.recipients if one.header == header]
        if people:
            _inside(f"{name}: {', '.join(people)}")
    if doubt := unproved(message.dmarc):
        _inside(f"({doubt})")
    _inside(message.body)
    if quote := message.quote.strip("\n"):
        count = len(quote.splitlines())
        folded = ngettext(
            "… {count} quoted line: --quotes shows it", "… {count} quoted lines: --quotes shows them", count
        )
        _inside(quote if quotes else folded.format(count=count))
    for file in message.attachments:
        line = _("attached: {name} ({size} bytes)").format(name=one_line(file.name), size=file.size)
        unchecked = unverified(file.content_type)
        _inside(f"{line}, {unchecked}" if unchecked else line)


def _row(text: str) -> None:
    """A line of ours. Names in it come from outside, so where the terminal has no room the rest stands inside."""
    first, *rest = wrapped(text)
    say(first)
    for line in rest:
        say(f"{MARGIN}{line}")


def _inside(text: str) -> None:
    """Lines of a message, each behind the margin."""
    for row in terminal_safe(text, keep_newlines=True).split("\n"):
        for line in wrapped(row):
            say(f"{MARGIN}{line}".rstrip())


def _delivery(message: MessageView) -> str:
    """How a letter of ours fares, behind who wrote it."""
    if not message.delivery:
        return ""
    if some := partly(message):
        return f", {some}"
    reason = f" ({one_line(message.delivery_reason)})" if message.delivery_reason else ""
    return f", {delivery_word(message.delivery)}{reason}"
