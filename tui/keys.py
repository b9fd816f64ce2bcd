"""`[console.keys]`: which keys run which commands, as the configuration wishes. Pure: reads no file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.errors import ConfigError
from core.i18n import _
from core.text import one_line
from tui.commands import ANYWHERE, BY_ID, COMMANDS, COMPOSER, LAYOUT, Command

NAMED = frozenset(
    ("up", "down", "left", "right", "enter", "escape", "tab", "space", "backspace", "delete", "insert", "home", "end",
     "pageup", "pagedown")
)  # fmt: skip
ALIASES = {
    "pgup": "pageup",
    "pgdn": "pagedown",
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "ins": "insert",
}
SIGN_NAMES = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
"""Where Textual's name of a sign is not Unicode's."""

SAME = frozenset(("ctrl+m", "ctrl+i", "ctrl+h", "ctrl+j", "ctrl+b", "ctrl+c", "ctrl+z"))
"""What terminals send as another key (Enter, Tab, Backspace), or keep for themselves and for tmux."""

Keys = Mapping[str, tuple[str, ...]]
"""Id of a command → its keys, by Textual's names."""


def remapped(section: Mapping[str, object]) -> Keys:
    """What `[console.keys]` says, checked. `section` is as it stands in the file: {place: {verb: key or keys}}.

    Raises ConfigError for a command or a key that there is not, for a key that a terminal cannot send, and for one that
    another command of the same screen has. What is no table, or no text, the configuration's own check refuses.
    """
    found: dict[str, tuple[str, ...]] = {}
    for place, verbs in section.items():
        for verb, wanted in verbs.items() if isinstance(verbs, Mapping) else ():
            command_id = f"{place}.{verb}"
            if command_id not in BY_ID:
                import difflib

                near = difflib.get_close_matches(command_id, BY_ID, n=1)
                hint = (
                    _("Perhaps {id} is meant.").format(id=near[0])
                    if near
                    else _("docs/console.md has them all.")
                )
                raise _wrong(command_id, _("there is no such command"), hint)
            words = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, Sequence) else ()
            found[command_id] = tuple(dict.fromkeys(_key(command_id, str(word)) for word in words))
    for command_id in found:
        _check_free(command_id, found)
    return found


def key_named(text: str) -> str:
    """Textual's name of a key as people write it: `c`, `?`, `Ctrl+S`, `F5`, `PgDn`; empty for none. A Russian letter is
    the Latin one on its key."""
    if len(text) == 1:
        sign = LAYOUT.get(text, text)
        if sign.isascii() and (sign.isalnum() or (sign.isprintable() and sign != " ")):
            if sign.isalnum():
                return sign
            import unicodedata

            name = unicodedata.name(sign).lower().replace("-", "_").replace(" ", "_")
            return SIGN_NAMES.get(name, name)
        return "space" if sign == " " else ""
    *modifiers, last = text.strip().lower().split("+")
    last = ALIASES.get(last, last)
    known = last in NAMED or re.fullmatch(r"f([1-9]|1[0-2])|[a-z0-9]", last)
    if not known or not set(modifiers) <= {"ctrl", "alt", "shift"} or (len(last) == 1 and not modifiers):
        return ""
    return "+".join([*(one for one in ("alt", "ctrl", "shift") if one in modifiers), last])


def works_while_writing(key: str) -> bool:
    """Whether a key is none that writes something."""
    return "ctrl+" in key or "alt+" in key or key == "escape" or re.fullmatch(r"f\d+", key) is not None


def _key(command_id: str, word: str) -> str:
    key = key_named(word)
    if not key:
        raise _wrong(
            command_id,
            _("“{key}” is no key").format(key=one_line(word)),
            _("Allowed is a letter, a digit, a sign, or such as Ctrl+S, Alt+X, F5, Home, PgDn."),
        )
    if key in SAME:
        raise _wrong(
            command_id,
            _("“{key}” does not reach a program in a terminal").format(key=one_line(word)),
            _("Choose another key."),
        )
    if BY_ID[command_id].where == COMPOSER and not works_while_writing(key):
        raise _wrong(
            command_id,
            _("“{key}” writes a letter in the editor").format(key=one_line(word)),
            _("Choose one with Ctrl or Alt, Escape, or F1 to F12."),
        )
    return key


def _check_free(command_id: str, found: Keys) -> None:
    mine = BY_ID[command_id]
    for other in COMMANDS:
        if other.id == command_id or not _meet(mine, other):
            continue
        for key in set(found[command_id]) & set(found.get(other.id, other.keys)):
            raise _wrong(
                command_id,
                _("the key {key} is that of {other} already").format(key=key, other=other.id),
                _("Give {other} another key, or none: []").format(other=other.id),
            )


def _meet(one: Command, other: Command) -> bool:
    """Whether two commands can be meant on the same screen."""
    places = {one.where, other.where}
    return len(places) == 1 or (ANYWHERE in places and COMPOSER not in places)


def _wrong(command_id: str, what: str, hint: str) -> ConfigError:
    return ConfigError(_("console.keys.{id}: {what}.").format(id=one_line(command_id), what=what), hint=hint)
