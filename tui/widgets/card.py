"""How one card looks: two strips from plain values, the same strips for the same values.

Everything here has already passed `core.text.one_line`. What a colour says is said a second time by a
shape: the age by the width of its bar and the mark ‼, what is unread by a dot, the selection by a pointer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.style import Style
from textual.strip import Strip

from core.text import cut
from core.text import width as cells
from tui.themes import Palette, style
from tui.widgets.drawn import strip_of

BARS = ("▎", "▌", "█")
LATE = "‼"
EYE = "◉"
THANKS = "♥"
BATON = "⚑"
VOICE = "?"
AGE_CELLS = 5


@dataclass(frozen=True, slots=True)
class EyeMark:
    """One colleague's eye on a ticket."""

    initials: str
    colour: int
    """Which of the palette's agent colours."""
    state: str = "v"
    """"w" writing, "v" viewing, "i" idle."""


@dataclass(frozen=True, slots=True)
class Face:
    """Everything that a card shows: the cache's key, so that equal faces share their strips."""

    id: int
    subject: str
    client: str
    who: str
    """The group while nobody owns it, then the owner; whose turn it is in Mine."""
    ours: bool
    """In Mine: the ball is ours."""
    unread: bool
    eyes: tuple[EyeMark, ...]
    age: str
    level: int
    """0 fresh, 1 beyond the first limit, 2 beyond the second."""
    selected: bool
    sign: str = ""
    """Of what is special: the client says thanks, the last shift left it."""
    tag: str = ""
    """The same in words, or the name of a status of the team's own."""


def age_level(since: datetime, now: datetime, limits: tuple[timedelta, timedelta]) -> int:
    """0, 1 or 2: how many of the lane's two age limits have passed."""
    age = now - since
    return (age >= limits[0]) + (age >= limits[1])


def draw_card(face: Face, width: int, palette: Palette) -> tuple[Strip, Strip]:
    """The two strips of a card, `width` cells wide, the bar on the left included."""
    coloured = bool(palette.ground)
    flip = face.selected and not coloured
    ground = palette.chosen if face.selected else palette.card

    def ink(colour: str, *, bold: bool = False, underline: bool = False, dim: bool = False) -> Style:
        return style(colour, ground, bold=bold, reverse=flip, underline=underline, dim=dim)

    bar = (
        BARS[face.level],
        style((palette.rule, palette.warn, palette.alarm)[face.level], ground, reverse=False),
    )
    strong = ink(
        palette.strong if face.unread or face.selected else palette.text, bold=face.unread or face.selected
    )
    quiet = ink(palette.text if face.selected else palette.muted)
    inner = width - 1
    tag = tag_text(face, inner - 2)
    subject = cut(face.subject, inner - 2 - (cells(tag) + 1 if tag else 0))
    first = [
        bar,
        ("●", ink(palette.accent)) if face.unread else (" ", strong),
        (subject, strong),
        (" " * (inner - 2 - cells(subject) - cells(tag)), strong),
        (tag, ink(palette.accent)),
    ]
    age = (LATE if face.level == 2 else "") + face.age
    age_ink = ink(
        (quiet_ink(palette, face.selected), palette.warn, palette.alarm)[face.level], bold=face.level == 2
    )
    eyes = eye_parts(face.eyes, inner - 2 - AGE_CELLS, palette, ink)
    eyes_width = sum(cells(text) for text, _style in eyes)
    pointer = "›" if face.selected else " "
    room = inner - 1 - AGE_CELLS - 1 - eyes_width
    left = pointer + caption(face, room - bool(eyes))
    second = [
        bar,
        (left + " " * (room + 1 - cells(left)), quiet),
        *eyes,
        (" " * (AGE_CELLS - cells(age)) + age, age_ink),
    ]
    return strip_of(first, width, strong), strip_of(second, width, age_ink)


def tag_text(face: Face, room: int) -> str:
    """What stands at the right of the subject: sign and words, only the sign where the subject needs the room;
    a mere name of a status gives way wholly."""
    words = f"{face.sign} {face.tag}" if face.sign and face.tag else face.tag
    if not words:
        return face.sign
    left = room - 1 - cells(face.subject)
    if cells(words) <= max(left, room // 2):
        return words
    return face.sign or cut(words, left) if left >= 6 or face.sign else ""


def quiet_ink(palette: Palette, selected: bool) -> str:
    """The colour of what is read last; on the selection it has to be stronger."""
    return palette.text if selected else palette.muted


def caption(face: Face, room: int) -> str:
    """`#id client · who` in at most `room` cells: the client gives way first, but never wholly."""
    number = f"#{face.id}"
    turn = "↩ " if face.ours else ""
    left = room - cells(number) - 1 - cells(turn)
    if left < 4:
        return cut(turn + number, room)
    who = face.who
    spare = left - cells(face.client) - 3
    if who and spare < cells(who):
        # First names first; then both are cut, the client to no less than six cells.
        who = who.split(" ", 1)[0]
        share = max(spare, left - 3 - max(6, left // 2))
        who = cut(who, share) if share >= min(4, cells(who)) else ""
    client = cut(face.client, left - (cells(who) + 3 if who else 0))
    return f"{turn}{number} {client}" + (f" · {who}" if who else "")


def eye_parts(eyes: tuple[EyeMark, ...], room: int, palette: Palette, ink: object) -> list[tuple[str, Style]]:
    """`◉ AK MS +2` and a space, as far as there is room; writing is marked by ✎."""
    if not eyes or not callable(ink):
        return []
    shown: list[tuple[str, Style]] = [(f"{EYE} ", ink(palette.accent))]
    used = 3
    for number, eye in enumerate(eyes):
        text = eye.initials + ("✎" if eye.state == "w" else "")
        hidden = len(eyes) - number
        rest = cells(f"+{hidden}") if hidden > 1 else 0
        if number >= 3 or (number and used + cells(text) + 1 + rest > room // 2 + 2):
            shown.append((f"+{hidden} ", ink(quiet_ink(palette, False))))
            break
        colour = palette.muted if eye.state == "i" else palette.agents[eye.colour % len(palette.agents)]
        shown.append((f"{text} ", ink(colour, bold=eye.state != "i")))
        used += cells(text) + 1
    return shown


def eye_words(eyes: tuple[EyeMark, ...]) -> str:
    """The same as plain words, for lists that are no boards; empty where nobody looks."""
    if not eyes:
        return ""
    names = [eye.initials + ("✎" if eye.state == "w" else "") for eye in eyes[:3]]
    return " ".join([EYE, *names, *([f"+{len(eyes) - 3}"] if len(eyes) > 3 else [])])
