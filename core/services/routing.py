"""Which group gets a letter that opens a ticket: the routing list of a configuration, asked of a letter. Writes
nothing and needs no database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.domain.forms import FormLetter
from core.domain.joining import recipients_of
from core.domain.letters import Letter
from core.domain.routing import Facts, Routed, find_region, route
from core.domain.tokens import without_plus
from core.services import forms
from core.services.forms import facts_of

if TYPE_CHECKING:
    from core.settings import Settings


def route_letter(
    settings: Settings, letter: Letter, mailbox: str, form: FormLetter | None, known_region: str
) -> tuple[Facts, Routed]:
    """What the rules look at, and where they lead.

    `letter` is the one to file (`core.services.placing.Placing.letter`), `known_region` the key that is remembered
    on the contact.
    """
    given, text, name = "", letter.reply_text, ""
    if form is not None:
        name = form.form
        given = "" if form.trouble else form.values.get("region", "")
        # What the form calls a region may stand in a line that the extraction left out.
        text = f"{text}\n{letter.quote_text}"
    region = find_region(settings.routing_regions, given=given, text=text, known=known_region)
    facts = replace(facts_of(letter, mailbox), region=region, form=name)
    return facts, route(settings.routing_rules, facts, settings.desk.default_group)


def why(routed: Routed, form: FormLetter | None) -> str:
    """Which conditions held, and the form by which the letter came: what stands on the ticket. Empty for neither."""
    if form is None:
        return routed.why
    # The form's name is told once, whether or not the rule asked for it.
    rest = routed.why.removeprefix(f"form={form.form}").removeprefix(", ")
    return ", ".join(filter(None, (forms.why(form), rest)))


def mailbox_of(settings: Settings, letter: Letter) -> str:
    """The key of the mailbox to which a letter in a file went, as far as its headers tell; else the first one's."""
    for address in recipients_of(letter):
        for key, mailbox in settings.mailboxes.items():
            if mailbox.address.lower() in (address.lower(), without_plus(address)):
                return key
    return next(iter(settings.mailboxes), "")
