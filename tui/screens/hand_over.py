"""The end of a shift: everything in one's hands, and to whom each of it goes. Imported when it is opened."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.errors import GlazokError
from core.i18n import _, ngettext
from core.names import age_text
from core.text import cut, one_line
from tui.acts import colleague_choices, group_choices
from tui.commands import both_layouts
from tui.screens.pick import PickScreen
from tui.screens.words import WordsScreen
from tui.widgets.card import BATON
from tui.widgets.key_row import KeyRow

if TYPE_CHECKING:
    from core.services.models.people import Directory
    from core.services.shifts import InHand
    from tui.app import ConsoleApp

BATON_NOTE = "baton"


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of one ticket."""

    to: str = ""
    """"" undecided, "keep", "shift", "g:KEY" or "a:LOGIN"."""
    label: str = ""
    note: str = ""
    """The baton's words."""

    def where(self) -> dict[str, Any]:
        """What `shifts.hand_over` is told."""
        how, _colon, key = self.to.partition(":")
        if how == "shift":
            return {"next_shift": True}
        return {"login": key} if how == "a" else {"group_key": key}

    @property
    def leaves(self) -> bool:
        """Whether it goes to somebody else."""
        return self.to not in ("", "keep")


class HandOverScreen(ModalScreen[int]):
    """Gives back how many tickets were handed over."""

    DEFAULT_CSS = """
    HandOverScreen { align: center middle; }
    HandOverScreen > Vertical {
        width: 110; max-width: 96%; height: auto; max-height: 94%; padding: 1 2;
        background: $surface; border: round $border;
    }
    HandOverScreen .title { text-style: bold; margin-bottom: 1; }
    HandOverScreen OptionList { height: auto; max-height: 50vh; background: $surface; border: none; padding: 0; }
    HandOverScreen OptionList:focus { border: none; }
    HandOverScreen.-mono OptionList > .option-list--option-highlighted { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[Any]] = [
        Binding("escape", "leave", show=False),
        Binding("ctrl+s", "done", show=False),
        Binding(both_layouts("s"), "choose('shift')", show=False),
        Binding(both_layouts("S"), "everything", show=False),
        Binding(both_layouts("g"), "group", show=False),
        Binding(both_layouts("p"), "person", show=False),
        Binding(both_layouts("k"), "choose('keep')", show=False),
        Binding(both_layouts("n"), "note", show=False),
        Binding("backspace", "choose('')", show=False),
    ]

    def __init__(self, held: Sequence[InHand]) -> None:
        super().__init__()
        self._held = {ticket.id: ticket for ticket in held}
        begun = self.console_app.unfinished.choices
        self._choices = {ticket: begun.get(ticket, Choice()) for ticket in self._held}
        self._gone = 0
        self._working = False
        self.set_class(self.app.native_ansi_color, "-mono")
        self._title = Static(classes="title")
        self._list = OptionList()

    @property
    def console_app(self) -> ConsoleApp:
        """The app, as what it is."""
        return cast("ConsoleApp", self.app)

    @property
    def directory(self) -> Directory:
        """Who could take a ticket."""
        directory = self.console_app.state.directory
        assert directory is not None
        return directory

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self._title
            yield self._list
            yield KeyRow(
                (
                    ("s", _("next shift")), ("S", _("all the rest")), ("g", _("group")), ("p", _("person")),
                    ("k", _("keep")), ("n", _("baton note")), ("Ctrl+S", _("hand over and end the shift")),
                    ("Esc", _("leave")),
                )
            )  # fmt: skip

    def on_mount(self) -> None:
        self._show()
        self._list.highlighted = 0
        self._list.focus()

    # -- the picture --------------------------------------------------------------------------------------

    def _show(self) -> None:
        count = len(self._held)
        self._title.update(
            Text(
                ngettext(
                    "End of shift: {n} ticket in your hands", "End of shift: {n} tickets in your hands", count
                ).format(n=count)
            )
        )
        place = self._list.highlighted or 0
        self._list.clear_options()
        self._list.add_options(Option(self._row(ticket), id=f"t{ticket}") for ticket in self._held)
        self._list.highlighted = min(place, count - 1) if count else None

    def _row(self, ticket_id: int) -> Text:
        ticket, choice = self._held[ticket_id], self._choices[ticket_id]
        state = self.console_app.state
        room = max(30, min(100, self.app.size.width - 10))
        facts = f"{state.names.status(ticket.status)} · {age_text(ticket.since, state.now)}"
        row = Text(f"#{ticket_id} ", no_wrap=True)
        row.append(cut(one_line(ticket.subject), max(10, room - len(facts) - len(str(ticket_id)) - 6)))
        row.append(f"  {facts}\n   ")
        row.append(f"→ {one_line(choice.label)}" if choice.to else _("? not decided"), Style(bold=True))
        if choice.note:
            row.append(f"   ✎ {cut(one_line(choice.note), room // 2)}")
        return row

    # -- choosing -----------------------------------------------------------------------------------------

    @property
    def _chosen(self) -> int | None:
        option = self._list.highlighted_option
        return int((option.id or "t0")[1:]) if option is not None else None

    def _decide(self, ticket_id: int, to: str, label: str) -> None:
        self._choices[ticket_id] = replace(self._choices[ticket_id], to=to, label=label)

    def _next(self) -> None:
        self._show()
        self._list.action_cursor_down() if (self._list.highlighted or 0) + 1 < len(self._held) else None

    def _label(self, to: str) -> str:
        return {"shift": f"{BATON} " + _("next shift"), "keep": _("stays with you")}.get(to, "")

    def action_choose(self, to: str) -> None:
        if (ticket_id := self._chosen) is not None:
            self._decide(ticket_id, to, self._label(to))
            self._next()

    def action_everything(self) -> None:
        for ticket_id, choice in self._choices.items():
            if not choice.to:
                self._decide(ticket_id, "shift", self._label("shift"))
        self._show()

    def action_group(self) -> None:
        self._pick(_("To which group?"), group_choices(self.directory))

    def action_person(self) -> None:
        me = self.console_app.state.me
        self._pick(_("To whom?"), colleague_choices(self.directory, me.id if me else 0))

    def _pick(self, question: str, choices: list[tuple[str, str]]) -> None:
        ticket_id = self._chosen

        def chosen(to: str | None) -> None:
            if to is not None and ticket_id is not None:
                self._decide(ticket_id, to, dict(choices)[to])
                self._next()

        if ticket_id is not None:
            self.app.push_screen(PickScreen(question, choices), chosen)

    def action_note(self) -> None:
        ticket_id = self._chosen
        if ticket_id is None:
            return

        unfinished, choice = self.console_app.unfinished, self._choices[ticket_id]
        begun = unfinished.words(ticket_id, BATON_NOTE) or choice.note
        title = _("What should whoever takes #{id} know?").format(id=ticket_id)
        screen = WordsScreen(title, _("keep the note"), text=begun)

        def written(text: str | None) -> None:
            changed = text is None and screen.area.text != choice.note
            unfinished.keep(ticket_id, BATON_NOTE, screen.area.text if changed else "")
            if text is not None:
                self._choices[ticket_id] = replace(self._choices[ticket_id], note=text.strip())
                self._show()

        self.app.push_screen(screen, written)

    # -- handing over -------------------------------------------------------------------------------------

    def action_done(self) -> None:
        if not self._working:
            self._working = True
            self.run_worker(self._hand_over(), exit_on_error=True)

    async def _hand_over(self) -> None:
        try:
            if await self._pass_batons() and not any(not choice.to for choice in self._choices.values()):
                await self._end_shift()
                self.console_app.unfinished.choices = {}
                self.dismiss(self._gone)
            elif self._held:
                self._show()
        finally:
            self._working = False

    async def _pass_batons(self) -> bool:
        """Hand over what is decided; False after saying why something was not."""
        app = self.console_app
        together: dict[tuple[str, str], list[int]] = {}
        for ticket_id, choice in self._choices.items():
            if choice.leaves:
                together.setdefault((choice.to, choice.note), []).append(ticket_id)
        for (_to, note), ids in together.items():
            where = self._choices[ids[0]].where()
            done = await app.call("shifts.hand_over", ids, text=note, op_id=secrets.token_hex(16), **where)
            if done is None:
                return False
            for one in done:
                app.committed(one.ticket_id, one.event_id)
                del self._held[one.ticket_id], self._choices[one.ticket_id]
                self._gone += 1
        undecided = sum(not choice.to for choice in self._choices.values())
        if undecided:
            app.say(
                ngettext(
                    "{n} ticket is not decided yet.", "{n} tickets are not decided yet.", undecided
                ).format(n=undecided),
                severity="warning",
            )
        return True

    async def _end_shift(self) -> None:
        """End the shift, where there is one; what is kept is told to the supervisors."""
        app = self.console_app
        board = await app.call("shifts.board")
        me = app.state.me
        if app.link is None or me is None or not board:
            return
        if any(one.login == me.login and one.state != "gone" for one in board):
            try:
                await app.link.call("shifts.end", keep=bool(self._held))
            except GlazokError as error:
                app.complain(error)
                return
            app.feed.look()
            app.say(_("Your shift has ended."))

    def action_leave(self) -> None:
        """What was decided and not done yet is there again when the screen is."""
        self.console_app.unfinished.choices = dict(self._choices)
        self.dismiss(self._gone)
