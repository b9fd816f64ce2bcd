"""A process's name tells whether it still lives; in doubt it does."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.db.sqlite import BUSY_MS
from core.services import ledger
from mailbridge.leases import (
    LEASE_SECONDS,
    RENEW_SECONDS,
    TAKE_OVER_SECONDS,
    Lease,
    is_alive,
    is_dead,
    own_name,
)
from tests.builders import desk_in, locked


def test_this_process_lives() -> None:
    assert not is_dead(own_name())
    assert is_alive(own_name())
    assert own_name() == own_name()


def test_a_process_that_has_ended_is_dead() -> None:
    command = [sys.executable, "-c", "from mailbridge.leases import own_name; print(own_name())"]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert name != own_name()
    assert is_dead(name)
    assert not is_alive(name)


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
        assert not is_alive(name)


async def test_the_lease_of_a_process_that_runs_is_not_waited_for(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        assert ledger.lease(desk, "sender", own_name(), 3600)
        async with asyncio.timeout(60):
            assert not await Lease(desk, "sender", "another").take_within(3600)


async def test_the_lease_of_whom_nobody_here_knows_is_waited_for(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        assert ledger.lease(desk, "sender", "elsewhere", 2)
        async with asyncio.timeout(60):
            assert await Lease(desk, "sender", "another").take_within(50)


async def test_whoever_only_waits_for_a_lease_writes_nothing(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        assert ledger.lease(desk, "sender", "elsewhere", 60)
        with desk.write():
            # Another writer would wait for this one.
            async with asyncio.timeout(60):
                assert not await Lease(desk, "sender", "another").take()


async def test_a_renewal_that_fails_is_told_once_and_so_is_the_one_that_comes_through_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mailbridge.leases.RENEW_SECONDS", 0.02)
    monkeypatch.setattr("mailbridge.leases.RENEW_AGAIN_SECONDS", 0.01)
    caplog.set_level("INFO")
    tries = 0

    def told() -> list[str]:
        return [line for line in caplog.messages if line.startswith("lease ")]

    class Counted(Lease):
        async def take(self) -> bool:
            nonlocal tries
            tries += 1
            return await super().take()

    with desk_in(tmp_path) as desk:
        lease = Counted(desk, "sender", own_name())
        assert await lease.take()
        async with lease.kept(), asyncio.timeout(60):
            with locked(desk):
                before = tries
                while tries < before + 4:
                    await asyncio.sleep(0.01)
                assert told() == ["lease not renewed"]
            while len(told()) < 2:
                await asyncio.sleep(0.01)
        assert told() == ["lease not renewed", "lease renewed again"]


def test_a_bridge_of_another_machine_takes_over_well_within_15_seconds() -> None:
    """The lease has to end, and then to be looked at; clocks of two machines may be some seconds apart."""
    assert LEASE_SECONDS + TAKE_OVER_SECONDS <= 15 - 3
    # A renewal that waits for a locked database as long as it may still comes in time.
    assert RENEW_SECONDS + BUSY_MS / 1000 < LEASE_SECONDS - 1
