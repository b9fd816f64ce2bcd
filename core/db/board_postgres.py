"""The board's reads on PostgreSQL, through the plain driver; the same questions as `core.db.board` answers.

Pages are read group by group (`LATERAL` over the list of groups), since one index scan over several groups would sort
them all. Counts are index-only scans: a counter would cost the writers dearly. Loads no SQLAlchemy, and the driver
only here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Any

from core.db import postgres
from core.db.board_shapes import AskedRow, CardRow, Key, Totals, to_stored
from core.db.feed_postgres import XMIN
from core.db.place import Place
from core.db.version import check_revision, server_version_of
from core.domain.permissions import Outsiders, Role, Viewer
from core.domain.tickets import Lane

POLL_SECONDS = 0.5
"""How often the server is asked for news; hints of the presence server come sooner."""


class PostgresBoard:
    """A read-only connection of one console. Blocks, and belongs to one thread at a time."""

    def __init__(self, place: Place) -> None:
        self._shown = str(place)
        self._connection = postgres.connect(place, read_only=True)
        try:
            with self.explained():
                check_revision(server_version_of(self._connection), place)
                self._seen_all_below = self._one(f"SELECT {XMIN}")[0]
        except BaseException:
            self._connection.close()
            raise
        self._told: frozenset[int] = frozenset()
        self._picture = ""
        self._asked_at = 0.0

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Errors of the driver as sentences."""
        try:
            yield
        except postgres.driver().Error as error:
            raise postgres.explain(error, self._shown) or error from error

    def viewer(self, login: str) -> tuple[Viewer, str, str] | None:
        """(permissions, name, e-mail) of an agent, None where there is no such login."""
        agent = self._one("SELECT id, admin, active, name, email FROM agent WHERE login = %s", login)
        if agent is None:
            return None
        groups = self._all("SELECT group_id, role FROM membership WHERE agent_id = %s", agent[0])
        roles = {group: Role(role) for group, role in groups}
        return Viewer(agent[0], agent[1], agent[2], roles), agent[3], agent[4]

    def agents(self) -> list[tuple[int, str, str, str, int, int]]:
        """(id, login, name, e-mail, admin, active) of everyone."""
        return self._all("SELECT id, login, name, email, admin, active FROM agent")

    def groups(self) -> list[tuple[int, str, str, int, int]]:
        """(id, key, name, line, active) of every group, by id."""
        return self._all("SELECT id, key, name, line, active FROM desk_group ORDER BY id")

    def parts(self) -> list[tuple[str, int, str, datetime]]:
        """(part, whether it works, its sentence, since when), by name."""
        return self._all('SELECT part, ok, text, since FROM part_state ORDER BY part COLLATE "C"')

    def entries(
        self,
        lane: Lane,
        agent_id: int,
        groups: Sequence[int],
        after: Key | None,
        limit: int,
        without: Sequence[int] = (),
    ) -> list[Key]:
        """The next `limit` keys of a lane over `groups`, in order; tickets in `without` stand in another lane."""
        place = (after[1] if after else "-infinity", after[2] if after else 0)
        if lane is Lane.MINE:
            rows = self._all(
                """
                SELECT board, since, id FROM ticket
                WHERE owner_id = %s AND board IS NOT NULL
                  AND (board, since, id) > (%s, %s::timestamp AT TIME ZONE 'UTC', %s)
                  AND (%s OR group_id = ANY(%s::bigint[]))
                ORDER BY board, since, id LIMIT %s
                """,
                agent_id, after[0] if after else "", *place, not groups, list(groups), limit,
            )  # fmt: skip
        else:
            rows = self._all(
                """
                SELECT t.board, t.since, t.id
                FROM unnest(%s::bigint[]) AS wanted (group_id) CROSS JOIN LATERAL (
                    SELECT board, since, id FROM ticket
                    WHERE group_id = wanted.group_id AND board = %s AND board IS NOT NULL
                      AND (since, id) > (%s::timestamp AT TIME ZONE 'UTC', %s)
                      AND (%s OR (owner_id IS NOT NULL AND owner_id <> %s))
                      AND id <> ALL (%s::bigint[])
                    ORDER BY since, id LIMIT %s
                ) AS t
                ORDER BY t.since, t.id LIMIT %s
                """,
                list(groups), lane.value, *place, lane is Lane.NEW, agent_id, list(without), limit, limit,
            )  # fmt: skip
        return [(board, to_stored(since), number) for board, since, number in rows]

    def asked(self, agent_id: int, heads: Sequence[int]) -> list[AskedRow]:
        """What an agent is asked, themselves or as the head of `heads`, on tickets that are not over; by ticket."""
        rows = self._all(
            """
            SELECT t.id, min(a.asked_at), t.board, t.group_id, t.owner_id, t.since
            FROM ask a JOIN ticket t ON t.id = a.ticket_id
            WHERE a.state = 'open' AND (a.to_agent = %s OR a.to_group = ANY(%s::bigint[]))
              AND t.kind NOT IN ('closed', 'deleted')
            GROUP BY t.id
            """,
            agent_id, list(heads),
        )  # fmt: skip
        return [AskedRow(*row) for row in rows]

    def cards(self, agent_id: int, ids: Sequence[int]) -> list[CardRow]:
        """The cards of up to a few hundred tickets, in no order; who may see them is the caller's question."""
        rows = self._all(
            """
            SELECT t.id, t.subject, coalesce(c.name, ''), t.status, t.board, t.group_id, t.owner_id, t.since,
                   t.last_event, t.guard_event > coalesce(s.event_id, 0), t.priority, t.thanks,
                   EXISTS (SELECT 1 FROM message m WHERE m.ticket_id = t.id AND m.private AND m.voice_event IS NULL
                       AND m.letter_kind = 'letter')
            FROM ticket t
            LEFT JOIN contact c ON c.id = t.contact_id
            LEFT JOIN seen s ON s.ticket_id = t.id AND s.agent_id = %s
            WHERE t.id = ANY(%s::bigint[])
            """,
            agent_id, list(ids),
        )  # fmt: skip
        return [
            CardRow(
                row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], to_stored(row[7]), row[8], row[9],
                row[10], row[11], row[12],
            )
            for row in rows
        ]  # fmt: skip

    def involved(self, ids: Sequence[int]) -> dict[int, Outsiders]:
        """Who may see each of some tickets from outside; those without anybody are left out."""
        rows = self._all(
            """
            SELECT ticket_id, array_remove(array_agg(agent_id), NULL), array_remove(array_agg(group_id), NULL),
                   array_remove(array_agg(head), NULL)
            FROM (
                SELECT ticket_id, agent_id, group_id, NULL::bigint AS head FROM involved
                UNION ALL
                SELECT ticket_id, NULL, NULL, to_group FROM ask WHERE state = 'open'
            ) AS outsider
            WHERE ticket_id = ANY(%s::bigint[]) GROUP BY ticket_id
            """,
            list(ids),
        )
        return {ticket: Outsiders(*map(frozenset, who)) for ticket, *who in rows}

    def totals(
        self, agent_id: int, groups: Sequence[int], mine_in: Sequence[int], before: dict[str, datetime]
    ) -> Totals:
        """(cards, those older than `before` says for their board) per lane."""
        found = {lane: [0, 0] for lane in Lane}
        for board, count, late in self._all(_ALL, *_limits(before), list(groups)):
            found[Lane(board)] = [count, late]
        mine = (*_limits(before), list(groups), not mine_in, list(mine_in), agent_id)
        for board, count, late, shown, wanted in self._all(_MINE, *mine):
            if shown:
                found[Lane(board)][0] -= count
                found[Lane(board)][1] -= late
            if wanted:
                found[Lane.MINE][0] += count
                found[Lane.MINE][1] += late
        return {lane: (count, late) for lane, (count, late) in found.items()}

    def version(self) -> str:
        """A text that changes when anybody has committed. Asks the server no more often than POLL_SECONDS says.

        A snapshot's text names the transactions that run and the newest one: it costs no look at any table.
        """
        now = monotonic()
        if not self._picture or now - self._asked_at >= POLL_SECONDS:
            self._asked_at = now
            self._picture = self._one("SELECT pg_current_snapshot()::text")[0]
        return self._picture

    def changed_tickets(self, since_event: int) -> tuple[int, frozenset[int]]:
        """(the newest event, the tickets with events after `since_event`, or that became visible since the last
        call although their ids are older)."""
        rows = self._all(
            f"""
            SELECT now.xmin, e.id, e.ticket_id, e.txid
            FROM (SELECT {XMIN} AS xmin) AS now
            LEFT JOIN (
                SELECT id, ticket_id, txid FROM event WHERE id > %s
                UNION SELECT id, ticket_id, txid FROM event WHERE txid >= %s
            ) AS e ON true
            """,  # noqa: S608  (a constant)
            since_event, self._seen_all_below,
        )  # fmt: skip
        events = [row for row in rows if row[1] is not None]
        fresh = [row for row in events if row[1] > since_event or row[1] not in self._told]
        self._seen_all_below = rows[0][0]
        self._told = frozenset(row[1] for row in events if row[3] >= self._seen_all_below)
        last = max((row[1] for row in events), default=since_event)
        return max(last, since_event), frozenset(row[2] for row in fresh if row[2] is not None)

    def last_event(self) -> int:
        """The newest event's id, 0 on an empty desk; the feed goes on from here."""
        last, self._seen_all_below = self._one(f"SELECT coalesce(max(id), 0), {XMIN} FROM event")  # noqa: S608
        self._told = frozenset()
        found: int = last
        return found

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Any) -> Any:
        return self._connection.execute(sql, values).fetchone()


_LATE = """count(*) FILTER (WHERE since < CASE board
    WHEN 'new' THEN %s::timestamptz WHEN 'needs_reply' THEN %s::timestamptz ELSE %s::timestamptz END)"""
_ALL = f"""
    SELECT board, count(*), {_LATE} FROM ticket
    WHERE board IS NOT NULL AND group_id = ANY(%s::bigint[]) GROUP BY board
"""  # noqa: S608  (a constant)
_MINE = f"""
    SELECT board, count(*), {_LATE}, board <> 'new' AND group_id = ANY(%s::bigint[]),
           (%s OR group_id = ANY(%s::bigint[]))
    FROM ticket WHERE owner_id = %s AND board IS NOT NULL GROUP BY 1, 4, 5
"""  # noqa: S608


def _limits(before: dict[str, datetime]) -> tuple[datetime | None, ...]:
    return tuple(before.get(board) for board in ("new", "needs_reply", "waiting"))
