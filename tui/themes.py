"""The colours: one table of roles per theme, for what we draw ourselves and for Textual's own widgets alike.

Hues are Okabe and Ito's, which people with any common colour blindness tell apart, lightened or darkened
until every pair that is shown reaches a contrast of 4.5:1. The theme without colours serves NO_COLOR.
Imports nothing of the database or the services.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from rich.color import Color
from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme


@dataclass(frozen=True, slots=True)
class Palette:
    """A theme's colours by role, as "#rrggbb"; empty strings mean the terminal's own colours."""

    name: str
    dark: bool
    ground: str
    """Behind everything."""
    card: str
    """Behind a card and a message."""
    note: str
    """Behind a note."""
    chosen: str
    """Behind the selected card."""
    bar: str
    """Behind the header and the footer."""
    strong: str
    """Text that has to be read first."""
    text: str
    muted: str
    rule: str
    """Lines and fresh age bars: never text."""
    accent: str
    """Keys, the active lane, links."""
    good: str
    warn: str
    """The first age limit."""
    alarm: str
    """The second age limit, errors."""
    agents: tuple[str, ...]
    """Colours of the initials, taken by agent id."""


DARK: Final = Palette(
    name="glazok-dark",
    dark=True,
    ground="#0d1014",
    card="#181b21",
    note="#29230f",
    chosen="#223a57",
    bar="#1d252c",
    strong="#ffffff",
    text="#dde1e6",
    muted="#9ea7b1",
    rule="#3a6285",
    accent="#56b4e9",
    good="#2fc78f",
    warn="#e69f00",
    alarm="#f98256",
    agents=("#56b4e9", "#e69f00", "#2fc78f", "#f0e442", "#de97bf", "#f98256"),
)

LIGHT: Final = Palette(
    name="glazok-light",
    dark=False,
    ground="#eceff3",
    card="#ffffff",
    note="#fbf2d0",
    chosen="#cfe2f6",
    bar="#dde3ea",
    strong="#000000",
    text="#1c2127",
    muted="#4d5761",
    rule="#8fb4d4",
    accent="#00558c",
    good="#00593f",
    warn="#744600",
    alarm="#a02c00",
    agents=("#00558c", "#744600", "#00593f", "#5d5300", "#89316a", "#a02c00"),
)

MONO: Final = Palette(
    name="glazok-mono", dark=True, ground="", card="", note="", chosen="", bar="", strong="", text="",
    muted="", rule="", accent="", good="", warn="", alarm="", agents=("",),
)  # fmt: skip

PALETTES: Final = {"dark": DARK, "light": LIGHT, "mono": MONO}

# Every text role is shown on every one of these grounds.
GROUNDS: Final = ("ground", "card", "note", "chosen", "bar")
INKS: Final = ("strong", "text", "muted", "accent", "good", "warn", "alarm")


@lru_cache(512)
def style(
    ink: str = "",
    ground: str = "",
    *,
    bold: bool = False,
    reverse: bool = False,
    dim: bool = False,
    italic: bool = False,
    underline: bool = False,
) -> Style:
    """A Rich style from two colours of a palette; cached, so that equal styles are one object."""
    return Style(
        color=Color.parse(ink) if ink else None,
        bgcolor=Color.parse(ground) if ground else None,
        bold=bold or None,
        reverse=reverse or None,
        dim=dim or None,
        italic=italic or None,
        underline=underline or None,
    )


def _channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0 to 1 (WCAG 2.2)."""
    red, green, blue = (_channel(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pairs(palette: Palette) -> list[tuple[str, str, str]]:
    """Every (what, ink, ground) that the console shows in this theme; none for the one without colours."""
    if not palette.ground:
        return []
    inks = [(role, getattr(palette, role)) for role in INKS]
    inks += [(f"agent {number}", colour) for number, colour in enumerate(palette.agents)]
    return [
        (f"{role} on {ground}", ink, getattr(palette, ground)) for role, ink in inks for ground in GROUNDS
    ]


def textual_theme(palette: Palette) -> Theme:
    """The same colours for Textual's own widgets: the editor, inputs, dialogs, toasts."""
    if not palette.ground:
        # NO_COLOR's filter takes the colours away, so whatever they said is said by reversal.
        plain = dict.fromkeys(
            ("ansi-background", "border", "border-blurred", "input-selection-background"), "ansi_default"
        )
        reverse = dict.fromkeys(
            ("input-cursor-text-style", "block-cursor-text-style", "block-cursor-blurred-text-style"),
            "reverse",
        )
        return replace(BUILTIN_THEMES["ansi-dark"], name=palette.name, variables={
            **BUILTIN_THEMES["ansi-dark"].variables, **plain, **reverse,
        })  # fmt: skip
    return Theme(
        palette.name,
        primary=palette.accent,
        secondary=palette.rule,
        accent=palette.accent,
        foreground=palette.text,
        background=palette.ground,
        surface=palette.card,
        panel=palette.bar,
        warning=palette.warn,
        error=palette.alarm,
        success=palette.good,
        dark=palette.dark,
        text_alpha=1.0,
        variables={"input-selection-background": palette.chosen, "border": palette.accent},
    )
