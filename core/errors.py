"""The one tree of errors: each says what happened and where, what to do next, and which code a script
gets."""

from __future__ import annotations

from typing import ClassVar


class GlazokError(Exception):
    """Something a person can understand and act on; anything else that escapes is a bug."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        """What happened and where: one sentence."""
        self.hint = hint
        """What to do next: one sentence, or empty."""


class UsageError(GlazokError):
    """The command's words are off."""

    exit_code = 2


class ConfigError(GlazokError):
    """The configuration cannot be used: names file, key, what was found, what is allowed."""

    exit_code = 2


class NotFound(GlazokError):
    """No such ticket, agent or group, or none that the actor may see."""

    exit_code = 4


class Forbidden(GlazokError):
    """The actor may see it, but may not do this."""

    exit_code = 5


class Conflict(GlazokError):
    """Somebody or something else came first."""

    exit_code = 6


class AlreadyOwned(Conflict):
    """The ticket has an owner: the compare-and-set of accepting was lost."""

    def __init__(self, message: str, *, winner: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.winner = winner
        """Display name of the owner."""


class SendGuardHeld(Conflict):
    """A public message or a note came after the author had looked: nothing was sent."""

    def __init__(self, message: str, *, latest: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.latest = latest
        """Event id of the latest public message or note: seeing up to it lifts the guard."""


class MoveNotAllowed(Conflict):
    """The table of moves has no such move from the ticket's status."""


class Unavailable(GlazokError):
    """A server, the disk or the database does not answer: worth a retry."""

    exit_code = 7


class Collision(Unavailable):
    """Two wanted the same of the database at the same moment, and this one had to let go: nothing was changed, and
    trying again at once will do."""


class BadInput(GlazokError):
    """What was given cannot be used: an empty reply, an address without an @."""

    exit_code = 8
