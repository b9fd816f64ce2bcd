"""The board, the directory and the change feed, read at once: loads neither SQLAlchemy nor pydantic.

A `BoardReader` blocks and belongs to one thread at a time; a console gives it a thread of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.db.board import SqliteBoard
from core.db.board_shapes import AskedRow, BoardSource, to_stored
from core.db.place import place_of
from core.domain.permissions import Outsiders, TicketFacts, Viewer, may_see
from core.domain.tickets import Lane, lane_of, lanes_of
from core.errors import Forbidden, NotFound
from core.i18n import _
from core.services.models.lists import Card, Changes, Entry, EntryKey, LaneCount, PartState
from core.services.models.people import AgentInfo, Directory, GroupInfo

if TYPE_CHECKING:
    from core.settings import Settings

PAGE = 50

LateAfter = Mapping[str, timedelta]
"""For each board (new, needs_reply, waiting) and for help_wanted: from which age a card counts as late."""

ASKED = "ask"
"""First part of the keys in Help wanted, which go by the question's time."""


class BoardReader:
    """What one agent may see, through a read-only connection of its own."""

    def __init__(self, settings: Settings, login: str, late_after: LateAfter) -> None:
        """Raises NotFound for an unknown login, Forbidden for one who left, Unavailable for a database that
        cannot be read or has another schema than this program."""
        self._late_after = late_after
        self._login = login
        self._groups = frozenset(settings.groups)
        self._twice = settings.board.twice
        self._source = _source(settings)
        self.viewer: Viewer
        """Permissions; re-read by `refresh_viewer`."""
        self.me: AgentInfo
        """Whose board it is."""
        try:
            with self._source.explained():
                self._version = self._source.version()
            self.refresh_viewer()
        except BaseException:
            self._source.close()
            raise

    def refresh_viewer(self) -> None:
        """Read again who the agent is and which groups they are in."""
        with self._source.explained():
            found = self._source.viewer(self._login)
        if found is None:
            raise NotFound(
                _("There is no agent with the login {login}.").format(login=self._login),
                hint=_(
                    "Add one with: glazok agent add LOGIN --name NAME --group GROUP, or choose one with --as."
                ),
            )
        self.viewer, name, email = found
        self.me = AgentInfo(
            self.viewer.agent_id, self._login, name, email, self.viewer.admin, self.viewer.active
        )
        if not self.viewer.active:
            raise Forbidden(
                _("{login} has left this desk.").format(login=self._login),
                hint=_("An operator can bring them back with: glazok agent edit {login} --active").format(
                    login=self._login
                ),
            )

    def groups(self) -> tuple[int, ...]:
        """The groups whose tickets stand on the board, in the order of their ids."""
        if not self.viewer.admin:
            return tuple(sorted(self.viewer.groups))
        with self._source.explained():
            return tuple(row[0] for row in self._source.groups())

    def directory(self) -> Directory:
        """Names for ids."""
        with self._source.explained():
            agents, groups = self._source.agents(), self._source.groups()
        return Directory(
            {row[0]: AgentInfo(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5])) for row in agents},
            {
                row[0]: GroupInfo(row[0], row[1], row[2], row[3], bool(row[4]) and row[1] in self._groups)
                for row in groups
            },
        )

    def entries(
        self, lane: Lane, after: EntryKey | None = None, limit: int = PAGE, group_id: int | None = None
    ) -> list[Entry]:
        """The next places of a lane after a key, oldest first; over one group or all of mine."""
        asked = self._asked()
        if lane is Lane.HELP_WANTED:
            return _help_wanted(_within(asked, group_id), after, limit)
        groups = self._shown(group_id)
        if lane is Lane.MINE:
            groups = _only(group_id)
        elsewhere = [] if self._twice else [row.ticket_id for row in asked]
        with self._source.explained():
            keys = self._source.entries(lane, self.viewer.agent_id, groups, after, limit, elsewhere)
        return [Entry(key, key[2]) for key in keys]

    def cards(self, ids: Iterable[int]) -> dict[int, Card]:
        """The cards of those tickets that exist and that the agent may see, open or not."""
        found: dict[int, Card] = {}
        wanted = list(dict.fromkeys(ids))
        asked = {row.ticket_id: row for row in self._asked()} if wanted else {}
        for start in range(0, len(wanted), 500):
            with self._source.explained():
                rows = self._source.cards(self.viewer.agent_id, wanted[start : start + 500])
                involved = self._source.involved(wanted[start : start + 500])
            for row in rows:
                outsiders = involved.get(row.id, Outsiders())
                if may_see(self.viewer, TicketFacts(row.group_id, row.owner_id, outsiders)):
                    found[row.id] = Card(
                        row.id, row.subject, row.client, row.status, row.board, row.group_id, row.owner_id,
                        row.since,
                        row.unread, row.last_event, row.priority,
                        (row.board or "", row.since_key, row.id), row.thanks, row.voice,
                        asked[row.id].asked_at if row.id in asked else None,
                        _help_key(asked[row.id]) if row.id in asked else None,
                    )  # fmt: skip
        return found

    def counts(self, now: datetime, group_id: int | None = None) -> dict[Lane, LaneCount]:
        """Cards and late cards of each lane."""
        groups = self._shown(group_id)
        mine_in = _only(group_id)
        before = {board: now - age for board, age in self._late_after.items()}
        with self._source.explained():
            totals = self._source.totals(self.viewer.agent_id, groups, mine_in, before)
        counts = {lane: [*totals.get(lane, (0, 0))] for lane in Lane}
        for row in self._asked():
            elsewhere = lane_of(row.board, row.owner_id, self.viewer.agent_id)
            if not self._twice and elsewhere is not None and row.board is not None and row.group_id in groups:
                counts[elsewhere][0] -= 1
                counts[elsewhere][1] -= _late(row.since, before.get(row.board))
            if group_id in (None, row.group_id):
                counts[Lane.HELP_WANTED][0] += 1
                counts[Lane.HELP_WANTED][1] += _late(row.asked_at, before.get(Lane.HELP_WANTED))
        return {lane: LaneCount(total, late) for lane, (total, late) in counts.items()}

    def changed(self) -> bool:
        """True where another connection has committed since the last call, on PostgreSQL within half a second.
        Cheap: ask at 10 Hz."""
        with self._source.explained():
            version = self._source.version()
        before, self._version = self._version, version
        return version != before

    def changes(self, since_event: int) -> Changes:
        """Which tickets had events after `since_event`; ids of tickets that one may not see mean nothing."""
        with self._source.explained():
            return Changes(*self._source.changed_tickets(since_event))

    def last_event(self) -> int:
        """Where the feed stands now."""
        with self._source.explained():
            return self._source.last_event()

    def parts(self) -> list[PartState]:
        """How the mailboxes and the relay fare."""
        with self._source.explained():
            rows = self._source.parts()
        return [PartState(part, bool(ok), text, since) for part, ok, text, since in rows]

    def close(self) -> None:
        """Give the connection back."""
        self._source.close()

    def _asked(self) -> list[AskedRow]:
        """What stands in Help wanted: questions to the agent or to a group's head that they are. What they own
        stands in Mine alone, unless the team wants it twice."""
        me = self.viewer.agent_id
        with self._source.explained():
            rows = self._source.asked(me, list(self.viewer.heads))
            involved = self._source.involved([row.ticket_id for row in rows]) if rows else {}
        return [
            row
            for row in rows
            if Lane.HELP_WANTED in lanes_of(row.board, row.owner_id, me, asked=True, twice=self._twice)
            and may_see(
                self.viewer,
                TicketFacts(row.group_id, row.owner_id, involved.get(row.ticket_id, Outsiders())),
            )
        ]

    def _shown(self, group_id: int | None) -> tuple[int, ...]:
        mine = self.groups()
        return mine if group_id is None else tuple(group for group in mine if group == group_id)


def _source(settings: Settings) -> BoardSource:
    place = place_of(settings)
    if not place.on_postgres:
        return SqliteBoard(place.path)
    from core.db.board_postgres import PostgresBoard

    return PostgresBoard(place)


def _late(since: datetime, limit: datetime | None) -> bool:
    return limit is not None and since < limit


def _help_key(row: AskedRow) -> EntryKey:
    return ASKED, to_stored(row.asked_at), row.ticket_id


def _help_wanted(rows: Sequence[AskedRow], after: EntryKey | None, limit: int) -> list[Entry]:
    keys = sorted(_help_key(row) for row in rows)
    return [Entry(key, key[2]) for key in keys if after is None or key > after][:limit]


def _within(rows: Sequence[AskedRow], group_id: int | None) -> list[AskedRow]:
    return [row for row in rows if group_id in (None, row.group_id)]


def _only(group_id: int | None) -> tuple[int, ...]:
    """The groups to which Mine is narrowed: what one owns is seen in any of them."""
    return () if group_id is None else (group_id,)
