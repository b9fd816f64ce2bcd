"""Months of a desk's life by chance, with a robot that is down for days and settings that change: a ticket is never in
two states, nobody is told twice of one cause, nothing is forgotten, and the counters count."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlmodel import Session

from core import clock
from core.db.tables import EventRow, NoticeRow, Row, TicketRow, TimerRow
from core.domain.robot import held_until
from core.domain.tickets import OPEN, Status, ball_of, board_of
from core.errors import GlazokError
from core.services import (
    agents,
    asking,
    drafts,
    life,
    lines,
    notices,
    outbox,
    rehearsal,
    replies,
    robot,
    rules,
    shifts,
    tickets,
    undoing,
)
from core.services.models.outbox import Delivery
from core.services.robot_types import Acted
from core.settings import read
from tests import builders, engines
from tests.builders import answer_to, arrive, letter, seen_by_all, who

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
STAFF = ("anna", "boris", "sonya", "nadia")
REGIONS = ("Siberia", "Caucasus", "")


def by_ticket(run: Sequence[Acted]) -> dict[int, list[Acted]]:
    """What a pass did on each ticket, in its order."""
    return {one.ticket_id: [other for other in run if other.ticket_id == one.ticket_id] for one in run}


MORE = (
    "",
    "",
    '[robot.unaccepted]\nafter = "45m"\n[robot.in_work_head]\nby_mail = true\n',
    "[robot]\nenabled = false\n",
    "[robot.silent_owner]\nenabled = false\n[groups.north.robot]\nenabled = false\n",
    """
