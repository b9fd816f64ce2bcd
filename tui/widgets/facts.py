"""What is known of a ticket beside its conversation: rows under the subject, or a panel where there is
room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.style import Style
from textual.strip import Strip

from core.i18n import _
from core.text import cut, one_line
from core.text import width as cells
from tui.conversation import Role, time_text
from tui.names import Names
from tui.themes import Palette, style
from tui.widgets.card import EYE, EyeMark
from tui.widgets.drawn import Drawn, strip_of
from tui.widgets.lane import wrap_words

if TYPE_CHECKING:
    from datetime import datetime

    from core.services.models.ticket import TicketView

PANEL_FROM = 132
"""Columns of the terminal from which the facts stand in a panel of their own."""
FACT_ROWS = 2

Fact = tuple[str, str, Role]
"""(label, value, role of the value)."""


def facts_of(
    view: TicketView, now: datetime, region_names: Mapping[str, str], names: Names, *, tags: bool = False
) -> list[Fact]:
    """The facts in the order in which an agent asks for them; regions by their names where they have one. With `tags`
    all of those, too; in rows there is no room for more than the title has."""
    client = view.client
    owner = one_line(view.owner.name) if view.owner else _("nobody yet")
    facts: list[Fact] = [
        (_("status"), names.status(view.status), "strong"),
        (_("owner"), owner, "text" if view.owner else "warn"),
        (_("group"), one_line(view.group.name), "text"),
        (_("client"), one_line(client.name) or _("unknown"), "strong"),
    ]
    facts += [
        ("", one_line(address), "text")
        for address in client.addresses[:4]
        if one_line(address).casefold() != one_line(client.name).casefold()
    ]
    if region := client.region or view.region:
        facts.append((_("region"), one_line(region_names.get(region, region)), "text"))
    facts.append((_("came"), _came(view, now), "text"))
    if view.rule or view.why:
        facts.append((_("routed"), _routed(view), "text"))
    if view.previous_id:
        facts.append((_("follows"), f"#{view.previous_id}", "accent"))
    if tags and view.tags:
        facts.append((_("tags"), one_line(" ".join(view.tags)), "text"))
    return facts


def _routed(view: TicketView) -> str:
    rule, why = one_line(view.rule), one_line(view.why)
    if rule == why or not rule or not why:
        return rule or why
    return _("by the rule “{rule}”: {why}").format(rule=rule, why=why)


def _came(view: TicketView, now: datetime) -> str:
    channel = {"mail": _("by e-mail"), "form": _("by the form"), "agent": _("opened by an agent")}.get(
        view.channel, one_line(view.channel)
    )
    return f"{time_text(view.created_at, now)} · {channel}"


def look_word(state: str) -> str:
    """What a colleague does with the open ticket."""
    return {"w": _("is writing"), "v": _("is looking"), "i": _("has it open, away")}.get(
        state, _("is looking")
    )


class Facts(Drawn):
    """Panel or rows, by its width's side of the screen."""

    def __init__(self, palette: Palette, *, id: str, panel: bool = False) -> None:
        super().__init__(id=id)
        self.palette = palette
        self.facts: list[Fact] = []
        self.people: list[tuple[str, EyeMark]] = []
        """(full name, eye) of the colleagues who have the ticket open."""
        self.eyes_note = ""
        """Said instead of the people while the eyes are off."""
        self.panel = panel

    def draw(self, width: int, height: int) -> list[Strip]:
        rows = self._as_panel(width) if self.panel else self._as_rows(width)
        plain = style("", self.palette.ground)
        rows += [Strip.blank(width, plain)] * (height - len(rows))
        return rows[:height]

    def people_parts(self) -> list[tuple[str, Role | int]]:
        """Who is here, as (text, role or agent colour)."""
        if self.eyes_note:
            return [(self.eyes_note, "muted")]
        if not self.people:
            return [(_("nobody else is here"), "muted")]
        parts: list[tuple[str, Role | int]] = []
        for name, mark in self.people:
            parts += [
                (name, mark.colour),
                (f" {look_word(mark.state)}  ", "text" if mark.state == "w" else "muted"),
            ]
        return parts

    def _ink(self, role: Role | int) -> Style:
        p = self.palette
        if isinstance(role, int):
            return style(p.agents[role % len(p.agents)], p.ground, bold=True)
        return style(getattr(p, role) if role != "plain" else "", p.ground, bold=role == "strong")

    def _as_rows(self, width: int) -> list[Strip]:
        plain = self._ink("plain")
        lines: list[list[tuple[str, Style]]] = [[(" ", plain)]]
        used = 1
        for label, value, role in self.facts[1:]:
            text = f"{label} " if label else ""
            wanted = cells(text) + cells(value) + 2
            if used > 1 and used + wanted > width and len(lines) < FACT_ROWS:
                lines.append([(" ", plain)])
                used = 1
            room = width - used - cells(text) - 1
            if room < 6:
                break
            shown = cut(value, room)
            lines[-1] += [(text, self._ink("muted")), (shown + "  ", self._ink(role))]
            used += cells(text) + cells(shown) + 2
        lines += [[]] * (FACT_ROWS - len(lines))
        people: list[tuple[str, Style]] = [(f" {EYE} ", self._ink("accent"))]
        people += [(text, self._ink(role)) for text, role in self.people_parts()]
        return [strip_of(line, width, plain) for line in (*lines, people)]

    def _as_panel(self, width: int) -> list[Strip]:
        plain = self._ink("plain")
        left = style(self.palette.rule, self.palette.ground)
        rows: list[Strip] = []

        def row(*parts: tuple[str, Style]) -> None:
            rows.append(strip_of([(" │ ", left), *parts], width, plain))

        labels = max((cells(label) for label, _value, _role in self.facts), default=0) + 1
        for label, value, role in self.facts:
            wrapped = wrap_words(value, max(8, width - 4 - labels))[:6]
            for number, piece in enumerate(wrapped):
                name = label if number == 0 else ""
                row((name + " " * (labels - cells(name)), self._ink("muted")), (piece, self._ink(role)))
        row()
        row((f"{EYE} ", self._ink("accent")), (_("who is here"), self._ink("strong")))
        if self.eyes_note or not self.people:
            for piece in wrap_words(self.people_parts()[0][0], width - 6):
                row(("  " + piece, self._ink("muted")))
        else:
            for name, mark in self.people:
                row(("  ", plain), (cut(name, width - 6), self._ink(mark.colour)))
                row(("    " + look_word(mark.state), self._ink("text" if mark.state == "w" else "muted")))
        row()
        return rows
