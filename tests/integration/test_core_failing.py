"""A machine that fails: a locked, full, unwritable or vanished database is told, and nothing is half written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from core.db.sqlite import BUSY_MS, explain
from core.errors import Unavailable
from core.services import intake, replies, setup
from core.services.desk import Desk
from tests.builders import (
    board,
    everything,
    last_of,
    letter,
    locked,
    make_desk,
    make_settings,
    opened,
    recorded,
    rows,
    seen_by_all,
    who,
)

Failing = Callable[[Desk], Any]


@contextmanager
def full(desk: Desk) -> Iterator[None]:
    """The disk takes not one page more."""

    def small(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")

    event.listen(desk.engine, "connect", small)
    desk.engine.dispose()
    yield
    event.remove(desk.engine, "connect", small)
    desk.engine.dispose()


def _arrive(desk: Desk, _ticket: int) -> None:
    ((ledger_id,),) = rows(desk, "SELECT max(id) FROM mail_ledger WHERE state = 'stored'")
    intake.take(desk, [(ledger_id, letter("О" * 100_000))])


WRITES: dict[str, Callable[[Desk, int], Any]] = {
    "reply": lambda desk, ticket: replies.reply(
        desk, who(desk, "anna"), ticket, "О" * 100_000, last_of(desk, ticket)
    ),
    "note": lambda desk, ticket: replies.note(desk, who(desk, "anna"), ticket, "О" * 100_000),
    "letter": _arrive,
}


@pytest.mark.sqlite
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(("failing", "says"), [(locked, "busy"), (full, "is full")])
def test_what_cannot_be_written_is_told_and_nothing_is_half_written(
    desk: Desk, failing: Failing, says: str, write: str
) -> None:
    ticket = opened(desk)
    recorded(desk, letter())
    before = everything(desk)
    with failing(desk), pytest.raises(Unavailable, match=says) as caught:
        WRITES[write](desk, ticket)
    assert caught.value.hint
    assert everything(desk) == before
    WRITES[write](desk, ticket)
    assert everything(desk) != before, "once it is mended it goes on"


@pytest.mark.sqlite
def test_reading_goes_on_while_somebody_else_writes(desk: Desk) -> None:
    ticket = opened(desk)
    with locked(desk):
        assert seen_by_all(desk, ticket).status == "new"


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that everybody may look into."""
    folder = Path(tempfile.mkdtemp(prefix="glazok-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def somebody_else() -> Iterator[None]:
    """Run as a user to whom nothing belongs, where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.sqlite
@pytest.mark.parametrize("wal_stays", [True, False])
def test_a_file_that_may_not_be_written_is_told(public_folder: Path, wal_stays: bool) -> None:
    desk = make_desk(public_folder)
    with closing(desk):
        ticket = opened(desk)
        keeper = sqlite3.connect(desk.settings.database_path) if wal_stays else None
        if keeper is not None:
            keeper.execute("SELECT count(*) FROM ticket").fetchall()
        desk.engine.dispose()
        for path in public_folder.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        public_folder.chmod(0o555)
        try:
            with (
                somebody_else(),
                pytest.raises(
                    Unavailable,
                    match=r"(may not be written|is there and cannot be opened): this user may not",
                ) as caught,
            ):
                replies.note(desk, who(desk, "anna"), ticket, "Заметка")
            assert "init" not in caught.value.hint, "a second desk in the place of one that is there"
        finally:
            public_folder.chmod(0o755)
            for path in public_folder.rglob("*"):
                path.chmod(0o755 if path.is_dir() else 0o644)
        if keeper is not None:
            keeper.close()
        desk.engine.dispose()
        assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'note'") == [(0,)]


@pytest.mark.sqlite
def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    settings.database_path.write_text("this is a letter, not a database " * 100)
    for act in (Desk.open, setup.upgrade):
        with pytest.raises(Unavailable, match="not a sound SQLite database"):
            act(settings)
    assert settings.database_path.read_text().startswith("this is a letter")


@pytest.mark.sqlite
def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands where the folder should be")
    settings = make_settings(tmp_path)
    moved = settings.model_copy(
        update={"desk": settings.desk.model_copy(update={"database": "sqlite:///data/glazok.db"})}
    )
    with pytest.raises(Unavailable, match="cannot be made"):
        setup.upgrade(moved)


@pytest.mark.sqlite
def test_a_database_that_vanishes_under_a_running_console_is_told(desk: Desk) -> None:
    with closing(board(desk, "anna")):
        pass
    settings = desk.settings
    desk.close()
    settings.database_path.unlink()
    with pytest.raises(Unavailable, match="no desk"):
        board(desk, "anna")


@pytest.mark.sqlite
def test_only_where_there_is_no_file_another_desk_is_advised(tmp_path: Path) -> None:
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    there, gone = tmp_path / "glazok.db", tmp_path / "gone.db"
    there.touch()
    told = {path: explain(error, str(path)) for path in (there, gone)}
    hints = {path: found.hint if found else "" for path, found in told.items()}
    assert ["db upgrade" in hints[path] for path in (there, gone)] == [False, True]
    assert "unable to open" in str(told[there])


@pytest.mark.sqlite
def test_who_waits_for_the_write_lock_looks_again_soon(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 50:
            other.execute("ROLLBACK")

    monkeypatch.setattr("core.db.sqlite.time.sleep", sleep)
    with closing(sqlite3.connect(desk.settings.database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        replies.note(desk, anna, ticket, "Заметка")
    assert len(slept) == 50
    assert 0 < min(slept) <= max(slept) <= 0.005
    with desk.write() as session:
        assert session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar_one() == BUSY_MS
