"""A whole desk after its conversations: nothing lost, nothing doubled, and events that tell how it came about."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from tests import builders
from tests.conversations.world import Misjudged, World


def check(world: World) -> None:
    """Raises Misjudged where a table says something else than the model."""
    desk, tickets = world.desk, world.by_number
    _same(world, "tickets", dict(builders.rows(desk, "SELECT id, status FROM ticket")),
          {number: ticket.status for number, ticket in tickets.items()})  # fmt: skip
    boards = dict(builders.rows(desk, "SELECT id, board FROM ticket"))
    _same(world, "boards", boards, {number: ticket.status if ticket.status in ("new", "needs_reply", "waiting")
                                    else None for number, ticket in tickets.items()})  # fmt: skip
    letters = "SELECT ticket_id, count(*) FROM message WHERE raw_sha256 IS NOT NULL GROUP BY ticket_id"
    _same(world, "letters kept", dict(builders.rows(desk, letters)),
          {number: ticket.kept for number, ticket in tickets.items()})  # fmt: skip
    confirmed = "SELECT ticket_id, count(*) FROM message WHERE kind = 'confirmation' GROUP BY ticket_id"
    _same(world, "confirmations", dict(builders.rows(desk, confirmed)),
          {number: ticket.confirmations for number, ticket in tickets.items() if ticket.confirmations})  # fmt: skip
    people: dict[int, tuple[set[str], list[str]]] = defaultdict(lambda: (set(), []))
    for number, address, requester in builders.rows(
        desk,
        "SELECT p.ticket_id, a.email, p.requester FROM participant p JOIN address a ON a.id = p.address_id",
    ):
        people[number][0].add(address)
        people[number][1].extend([address] if requester else [])
    _same(world, "people", dict(people),
          {number: (set(ticket.people), [ticket.requester]) for number, ticket in tickets.items()
           if ticket.people})  # fmt: skip
    _same(world, "letters left", builders.rows(desk, "SELECT id FROM mail_ledger WHERE state != 'done'"), [])
    failed = {
        (rfc_id, address)
        for rfc_id, address in builders.rows(
            desk,
            "SELECT m.rfc_id, r.email FROM outbox_recipient r JOIN outbox o ON o.id = r.outbox_id "
            "JOIN message m ON m.id = o.message_id WHERE r.state = 'bounced'",
        )
    }
    _same(world, "failed deliveries", failed, world.model.bounced)
    _events(world)


def _events(world: World) -> None:
    """Every status follows from the one before, and the ticket knows its last event."""
    told: dict[int, str] = {}
    last: dict[int, int] = {}
    rows = builders.rows(
        world.desk, "SELECT id, ticket_id, data FROM event WHERE ticket_id IS NOT NULL ORDER BY id"
    )
    for event, number, data in rows:
        facts = json.loads(data) if isinstance(data, str) else data
        last[number] = event
        before = told.get(number)
        if "from" in facts and before != facts["from"]:
            raise Misjudged(
                f"seed {world.seed}: event {event} of GLZ-{number} starts from {facts}, not from {before}"
            )
        told[number] = facts.get("to", before)
    _same(world, "last events", dict(builders.rows(world.desk, "SELECT id, last_event FROM ticket")), last)
    ends = {number: ticket.status for number, ticket in world.by_number.items()}
    _same(world, "ends of the events", {number: told[number] for number in ends}, ends)


def _same(world: World, what: str, found: Any, wanted: Any) -> None:
    if found == wanted:
        return
    lines = [f"seed {world.seed}: {what} differ"]
    if not isinstance(wanted, dict):
        raise Misjudged(f"{lines[0]}: {found}, not {wanted}")
    for number in sorted(set(found) | set(wanted)):
        if found.get(number) != wanted.get(number):
            lines.append(f"GLZ-{number}: {found.get(number)}, not {wanted.get(number)}")
            ticket = world.by_number.get(number)
            lines += [f"  {line}" for line in ticket.story] if ticket else []
            break
    raise Misjudged("\n".join(lines))
