"""Mistakes in `[[forms]]` that no single key shows: a field that is none, no address to be found. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.domain.forms import FIELDS
from core.i18n import _
from core.settings.problems import Problem, unknown
from core.settings.raw import Raw, table, texts


def form_check(data: Raw) -> Iterator[Problem]:
    """Every mistake between the keys of the forms."""
    names: dict[str, int] = {}
    for index, form in listed_forms(data):
        name = form.get("name")
        if isinstance(name, str):
            first = names.setdefault(name, index)
            if first != index:
                yield Problem(
                    ("forms", index, "name"),
                    _("form {number} has this name already; names are unique").format(number=first + 1),
                )
        for value in texts(form.get("mailbox")):
            known = list(table(data, "mailboxes"))
            if value not in known:
                yield Problem(
                    ("forms", index, "mailbox"), unknown(_("there is no mailbox {found}"), value, known)
                )
        fields = form.get("fields")
        if not isinstance(fields, Mapping):
            continue
        for key in fields:
            if key not in FIELDS:
                yield Problem(
                    ("forms", index, "fields", key), unknown(_("a form has no field {found}"), key, FIELDS)
                )
        if "email" not in fields:
            yield Problem(
                ("forms", index, "fields", "email"),
                _('is missing: without it there is no client to answer; write email = "E-mail"'),
            )
        for key, field in fields.items():
            if key != "text" and isinstance(field, Mapping) and "until" in field:
                yield Problem(("forms", index, "fields", key, "until"), _("belongs to the field text alone"))


def listed_forms(data: Raw) -> list[tuple[int, Raw]]:
    """The forms with their places in the list; whatever is no table is left out."""
    found = data.get("forms")
    return [
        (index, form)
        for index, form in enumerate(found if isinstance(found, list) else [])
        if isinstance(form, Mapping)
    ]


def names_of_forms(data: Raw) -> list[str]:
    """The names that rules may ask for."""
    return [name for _index, form in listed_forms(data) for name in texts(form.get("name"))]
