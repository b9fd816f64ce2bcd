"""Letters of generated conversations each reach the ticket where they belong, once, in the right voice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.builders import desk_in
from tests.conversations import whole
from tests.conversations.world import TOML, World

LETTERS = 100
"""Of one desk, in `make test`."""


def played(folder: Path, seed: int, letters: int) -> Counter[str]:
    """Play a desk's conversations; returns what became of how many letters."""
    with desk_in(folder / f"desk{seed}", toml=TOML) as desk:
        world = World(desk, seed)
        world.play(letters)
        whole.check(world)
        return world.outcomes


@pytest.mark.parametrize("seed", range(1, 5))
def test_every_letter_of_a_conversation_reaches_its_ticket(tmp_path: Path, seed: int) -> None:
    outcomes = played(tmp_path, seed, LETTERS)
    assert outcomes.total() >= LETTERS
    assert {"opened", "joined", "duplicate", "own-copy", "bounce"} <= set(outcomes)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1040))
def test_ten_thousand_letters_reach_their_tickets(tmp_path: Path, seed: int) -> None:
    """Forty desks of 250 letters: rate limits look at ten minutes, so no desk may live longer."""
    assert played(tmp_path, seed, 250).total() >= 250
