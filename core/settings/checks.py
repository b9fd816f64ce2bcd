"""Mistakes between keys: a rule names a group that is not there, two mailboxes have one address. Pure.

Works on the raw tables, so that these mistakes are told together with those inside single keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.i18n import _
from core.settings.form_checks import form_check, names_of_forms
from core.settings.life_checks import life_check
from core.settings.problems import Problem, quoted, unknown
from core.settings.raw import Raw, table, texts
from core.settings.values import is_loopback


def cross_check(data: Raw) -> list[Problem]:
    """Every mistake between keys, in the order of the file's sections."""
    return [
        *_default_group(data),
        *_regions(data),
        *_rules(data),
        *form_check(data),
        *_mailboxes(data),
        *life_check(data),
    ]


def _default_group(data: Raw) -> Iterator[Problem]:
    desk = data.get("desk", {})
    wanted = desk.get("default_group", "first") if isinstance(desk, Mapping) else "first"
    groups = list(table(data, "groups"))
    if groups and isinstance(wanted, str) and wanted not in groups:
        yield Problem(("desk", "default_group"), unknown(_("there is no group {found}"), wanted, groups))


def _regions(data: Raw) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for key, region in table(data, "regions").items():
        # Within one region a repeated word does no harm: the example itself repeats the name.
        for word in dict.fromkeys([key, *texts(region.get("name")), *texts(region.get("words"))]):
            owner = owners.setdefault(word.strip().casefold(), key)
            if owner != key:
                yield Problem(
                    ("regions", key),
                    _("the word {word} already means the region {owner}; a word means one region").format(
                        word=quoted(word), owner=quoted(owner)
                    ),
                )


def _rules(data: Raw) -> Iterator[Problem]:
    found = data.get("rules")
    rules = [(index, rule) for index, rule in enumerate(found if isinstance(found, list) else [])]
    sections = {"group": "groups", "region": "regions", "mailbox": "mailboxes"}
    known = {name: list(table(data, section)) for name, section in sections.items()}
    known["form"] = names_of_forms(data)
    names: dict[str, int] = {}
    for index, rule in rules:
        if not isinstance(rule, Mapping):
            continue
        name = rule.get("name")
        if isinstance(name, str):
            first = names.setdefault(name, index)
            if first != index:
                yield Problem(
                    ("rules", index, "name"),
                    _("rule {number} has this name already; names are unique").format(number=first + 1),
                )
            if name == "default":
                yield Problem(
                    ("rules", index, "name"),
                    _('"default" is how tickets are marked that no rule caught; use another name'),
                )
        for key, names_known in known.items():
            for value in texts(rule.get(key)):
                if value not in names_known:
                    yield Problem(("rules", index, key), unknown(_NAMED[key](), value, names_known))
        if index < len(rules) - 1 and not set(rule) - _EFFECTS:
            yield Problem(
                ("rules", index),
                _("without a condition it catches all, and the rules after it never fire; make it last"),
            )


_EFFECTS = frozenset({"name", "group", "priority", "language", "template", "tags"})
_NAMED = {
    "group": lambda: _("there is no group {found}"),
    "region": lambda: _("there is no region {found}"),
    "mailbox": lambda: _("there is no mailbox {found}"),
    "form": lambda: _("there is no form {found}"),
}


def _mailboxes(data: Raw) -> Iterator[Problem]:
    addresses: dict[str, str] = {}
    for key, mailbox in table(data, "mailboxes").items():
        address = mailbox.get("address")
        if isinstance(address, str):
            owner = addresses.setdefault(address.strip().lower(), key)
            if owner != key:
                yield Problem(
                    ("mailboxes", key, "address"),
                    _("{address} is the address of the mailbox {owner} already").format(
                        address=quoted(address), owner=quoted(owner)
                    ),
                )
        for kind in ("imap", "smtp"):
            server = mailbox.get(kind)
            if isinstance(server, Mapping):
                yield from _server(("mailboxes", key, kind), server)


def _server(path: tuple[str, ...], server: Raw) -> Iterator[Problem]:
    host = server.get("host")
    if server.get("security") == "plain" and isinstance(host, str) and host and not is_loopback(host):
        yield Problem(
            (*path, "security"),
            _(
                'found "plain" for {host}; it sends password and letters unprotected, allowed on this '
                'machine only (127.0.0.1, ::1, localhost); use "tls"'
            ).format(host=quoted(host)),
        )
    user = server.get("user")
    protected = any(name in server for name in ("password", "password_file", "password_env"))
    if server.get("auth") == "xoauth2":
        yield from _token(path, server, protected=protected)
        return
    if server.get("token_command"):
        yield Problem((*path, "token_command"), _('is used with auth = "xoauth2" only'))
    if isinstance(user, str) and user and not protected:
        yield Problem(
            (*path, "password"),
            _("is missing; give one of {names}").format(names="password, password_file, password_env"),
        )
    if not user and protected and path[-1] == "smtp":
        yield Problem((*path, "user"), _("is missing, though there is a password"))


def _token(path: tuple[str, ...], server: Raw, *, protected: bool) -> Iterator[Problem]:
    if not server.get("token_command"):
        yield Problem((*path, "token_command"), _('is missing, and auth = "xoauth2" needs it'))
    if not server.get("user") and path[-1] == "smtp":
        yield Problem((*path, "user"), _('is missing, and auth = "xoauth2" needs it'))
    if protected:
        yield Problem((*path, "password"), _('is not used with auth = "xoauth2"; keep one of both'))
