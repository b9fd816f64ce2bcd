"""Keeps watch over the agent's notices: read after changes, at most once a second; new ones are said at once.

What only tells that a ticket waits in New is not counted: the column New says it. Loads no service.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.errors import GlazokError
from core.i18n import ngettext
from core.text import cut, one_line

if TYPE_CHECKING:
    from core.services.notices import Notice
    from tui.app import ConsoleApp

SECONDS_BETWEEN = 1.0
SUBJECT_CELLS = 30
IN_THE_COLUMN = frozenset(("new_ticket",))
"""Kinds of notices that the board itself shows."""


class NoticeWatch:
    """The notices of one agent."""

    def __init__(self, app: ConsoleApp, changed: Callable[[], None]) -> None:
        self._app = app
        self._changed = changed
        self.standing: tuple[Notice, ...] = ()
        """Not acknowledged and not withdrawn, newest first."""
        self._known: set[int] | None = None
        self._due = False

    def poke(self) -> None:
        """Something was committed: look soon."""
        if not self._due and self._app.link is not None:
            self._due = True
            self._app.set_timer(SECONDS_BETWEEN, self._look)

    def _look(self) -> None:
        self._due = False
        self._app.run_worker(self.read(), group="notices")

    async def read(self) -> None:
        """Read them now."""
        if self._app.link is None:
            return
        try:
            found: Sequence[Notice] = await self._app.link.call("notices.mine", without=IN_THE_COLUMN)
        except GlazokError:
            # The board says what is wrong with the database; the next change asks again.
            return
        fresh = [] if self._known is None else [one for one in found if one.id not in self._known]
        self._known = {one.id for one in found} | (self._known or set())
        before, self.standing = self.standing, tuple(found)
        if fresh:
            self._tell(fresh)
        if before != self.standing:
            self._changed()

    def _tell(self, fresh: Sequence[Notice]) -> None:
        if len(fresh) == 1:
            one = fresh[0]
            words = f"‼ #{one.ticket_id} {cut(one_line(one.subject), SUBJECT_CELLS)}".rstrip()
            self._app.say(f"{words}: {one.text}", severity="warning")
            return
        words = ngettext("{n} new notice: press !", "{n} new notices: press !", len(fresh))
        self._app.say("‼ " + words.format(n=len(fresh)), severity="warning")

    async def acknowledge(self, ids: Sequence[int]) -> None:
        """Seen: they leave this agent's screen."""
        if self._app.link is None:
            return
        for one in ids:
            try:
                await self._app.link.call("notices.acknowledge", one)
            except GlazokError as error:
                self._app.complain(error)
                break
        await self.read()
