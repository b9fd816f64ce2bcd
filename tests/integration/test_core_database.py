"""The database: its schema and its settings."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from core import clock
from core import settings as configuration
from core.db import board_count, feed_postgres, schema, version
from core.db.engine import make_engine
from core.db.place import place_of
from core.db.tables import ContactRow, metadata
from core.errors import ConfigError, Unavailable
from core.services import setup, tickets
from core.services.desk import Desk
from tests import engines
from tests.builders import board, desk_in, everything, make_settings, opened, rows, seen_by_all, who

# The schema


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose database went through the real migrations."""
    with desk_in(tmp_path / "migrated", migrate=True) as desk:
        yield desk


ONE_DATABASE_S_OWN = {
    ("table", board_count.TABLE), ("column", feed_postgres.COLUMN), ("index", feed_postgres.INDEX),
}  # fmt: skip
"""(kind, name) of what the models do not know."""


def test_the_migrations_make_what_the_models_say(migrated: Desk) -> None:
    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        # Foreign keys are compared below; here PostgreSQL's would differ by when they are checked.
        theirs = ("foreign_key_constraint" if engines.on_postgres() else "", name)
        return (kind, name) not in {*ONE_DATABASE_S_OWN, theirs}

    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_object": ours}
        )
        found = compare_metadata(context, metadata)
    # A column that was added later keeps the default that filled it in the rows of then.
    assert [change for change in found if "modify_default" not in str(change)] == []


def test_keys_checks_and_cascades_are_those_of_the_models(migrated: Desk, tmp_path: Path) -> None:
    """What Alembic's comparison does not look at."""

    def shape(engine: Engine) -> dict[str, Any]:
        found = inspect(engine)
        return {
            table: (
                sorted(str(check) for check in found.get_check_constraints(table)),
                sorted(
                    f"{key['name']} {key['constrained_columns']} {key['options'].get('ondelete')}"
                    for key in found.get_foreign_keys(table)
                ),
                found.get_pk_constraint(table)["constrained_columns"],
                sorted(
                    (column["name"], str(column["type"]), column["nullable"])
                    for column in found.get_columns(table)
                    if column["name"] != feed_postgres.COLUMN
                ),
            )
            for table in found.get_table_names()
            if table not in {board_count.TABLE, "alembic_version"}
        }

    plain = make_engine(place_of(make_settings(tmp_path / "plain")))
    metadata.create_all(plain)
    assert shape(migrated.engine) == shape(plain)
    plain.dispose()


def test_the_program_knows_its_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [version.HEAD]


def test_upgrading_again_does_nothing(migrated: Desk) -> None:
    opened(migrated)
    before = everything(migrated)
    assert setup.upgrade(migrated.settings) is None
    assert everything(migrated) == before
    assert seen_by_all(migrated, 1).status == "new"


def test_groups_follow_the_configuration_and_keep_their_ids(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        before = dict(rows(desk, "SELECT key, id FROM desk_group"))
        (tmp_path / "config.toml").unlink()
        settings = make_settings(tmp_path, toml='[groups.west]\nname = "West"\n')
        setup.upgrade(settings)
        after = dict(rows(desk, "SELECT key, id FROM desk_group"))
        assert before.items() < after.items()
        setup.upgrade(make_settings(tmp_path))
        assert rows(desk, "SELECT key FROM desk_group WHERE NOT active") == [("west",)]
        assert dict(rows(desk, "SELECT key, id FROM desk_group")) == after


def test_several_programs_that_start_at_once_make_one_schema(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        backups = list(threads.map(setup.upgrade, [settings] * 4))
    assert backups == [None] * 4
    with closing(Desk.open(settings)) as desk:
        assert rows(desk, "SELECT count(*) FROM desk_group") == [(3,)]


def test_a_migration_that_breaks_off_leaves_no_half_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path)
    last = feed_postgres if engines.on_postgres() else board_count
    with monkeypatch.context() as patched, pytest.raises(Exception, match="nonsense"):
        patched.setattr(last, "CREATE", (*last.CREATE, "nonsense"))
        setup.upgrade(settings)
    empty = make_engine(place_of(settings))
    assert inspect(empty).get_table_names() == []
    empty.dispose()
    setup.upgrade(settings)
    Desk.open(settings).close()


def set_version(desk: Desk, found: str) -> None:
    with desk.write() as session:
        session.connection().execute(
            text("UPDATE alembic_version SET version_num = :found"), {"found": found}
        )


@pytest.mark.parametrize(("found", "says"), [("9999", "newer"), ("0000", "older")])
def test_another_schema_is_told_before_anything_is_read(desk: Desk, found: str, says: str) -> None:
    set_version(desk, found)
    with pytest.raises(Unavailable, match=says):
        Desk.open(desk.settings)
    with pytest.raises(Unavailable, match=says):
        board(desk, "anna")


def test_a_newer_database_is_not_touched(desk: Desk) -> None:
    set_version(desk, "9999")
    with pytest.raises(Unavailable, match="newer"):
        setup.upgrade(desk.settings)
    assert rows(desk, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_where_there_is_no_desk_the_way_to_one_is_told(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    with pytest.raises(Unavailable, match="no desk") as caught:
        Desk.open(settings)
    # `glazok init` refuses where there is a configuration already.
    assert "glazok db upgrade" in caught.value.hint
    if not engines.on_postgres():
        assert not settings.database_path.exists(), "looking makes no file"


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    setup.upgrade(settings)
    (tmp_path / "short").write_text("short")
    text = (tmp_path / "config.toml").read_text("utf-8")
    lines = [
        line if not line.startswith("secret =") else 'secret_file = "short"' for line in text.splitlines()
    ]
    with pytest.raises(ConfigError, match="16 characters"):
        Desk.open(configuration.read("\n".join(lines), tmp_path / "config.toml"))


# Settings of a connection


@pytest.mark.sqlite
def test_every_connection_has_the_settings_that_the_desk_rests_on(desk: Desk) -> None:
    wanted = {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000}
    for pragma, value in wanted.items():
        assert rows(desk, f"PRAGMA {pragma}") == [(value,)]
    with desk.write() as session:
        for pragma, value in wanted.items():
            assert session.connection().exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_reader_sees_one_picture_and_stops_no_writer(desk: Desk) -> None:
    ticket = opened(desk)
    with desk.read() as session:
        before = session.connection().exec_driver_sql("SELECT count(*) FROM event").scalar()
        tickets.accept(desk, who(desk, "anna"), ticket)
        assert session.connection().exec_driver_sql("SELECT count(*) FROM event").scalar() == before
    assert rows(desk, "SELECT count(*) FROM event WHERE kind = 'accepted'") == [(1,)]


def test_a_transaction_that_raises_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError), desk.write() as session:
        session.add(ContactRow(name="x", created_at=clock.now()))
        session.flush()
        _ = 1 // 0
    assert rows(desk, "SELECT count(*) FROM contact") == [(0,)]
    opened(desk)
