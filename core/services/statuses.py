"""Tickets follow the configuration's statuses: what a status is, its tickets are.

A program that starts compares what it is configured with to what was followed last, and reads no ticket where nothing
has changed.
"""

from __future__ import annotations

import json

from sqlmodel import Session

from core.clock import now
from core.db import clocks as clock_db
from core.db import statuses as db
from core.db.statuses import InUse
from core.db.tables import TicketRow
from core.domain.processes import STANDARD
from core.domain.tickets import Status
from core.errors import ConfigError
from core.i18n import _, ngettext
from core.logs import get as get_log
from core.services import events, life
from core.services.access import OPERATOR
from core.services.desk import Desk

FOLLOWED = "statuses"
"""Under what the database remembers which statuses were followed last."""

PAGE = 200
"""Tickets that are changed in one transaction."""

log = get_log("statuses")


def follow(desk: Desk) -> int:
    """Bring every ticket in line with the kind that its status has now; returns how many were changed.

    A ticket of a status that became another kind gets the event `redefined`, its clocks start anew, and its ball moves
    as the kinds say; what has no owner is New. Closed tickets of a status that was taken out are `closed`.
    Raises ConfigError, before anything is changed, for a status that open or solved tickets have and that is gone.
    """
    wanted = _fingerprint(desk)
    with desk.read() as session:
        if clock_db.remembered(session, FOLLOWED) == wanted:
            return 0
        in_use = db.in_use(session)
    lost = [one for one in in_use if not desk.settings.process(one.process).knows(one.status)]
    over = (Status.CLOSED, Status.DELETED)
    for one in lost:
        if one.kind not in over:
            raise _still_in_use(one)
    with desk.write() as session:
        for one in lost:
            db.rename(session, one, desk.settings.process(one.process).first_of(Status.CLOSED))
    changed = sum(_follow_one(desk, one) for one in in_use if one not in lost and one.kind != Status.DELETED)
    with desk.write() as session:
        clock_db.remember(session, FOLLOWED, wanted)
    if changed:
        log.info("tickets follow the statuses as they are configured now", tickets=changed)
    return changed


def _still_in_use(one: InUse) -> ConfigError:
    return ConfigError(
        ngettext(
            "The status {status} is not in the configuration, and {count} ticket still has it, #{first}.",
            "The status {status} is not in the configuration, and {count} tickets still have it, such as #{first}.",
            one.count,
        ).format(status=one.status, count=one.count, first=one.first),
        hint=_(
            "Write [statuses.{status}] again (and its name into the process {process}), move the tickets with "
            "“glazok ticket status”, then take it out."
        ).format(status=one.status, process=one.process),
    )


def _follow_one(desk: Desk, one: InUse) -> int:
    kind = desk.settings.process(one.process).kind_of(one.status)
    if kind == one.kind:
        return 0
    changed = 0
    while True:
        with desk.write() as session:
            page = db.tickets_of(session, one, PAGE)
            for ticket in page:
                _redefine(session, ticket, kind)
        changed += len(page)
        if len(page) < PAGE:
            return changed


def _redefine(session: Session, ticket: TicketRow, kind: Status) -> None:
    was, before, kind_before, at = life.snapshot(ticket), ticket.status, ticket.kind, now()
    if kind is Status.NEW:
        life.disown(ticket)
    life.enter(session, ticket, ticket.status, at)
    # Nobody is told at once of a limit that was none a moment ago.
    life.restart(ticket, at)
    if kind in (Status.NEEDS_REPLY, Status.WAITING) and ticket.owner_id is None:
        life.back_to_group(session, ticket, at)
    data = {
        "from": before, "to": ticket.status, "kind_before": kind_before, "kind": ticket.kind, "was": was,
        "owner": ticket.owner_id,
    }  # fmt: skip
    events.record(session, ticket, OPERATOR, "redefined", at, data=data)


def _fingerprint(desk: Desk) -> str:
    processes = {key: desk.settings.process(key) for key in (STANDARD, *desk.settings.processes)}
    return json.dumps(
        {
            key: {status.key: status.kind for status in process.statuses.values()}
            for key, process in processes.items()
        },
        sort_keys=True,
    )
