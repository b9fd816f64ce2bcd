"""Kinds of values that a configuration may hold: durations, one or several, patterns. Reads no file."""

from __future__ import annotations

import re
import warnings
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator

from core.domain import tags
from core.i18n import _

POSTGRES = ("postgresql://", "postgresql+psycopg://")
"""How the address of a PostgreSQL database begins."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,7})\s*([smhd]?)")


def duration(value: object) -> timedelta:
    """`"15m"`, `"2h"`, `"3d"`, `"90s"` or whole seconds. Raises ValueError in plain words."""
    if isinstance(value, timedelta):
        return value
    found = None
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        found = _DURATION.fullmatch(str(value).strip().lower())
    if found is None:
        raise ValueError(_('allowed is a duration such as "90s", "15m", "2h", "3d", or whole seconds'))
    return timedelta(seconds=int(found[1]) * _UNITS[found[2] or "s"])


def several(value: object) -> object:
    """One text or a list of them, as a tuple."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def pair(value: object) -> Any:
    """A list of two durations, the first shorter."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError(_('allowed is a list of two durations, such as ["15m", "30m"]'))
    first, second = (_named_duration(one) for one in value)
    if first >= second:
        raise ValueError(_("the first of the two durations has to be the shorter one"))
    return first, second


def _named_duration(value: object) -> timedelta:
    try:
        return duration(value)
    except ValueError as error:
        found = f'"{value}"' if isinstance(value, str) else str(value)
        raise ValueError(_("{found} does not fit: {reason}").format(found=found[:60], reason=error)) from None


def tag(value: str) -> str:
    """A tag as it is kept."""
    found = tags.parse(value)
    if not found:
        raise ValueError(
            _(
                "allowed is a tag: 1 to {most} letters, digits and - _ . /, the first a letter or a digit"
            ).format(most=tags.LONGEST)
        )
    return found


def several_tags(value: object) -> object:
    """One tag or several, each once."""
    found = several(value)
    if not isinstance(found, tuple) or not all(isinstance(one, str) for one in found):
        return found
    kept = tuple(dict.fromkeys(tag(one) for one in found))
    if len(kept) > tags.MOST:
        raise ValueError(_("a ticket has {most} tags at most").format(most=tags.MOST))
    return kept


def pattern(value: str) -> str:
    """A regular expression that compiles."""
    try:
        with warnings.catch_warnings():
            # Python warns of "[[", which may one day mean something else: no concern of a rule's author.
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(value)
    except re.error as error:
        raise ValueError(
            _("not a regular expression: {why} at character {position}").format(
                why=error.msg, position=(error.pos or 0) + 1
            )
        ) from None
    return value


def patterns(value: object) -> object:
    """One regular expression or several."""
    found = several(value)
    if isinstance(found, tuple):
        for one in found:
            if isinstance(one, str):
                pattern(one)
    return found


def is_loopback(host: str) -> bool:
    """True for this machine's own addresses, which no wire carries."""
    host = host.strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_unspecified(host: str) -> bool:
    """True for 0.0.0.0 and ::, which a server listens on and this machine itself can reach."""
    try:
        return ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False


def postgres_url(value: str) -> str:
    """The address of a PostgreSQL database, as libpq reads it, with its name and without a password."""
    try:
        parts = urlsplit(value)
        _port = parts.port  # raises where it is no number
        password = parts.password is not None or "password" in parse_qs(parts.query)
    except ValueError:
        raise ValueError(_('not an address; write "postgresql://user@host:port/name"')) from None
    if password:
        raise ValueError(
            _("it holds a password, which would be shown with it; move that to database_password_file")
        )
    if not parts.path.strip("/") and "dbname" not in parse_qs(parts.query):
        raise ValueError(_('the name of the database is missing; write "postgresql://user@host:port/name"'))
    return value


def split_listen(value: str) -> tuple[str, int]:
    """`host:port`, with IPv6 in brackets. Raises ValueError in plain words."""
    host, _colon, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535 or (":" in host and not host.startswith("[")):
        raise ValueError(_('allowed is host:port, such as "127.0.0.1:8765" or "[::1]:8765"'))
    return host.strip("[]"), int(port)


def split_url(value: str) -> tuple[str, str]:
    """Scheme and host of a URL, empty where there are none or the port is no number."""
    try:
        parts = urlsplit(value)
        _port = parts.port  # raises where it is no number
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""


Texts = Annotated[tuple[str, ...], BeforeValidator(several)]
Channels = Annotated[tuple[Literal["mail", "form"], ...], BeforeValidator(several)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(patterns)]
Tags = Annotated[tuple[str, ...], BeforeValidator(several_tags)]
AgePair = Annotated[tuple[timedelta, timedelta], BeforeValidator(pair)]
