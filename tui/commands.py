"""Everything that an agent can do, once: the table feeds the keys, the footer, help and the command
palette.

Ids are stable: docs and tests name them. Labels and sentences are marked for translation here and translated where
they are shown. Imports nothing of the database or the services.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from core.i18n import N_, _

ANYWHERE, BOARD, TICKET, COMPOSER = "anywhere", "board", "ticket", "composer"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do."""

    id: str
    """Stable name, `place.verb`."""
    where: str
    """The screen it belongs to."""
    keys: tuple[str, ...]
    """Textual's key names, the one shown first."""
    label: str
    """One word for the footer."""
    sentence: str
    """One sentence for help and palette."""
    footer: int = 0
    """Order in the footer, 0: not there."""
    shown: str = ""
    """What the footer shows as the key, where that is not the first key."""
    palette: bool = True
    """False for movements, which make no sense in the palette."""

    @property
    def action(self) -> str:
        """Name of the method that runs it: `do_<verb>` of the screen."""
        return "do_" + self.id.partition(".")[2].replace("-", "_")


def _move(
    name: str, keys: tuple[str, ...], label: str, sentence: str, footer: int = 0, shown: str = ""
) -> Command:
    return Command(f"board.{name}", BOARD, keys, label, sentence, footer, shown, palette=False)


