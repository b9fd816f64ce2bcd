"""Old letters through the routing rules of a configuration: where each would go. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.db import openings as db
from core.db.openings import OpeningRow
from core.domain import joining
from core.domain.forms import FormLetter
from core.domain.letters import Letter, LetterKind
from core.i18n import _
from core.services import forms, routing
from core.services.access import Actor, require, viewer_of
from core.services.desk import Desk

if TYPE_CHECKING:
    from core.settings import Settings

PAGE = 200
"""Tickets that are read at once."""


@dataclass(frozen=True, slots=True)
class Side:
    """Where a letter went, or would go."""

    group: str
    """Key of the group."""
    rule: str
    why: str
    form: str
    """Name of the form by which it came; empty for none."""
    tags: tuple[str, ...] = ()
    """Those that the rule gives, in order."""
    priority: str | None = None
    """This and the two below: what the rule says, "" where it says nothing; None where that was not recorded."""
    language: str | None = None
    template: str | None = None

    def given(self, other: Side) -> dict[str, str]:
        """What this side's rule gives that the other's does not give alike, by name; of tags, all of this side."""
        found = {} if set(self.tags) == set(other.tags) else {"tags": ", ".join(self.tags)}
        for name in ("priority", "language", "template"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is not None and theirs is not None and mine != theirs:
                found[name] = mine
        return found


def side_of(settings: Settings, letter: Letter, mailbox: str, known_region: str) -> Side:
    """Where a configuration's rules send a letter that came into a mailbox and opens a ticket."""
    found = _form_of(settings, letter, mailbox)
    _facts, routed = routing.route_letter(settings, forms.filed(letter, found), mailbox, found, known_region)
    return Side(
        routed.group,
        routed.rule,
        routing.why(routed, found),
        found.form if found else "",
        routed.tags,
        routed.priority or "normal",
        routed.language,
        routed.template,
    )


def recorded(row: OpeningRow) -> Side:
    """Where a stored letter went."""
    return Side(row.group, row.rule, row.why, row.form, row.tags)


def client_of(settings: Settings, letter: Letter, mailbox: str) -> str:
    """The address of the client whose letter it is, by a configuration's forms."""
    return forms.filed(letter, _form_of(settings, letter, mailbox)).from_addr


def _form_of(settings: Settings, letter: Letter, mailbox: str) -> FormLetter | None:
    return forms.read(settings, letter, mailbox, forms.proof_in(settings, letter, mailbox))


def opens(settings: Settings, letter: Letter, mailbox: str) -> bool:
    """Whether a letter of somebody else's archive would open a ticket, as far as it alone tells: it answers nothing
    and reports on nothing. A form's letter always does."""
    if _form_of(settings, letter, mailbox) is not None:
        return True
    answers = joining.referenced_ids(letter) or joining.subject_tags(letter.subject)
    return letter.kind is not LetterKind.BOUNCE and not answers


def stored_openings(desk: Desk, actor: Actor) -> Iterator[OpeningRow]:
    """Every ticket with how it was opened, oldest first, a page at a time. Raises Forbidden for all but admins and
    operators: what was written to other groups is named."""
    after = 0
    while True:
        with desk.read() as session:
            require(viewer_of(session, actor).admin, _("Only an admin may replay the stored letters."))
            page = db.openings(session, after, PAGE)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].event_id


def known_region(desk: Desk, email: str) -> str:
    """Key of the region that is remembered of a client; empty where none is."""
    with desk.read() as session:
        return db.region_of(session, email)
