"""How tickets were opened is told as it was then, page by page, to those who may see them all."""

from __future__ import annotations

import pytest

from core.domain.letters import Mailaddr
from core.errors import Forbidden
from core.services import opening, replaying
from core.services.access import OPERATOR
from core.services.desk import Desk
from core.services.replaying import Side
from tests.builders import arrive, letter, opened, rows, who


def test_every_opening_is_told_once_in_order_with_its_letter(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "PAGE", 2)
    regions = ("Siberia", "Caucasus", "", "Siberia")
    tickets = [opened(desk, region=one, sender=f"c{at}@client.example") for at, one in enumerate(regions)]
    ours = opening.open_ticket(
        desk,
        who(desk, "anna"),
        subject="Hello",
        text="Text",
        to=Mailaddr("new@client.example"),
        group_key="north",
    ).ticket_id
    found = list(replaying.stored_openings(desk, OPERATOR))
    assert [row.ticket_id for row in found] == [*tickets, ours]
    assert [replaying.recorded(row) for row in found[:3]] == [
        Side("north", "siberia", "region=siberia", ""),
        Side("south", "caucasus", "region=caucasus", ""),
        Side("first", "default", "", ""),
    ]
    raw = dict(
        tuple(row) for row in rows(desk, "SELECT ticket_id, raw_sha256 FROM message WHERE kind = 'inbound'")
    )
    assert [row.raw_sha256 for row in found] == [*(raw[ticket] for ticket in tickets), ""]


def test_the_remembered_region_is_known_and_walls_hold(desk: Desk) -> None:
    arrive(desk, letter(region="Siberia"))
    assert replaying.known_region(desk, "IVAN@client.example") == "siberia"
    assert replaying.known_region(desk, "nobody@client.example") == ""
    with pytest.raises(Forbidden):
        next(replaying.stored_openings(desk, who(desk, "nadia")))