COMMANDS: Final[tuple[Command, ...]] = (
    _move("down", ("down", "j"), N_("card"), N_("Next card"), 1, "↑↓"),
    _move("up", ("up", "k"), N_("card"), N_("Previous card")),
    _move("right", ("right", "l", "tab"), N_("column"), N_("Next column"), 2, "←→"),
    _move("left", ("left", "h", "shift+tab"), N_("column"), N_("Previous column")),
    _move("page-down", ("pagedown", "space"), N_("page"), N_("A page down")),
    _move("page-up", ("pageup",), N_("page"), N_("A page up")),
    _move("first", ("home",), N_("first"), N_("First card of the column")),
    _move("last", ("end",), N_("last"), N_("Last card of the column, however many there are")),
    Command("board.open", BOARD, ("enter",), N_("open"), N_("Open the ticket"), 3, "Enter"),
    Command("board.accept", BOARD, ("a",), N_("accept"), N_("Accept the ticket: it becomes yours"), 4),
    Command("board.reply", BOARD, ("r",), N_("reply"),
            N_("Open the ticket and write a reply to the client"), 5),
    Command("board.note", BOARD, ("n",), N_("note"),
            N_("Open the ticket and write a note for colleagues"), 6),
    Command("board.solve", BOARD, ("s",), N_("solve"), N_("Mark the ticket as solved"), 7),
    Command("board.thanks", BOARD, ("x",), N_("close thanks"),
            N_("Close a ticket whose client only says thanks")),
    Command("board.pass-on", BOARD, ("p",), N_("pass on"),
            N_("Pass the ticket on to a group or a colleague, with a note"), 8),
    Command("board.help-wanted", BOARD, ("w",), N_("help wanted"),
            N_("Ask for help; answer what you are asked; take your question back")),
    Command("board.voice", BOARD, ("v",), N_("new voice"),
            N_("Decide about a new voice: take part, stay private, or a ticket of its own")),
    Command("board.undo", BOARD, ("u",), N_("undo"), N_("Take back your last act on the ticket"), 9),
    Command("board.release", BOARD, ("U",), N_("give back"), N_("Give the ticket back to its group")),
    Command("board.hand-over", BOARD, ("e",), N_("end of shift"),
            N_("Hand over what is in your hands, at the end of your shift")),
    Command("board.group", BOARD, ("g",), N_("group"), N_("Show one group, or all of yours"), 10),
    Command("board.dense", BOARD, ("d",), N_("dense"),
            N_("More cards on the screen, or more air between them")),
    Command("ticket.scroll-down", TICKET, ("down", "j"), N_("scroll"),
            N_("A line down"), 1, "↑↓", palette=False),
    Command("ticket.scroll-up", TICKET, ("up", "k"), N_("scroll"), N_("A line up"), palette=False),
    Command("ticket.page-down", TICKET, ("pagedown", "space"), N_("page"), N_("A page down"), palette=False),
    Command("ticket.page-up", TICKET, ("pageup",), N_("page"), N_("A page up"), palette=False),
    Command("ticket.first", TICKET, ("home",), N_("first"), N_("To the first message"), palette=False),
    Command("ticket.last", TICKET, ("end",), N_("last"), N_("To the last message"), palette=False),
    Command("ticket.back", TICKET, ("escape", "q"), N_("board"),
            N_("Back to the board"), 2, "Esc", palette=False),
    Command("ticket.reply", TICKET, ("r",), N_("reply"), N_("Write a reply to the client"), 3),
    Command("ticket.note", TICKET, ("n",), N_("note"), N_("Write a note that only colleagues see"), 4),
    Command("ticket.bring-back", TICKET, ("z",), N_("draft back"),
            N_("Bring back the words that you threw away last")),
    Command("ticket.accept", TICKET, ("a",), N_("accept"), N_("Accept the ticket: it becomes yours"), 5),
    Command("ticket.solve", TICKET, ("s",), N_("solve"), N_("Mark the ticket as solved"), 6),
    Command("ticket.reopen", TICKET, ("o",), N_("reopen"), N_("Open a solved or closed ticket again")),
    Command("ticket.thanks", TICKET, ("x",), N_("close thanks"),
            N_("Close a ticket whose client only says thanks")),
    Command("ticket.pass-on", TICKET, ("p",), N_("pass on"),
            N_("Pass the ticket on to a group or a colleague, with a note"), 7),
    Command("ticket.help-wanted", TICKET, ("w",), N_("help wanted"),
            N_("Ask for help; answer what you are asked; take your question back"), 8),
    Command("ticket.voice", TICKET, ("v",), N_("new voice"),
            N_("Decide about a new voice: take part, stay private, or a ticket of its own")),
    Command("ticket.undo", TICKET, ("u",), N_("undo"), N_("Take back your last act on the ticket"), 9),
    Command("ticket.release", TICKET, ("U",), N_("give back"), N_("Give the ticket back to its group")),
    Command("ticket.tags", TICKET, ("T",), N_("tags"), N_("Give the ticket tags, or take some away")),
    Command("ticket.quotes", TICKET, ("f",), N_("quotes"), N_("Unfold or fold what the letters quote"), 10),
    Command("ticket.next", TICKET, ("right_square_bracket",), N_("next"),
            N_("The next ticket of the column"), 11, "]"),
    Command("ticket.previous", TICKET, ("left_square_bracket",), N_("previous"),
            N_("The previous ticket of the column")),
    Command("ticket.copy", TICKET, ("y",), N_("copy"), N_("Copy the last message on the screen")),
    Command("ticket.resend", TICKET, ("R",), N_("send again"),
            N_("Send again a letter of which nobody knows whether it arrived")),
    Command("ticket.give-up", TICKET, ("X",), N_("give up"),
            N_("Give up a letter of which nobody knows whether it arrived")),
    Command("composer.send", COMPOSER, ("ctrl+s",), N_("send"),
            N_("Send the reply, or save the note"), 1, "Ctrl+S"),
    Command("composer.keep", COMPOSER, ("escape",), N_("keep the draft"),
            N_("Leave the editor; the draft is kept"), 2, "Esc"),
    Command("composer.discard", COMPOSER, ("ctrl+g",), N_("discard"),
            N_("Throw the draft away"), 3, "Ctrl+G"),
    Command("anywhere.jump", ANYWHERE, ("slash", "number_sign"), N_("number"),
            N_("Open a ticket by its number"), 20, "/"),
    Command("anywhere.notices", ANYWHERE, ("exclamation_mark",), N_("notices"),
            N_("What you should know: read, open, acknowledge")),
    Command("anywhere.theme", ANYWHERE, ("t",), N_("theme"), N_("Light or dark")),
    Command("anywhere.labels", ANYWHERE, ("b",), N_("labels"), N_("Show or hide the words in the footer")),
    Command("anywhere.help", ANYWHERE, ("question_mark", "f1"), N_("help"),
            N_("What can be done here"), 21, "?"),
    Command("anywhere.palette", ANYWHERE, ("ctrl+p",), N_("commands"),
            N_("All commands by name"), palette=False),
    Command("anywhere.quit", ANYWHERE, ("q", "ctrl+q"), N_("quit"), N_("Leave the console"), 22),
)  # fmt: skip

