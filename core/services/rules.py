"""The configuration's rules of a ticket's life, as the domain knows them: processes, clocks, reopening."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlmodel import Session

from core.db import tags as db
from core.db.tables import AgentRow, GroupRow, TicketRow
from core.db.tickets import status_is_used
from core.domain.companies import same_company
from core.domain.processes import BUILT_IN, Process
from core.domain.reopening import Reopening
from core.domain.robot import Clocks, Promise, Timer
from core.domain.scenarios import OwnScenario, TicketFacts, own_timers
from core.errors import NotFound
from core.i18n import _
from core.services.desk import Desk, desk_of


def process_of(session: Session, ticket: TicketRow) -> Process:
    """The process that a ticket lives by; the standard one where its own has left the configuration."""
    return desk_of(session).settings.process(ticket.process)


def check_statuses(desk: Desk, session: Session, statuses: Iterable[str]) -> None:
    """Statuses are asked for by key. One that has left the configuration is known while a ticket is in it.

    Raises NotFound, naming those that there are.
    """
    known = [*(status.key for status in BUILT_IN), *desk.settings.statuses]
    for status in statuses:
        if status not in known and not status_is_used(session, status):
            said = (
                _("There is no status {key}; there are: {known}.")
                if status.strip()
                else _("The status is empty; there are: {known}.")
            )
            raise NotFound(said.format(key=status, known=", ".join(known)))


def check_template(desk: Desk, key: str) -> None:
    """Raises NotFound for a ticket template that the configuration does not have, naming those that it has."""
    if key and desk.settings.template(key) is None:
        said = (
            _("There is no ticket template {key}; there are: {known}.")
            if desk.settings.templates
            else _("There is no ticket template {key}: the configuration has none.")
        )
        raise NotFound(
            said.format(key=key, known=", ".join(sorted(desk.settings.templates))),
            hint=_("Templates are written in the configuration, under [templates.KEY]."),
        )


def group_key_of(session: Session, ticket: TicketRow) -> str:
    """The key of a ticket's group in the configuration."""
    # A group keeps its key for ever.
    keys = desk_of(session).group_keys
    if ticket.group_id not in keys:
        keys[ticket.group_id] = session.get_one(GroupRow, ticket.group_id).key
    return keys[ticket.group_id]


def takes_tickets(session: Session, group: GroupRow) -> bool:
    """Whether tickets may come to a group: one that was taken out of the configuration only loses what it has."""
    return group.active and group.key in desk_of(session).settings.groups


def clocks_of(session: Session, ticket: TicketRow) -> Clocks:
    """Which of the robot's scenarios run in a ticket's group, and its working hours."""
    return desk_of(session).settings.clocks(group_key_of(session, ticket))


def promise_of(session: Session, ticket: TicketRow, name: str) -> Promise:
    """One of the robot's scenarios as it is in force for the ticket's group: on or off, its time, whom it tells."""
    return desk_of(session).settings.scenario(group_key_of(session, ticket), name)


def facts_of(session: Session, ticket: TicketRow, happened: frozenset[str] = frozenset()) -> TicketFacts:
    """What of a ticket the team's own scenarios look at."""
    owner = session.get(AgentRow, ticket.owner_id) if ticket.owner_id else None
    return TicketFacts(
        status=ticket.status,
        kind=ticket.kind,
        group=group_key_of(session, ticket),
        priority=ticket.priority,
        region=ticket.region,
        language=ticket.language,
        channel=ticket.channel,
        owner=owner.login if owner else "",
        subject=ticket.subject,
        tags=_tags_of(session, ticket),
        happened=happened,
    )


def _tags_of(session: Session, ticket: TicketRow) -> frozenset[str]:
    # Each letter that is filed comes by here: what no scenario asks for is not looked up.
    if not any(scenario.asks_for_tags for scenario in own_scenarios_of(session, ticket)):
        return frozenset()
    return frozenset(db.tags_of(session, ticket.id or 0))


def own_scenarios_of(session: Session, ticket: TicketRow) -> tuple[OwnScenario, ...]:
    """The team's own scenarios that are in force for the ticket's group."""
    return desk_of(session).settings.own_scenarios(group_key_of(session, ticket))


def own_timers_of(session: Session, ticket: TicketRow) -> tuple[Timer, ...]:
    """The clocks of the team's own scenarios on a ticket."""
    scenarios = own_scenarios_of(session, ticket)
    if not scenarios:
        return ()
    facts, calendar = facts_of(session, ticket), clocks_of(session, ticket).calendar
    return own_timers(scenarios, facts, ticket.status_since, ticket.status_event, calendar)


def reopening_of(session: Session, ticket: TicketRow, channel: str) -> Reopening:
    """What a client's letter does to a closed ticket of this group."""
    return desk_of(session).settings.reopening(group_key_of(session, ticket), channel)


def speaks_for_company(session: Session, ticket: TicketRow, sender: str, present: Collection[str]) -> bool:
    """Whether somebody who takes no part counts as the client, because somebody of the same company does."""
    settings = desk_of(session).settings
    group = settings.groups.get(group_key_of(session, ticket))
    counts = group is not None and group.same_company
    return counts and same_company(sender, present, settings.desk.public_domains)


def ball_moves(desk: Desk) -> bool:
    """Whether answers and clients' letters move the ball by themselves."""
    return desk.settings.robot.moves_ball
