"""What was begun in a dialog and left with Escape: it is there again when the dialog is, as long as the console runs.

Words to the client and notes are drafts of the desk (`core.services.drafts`); these go along with an act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.screens.hand_over import Choice


class Unfinished:
    """By ticket and dialog."""

    def __init__(self) -> None:
        self._words: dict[tuple[int, str], str] = {}
        self.choices: dict[int, Choice] = {}
        """By ticket, what was decided at the end of a shift and not done yet."""

    def words(self, ticket_id: int, dialog: str) -> str:
        """What was begun there, empty for nothing."""
        return self._words.get((ticket_id, dialog), "")

    def keep(self, ticket_id: int, dialog: str, words: str) -> bool:
        """Keep words for the next time; blank ones are nothing to keep. Returns whether there are any."""
        if not words.strip():
            self._words.pop((ticket_id, dialog), None)
            return False
        self._words[ticket_id, dialog] = words
        return True
