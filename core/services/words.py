"""The robot's words: sentences filled from the numbers in force, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from core.db import mail as mail_db
from core.db.tables import AgentRow, ContactRow, GroupRow, NoticeRow, TicketRow
from core.domain.notices import NoticeKind
from core.domain.scenarios import PREFIX
from core.i18n import N_, _, ngettext
from core.names import status_word
from core.services.desk import Desk, desk_of

NAMED = 5
"""So many addresses a notice names."""

SENTENCES: dict[str, str] = {
    NoticeKind.NEW_TICKET: N_("A new ticket waits for somebody to accept it."),
    NoticeKind.UNACCEPTED: N_("Nobody has accepted this ticket for {time}."),
    NoticeKind.IN_WORK_OWNER: N_(
        "This ticket of yours has been in work for {time}: the client waits for an answer."
    ),
    NoticeKind.IN_WORK_HEAD: N_("This ticket has been in work for {time} without an answer to the client."),
    NoticeKind.ASKED: N_("{who} asks for your help."),
    NoticeKind.ASK_WAITING: N_("A request for help has waited for {time}."),
    NoticeKind.ASK_ANSWERED: N_("{who} has answered your request for help."),
    NoticeKind.PASSED: N_("{who} has passed this ticket on to you."),
    f"{NoticeKind.PASSED}.handed": N_("{who} has handed this ticket over to you, for your shift."),
    NoticeKind.TAKEN_BACK: N_(
        "The client was not answered for {time} after you accepted: the ticket is back in its group."
    ),
    NoticeKind.MENTIONED: N_("{who} mentions you in a note."),
    NoticeKind.KEPT: N_("{who} has ended the shift and keeps this ticket."),
    NoticeKind.NEW_VOICE: N_(
        "Somebody who takes no part has written on this ticket: decide whether they do."
    ),
    NoticeKind.SCENARIO_FAILED: N_(
        "The scenario “{scenario}” could not do all of its acts: its note says why."
    ),
    NoticeKind.UNDELIVERED: N_(
        "An answer to the client did not get through; its letter on the ticket says why."
    ),
    NoticeKind.COPY_UNDELIVERED: N_(
        "A copy of an answer did not get through to {copies}; the client has the answer."
    ),
    NoticeKind.CLIENT_WROTE: N_(
        "The client has written on this ticket, which stays solved: read it, then answer or reopen."
    ),
    NoticeKind.SCENARIO_LOOP: N_(
        "The scenarios {cut} start one another: they were stopped on this ticket. Change them in the configuration."
    ),
    NoticeKind.ASK_LOST: N_("{who} has left; your request for help was not answered."),
    NoticeKind.LOOP: N_(
        "Too many automatic letters to one address: a robot may be answering. No more go for now."
    ),
}
"""What each kind of notice says, `.handed` what came by a hand-over; `{time}` is the limit that was in force, `{who}` a
colleague."""


def notice(desk: Desk, session: Session, row: NoticeRow) -> str:
    """What a notice says. A scenario of the team's own brings its text."""
    if row.kind == NoticeKind.OWN:
        return str(row.data.get("text", ""))
    facts = _facts(session, row.data)
    if row.kind == NoticeKind.COPY_UNDELIVERED:
        facts["copies"] = _without_it(session, row.data["message"])
    handed = row.kind == NoticeKind.PASSED and row.data.get("handed")
    return _(SENTENCES[f"{row.kind}.handed" if handed else row.kind]).format(**facts)


def _facts(session: Session, data: dict[str, Any]) -> dict[str, str]:
    who = session.get(AgentRow, data["agent"]) if data.get("agent") else None
    group = session.get(GroupRow, data["group"]) if data.get("group") else None
    return {
        "time": duration(timedelta(seconds=data.get("seconds", 0))),
        "who": who.name if who else _("a colleague"),
        "group": group.name if group else "",
        "scenario": str(data.get("scenario", "")).removeprefix(PREFIX),
        "cut": " → ".join(map(str, data.get("cut", ()))),
    }


def _without_it(session: Session, message_id: int) -> str:
    """The addresses at which a letter of ours has not arrived."""
    row = mail_db.outbox_by_message(session, message_id)
    recipients = mail_db.recipients_of(session, row.id or 0) if row is not None else ()
    missed = [one.email for one in recipients if one.state != "sent"]
    return ", ".join((*missed[:NAMED], "…") if len(missed) > NAMED else missed)


