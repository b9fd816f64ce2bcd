"""The systemd units: valid, hardened, and starting what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[2] / "packaging" / "systemd").glob("*.service"))
EXPOSURE = 2.0
"""What `systemd-analyze security` may say at most, of 10."""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_speaks_to_systemd(unit: Path) -> None:
    text = unit.read_text()
    command = re.search(r"^ExecStart=\S+/glazok (\w+) --config \S+$", text, re.MULTILINE)
    assert command is not None
    assert command[1] == {"glazok.service": "serve", "glazok-bridge.service": "bridge"}[unit.name]
    for line in ("Type=notify", "NoNewPrivileges=yes", "ProtectSystem=strict", "StateDirectory=glazok"):
        assert line in text.splitlines()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_a_unit_valid_and_hardened(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    here.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()))
    found = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")
    found = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", here], capture_output=True, text=True
    )
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", found.stdout)
    assert level is not None, found.stderr
    assert float(level[1]) <= EXPOSURE
