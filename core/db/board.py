"""The board's reads on SQLite, through the plain driver: a console shows its first page before SQLAlchemy
loads.

Lists are keyset pages: `after` is the key of the last entry, costs do not grow with depth. Every query
takes the groups that the agent may see, so that nothing else can come out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from heapq import merge
from itertools import islice
from pathlib import Path

from core.db.board_shapes import AskedRow, CardRow, Key, Totals, to_stored, to_time
from core.db.place import Place
from core.db.sqlite import connect_reader, explain
from core.db.version import check_revision, sqlite_version_of
from core.domain.permissions import Outsiders, Role, Viewer
from core.domain.tickets import Lane


def read_viewer(connection: sqlite3.Connection, login: str) -> tuple[Viewer, str, str] | None:
    """(permissions, name, e-mail) of an agent, None where there is no such login."""
    agent = connection.execute(
        "SELECT id, admin, active, name, email FROM agent WHERE login = ?", (login,)
    ).fetchone()
    if agent is None:
        return None
    groups = {
        group: Role(role)
        for group, role in connection.execute(
            "SELECT group_id, role FROM membership WHERE agent_id = ?", (agent[0],)
        )
    }
    return Viewer(agent[0], bool(agent[1]), bool(agent[2]), groups), agent[3], agent[4]


def agents(connection: sqlite3.Connection) -> list[tuple[int, str, str, str, int, int]]:
    """(id, login, name, e-mail, admin, active) of everyone."""
    return connection.execute("SELECT id, login, name, email, admin, active FROM agent").fetchall()


def groups(connection: sqlite3.Connection) -> list[tuple[int, str, str, int, int]]:
    """(id, key, name, line, active) of every group, by id."""
    return connection.execute("SELECT id, key, name, line, active FROM desk_group ORDER BY id").fetchall()


def parts(connection: sqlite3.Connection) -> list[tuple[str, int, str, str]]:
    """(part, whether it works, its sentence, since when as stored), by name."""
    return connection.execute("SELECT part, ok, text, since FROM part_state ORDER BY part").fetchall()


def data_version(connection: sqlite3.Connection) -> int:
    """A number that changes when another connection commits."""
    version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return version


def entries(
    connection: sqlite3.Connection,
    lane: Lane,
    agent_id: int,
    groups: Sequence[int],
    after: Key | None,
    limit: int,
    without: Sequence[int] = (),
) -> list[Key]:
    """The next `limit` keys of a lane over `groups`, in order; tickets in `without` stand in another lane."""
    if lane is Lane.MINE:
        return _mine(connection, agent_id, groups, after, limit)
    board = {Lane.NEW: "new", Lane.WAITING: "waiting", Lane.NEEDS_REPLY: "needs_reply"}[lane]
    others = "" if lane is Lane.NEW else "AND owner_id IS NOT NULL AND owner_id <> :me"
    if without:
        others += f" AND id NOT IN ({','.join(str(int(number)) for number in without)})"
    sql = f"""
        SELECT board, since, id FROM ticket INDEXED BY ix_ticket_board_group
        WHERE group_id = :group AND board = :board AND board IS NOT NULL
          AND (since, id) > (:since, :id) {others}
        ORDER BY since, id LIMIT :limit
    """  # noqa: S608  (the pieces are constants of this function, and numbers)
    values = {"board": board, "me": agent_id, "limit": limit}
    values |= {"since": after[1] if after else "", "id": after[2] if after else 0}
    pages = [connection.execute(sql, values | {"group": group}).fetchall() for group in groups]
    return list(islice(merge(*pages), limit))


def asked(connection: sqlite3.Connection, agent_id: int, heads: Sequence[int]) -> list[AskedRow]:
    """What an agent is asked, themselves or as the head of `heads`, on tickets that are not over; by ticket."""
    sql = f"""
        SELECT t.id, min(a.asked_at), t.board, t.group_id, t.owner_id, t.since
        FROM ask a JOIN ticket t ON t.id = a.ticket_id
        WHERE a.state = 'open' AND (a.to_agent = ? OR a.to_group IN ({",".join("?" * len(heads))}))
          AND t.kind NOT IN ('closed', 'deleted')
        GROUP BY t.id
    """  # noqa: S608  (only a list of question marks is put in)
    return [
        AskedRow(row[0], to_time(row[1]), row[2], row[3], row[4], to_time(row[5]))
        for row in connection.execute(sql, (agent_id, *heads))
    ]


def _mine(
    connection: sqlite3.Connection, agent_id: int, groups: Sequence[int], after: Key | None, limit: int
) -> list[Key]:
    only = f"AND group_id IN ({','.join('?' * len(groups))})" if groups else ""
    sql = f"""
        SELECT board, since, id FROM ticket INDEXED BY ix_ticket_board_owner
        WHERE owner_id = ? AND board IS NOT NULL AND (board, since, id) > (?, ?, ?) {only}
        ORDER BY board, since, id LIMIT ?
    """  # noqa: S608  (only a list of question marks is put in)
    return connection.execute(sql, (agent_id, *(after or ("", "", 0)), *groups, limit)).fetchall()


def cards(connection: sqlite3.Connection, agent_id: int, ids: Sequence[int]) -> list[CardRow]:
    """The cards of up to a few hundred tickets, in no order; who may see them is the caller's question."""
    sql = f"""
        SELECT t.id, t.subject, coalesce(c.name, ''), t.status, t.board, t.group_id, t.owner_id, t.since,
               t.last_event, t.guard_event > coalesce(s.event_id, 0), t.priority, t.thanks,
               EXISTS (SELECT 1 FROM message m WHERE m.ticket_id = t.id AND m.private AND m.voice_event IS NULL
                       AND m.letter_kind = 'letter')
        FROM ticket t
        LEFT JOIN contact c ON c.id = t.contact_id
        LEFT JOIN seen s ON s.ticket_id = t.id AND s.agent_id = ?
        WHERE t.id IN ({",".join("?" * len(ids))})
    """  # noqa: S608  (only a list of question marks is put in)
    return [
        CardRow(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            row[5],
            row[6],
            to_time(row[7]),
            row[7],
            row[8],
            bool(row[9]),
            row[10],
            bool(row[11]),
            bool(row[12]),
        )
        for row in connection.execute(sql, (agent_id, *ids))
    ]


