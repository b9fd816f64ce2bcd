"""What happened to a ticket, as plain sentences: one table for every kind of event. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from core.domain.processes import NEXT_SHIFT
from core.i18n import N_, _
from core.names import priority_word
from core.text import one_line
from tui.names import Names

if TYPE_CHECKING:
    from core.services.models.conversation import EventView

SENTENCES: Final[Mapping[str, str]] = {
    "opened": N_("{name} opened the ticket"),
    "received": N_("{name} wrote"),
    "client_wrote": N_("{name} wrote"),
    "client_wrote.back": N_("the client's letter opened the ticket again"),
    "new_voice": N_("somebody new wrote: {name}"),
    "voice_accepted": N_("{name} let the new voice take part: it counts as the client’s"),
    "voice_kept": N_("{name} kept the new voice private"),
    "voice_split": N_("{name} made the new voice a ticket of its own: #{ticket}"),
    "automatic": N_("an automatic letter came"),
    "loop_cut": N_("{name} stopped scenarios that start one another"),
    "withheld": N_("an automatic letter was not sent: too many to this address"),
    "confirmed": N_("the client got a confirmation"),
    "confirmed.robot": N_("{name} wrote to the client by the scenario “{scenario}”"),
    "replied": N_("{name} replied"),
    "noted": N_("{name} wrote a note"),
    "accepted": N_("{name} accepted the ticket"),
    "released": N_("{name} gave the ticket back to its group"),
    "released.left": N_("{owner} has left: the ticket is back with its group"),
    "released.left_group": N_("{owner} has left the group: the ticket is back with it"),
    "returned": N_("{name} gave the ticket back to its group: {owner} had not answered the client"),
    "passed.agent": N_("{name} passed the ticket on to {owner}"),
    "passed.group": N_("{name} passed the ticket on to {group}"),
    "passed_back.agent": N_("{name} passed the ticket back to {owner}"),
    "passed_back.group": N_("{name} passed the ticket back to {group}"),
    "handed_over.agent": N_("{name} handed the ticket over to {owner}"),
    "handed_over.group": N_("{name} handed the ticket over to {group}"),
    "handed_over.shift": N_("{name} left the ticket for the next shift"),
    "kept": N_("{name} ended the shift and kept the ticket"),
    "asked.agent": N_("{name} asked {agent} for help"),
    "asked.head": N_("{name} asked the head of {group} for help"),
    "ask_answered": N_("{name} answered the request for help"),
    "ask_withdrawn": N_("{name} took the request for help back"),
    "followed": N_("{name} follows the ticket"),
    "followed.agent": N_("{name} had {agent} follow the ticket"),
    "followed.group": N_("{name} had {group} follow the ticket"),
    "followed.robot": N_("{name} added a follower by the scenario “{scenario}”"),
    "unfollowed": N_("{name} follows the ticket no more"),
    "unfollowed.robot": N_("{name} took a follower away by the scenario “{scenario}”"),
    "unfollowed.agent": N_("{name} took {agent} from the followers"),
    "unfollowed.group": N_("{name} took {group} from the followers"),
    "assigned": N_("{name} gave the ticket to {owner}"),
    "prioritised": N_("{name} set the priority: {priority}"),
    "tagged": N_("{name} added tags: {added}; removed: {removed}"),
    "tagged.added": N_("{name} added tags: {added}"),
    "tagged.removed": N_("{name} removed tags: {removed}"),
    "moved": N_("{name} moved the ticket to “{status}”"),
    "redefined": N_("the configuration says anew what “{status}” means"),
    "solved": N_("{name} marked the ticket as solved"),
    "closed": N_("{name} closed the ticket"),
    "reopened": N_("{name} opened the ticket again"),
    "deleted": N_("{name} put the ticket into the trash"),
    "restored": N_("{name} took the ticket out of the trash"),
    "spam": N_("{name} marked the ticket as spam"),
    "undone": N_("{name} took back: {act}"),
    "reminded": N_("{name} told those concerned"),
    "scenario": N_("{name} acted by the scenario “{scenario}”"),
    "bounced": N_("a letter came back"),
    "bounced.ours": N_("a letter came back: the ball is ours again"),
    "delayed": N_("a letter is delayed; the relay goes on trying"),
    "delivery": N_("the letter was delivered"),
    "delivery.failed": N_("a letter could not be delivered"),
    "delivery.failed.ours": N_("a letter could not be delivered: the ball is ours again"),
    "delivery.partly": N_("a letter did not reach everybody to whom it went"),
    "delivery.partly.ours": N_("a letter did not reach everybody to whom it went: the ball is ours again"),
    "delivery.unknown": N_("nobody knows whether a letter arrived: somebody has to decide"),
    "resent": N_("{name} had the letter sent again"),
    "given_up": N_("{name} gave the letter up"),
}
"""Kind of event (and variant) → what it says."""

UNDONE: Final[Mapping[str, str]] = {
    "accepted": N_("accepting"),
    "released": N_("giving back to the group"),
    "solved": N_("marking as solved"),
    "closed": N_("closing"),
    "reopened": N_("opening again"),
    "moved": N_("the change of status"),
    "tagged": N_("the change of tags"),
    "passed": N_("passing on"),
    "passed_back": N_("passing back"),
    "handed_over": N_("handing over"),
    "deleted": N_("putting into the trash"),
    "restored": N_("taking out of the trash"),
    "spam": N_("marking as spam"),
    "replied": N_("the reply, before it was sent"),
    "voice_accepted": N_("letting the new voice take part"),
    "voice_kept": N_("keeping the new voice private"),
    "voice_split": N_("making the new voice a ticket of its own"),
}
"""Kind of event → what was undone, as a thing."""

BESIDE_WORDS: Final = frozenset(
    (
        "released", "passed", "passed_back", "handed_over", "asked", "ask_answered", "returned", "closed", "moved",
        "assigned", "bounced", "delayed",
    )
)  # fmt: skip
"""Events that stand above the letter or note that came with them, since that does not say them itself."""


def _to(event: EventView) -> str:
    if event.kind == "handed_over" and event.data.get("to") == NEXT_SHIFT:
        return "shift"
    return "agent" if event.data.get("owner") else "group"


def _followed(event: EventView, names: Names) -> str:
    if event.actor == "robot":
        return "robot"
    if event.data.get("group"):
        return "group"
    return "" if names.agent(event.data.get("agent")) == one_line(event.actor_name) else "agent"


def _delivery(event: EventView, _names: Names) -> str:
    state = event.data.get("state")
    if state == "failed":
        fate = "partly" if event.data.get("reached") else "failed"
        return f"{fate}.ours" if _moved(event) else fate
    return "unknown" if state == "unknown" else ""


def _tagged(event: EventView, _names: Names) -> str:
    if event.data.get("added"):
        return "" if event.data.get("removed") else "added"
    return "removed"


def _moved(event: EventView) -> bool:
    return event.data.get("from") != event.data.get("to")


VARIANTS: Final[Mapping[str, Callable[[EventView, Names], str]]] = {
    "client_wrote": lambda event, names: "back" if _reopened(event, names) else "",
    "confirmed": lambda event, _names: "robot" if event.actor == "robot" else "",
    "released": lambda event, _names: next(
        (why for why in ("left", "left_group") if event.data.get(why)), ""
    ),
    "passed": lambda event, _names: _to(event),
    "passed_back": lambda event, _names: _to(event),
    "handed_over": lambda event, _names: _to(event),
    "asked": lambda event, _names: "agent" if event.data.get("agent") else "head",
    "followed": _followed,
    "unfollowed": _followed,
    "tagged": _tagged,
    "bounced": lambda event, _names: "ours" if _moved(event) else "",
    "delivery": _delivery,
}


def _reopened(event: EventView, names: Names) -> bool:
    before, after = (names.kind(str(event.data.get(key, ""))) for key in ("from", "to"))
    return before in ("solved", "closed") and after not in ("solved", "closed")


def says_more(event: EventView, names: Names) -> bool:
    """Whether an event is told beside the message that it brought."""
    return event.kind in BESIDE_WORDS or (event.kind == "client_wrote" and _reopened(event, names))


def is_noise(event: EventView) -> bool:
    """A delivery that went well stands on its letter already."""
    return event.kind == "delivery" and event.data.get("state") == "sent"


def actor_of(event: EventView, names: Names) -> str:
    """Who did it: a colleague by name, a client with the address, a program by what it is called."""
    name, address = one_line(event.actor_name), one_line(event.actor_address)
    if name and address and name.casefold() != address.casefold():
        return f"{name} <{address}>"
    if name or address:
        return name or address
    if event.actor == "robot":
        return names.robot or _("the robot")
    return {
        "contact": _("the client"),
        "bridge": _("the mail"),
        "operator": _("an operator"),
        "agent": _("a colleague"),
    }.get(event.actor, one_line(event.actor))


def event_text(event: EventView, names: Names) -> str:
    """An event in words; an unknown kind shows as it is."""
    name, data = actor_of(event, names), event.data
    variant = VARIANTS[event.kind](event, names) if event.kind in VARIANTS else ""
    sentence = SENTENCES.get(f"{event.kind}.{variant}" if variant else event.kind)
    if sentence is None:
        return f"{name}: {one_line(event.kind)}"
    act = str(data.get("kind", ""))
    return _(sentence).format(
        name=name,
        owner=names.agent(data.get("owner")),
        agent=names.agent(data.get("agent")),
        group=names.group(data.get("group")),
        status=names.status(str(data.get("to", ""))),
        priority=one_line(priority_word(str(data.get("priority", "")))),
        scenario=_scenario(data),
        ticket=one_line(str(data.get("ticket", ""))),
        added=_listed(data.get("added")),
        removed=_listed(data.get("removed")),
        act=_(UNDONE[act]) if act in UNDONE else one_line(act),
    )


def _listed(words: object) -> str:
    return ", ".join(one_line(str(word)) for word in words) if isinstance(words, list) else ""


def _scenario(data: Mapping[str, object]) -> str:
    return one_line(str(data.get("scenario", "")).rpartition(":")[2])
