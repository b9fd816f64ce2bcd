"""docs/bridge.md shows what the program says, and every state that a letter can end in."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commands.bridge import _in_words, _tell
from core import i18n
from core.clock import now
from core.names import DELIVERIES
from core.services.robot_types import Acted
from mailbridge.daemon import MailboxReport, Reconciliations, Report, RobotReport
from mailbridge.reconciling import Reconciled

DOCS = (Path(__file__).parents[2] / "docs" / "bridge.md").read_text("utf-8")


def test_the_sample_of_one_pass_is_what_the_program_says() -> None:
    acts = [Acted(n, "unaccepted", now(), 1) for n in (7, 9)]
    report = Report(
        {"support": MailboxReport(3, {"opened": 2, "joined": 1}, [1, 2, 3])},
        {"sent": 3},
        robot=RobotReport([*acts, Acted(8, "silent_owner", now(), outcome="held")]),
    )
    with i18n.speaking("en"):
        assert f"$ glazok bridge --once\n{_in_words(report)}\n" in DOCS


@pytest.mark.parametrize(
    ("robot", "said"),
    [
        (RobotReport(), "Robot: nothing was due."),
        (RobotReport(aside="it runs in another process"), "Robot: it runs in another process."),
        (RobotReport(error="The database is busy."), "Robot: The database is busy."),
    ],
)
def test_one_pass_says_what_became_of_the_robot(robot: RobotReport, said: str) -> None:
    with i18n.speaking("en"):
        assert said in _in_words(Report(robot=robot)).splitlines()


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