def counts(
    connection: sqlite3.Connection, agent_id: int, groups: Sequence[int], mine_in: Sequence[int]
) -> dict[Lane, int]:
    """Cards per lane. `mine_in` limits Mine to some groups; empty: all that I own, wherever."""
    marks = ",".join("?" * len(groups))
    found = dict.fromkeys(Lane, 0)
    for board, mine, n in connection.execute(
        f"SELECT board, owner_id = ?, sum(n) FROM board_count WHERE group_id IN ({marks}) GROUP BY 1, 2",  # noqa: S608
        (agent_id, *groups),
    ):
        if not mine:
            found[Lane(board)] += n
    only = f" AND group_id IN ({','.join('?' * len(mine_in))})" if mine_in else ""
    found[Lane.MINE] = connection.execute(
        f"SELECT coalesce(sum(n), 0) FROM board_count WHERE owner_id = ?{only}",  # noqa: S608
        (agent_id, *mine_in),
    ).fetchone()[0]
    return found


def late(
    connection: sqlite3.Connection,
    lane: Lane,
    agent_id: int,
    groups: Sequence[int],
    mine_in: Sequence[int],
    before: dict[str, datetime],
) -> int:
    """How many cards of a lane are older than `before` says for their board (new, needs_reply, waiting)."""
    if lane is Lane.MINE:
        only = f" AND group_id IN ({','.join('?' * len(mine_in))})" if mine_in else ""
        where = f"owner_id = ? AND board = ? AND board IS NOT NULL AND since < ?{only}"
        sql = f"SELECT count(*) FROM ticket WHERE {where}"  # noqa: S608
        return sum(
            connection.execute(sql, (agent_id, board, to_stored(before[board]), *mine_in)).fetchone()[0]
            for board in ("needs_reply", "waiting")
        )
    board, limit = lane.value, to_stored(before[lane.value])
    sql = "SELECT count(*) FROM ticket WHERE group_id = ? AND board = ? AND board IS NOT NULL AND since < ?"
    found: int = sum(connection.execute(sql, (group, board, limit)).fetchone()[0] for group in groups)
    if lane is Lane.NEW:
        return found
    # Mine are taken off afterwards: asked for in one go, the owner of every single card would be looked up.
    marks = ",".join("?" * len(groups))
    where = f"owner_id = ? AND board = ? AND board IS NOT NULL AND since < ? AND group_id IN ({marks})"
    mine: int = connection.execute(
        f"SELECT count(*) FROM ticket WHERE {where}",  # noqa: S608
        (agent_id, board, limit, *groups),
    ).fetchone()[0]
    return found - mine


