"""The sections `[regions.KEY]` and `[[rules]]`: by what a letter finds its group."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from core.i18n import _
from core.settings.section import Section
from core.settings.values import Channels, Patterns, Tags, Texts, pattern


class RegionSettings(Section):
    """`[regions.KEY]`: where clients live."""

    name: str = Field(min_length=1)
    """The region's name, as people read it."""
    words: Texts = ()
    """How a form or a line "Region: …" may spell it, besides its key and its name."""


class RuleSettings(Section):
    """`[[rules]]`: one line of the routing list; all its conditions must hold, a list means any of them."""

    name: str = Field(min_length=1)
    """Name of the rule, which stands on the tickets that it routed; unique."""
    group: str
    """Key of the group that gets the ticket."""
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    """Priority of the ticket: `low`, `normal`, `high` or `urgent`."""
    language: Literal["", "en", "ru"] = ""
    """Language of the desk's letters to this client: `en`, `ru`; empty: the one that they write in."""
    template: str = ""
    """Key of the ticket template, which says process, priority and language where the rule does not."""
    tags: Tags = ()
    """Tags of the ticket: one, or a list of them."""
    region: Texts = ()
    """Condition: key of the client's region."""
    recipient: Texts = ()
    """Condition: an address that the letter went to; `*` stands for anything."""
    sender: Texts = ()
    """Condition: the sender's address; `*` stands for anything."""
    domain: Texts = ()
    """Condition: the sender's domain, its subdomains included."""
    header: dict[str, str] = Field(default_factory=dict)
    """Condition: a table of header name and regular expression, all of which must be found."""
    subject: Patterns = ()
    """Condition: a regular expression found in the subject, in any case."""
    body: Patterns = ()
    """Condition: a regular expression found in the text, in any case."""
    channel: Channels = ()
    """Condition: the way it came: `mail`, or `form` (the desk's own web form)."""
    mailbox: Texts = ()
    """Condition: key of the mailbox that it came into."""
    form: Texts = ()
    """Condition: name of the `[[forms]]` that it came by; sender, region, subject and text are then the client's."""

    @field_validator("header")
    @classmethod
    def _header_patterns(cls, value: dict[str, str]) -> dict[str, str]:
        for expression in value.values():
            pattern(expression)
        return value

    @field_validator("domain")
    @classmethod
    def _bare_domain(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if "@" in one.lstrip("@") or "*" in one:
                raise ValueError(_('allowed is a domain, such as "example.com"; `sender` takes patterns'))
        return value
