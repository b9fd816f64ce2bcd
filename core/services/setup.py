"""Making a desk, bringing its database up to date, and copying the configuration's groups into it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlmodel import Session

from core.clock import now
from core.db import people, schema, upkeep
from core.db.engine import make_engine, transaction
from core.db.place import place_of
from core.db.tables import GroupRow
from core.services import statuses

if TYPE_CHECKING:
    from core.services.desk import Desk
    from core.settings import Settings

LEFT_BEHIND = timedelta(days=1)
"""A file that is still unfinished after so long was being written by a program that is gone, and so is a machine that
has reported nothing."""


def upgrade(settings: Settings) -> str | None:
    """Create the database or bring it up to date, then copy the groups; returns the backup's path, if one
    was made.

    Raises Unavailable with a sentence where that cannot be done.
    """
    engine = make_engine(place_of(settings))
    try:
        backup = schema.upgrade(engine, now())
        with transaction(engine, write=True) as session:
            copy_groups(session, settings)
        return backup
    finally:
        engine.dispose()


def follow_settings(desk: Desk) -> None:
    """What a program does at its start: groups and statuses as the configuration has them now, nothing about mailboxes
    and machines that are no more, nothing of files that a killed program was writing.

    Raises ConfigError for a status that was taken out of it while tickets have it.
    """
    statuses.follow(desk)
    with desk.write() as session:
        copy_groups(session, desk.settings)
        upkeep.forget_parts(session, desk.settings.mailboxes, now() - LEFT_BEHIND)
    desk.blobs.sweep(now() - LEFT_BEHIND)


def learn_groups(desk: Desk) -> None:
    """Bring the configuration's groups that are new or called otherwise into the database; close none.

    For commands that need the groups and may run beside an older or a smaller configuration than the desk's
    programs do. Writes only where something is new.
    """
    wanted = {key: (group.name, group.line, True) for key, group in desk.settings.groups.items()}
    with desk.read() as session:
        known = {row.key: (row.name, row.line, row.active) for row in people.groups(session)}
    if not wanted.items() <= known.items():
        with desk.write() as session:
            copy_groups(session, desk.settings, close=False)


def copy_groups(session: Session, settings: Settings, *, close: bool = True) -> None:
    """Groups live in the configuration; the database keeps their ids, also of those that were taken out, which are
    closed unless `close` is off."""
    schema.alone(session)
    rows = {row.key: row for row in people.groups(session)}
    for key, group in settings.groups.items():
        row = rows.pop(key, None)
        if row is None:
            session.add(GroupRow(key=key, name=group.name, line=group.line))
        elif (row.name, row.line, row.active) != (group.name, group.line, True):
            row.name, row.line, row.active = group.name, group.line, True
    for row in rows.values() if close else ():
        row.active = False
