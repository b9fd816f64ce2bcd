"""What can be done to a ticket from any screen: give back, pass on, ask for help, close what is only thanks, undo.

The screens say which ticket is meant. Dialogs are imported when they are opened.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from core.errors import GlazokError
from core.i18n import _, ngettext
from core.names import left_already
from core.text import cut, one_line
from tui.commands import shown_key
from tui.happenings import event_text
from tui.screens.base import CommandScreen

if TYPE_CHECKING:
    from core.services.asking import OpenAsk
    from core.services.models.people import Directory

ASK_CELLS = 40
"""Of a question, in a list."""
UNDOABLE = frozenset(("close", "pass_on", "pass_back", "accept", "keep", "split", "change"))
"""Services whose act an undo takes back."""


class TicketActs(CommandScreen):
    """A screen on which a ticket is chosen or open."""

    def ticket_at_hand(self) -> int | None:
        """The ticket that the keys act on."""
        raise NotImplementedError

    def ticket_to_undo(self) -> int | None:
        """The ticket whose last act is meant."""
        return self.ticket_at_hand()

    def acted(self, ticket_id: int) -> None:
        """Something was done to it: show it as it is now."""

    def finished(self, ticket_id: int) -> None:
        """It is off the board."""

    def says_thanks(self, ticket_id: int) -> bool:
        """Whether its client's last letter says nothing but thanks."""
        card = self.console_app.state.cards.get(ticket_id)
        return card is not None and card.thanks

    async def _do(self, ticket_id: int, words: str, service: str, *args: object, **kwargs: object) -> bool:
        """Run a service and say what was done; False after saying why it was not."""
        done = await self.console_app.call(service, *args, op_id=secrets.token_hex(16), **kwargs)
        if done is None:
            return False
        undoable = service.rpartition(".")[2] in UNDOABLE
        self.console_app.committed(ticket_id, done.event_id, undoable=undoable)
        self.console_app.say(words)
        self.acted(ticket_id)
        return True

    async def pick(self, question: str, choices: list[tuple[str, str]]) -> str | None:
        """Let the agent choose; None for nothing."""
        from tui.screens.pick import PickScreen

        return await self.app.push_screen_wait(PickScreen(question, choices))

    async def ask_words(
        self, ticket_id: int, dialog: str, title: str, done: str, *, context: str = "", needed: bool = False
    ) -> str | None:
        """Let the agent write a few words; None for "not after all". They are kept until the act is done: see
        `_said`."""
        from tui.screens.words import WordsScreen

        app = self.console_app
        begun = app.unfinished.words(ticket_id, dialog)
        screen = WordsScreen(title, done, context=context, text=begun, needed=needed)
        words = await app.push_screen_wait(screen)
        if app.unfinished.keep(ticket_id, dialog, screen.area.text) and words is None:
            app.say(_("What you have written is kept: it is there when you come back."))
        return words

    def _said(self, ticket_id: int, dialog: str) -> None:
        """The words have gone where they should: nothing is left to keep."""
        self.console_app.unfinished.keep(ticket_id, dialog, "")

    # -- back, on, away -----------------------------------------------------------------------------------

    async def do_release(self) -> None:
        if (ticket_id := self.ticket_at_hand()) is not None and await self.console_app.act(
            "release", ticket_id
        ):
            self.acted(ticket_id)

    async def do_undo(self) -> None:
        """Take back one's own last act on a ticket, and say which it was."""
        ticket_id, app = self.ticket_to_undo(), self.console_app
        if ticket_id is None:
            return
        done = await app.call("undoing.undo", ticket_id, op_id=secrets.token_hex(16))
        if done is None:
            return
        app.committed(ticket_id, done.event_id)
        app.last_acted = None
        self.acted(ticket_id)
        try:
            assert app.link is not None
            view = await app.link.call("reading.view", ticket_id)
        except GlazokError:
            # What was undone may have been what let the agent see the ticket.
            app.say(_("#{id}: your last act is taken back.").format(id=ticket_id))
            return
        said = [item.event for item in view.timeline if item.event.id == done.event_id]
        words = f"#{ticket_id}: " + event_text(said[0], app.state.names) if said else f"#{ticket_id}"
        app.say(" ".join((words, one_line(left_already(done.told_before)))) if done.told_before else words)

    async def do_thanks(self) -> None:
        """Close a ticket whose client says nothing but thanks."""
        ticket_id, app = self.ticket_at_hand(), self.console_app
        if ticket_id is None:
            return
        if not self.says_thanks(ticket_id):
            said = _("The client's last letter says more than thanks: look at it, then solve with “{key}”.")
            app.say(said.format(key=shown_key("board.solve")))
            return
        words = _("#{id} is closed: the client only said thanks.").format(id=ticket_id)
        if await self._do(ticket_id, words, "tickets.close", ticket_id):
            self.finished(ticket_id)

    async def do_pass_on(self) -> None:
        """Pass the ticket to a group or a colleague, with a note."""
        ticket_id, directory = self.ticket_at_hand(), self.console_app.state.directory
        if ticket_id is None or directory is None:
            return
        choices = group_choices(directory) + colleague_choices(directory, self._my_id())
        choices.append(("b:", _("back to where it came from")))
        chosen = await self.pick(_("Pass #{id} on to whom?").format(id=ticket_id), choices)
        if chosen is None:
            return
        to = dict(choices)[chosen]
        title = _("Pass #{id}: {to}").format(id=ticket_id, to=one_line(to))
        title += "  " + _("A note, if you like:")
        text = await self.ask_words(ticket_id, "pass", title, _("pass it on"))
        if text is None:
            return
        how, _colon, key = chosen.partition(":")
        if how == "b":
            words = _("#{id} is passed back.").format(id=ticket_id)
            done = await self._do(ticket_id, words, "lines.pass_back", ticket_id, text=text)
        else:
            where = {"login": key} if how == "a" else {"group_key": key}
            words = _("#{id} is passed on: {to}.").format(id=ticket_id, to=to)
            done = await self._do(ticket_id, words, "lines.pass_on", ticket_id, text=text, **where)
        if done:
            self._said(ticket_id, "pass")

    # -- help ---------------------------------------------------------------------------------------------

    async def do_help_wanted(self) -> None:
        """Ask a colleague or a head for help; answer what one is asked; take one's own question back."""
        ticket_id, app = self.ticket_at_hand(), self.console_app
        directory = app.state.directory
        if ticket_id is None or directory is None:
            return
        found = await app.call("asking.open_asks")
        if found is None:
            return
        asks: dict[str, OpenAsk] = {str(ask.id): ask for ask in found if ask.ticket_id == ticket_id}
        people = {agent.login: agent.name for agent in directory.agents.values()}
        me = app.state.me.login if app.state.me else ""
        choices = [
            (f"w:{key}", _("take back your question: {text}").format(text=cut(one_line(ask.text), ASK_CELLS)))
            if ask.by == me
            else (
                f"r:{key}",
                _("answer {name}: {text}").format(
                    name=people.get(ask.by, ask.by), text=cut(one_line(ask.text), ASK_CELLS)
                ),
            )
            for key, ask in asks.items()
        ]
        choices += [
            (f"h:{group.key}", _("ask the head of {group}").format(group=group.name))
            for group in directory.groups.values()
            if group.active
        ]
        choices += colleague_choices(directory, self._my_id(), _("ask {name}"))
        chosen = await self.pick(_("Help on #{id}").format(id=ticket_id), choices)
        if chosen is None:
            return
        how, _colon, key = chosen.partition(":")
        if how == "w":
            await self._do(
                ticket_id, _("#{id}: your question is taken back.").format(id=ticket_id), "asking.withdraw", int(key)
            )  # fmt: skip
        elif how == "r":
            title = _("Your answer to {name} on #{id}:").format(name=people[asks[key].by], id=ticket_id)
            text = await self.ask_words(
                ticket_id, chosen, title, _("answer"), context=asks[key].text, needed=True
            )
            words = _("#{id}: your answer is written down.").format(id=ticket_id)
            if text is not None and await self._do(ticket_id, words, "asking.answer", int(key), text):
                self._said(ticket_id, chosen)
        else:
            title = f"#{ticket_id}: {one_line(dict(choices)[chosen])}"
            text = await self.ask_words(ticket_id, "ask", title, _("ask"), needed=True)
            whom = {"login": key} if how == "a" else {"head_of": key}
            words = _("#{id}: your question is on its way.").format(id=ticket_id)
            if text is not None and await self._do(ticket_id, words, "asking.ask", ticket_id, text, **whom):
                self._said(ticket_id, "ask")

    # -- new voices ---------------------------------------------------------------------------------------

    async def do_voice(self) -> None:
        """Decide about a stranger's letter."""
        ticket_id, app = self.ticket_at_hand(), self.console_app
        if ticket_id is None:
            return
        found = await app.call("voices.open_voices", ticket_id)
        if found is None:
            return
        # One decision is about all that somebody has written here.
        voices = list({voice.address or str(voice.message_id): voice for voice in found}.values())
        if not voices:
            app.say(_("No new voice on #{id} waits for a decision.").format(id=ticket_id))
            return
        choices = [
            (
                f"{verb}:{voice.message_id}",
                label.format(name=one_line(voice.address or voice.name) or _("unknown")),
            )
            for voice in voices
            for verb, label in (
                ("accept", _("{name} takes part: counts as the client")),
                ("keep", _("{name} stays private")),
                ("split", _("{name} gets a ticket of their own")),
            )
        ]
        chosen = await self.pick(_("A new voice on #{id}").format(id=ticket_id), choices)
        if chosen is not None:
            verb, _colon, letter = chosen.partition(":")
            await self._do(ticket_id, dict(choices)[chosen], f"voices.{verb}", int(letter))

    # -- the end of a shift -------------------------------------------------------------------------------

    async def do_hand_over(self) -> None:
        """Everything in one's hands, to be handed over."""
        from tui.screens.hand_over import HandOverScreen

        app = self.console_app
        held = await app.call("shifts.in_hand")
        if held is None or app.state.directory is None:
            return
        if not held:
            app.say(_("Nothing is in your hands."))
            return
        done = await app.push_screen_wait(HandOverScreen(held))
        if done:
            app.say(
                ngettext("{n} ticket is handed over.", "{n} tickets are handed over.", done).format(n=done)
            )

    def _my_id(self) -> int:
        me = self.console_app.state.me
        return me.id if me else 0


def group_choices(directory: Directory) -> list[tuple[str, str]]:
    """The groups to which a ticket can go, the first line first."""
    groups = sorted(
        (group for group in directory.groups.values() if group.active), key=lambda g: (g.line, g.name)
    )
    return [(f"g:{g.key}", _("{group}, line {line}").format(group=g.name, line=g.line)) for g in groups]


def colleague_choices(directory: Directory, me: int, label: str = "{name}") -> list[tuple[str, str]]:
    """The colleagues who work here, by name."""
    agents = [agent for agent in directory.agents.values() if agent.active and agent.id != me]
    return [
        (f"a:{agent.login}", label.format(name=agent.name)) for agent in sorted(agents, key=lambda a: a.name)
    ]
