"""What people call the statuses, acts and outcomes that the database keeps as keys. Imports only `core.i18n`.

A key that is not ours (a team's own status, say) is its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.i18n import N_, _

STATUSES: Final[Mapping[str, str]] = {
    "new": N_("new"),
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
OUTCOMES: Final[Mapping[str, str]] = {
    "opened": N_("new tickets"),
    "joined": N_("joined to tickets"),
    "bounce": N_("delivery reports"),
    "duplicate": N_("duplicates"),
    "own-copy": N_("our own copies"),
    "repeated": N_("taken before"),
    "quarantined": N_("unreadable"),
    "failed": N_("not filed yet"),
}
"""What became of fetched letters, for a count behind it."""


def status_word(status: str) -> str:
    """A status as people say it."""
    return _(STATUSES.get(status, status))


def act_word(act: str) -> str:
    """What somebody wants to do with a ticket, in a word."""
    return _(ACTS.get(act, act))


def delivery_word(state: str) -> str:
    """How an outbound letter fares."""
    return _(DELIVERIES.get(state, state))


def outcome_word(outcome: str) -> str:
    """What became of the letters that were fetched."""
    return _(OUTCOMES.get(outcome, outcome))
