"""Tags in the console: where they stand, and the key that changes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from core.services import tags
from core.services.desk import Desk
from tests.builders import desk_in, seen_by_all, who
from tests.tui.conftest import SIZES, console
from tests.tui.moves import OWN, open_first
from tests.tui.test_board import accepted


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a second line and a status of its own."""
    with desk_in(tmp_path / "desk", toml=OWN, migrate=True) as made:
        yield made


async def test_tags_stand_after_the_status_and_one_key_changes_them(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    tags.change(desk, who(desk, "anna"), ticket_id, ["billing", "old"])
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows("● needs reply  billing old")
        await terminal.press("T")
        await terminal.until(lambda: terminal.app.screen.query("TagsScreen Input"))
        # A colleague's change meanwhile stays.
        tags.change(desk, who(desk, "boris"), ticket_id, ["eu"])
        field = terminal.app.screen.query_one(Input)
        field.value = "billing, VIP two!"
        await terminal.press("enter")
        await terminal.shows("“two!” is no tag.")
        field.value = "billing, VIP"
        await terminal.press("enter")
        await terminal.shows("tags changed", "billing eu vip", "Anna Kotova added tags: vip; removed: old")
        assert seen_by_all(desk, ticket_id).tags == ("billing", "eu", "vip")
        await terminal.press("u")
        await terminal.shows("took back: the change of tags", "billing eu old")
        assert seen_by_all(desk, ticket_id).tags == ("billing", "eu", "old")


async def test_tags_that_were_not_changed_or_not_after_all_are_no_event(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    tags.change(desk, who(desk, "anna"), ticket_id, ["billing"])
    before = seen_by_all(desk, ticket_id).last_event
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        for key in ("enter", "escape"):
            await terminal.press("T")
            await terminal.until(lambda: terminal.app.screen.query("TagsScreen Input"))
            if key == "escape":
                terminal.app.screen.query_one(Input).value = "other"
            await terminal.press(key)
            await terminal.until(lambda: not terminal.app.screen.query("TagsScreen Input"))
    assert seen_by_all(desk, ticket_id).last_event == before


@pytest.mark.parametrize("size", SIZES)
async def test_many_tags_leave_room_for_the_subject(desk: Desk, config: Path, size: tuple[int, int]) -> None:
    ticket_id = accepted(desk, "anna", subject="Не открывается кабинет")
    tags.change(desk, who(desk, "anna"), ticket_id, [f"tag-number-{n}" for n in range(10, 40)])
    async with console(config, size=size) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows("Не открывается кабинет", "● needs reply  tag-number-10")
