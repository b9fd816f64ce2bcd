"""A process's name tells whether it still lives; in doubt it does."""

from __future__ import annotations

import os
import subprocess
import sys

from mailbridge.leases import is_dead, own_name


def test_this_process_lives() -> None:
    assert not is_dead(own_name())
    assert own_name() == own_name()


def test_a_process_that_has_ended_is_dead() -> None:
    command = [sys.executable, "-c", "from mailbridge.leases import own_name; print(own_name())"]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert name != own_name()
    assert is_dead(name)


def test_a_number_that_was_given_to_another_process_does_not_keep_the_dead_alive() -> None:
    words = own_name().split(" ")
    assert is_dead(" ".join([*words[:4], "1"]))


def test_what_happens_on_other_machines_or_after_a_reboot_is_not_known() -> None:
    host, boot, space, _number, started = own_name().split(" ")
    gone = str(2**22 + 1)
    assert is_dead(f"{host} {boot} {space} {gone} {started}")
    assert not is_dead(f"other {boot} {space} {gone} {started}")
    assert not is_dead(f"{host} other {space} {gone} {started}")
    assert not is_dead(f"{host} {boot} other {gone} {started}")
    for name in ("", "test", f"{host} {boot} {space} x {started}", f"{host} {boot} {space} {os.getpid()} "):
        assert not is_dead(name)
