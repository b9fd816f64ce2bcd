"""The command palette's entries: the same commands as the keys. Imported when the palette is opened."""

from __future__ import annotations

from collections.abc import Iterator

from textual.command import DiscoveryHit, Hit, Hits, Provider

from core.i18n import _
from tui.commands import COMPOSER, Command, commands_for, shown_key
from tui.screens.base import CommandScreen


class GlazokCommands(Provider):
    """What can be done on the screen from which the palette was opened."""

    def _commands(self) -> Iterator[tuple[CommandScreen, Command]]:
        screen = self.screen
        if isinstance(screen, CommandScreen):
            places = [COMPOSER] if screen.help_place() == COMPOSER else []
            for place in (*places, screen.WHERE):
                yield from ((screen, command) for command in commands_for(place) if command.palette)

    async def discover(self) -> Hits:
        for screen, command in self._commands():
            yield DiscoveryHit(
                _(command.sentence),
                lambda s=screen, c=command: s.run_command(c.id),
                help=shown_key(command.id),
            )

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for screen, command in self._commands():
            sentence = _(command.sentence)
            if (score := matcher.match(sentence)) > 0:
                yield Hit(
                    score,
                    matcher.highlight(sentence),
                    lambda s=screen, c=command: s.run_command(c.id),
                    help=shown_key(command.id),
                )