BY_ID: Final[Mapping[str, Command]] = {command.id: command for command in COMMANDS}
_in_force: dict[str, Command] = dict(BY_ID)

# A Russian keyboard sends these for the keys that carry the Latin letters and signs on a US layout.
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
LAYOUT: Final[Mapping[str, str]] = {
    **dict(zip(_RUSSIAN, _LATIN, strict=True)),
    **dict(zip(_RUSSIAN.upper(), _LATIN.upper(), strict=True)),
    "№": "#",
}
_NAMES = {"!": "exclamation_mark", "/": "slash", "#": "number_sign", "?": "question_mark", "[": "left_square_bracket",
          "]": "right_square_bracket"}  # fmt: skip


def use(keys: Mapping[str, tuple[str, ...]]) -> None:
    """Have these commands run by other keys, and all others by their own; see `tui.keys`. For the whole process, as the
    language is."""
    for command in COMMANDS:
        own = command.id not in keys
        _in_force[command.id] = command if own else replace(command, keys=keys[command.id], shown="")


def shown_key(command_id: str) -> str:
    """The key of a command as people read it, where a sentence names one."""
    keys = _in_force[command_id].keys
    return key_name(keys[0]) if keys else "—"


def commands_for(where: str) -> list[Command]:
    """The commands of a screen, those that work anywhere last."""
    places = (where,) if where == COMPOSER else (where, ANYWHERE)
    return [_in_force[command.id] for place in places for command in COMMANDS if command.where == place]


def keymap_for(where: str) -> dict[str, Command]:
    """Which key runs what on a screen; the screen's own commands come before those that work anywhere."""
    keymap: dict[str, Command] = {}
    for command in commands_for(where):
        for key in command.keys:
            keymap.setdefault(key, command)
    return keymap


def latin_key(key: str, character: str | None) -> str:
    """The key's name as if the keyboard were set to Latin letters, so that commands work in either layout."""
    if character is None or character.isascii():
        return key
    latin = LAYOUT.get(character)
    return key if latin is None else _NAMES.get(latin, latin)


def both_layouts(letter: str) -> str:
    """A letter's key in a Latin and a Russian layout, as a dialog binds it."""
    russian = {latin: cyrillic for cyrillic, latin in LAYOUT.items()}
    return f"{letter},{russian[letter]}"


def footer_of(commands: Iterable[Command]) -> list[tuple[str, str]]:
    """(key, label) of what the footer names, in its order."""
    named = (command for command in commands if command.footer and command.keys)
    chosen = sorted(named, key=lambda command: command.footer)
    return [(command.shown or key_name(command.keys[0]), _(command.label)) for command in chosen]


def key_name(key: str) -> str:
    """A key as people read it."""
    signs = {
        "up": "↑", "down": "↓", "left": "←", "right": "→", "enter": "Enter", "escape": "Esc", "tab": "Tab",
        "pagedown": "PgDn", "pageup": "PgUp", "home": "Home", "end": "End", "space": "Space", "f1": "F1",
        **{name: sign for sign, name in _NAMES.items()},
    }  # fmt: skip
    if key in signs:
        return signs[key]
    head, plus, tail = key.rpartition("+")
    return f"{head.capitalize()}{plus}{key_name(tail).capitalize()}" if plus else key
