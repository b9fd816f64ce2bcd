"""What people call the statuses, acts and outcomes that the database keeps as keys, and ages. Imports only `core.i18n`.

A key that nobody gave a name is its own.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

from core.i18n import N_, _, language

MINUTE, HOUR, DAY = 60, 3600, 86400

STATUSES: Final[Mapping[str, str]] = {
    "new": N_("new"),
    "next_shift": N_("next shift"),
    "needs_reply": N_("needs reply"),
    "waiting": N_("waiting for client"),
    "solved": N_("solved"),
    "closed": N_("closed"),
    "deleted": N_("in the trash"),
}
ACTS: Final[Mapping[str, str]] = {
    "accept": N_("accept"),
    "release": N_("give back"),
    "reply": N_("reply"),
    "note": N_("note"),
    "solve": N_("solve"),
    "close": N_("close"),
    "reopen": N_("reopen"),
}
DELIVERIES: Final[Mapping[str, str]] = {
    "queued": N_("queued"),
    "sending": N_("being sent"),
    "sent": N_("sent"),
    "failed": N_("not delivered"),
    "unknown": N_("perhaps delivered"),
    "cancelled": N_("given up"),
}
LETTERS: Final[Mapping[str, str]] = {
    "letter": N_("client"),
    "automatic": N_("automatic letter"),
    "bounce": N_("delivery report"),
    "feedback": N_("abuse report"),
    "receipt": N_("read receipt"),
}
"""Who or what wrote a letter that came in."""

PRIORITIES: Final[Mapping[str, str]] = {
    "low": N_("low"),
    "normal": N_("normal"),
    "high": N_("high"),
    "urgent": N_("urgent"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "opened": N_("new tickets"),
    "joined": N_("joined to tickets"),
    "bounce": N_("delivery reports"),
    "duplicate": N_("duplicates"),
    "own-copy": N_("our own copies"),
    "notice": N_("answers to notices"),
    "repeated": N_("taken before"),
    "quarantined": N_("unreadable"),
    "failed": N_("not filed yet"),
}
"""What became of fetched letters, for a count behind it."""

PARTS: Final[Mapping[str, str]] = {"outbox": N_("outbox"), "sender": N_("outbox")}

SYSTEM: Final[Mapping[int, str]] = {
    errno.ENOENT: N_("there is no such file or folder"),
    errno.EACCES: N_("this user may not"),
    errno.EPERM: N_("this user may not"),
    errno.ENOSPC: N_("the disk is full"),
    errno.EEXIST: N_("it exists already"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOTDIR: N_("it is no folder"),
    errno.EROFS: N_("it can only be read"),
    errno.EMFILE: N_("too many files are open"),
    errno.EADDRINUSE: N_("the address is taken"),
    errno.EADDRNOTAVAIL: N_("this machine has no such address"),
    errno.ECONNREFUSED: N_("the connection was refused"),
    errno.ENETUNREACH: N_("there is no way to that address"),
    errno.EHOSTUNREACH: N_("there is no way to that address"),
}
"""The system's commonest reasons: the C library gives them in English only, as long as no locale is set."""


PROBLEMS: Final[frozenset[str]] = frozenset(
    (
        N_("the letter is empty"),
        N_("the header block is longer than 8 MB"),
        N_("more than 5,000 header fields"),
        N_("parts nested deeper than 100"),
        N_("more than 3000 parts"),
        N_("the HTML is longer than 4 MB: kept as a file, and shown cut off"),
    )
)
"""What may be said in `Letter.error` by the process that reads letters, which knows no language."""

_UNVERIFIED = frozenset(
    (
        "text/calendar", "application/ics",
        "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature", "application/pgp-encrypted", "application/pgp-keys",
    )
)  # fmt: skip


class Named(Protocol):
    """What the configuration gives a name."""

    @property
    def name(self) -> str:
        """As people read it."""


def status_word(status: str, own: Mapping[str, Named]) -> str:
    """A status as people say it: one of the team's `own` (`settings.statuses`) by the name that they gave it."""
    return own[status].name if status in own else _(STATUSES.get(status, status))


def act_word(act: str) -> str:
    """What somebody wants to do with a ticket, in a word."""
    return _(ACTS.get(act, act))


def delivery_word(state: str) -> str:
    """How an outbound letter fares."""
    return _(DELIVERIES.get(state, state))


def letter_problems(error: str) -> str:
    """`Letter.error` as people read it; in the words of a library where reading itself went wrong."""
    return "; ".join(_(one) if one in PROBLEMS else one for one in error.split("; "))


def letter_word(kind: str) -> str:
    """Who or what wrote a letter that came in."""
    return _(LETTERS.get(kind, kind))


def priority_word(priority: str) -> str:
    """How urgent a ticket is."""
    return _(PRIORITIES.get(priority, priority))


def outcome_word(outcome: str) -> str:
    """What became of the letters that were fetched."""
    return _(OUTCOMES.get(outcome, outcome))


def unproved(dmarc: str) -> str:
    """What is to be known of a letter's sender; empty where nothing is to be doubted."""
    return _("the sender's address is not proved") if dmarc else ""


def unverified(content_type: str) -> str:
    """What is to be known of a file whose signature, encryption or invitation nobody has checked; else empty."""
    return _("not verified") if content_type.lower() in _UNVERIFIED else ""


def left_already(addresses: Sequence[str]) -> str:
    """What an undo could not call back."""
    return _("The confirmation has left already, to: {addresses}.").format(addresses=", ".join(addresses))


def part_word(part: str) -> str:
    """A part of the desk whose health is shown, such as "outbox", or "mailbox " and its key."""
    kind, _space, name = part.partition(" ")
    sentences = {
        "mailbox": _("mailbox {name}"),
        "reconciliation": _("reconciliation of {name}"),
        "sending": _("sending from {name}"),
        "metrics": _("metrics on {name}"),
    }
    return sentences[kind].format(name=name) if kind in sentences and name else _(PARTS.get(part, part))


def mentions_said(outside: Iterable[str], gone: Iterable[str]) -> str:
    """What somebody should know whose words name colleagues: who could not see the ticket, who has left; else empty."""
    said = (
        (", ".join(dict.fromkeys(outside)), _("Until now they could not see the ticket: {names}.")),
        (", ".join(dict.fromkeys(gone)), _("They have left and were not told: {names}.")),
    )
    return " ".join(words.format(names=names) for names, words in said if names)


def system_words(error: OSError) -> str:
    """Why the system did not do what was asked; in the system's own words where it is a rare reason."""
    if isinstance(error, socket.gaierror):
        # These numbers are another list, and on some systems the same as those above.
        names = (socket.EAI_NONAME, socket.EAI_AGAIN, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
        return _("this name is not known") if error.errno in names else error.strerror or str(error)
    known = SYSTEM.get(error.errno or 0)
    if known is not None:
        return _(known)
    return error.strerror or str(error) or type(error).__name__


@lru_cache(4096)
def _age(count: int, unit: str, spoken: str) -> str:
    words = {"m": _("{n}m"), "h": _("{n}h"), "d": _("{n}d")}
    return words[unit].format(n=count)


def age_text(since: datetime, now: datetime) -> str:
    """The age in at most four cells: minutes, then hours to two days, then days."""
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < HOUR:
        return _age(seconds // MINUTE, "m", language())
    if seconds < 2 * DAY:
        return _age(seconds // HOUR, "h", language())
    return _age(min(999, seconds // DAY), "d", language())
