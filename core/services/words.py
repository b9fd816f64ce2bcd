"""The robot's words: sentences filled from the numbers in force, in the reader's language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import Session

from core.db.tables import AgentRow, GroupRow, NoticeRow
from core.domain.notices import NoticeKind
from core.i18n import N_, _, ngettext
from core.services.desk import Desk

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
    NoticeKind.TAKEN_BACK: N_(
        "The client was not answered for {time} after you accepted: the ticket is back in its group."
    ),
    NoticeKind.MENTIONED: N_("{who} mentions you in a note."),
}
"""What each kind of notice says; `{time}` is the limit that was in force, `{who}` a colleague."""


def notice(desk: Desk, session: Session, row: NoticeRow) -> str:
    """What a notice says. A scenario of the team's own brings its text."""
    if row.kind == NoticeKind.OWN:
        return str(row.data.get("text", ""))
    return _(SENTENCES[row.kind]).format(**_facts(session, row.data))


def _facts(session: Session, data: dict[str, Any]) -> dict[str, str]:
    who = session.get(AgentRow, data["agent"]) if data.get("agent") else None
    group = session.get(GroupRow, data["group"]) if data.get("group") else None
    return {
        "time": duration(timedelta(seconds=data.get("seconds", 0))),
        "who": who.name if who else _("a colleague"),
        "group": group.name if group else "",
    }


def duration(time: timedelta) -> str:
    """A limit in words: 45 minutes, 2 hours, 3 days; mixed where it does not fit a single unit."""
    minutes = round(time.total_seconds() / 60)
    parts = []
    for size, words in (
        (1440, lambda n: ngettext("{n} day", "{n} days", n)),
        (60, lambda n: ngettext("{n} hour", "{n} hours", n)),
        (1, lambda n: ngettext("{n} minute", "{n} minutes", n)),
    ):
        count, minutes = divmod(minutes, size)
        if count:
            parts.append(words(count).format(n=count))
    return " ".join(parts) or ngettext("{n} minute", "{n} minutes", 0).format(n=0)


def letter_subject(desk: Desk, ticket_id: int, text: str, count: int) -> str:
    """The subject of a letter to the staff."""
    if count == 1:
        return f"[{desk.settings.desk.name}] #{ticket_id}: {text}"
    return f"[{desk.settings.desk.name}] " + ngettext("{n} notice", "{n} notices", count).format(n=count)