[statuses.vendor]
kind = "waiting"
name = "Vendor"
order = 5
[[scenarios]]
name = "chase"
when = { status = "waiting", for = "2d" }
then = [{ notify = "owner" }, { status = "needs_reply" }]
[[scenarios]]
name = "thank"
when = { event = "solved" }
then = [{ note = "done" }, { status = "closed" }]
[[scenarios]]
name = "bounce back"
when = { event = "passed" }
then = [{ pass = "north" }]
""",
    '[[scenarios]]\nname = "give"\nwhen = { event = "opened" }\nthen = [{ assign = "anna" }]\n',
)
"""Configurations that the desk goes through."""

PASSES = ("to north", "to south", "to boris", "to sonya", "back", "next shift")
MOVES = ("solve", "close", "reopen", "delete", "restore", "waiting", "needs_reply", "new", "vendor")

some = st.integers(0, 10**6)
BY = st.sampled_from(("owner", "owner", "owner", *STAFF))
"""Who acts: mostly the owner, or somebody of the group where there is none."""


R = TypeVar("R", bound=Row)


def everything(session: Session, table: type[R]) -> Sequence[R]:
    """All rows of a table."""
    return session.execute(select(table)).scalars().all()


class Months(RuleBasedStateMachine):
    """One desk, from a Monday in January on."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.desk = builders.make_desk(Path(self._folder.name))
        self.now = START
        clock.set_to(START)
        self.numbers: list[int] = []
        self.op = 0

    def teardown(self) -> None:
        clock.set_to(None)
        self.desk.close()
        self._folder.cleanup()

    @initialize(region=st.sampled_from(REGIONS))
    def first_letter(self, region: str) -> None:
        self.opens(region)

    # What happens

    @precondition(lambda self: len(self.numbers) < 5)
    @rule(region=st.sampled_from(REGIONS))
    def opens(self, region: str) -> None:
        taken = arrive(self.desk, letter(region=region, sender=f"c{len(self.numbers)}@x.example"))
        assert taken.ticket_id is not None
        self.numbers.append(taken.ticket_id)

    @rule(pick=some)
    def client_answers(self, pick: int) -> None:
        taken = arrive(self.desk, answer_to(self.desk, self.ticket(pick)))
        if taken.outcome == "opened" and taken.ticket_id is not None:
            self.numbers.append(taken.ticket_id)

    @rule(pick=some, by=BY, act=st.sampled_from(("accept", "accept", "release", "undo")))
    def somebody_takes(self, pick: int, by: str, act: str) -> None:
        self.acts(pick, by, act)

    @rule(pick=some, by=BY, act=st.sampled_from(("note", "reply", "draft", "ask", "follow")))
    def somebody_talks(self, pick: int, by: str, act: str) -> None:
        self.acts(pick, by, act)

    @rule(pick=some, by=BY, act=st.sampled_from(PASSES))
    def somebody_passes_it_on(self, pick: int, by: str, act: str) -> None:
        self.acts(pick, by, act)

    @rule(pick=some, by=BY, act=st.sampled_from(MOVES))
    def somebody_moves_it(self, pick: int, by: str, act: str) -> None:
        self.acts(pick, by, act)

    def acts(self, pick: int, by: str, act: str) -> None:
        desk, ticket = self.desk, self.ticket(pick)
        seen = seen_by_all(desk, ticket)
        if by == "owner":
            by = (
                seen.owner.login
                if seen.owner
                else {"north": "anna", "south": "sonya"}.get(seen.group.key, "root")
            )
        actor = who(desk, by)
        with suppress(GlazokError):
            match act:
                case "undo":
                    undoing.undo(desk, actor, ticket)
                case "note":
                    replies.note(desk, actor, ticket, "Заметка для @boris")
                case "reply":
                    replies.reply(desk, actor, ticket, "Ответ", seen.last_event)
                case "draft":
                    drafts.save(desk, actor, ticket, "reply", "Здравствуйте", 1)
                case "waiting" | "needs_reply" | "new" | "vendor":
                    tickets.move_to(desk, actor, ticket, act)
                case "to north" | "to south":
                    lines.pass_on(desk, actor, ticket, group_key=act.removeprefix("to "))
                case "to boris" | "to sonya":
                    lines.pass_on(desk, actor, ticket, login=act.removeprefix("to "))
                case "back":
                    lines.pass_back(desk, actor, ticket)
                case "ask":
                    asking.ask(desk, actor, ticket, "Видел?", login="boris")
                case "next shift":
                    shifts.hand_over(desk, actor, [ticket], next_shift=True)
                case "follow":
                    lines.follow(desk, actor, ticket)
                case _:
                    getattr(tickets, act)(desk, actor, ticket)

    @rule(login=st.sampled_from(STAFF))
    def asks_are_answered(self, login: str) -> None:
        actor = who(self.desk, login)
        with suppress(GlazokError):
            for one in asking.open_asks(self.desk, actor):
                asking.answer(self.desk, actor, one.id, "Да")

    @rule(fails=st.booleans())
    def letters_go_out(self, fails: bool) -> None:
        said = Delivery("failed", 550, "no") if fails else Delivery("sent", 250, "ok")
        for item in outbox.due(self.desk, "w", 50):
            outbox.finish(self.desk, item.id, dict.fromkeys(item.recipients, said), "w")

    @rule(login=st.sampled_from(("boris", "sonya")), back=st.booleans())
    def somebody_leaves_or_returns(self, login: str, back: bool) -> None:
        agents.edit(self.desk, login, active=back)

    @rule(more=st.sampled_from(MORE))
    def settings_change(self, more: str) -> None:
        path = Path(self._folder.name) / "config.toml"
        builders.make_settings(path.parent, toml=more)
        self.desk.settings = read(path.read_text("utf-8"), path)

    @rule(
        minutes=st.one_of(
            st.sampled_from((3, 14, 16, 29, 31, 46)),
            st.integers(60, 400),
            st.integers(1, 20).map(lambda days: days * 1440),
        ),
        down=st.sampled_from((False, False, True)),
    )
    def time_passes(self, minutes: int, down: bool) -> None:
        self.now += timedelta(minutes=minutes)
        clock.set_to(self.now)
        if not down:
            self.robot_passes()

    def robot_passes(self) -> None:
        dry, done = rehearsal.run(self.desk), robot.run_once(self.desk)
        would = [
            replace(
                one, event_id=None, outcome="would" if one.outcome in ("acted", "partly") else one.outcome
            )
            for one in done
        ]
        assert by_ticket(dry) == by_ticket(would), "the dry run said what came"
        assert not any(one.event_id for one in dry), "and named no event"
        self.nothing_is_forgotten()
        assert robot.run_once(self.desk) == [], "and a second pass finds nothing"

    def nothing_is_forgotten(self) -> None:
        """After a pass the robot has acted for the cause of each clock that is due, or a fresh draft holds it."""
        with self.desk.read() as session:
            acted = {
                (event.ticket_id, event.data.get("scenario"), event.data.get("cause"))
                for event in everything(session, EventRow)
                if event.actor == "robot"
            }
            rows = {(row.ticket_id, row.scenario): row for row in everything(session, TimerRow)}
            for ticket in everything(session, TicketRow):
                for timer in life.timers_of(session, ticket):
                    row = rows.get((ticket.id or 0, timer.scenario))
                    assert row is not None, (ticket.id, timer)
                    assert row.cause == timer.cause
                    if timer.due_at <= self.now and (ticket.id, timer.scenario, timer.cause) not in acted:
                        assert timer.scenario == "silent_owner", (ticket.id, timer)
                        assert row.fired_at is None
                        assert row.due_at > self.now
                        assert held_until(timer.due_at, self.now, self.now) is not None

    # What always holds

    @invariant()
    def every_ticket_is_in_one_state(self) -> None:
        with self.desk.read() as session:
            active = {agent.id for agent in builders.plain(session, "SELECT id FROM agent WHERE active")}
            for ticket in everything(session, TicketRow):
                kind = Status(ticket.kind)
                if ticket.status in rules.process_of(session, ticket).statuses:
                    assert rules.process_of(session, ticket).kind_of(ticket.status) is kind
                assert ticket.board == board_of(kind)
                assert (kind is Status.NEW) <= (ticket.owner_id is None), "new is nobody's"
                if kind in (Status.NEEDS_REPLY, Status.WAITING):
                    assert ticket.owner_id in active, "in work is somebody's who works here"
                assert (ticket.owner_id is None) == (ticket.accepted_at is None)
                assert ticket.status_event > 0
                assert ticket.status_event <= ticket.last_event
                assert ticket.since <= self.now
                assert ticket.status_since <= self.now
                assert ball_of(kind) is None or kind in OPEN
                assert (kind is Status.CLOSED) <= (ticket.closed_at is not None)

    @invariant()
    def nobody_is_told_twice_of_one_cause(self) -> None:
        with self.desk.read() as session:
            acts: Counter[Any] = Counter()
            for event in everything(session, EventRow):
                name = str(event.data.get("scenario", ""))
                if (
                    event.actor == "robot"
                    and event.kind in ("reminded", "returned", "closed")
                    and not name.startswith("own:")
                ):
                    acts[event.ticket_id, name, event.data["cause"]] += 1
            assert not [key for key, count in acts.items() if count > 1]
            told = Counter(
                (row.ticket_id, row.kind, row.cause, row.audience, row.agent_id, row.group_id)
                for row in everything(session, NoticeRow)
                if row.withdrawn_at is None and row.kind != "own"
            )
            assert not [key for key, count in told.items() if count > 1]

    @invariant()
    def no_notice_outlives_its_cause(self) -> None:
        with self.desk.read() as session:
            for row in everything(session, NoticeRow):
                if row.withdrawn_at is not None:
                    continue
                ticket = session.get_one(TicketRow, row.ticket_id)
                if row.kind in ("new_ticket", "unaccepted"):
                    assert (ticket.kind, ticket.status_event) == ("new", row.cause)
                elif row.kind in ("in_work_owner", "in_work_head"):
                    assert (ticket.kind, ticket.status_event) == ("needs_reply", row.cause)

    @invariant()
    def the_counters_count(self) -> None:
        if engines.on_postgres():
            return  # it counts, and keeps no counters
        with self.desk.read() as session:
            counted = {
                tuple(row[:3]): row[3]
                for row in builders.plain(session, "SELECT group_id, board, owner_id, n FROM board_count")
                if row[3]
            }
            found = Counter(
                (one.group_id, one.board, one.owner_id or 0)
                for one in everything(session, TicketRow)
                if one.board is not None
            )
        assert counted == dict(found)

    @precondition(lambda self: len(self.numbers) > 1)
    @rule()
    def notices_can_be_read_by_everybody(self) -> None:
        for login in ("anna", "nadia", "root"):
            for one in notices.mine(self.desk, who(self.desk, login)):
                assert one.text
                assert "{" not in one.text

    def ticket(self, pick: int) -> int:
        return self.numbers[pick % len(self.numbers)]


def test_months_of_a_desks_life(engine: str) -> None:
    how = settings(
        max_examples=12 if engine == "sqlite" else 4, stateful_step_count=60, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Months, settings=how)


def test_the_robots_decisions_look_at_nothing_but_what_they_are_given() -> None:
    """The modules that decide read no clock, no database, no file: the same question has the same answer."""
    import ast

    from core.domain import calendars, notices, processes, reopening, scenarios
    from core.domain import robot as decisions

    allowed = {
        "collections",
        "dataclasses",
        "datetime",
        "enum",
        "typing",
        "zoneinfo",
        "re",
        "core",
        "__future__",
    }
    for module in (decisions, calendars, scenarios, processes, reopening, notices):
        assert module.__file__ is not None
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert name.partition(".")[0] in allowed, (module.__name__, name)
                assert not name.startswith("core") or name.startswith("core.domain"), (module.__name__, name)
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"now", "today", "utcnow"}, module.__name__