def changed_tickets(connection: sqlite3.Connection, since_event: int) -> tuple[int, frozenset[int]]:
    """(the newest event, the tickets with events after `since_event`)."""
    rows = connection.execute(
        "SELECT id, ticket_id FROM event WHERE id > ? ORDER BY id", (since_event,)
    ).fetchall()
    last = rows[-1][0] if rows else since_event
    return last, frozenset(ticket for _, ticket in rows if ticket is not None)


def last_event(connection: sqlite3.Connection) -> int:
    """The newest event's id, 0 on an empty desk."""
    found: int = connection.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0]
    return found


def involved(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Outsiders]:
    """Who may see each of some tickets from outside; those without anybody are left out."""
    found: dict[int, tuple[set[int], set[int], set[int]]] = {}
    marks = ",".join("?" * len(ids))
    sql = f"""
        SELECT ticket_id, agent_id, group_id, NULL FROM involved WHERE ticket_id IN ({marks})
        UNION ALL
        SELECT ticket_id, NULL, NULL, to_group FROM ask WHERE state = 'open' AND ticket_id IN ({marks})
    """  # noqa: S608  (only lists of question marks are put in)
    for ticket, *who in connection.execute(sql, (*ids, *ids)):
        for known, one in zip(found.setdefault(ticket, (set(), set(), set())), who, strict=True):
            if one is not None:
                known.add(one)
    return {ticket: Outsiders(*map(frozenset, who)) for ticket, who in found.items()}


class SqliteBoard:
    """A read-only connection to the file of one console. Blocks, and belongs to one thread at a time."""

    def __init__(self, path: Path) -> None:
        check_revision(sqlite_version_of(path), Place(path))
        self._path = str(path)
        with self.explained():
            self._connection = connect_reader(self._path)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Errors of the driver as sentences."""
        try:
            yield
        except sqlite3.Error as error:
            raise explain(error, self._path) or error from error

    def viewer(self, login: str) -> tuple[Viewer, str, str] | None:
        return read_viewer(self._connection, login)

    def agents(self) -> list[tuple[int, str, str, str, int, int]]:
        return agents(self._connection)

    def groups(self) -> list[tuple[int, str, str, int, int]]:
        return groups(self._connection)

    def parts(self) -> list[tuple[str, int, str, datetime]]:
        return [(part, ok, text, to_time(since)) for part, ok, text, since in parts(self._connection)]

    def entries(
        self,
        lane: Lane,
        agent_id: int,
        groups: Sequence[int],
        after: Key | None,
        limit: int,
        without: Sequence[int] = (),
    ) -> list[Key]:
        return entries(self._connection, lane, agent_id, groups, after, limit, without)

    def asked(self, agent_id: int, heads: Sequence[int]) -> list[AskedRow]:
        return asked(self._connection, agent_id, heads)

    def cards(self, agent_id: int, ids: Sequence[int]) -> list[CardRow]:
        return cards(self._connection, agent_id, ids)

    def involved(self, ids: Sequence[int]) -> dict[int, Outsiders]:
        return involved(self._connection, ids)

    def totals(
        self, agent_id: int, groups: Sequence[int], mine_in: Sequence[int], before: dict[str, datetime]
    ) -> Totals:
        found = counts(self._connection, agent_id, groups, mine_in)
        return {
            lane: (total, late(self._connection, lane, agent_id, groups, mine_in, before) if total else 0)
            for lane, total in found.items()
        }

    def version(self) -> int:
        """A number that changes when another connection commits. Costs microseconds: ask at 10 Hz."""
        return data_version(self._connection)

    def changed_tickets(self, since_event: int) -> tuple[int, frozenset[int]]:
        return changed_tickets(self._connection, since_event)

    def last_event(self) -> int:
        return last_event(self._connection)

    def close(self) -> None:
        self._connection.close()
