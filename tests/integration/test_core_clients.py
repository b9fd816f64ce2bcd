"""A client's card: who sees it, and who says which kind of ticket theirs are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Forbidden, NotFound
from core.services import agents, clients
from core.services.access import OPERATOR
from core.services.desk import Desk
from tests.builders import desk_in, opened, rows, who

TEMPLATES = '[templates.vip]\nname = "VIP"\npriority = "high"\n'
IVAN = "ivan@client.example"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path / "desk", toml=TEMPLATES) as made:
        yield made


def priority(desk: Desk, ticket: int) -> str:
    ((found,),) = rows(desk, "SELECT priority FROM ticket WHERE id = :id", id=ticket)
    return str(found)


def test_a_card_names_the_tickets_that_one_may_see(desk: Desk) -> None:
    north, south = opened(desk), opened(desk, region="Caucasus")
    seen = clients.card(desk, who(desk, "anna"), "IVAN@client.example ")
    assert (seen.name, seen.addresses, seen.template) == ("Иван Петров", (IVAN,), "")
    assert [one.id for one in seen.tickets] == [north]
    assert [one.id for one in clients.card(desk, OPERATOR, IVAN).tickets] == [south, north]


def test_the_template_of_a_client_opens_their_further_tickets(desk: Desk) -> None:
    earlier = opened(desk)
    assert clients.set_template(desk, who(desk, "nadia"), IVAN, "vip").template == "vip"
    assert (priority(desk, earlier), priority(desk, opened(desk))) == ("normal", "high")
    assert priority(desk, opened(desk, sender="other@client.example")) == "normal"
    clients.set_template(desk, OPERATOR, IVAN, "")
    assert priority(desk, opened(desk)) == "normal"
    told = rows(desk, "SELECT actor FROM event WHERE kind = 'contact.template' ORDER BY id")
    assert [row[0] for row in told] == ["agent", "operator"]


def test_only_a_supervisor_of_their_groups_says_so(desk: Desk) -> None:
    opened(desk)
    with pytest.raises(Forbidden, match="supervisor"):
        clients.set_template(desk, who(desk, "anna"), IVAN, "vip")
    agents.edit(desk, "sonya", admin=True)
    assert clients.set_template(desk, who(desk, "sonya"), IVAN, "vip").template == "vip"


def test_a_client_of_others_is_as_unknown_as_one_that_never_wrote(desk: Desk) -> None:
    opened(desk)
    told = []
    for address in (IVAN, "never@client.example"):
        with pytest.raises(NotFound) as caught:
            clients.card(desk, who(desk, "sonya"), address)
        told.append(str(caught.value).replace(address, "…"))
    assert told[0] == told[1]
    with pytest.raises(NotFound, match="there are: vip"):
        clients.set_template(desk, who(desk, "nadia"), IVAN, "gold")
