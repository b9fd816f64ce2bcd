"""docs/bridge.md shows what the program says, and every state that a letter can end in."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commands.bridge import _in_words, _tell
from core import i18n
from core.names import DELIVERIES
from mailbridge.daemon import MailboxReport, Reconciliations, Report
from mailbridge.reconciling import Reconciled

DOCS = (Path(__file__).parents[2] / "docs" / "bridge.md").read_text("utf-8")


def test_the_sample_of_one_pass_is_what_the_program_says() -> None:
    report = Report({"support": MailboxReport(3, {"opened": 2, "joined": 1}, [1, 2, 3])}, {"sent": 3})
    with i18n.speaking("en"):
        assert f"$ glazok bridge --once\n{_in_words(report)}\n" in DOCS


def test_the_sample_of_a_reconciliation_is_what_the_program_says(capsys: pytest.CaptureFixture[str]) -> None:
    found = Reconciliations(
        {"support": Reconciled(server=44981, ledger=45010, missing=0, fetched=0, gone=29)}
    )
    with i18n.speaking("en"):
        _tell(found)
    said = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert f"$ glazok bridge --reconcile\n{said}\n" in DOCS


@pytest.mark.parametrize("state", DELIVERIES)
def test_every_state_of_a_letter_on_its_way_out_is_explained(state: str) -> None:
    assert f"\n| {state} | " in DOCS
