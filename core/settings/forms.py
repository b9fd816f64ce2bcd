"""The shape of `[[forms]]`: letters that a site's form writes, and where the client stands in them. Reads no file."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from core.domain.forms import Form, Place
from core.domain.routing import Conditions
from core.i18n import _
from core.settings.section import Name, Section
from core.settings.values import Patterns, Texts, pattern


class FormFieldSettings(Section):
    """`[forms.fields]`: where a field stands; a text or a list instead of a table is its label."""

    label: Texts = ()
    """What stands before the value, at the beginning of a line: its spelling, or several."""
    regex: str = ""
    """A regular expression instead; the value is its group named like the field, else its first group, else all."""
    header: str = ""
    """Name of the header that holds the value, such as `Reply-To`; with `regex`, what is searched."""
    until: Texts = ()
    """With `text`: beginnings of the line before which it ends; else at the next label or the end."""

    @model_validator(mode="before")
    @classmethod
    def _label_alone(cls, data: Any) -> Any:
        return {"label": data} if isinstance(data, (str, list)) else data

    @field_validator("label", "until")
    @classmethod
    def _words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not one.strip(" :：") for one in value):
            raise ValueError(_('allowed is what stands before the value, such as "E-mail"'))
        return value

    @field_validator("regex")
    @classmethod
    def _expression(cls, value: str) -> str:
        return pattern(value)

    @model_validator(mode="after")
    def _one_way(self) -> FormFieldSettings:
        if bool(self.label) == bool(self.regex or self.header):
            raise ValueError(_("needed is either label, or regex, header or both of these"))
        return self


class FormSettings(Section):
    """`[[forms]]`: a form of a site that arrives as e-mail; all its conditions must hold, a list means any of them."""

    name: str = Field(min_length=1)
    """Name of the form, which stands on its tickets; unique."""
    sender: Texts = Field(min_length=1)
    """Condition, needed: the address that the site's form writes from; `*` stands for anything."""
    recipient: Texts = ()
    """Condition: an address that the letter went to; `*` stands for anything."""
    mailbox: Texts = ()
    """Condition: key of the mailbox that it came into."""
    subject: Patterns = ()
    """Condition: a regular expression found in the subject, in any case."""
    body: Patterns = ()
    """Condition: a regular expression found in the text, in any case."""
    header: dict[str, str] = Field(default_factory=dict)
    """Condition: a table of header name and regular expression, all of which must be found."""
    fields: dict[Name, FormFieldSettings]
    """What to take from it: `email`, which is needed, `name`, `region`, `subject`, `text`."""

    @field_validator("sender")
    @classmethod
    def _one_site(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            # Whoever may write as the form may write as anybody: "anyone" cannot be meant.
            if not one.rpartition("@")[2].strip("*. ") or "@" not in one:
                raise ValueError(
                    _('allowed is the site\'s address, such as "noreply@site.example" or "*@site.example"')
                )
        return value

    @field_validator("header")
    @classmethod
    def _header_patterns(cls, value: dict[str, str]) -> dict[str, str]:
        for expression in value.values():
            pattern(expression)
        return value

    def form(self) -> Form:
        """The form as the domain knows it."""
        when = Conditions(
            sender=self.sender,
            recipient=self.recipient,
            mailbox=self.mailbox,
            subject=self.subject,
            body=self.body,
            header=tuple(self.header.items()),
        )
        places = {
            name: Place(one.label, one.regex, one.header, one.until) for name, one in self.fields.items()
        }
        return Form(self.name, when, places)