def duration(time: timedelta) -> str:
    """A limit in words, exact to the second: 45 minutes, 1 minute 30 seconds, 2 days."""
    minutes, seconds = divmod(int(time.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        ngettext("{n} day", "{n} days", days).format(n=days) if days else "",
        ngettext("{n} hour", "{n} hours", hours).format(n=hours) if hours else "",
        ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes) if minutes else "",
        ngettext("{n} second", "{n} seconds", seconds).format(n=seconds) if seconds else "",
    ]
    return " ".join(filter(None, parts)) or ngettext("{n} second", "{n} seconds", 0).format(n=0)


def letter_subject(desk: Desk, ticket_id: int, text: str, count: int) -> str:
    """The subject of a letter to the staff."""
    if count == 1:
        return f"[{desk.settings.desk.name}] #{ticket_id}: {text}"
    return f"[{desk.settings.desk.name}] " + ngettext("{n} notice", "{n} notices", count).format(n=count)


def more_notices(count: int) -> str:
    """The end of a letter to the staff that would be too long: how many notices it leaves out."""
    return ngettext(
        "And {n} more; see it with: glazok notice list",
        "And {n} more; see them with: glazok notice list",
        count,
    ).format(n=count)


ROBOT_NOTES: dict[str, str] = {
    "unaccepted": N_("Nobody has accepted this ticket for {time}. Please take it."),
    "silent_owner": N_(
        "The client was not answered for {time} after the ticket was accepted; it is back in its group."
    ),
    "in_work_owner": N_("In work for {time} without an answer to the client: the owner has been reminded."),
    "in_work_head": N_("In work for {time} without an answer to the client: the supervisors have been told."),
    "forgotten": N_("Solved for {time} without a word from the client: closed."),
    "ask": N_("A request for help has waited for {time}: those concerned have been told."),
}
"""What the robot writes on the ticket; `{time}` is the limit in force."""

HOW_TO_STOP = N_("(Scenario “{scenario}”. To switch it off: enabled = false under [robot.{scenario}].)")


def robot_note(scenario: str, limit: timedelta, problems: Sequence[str] = ()) -> str:
    """The robot's note: what it did and could not do, by which scenario, and how to stop it."""
    said = _(ROBOT_NOTES[scenario]).format(time=duration(limit))
    return "\n".join((said, *problems, _(HOW_TO_STOP).format(scenario=scenario)))


def not_done(act: str, value: str, why: str) -> str:
    """A line of the robot's note about an act that could not be done, or not quite."""
    return _("Not as it should be: {act} ({why}).").format(act=f"{act} {value}".strip(), why=why.rstrip("."))


def left_out(act: str, why: str) -> str:
    """A line of the robot's note about an act that was rightly left out."""
    return _("Left out: {act} ({why}).").format(act=act, why=why.rstrip("."))


def loop_cut(chain: Sequence[str]) -> str:
    """The robot's note where scenarios start one another without end."""
    return _(
        "The scenarios {chain} start one another. They were stopped here, until somebody does something."
    ).format(chain=" → ".join(f"“{name}”" for name in chain))


def robot_name(session: Session) -> str:
    """What the team calls its robot."""
    return desk_of(session).settings.robot.name


OWN_HOW_TO_STOP = N_("(Scenario “{scenario}”. To switch it off: enabled = false in its [[scenarios]].)")


def own_text(session: Session, text: str, ticket: TicketRow, at: datetime, limit: timedelta | None) -> str:
    """The words of a team's own scenario, filled in. `{minutes}` and `{time}` are the scenario's time in force; the
    time in the status, in whole minutes, where it waits for an event."""
    spent = timedelta(minutes=max(at - ticket.status_since, timedelta(0)) // timedelta(minutes=1))
    spent = spent if limit is None else limit
    owner = session.get(AgentRow, ticket.owner_id) if ticket.owner_id else None
    contact = session.get(ContactRow, ticket.contact_id) if ticket.contact_id else None
    return (text or _("A scenario of your team speaks of this ticket.")).format(
        minutes=int(spent.total_seconds() // 60),
        time=duration(spent),
        ticket=ticket.id,
        subject=ticket.subject,
        client=contact.name if contact else "",
        owner=owner.name if owner else _("nobody"),
        group=session.get_one(GroupRow, ticket.group_id).name,
        status=status_word(ticket.status, desk_of(session).settings.statuses),
    )


def own_note(scenario: str, text: str = "") -> str:
    """A note of a team's own scenario: its words, which one it is, and how to stop it."""
    how = _(OWN_HOW_TO_STOP).format(scenario=scenario)
    return f"{text}\n{how}" if text else how
