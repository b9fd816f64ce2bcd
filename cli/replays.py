"""Old letters through changed rules: what would move, line by line as it is found, and a count at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.i18n import _, ngettext

if TYPE_CHECKING:
    from cli.options import CommandContext
    from core.db.openings import OpeningRow
    from core.domain.letters import Letter
    from core.services.access import Actor
    from core.services.desk import Desk
    from core.services.replaying import Side
    from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Replayed:
    """One old letter."""

    name: str
    """GLZ-12 of a stored one, else the file."""
    ticket: int | None
    subject: str
    sender: str
    old: Side | None
    """None where it was left out."""
    new: Side | None
    left_out: str = ""
    """answer (it opens no ticket), otherwise (no letter of a client opened it), unreadable; empty: replayed."""


def stored(desk: Desk, actor: Actor, new: Settings) -> Iterator[Replayed]:
    """The letters that opened this desk's tickets: what was recorded against other rules."""
    from core.services import replaying
    from mailbridge.parse_files import parse_files

    waiting: list[OpeningRow] = []

    def sources() -> Iterator[Path]:
        for row in replaying.stored_openings(desk, actor):
            waiting.append(row)
            if row.raw_sha256:
                yield desk.blobs.path(row.raw_sha256)

    def left(rows: Iterable[OpeningRow]) -> Iterator[Replayed]:
        for row in rows:
            yield Replayed(f"GLZ-{row.ticket_id}", row.ticket_id, row.subject, "", None, None, "otherwise")

    for letter in parse_files(sources()):
        *others, row = waiting
        waiting.clear()
        yield from left(others)
        name = f"GLZ-{row.ticket_id}"
        if isinstance(letter, str):
            yield Replayed(name, row.ticket_id, row.subject, "", None, None, "unreadable")
            continue
        side = replaying.side_of(new, letter, row.mailbox, row.region)
        yield Replayed(name, row.ticket_id, row.subject, letter.from_addr, replaying.recorded(row), side)
    yield from left(waiting)


def archive(
    context: CommandContext, source: Path, old: Settings, new: Settings, mailbox: str, *, answers: bool
) -> Iterator[Replayed]:
    """Letters in files: the rules in force against other ones."""
    from core.services import replaying
    from core.services.routing import mailbox_of
    from mailbridge.archives import letters_in
    from mailbridge.parse_files import parse_files

    name = ""

    def sources() -> Iterator[bytes | Path]:
        nonlocal name
        for name, one in letters_in(source):  # noqa: B007
            yield one

    with ExitStack() as stack:
        desk = _desk_if_there(context, stack)
        for letter in parse_files(sources()):
            if isinstance(letter, str):
                yield Replayed(name, None, letter, "", None, None, "unreadable")
                continue
            key = mailbox or mailbox_of(old, letter)
            if not answers and not (replaying.opens(old, letter, key) or replaying.opens(new, letter, key)):
                yield Replayed(name, None, letter.subject, letter.from_addr, None, None, "answer")
                continue
            before, after = (
                replaying.side_of(one, letter, key, _known(desk, one, letter, key)) for one in (old, new)
            )
            yield Replayed(name, None, letter.subject, letter.from_addr, before, after)


def _known(desk: Desk | None, settings: Settings, letter: Letter, mailbox: str) -> str:
    from core.services import replaying

    return replaying.known_region(desk, replaying.client_of(settings, letter, mailbox)) if desk else ""


def _desk_if_there(context: CommandContext, stack: ExitStack) -> Desk | None:
    from cli.options import open_desk
    from cli.output import say
    from core.errors import GlazokError

    try:
        return stack.enter_context(open_desk(context))
    except GlazokError as error:
        told = _("No contact's region is known here: {reason}").format(reason=error.message)
        say(told, err=True)
        return None


def show(rows: Iterable[Replayed], *, as_json: bool) -> None:
    """Each letter that changes, as it is found; then how many there were of each kind."""
    from cli.output import print_json_lines

    counts: Counter[str] = Counter()
    moves: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.old is None or row.new is None:
            counts[row.left_out] += 1
            continue
        moved, other = row.old.group != row.new.group, row.old.rule != row.new.rule
        counts["replayed"] += 1
        given = bool(row.old.given(row.new))
        counts["moved" if moved else "other_rule" if other else "other_values" if given else "same"] += 1
        if moved:
            moves[row.old.group, row.new.group] += 1
        if moved or other or given:
            if as_json:
                print_json_lines([_document(row, moved=moved)])
            else:
                _say(row, row.old, row.new)
    if as_json:
        listed = [{"from": old, "to": now, "letters": count} for (old, now), count in moves.most_common()]
        print_json_lines([{"summary": {name: counts[name] for name in _COUNTED}, "moves": listed}])
    else:
        _say_summary(counts, moves)


_COUNTED = ("replayed", "moved", "other_rule", "other_values", "same", "answer", "otherwise", "unreadable")


def _document(row: Replayed, *, moved: bool) -> dict[str, Any]:
    return {
        "letter": row.name, "ticket_id": row.ticket, "subject": row.subject, "from_addr": row.sender,
        "moves": moved, "old": row.old, "new": row.new,
    }  # fmt: skip


def _say(row: Replayed, old: Side, new: Side) -> None:
    from cli.output import say
    from core.text import one_line

    say(f"{one_line(row.name)}  {one_line(row.subject)}")
    titles = {
        "tags": _("tags"),
        "priority": _("priority"),
        "language": _("language"),
        "template": _("template"),
    }
    for sign, side, other in (("-", old, new), ("+", new, old)):
        why = f"  ({one_line(side.why)})" if side.why else ""
        given = "; ".join(f"{titles[name]}: {value or '—'}" for name, value in side.given(other).items())
        say(f"  {sign} {side.group}  {one_line(side.rule)}{why}{given and '  '}{one_line(given)}")


def _say_summary(counts: Counter[str], moves: Counter[tuple[str, str]]) -> None:
    from cli.output import print_table, say

    total = counts["replayed"]
    say(ngettext("{n} letter replayed.", "{n} letters replayed.", total).format(n=total))
    texts = {
        "moved": ngettext("{n} would go to another group.", "{n} would go to other groups.", counts["moved"]),
        "other_rule": ngettext(
            "{n} would go to the same group by another rule.",
            "{n} would go to the same group by another rule.",
            counts["other_rule"],
        ),
        "other_values": ngettext(
            "{n} would get other tags, another priority, language or template by the same rule.",
            "{n} would get other tags, another priority, language or template by the same rule.",
            counts["other_values"],
        ),
        "answer": ngettext(
            "{n} answer or delivery report left out: no rule sees it.",
            "{n} answers and delivery reports left out: no rule sees them.",
            counts["answer"],
        ),
        "otherwise": ngettext(
            "{n} ticket left out: no letter of its client opened it.",
            "{n} tickets left out: no letter of their clients opened them.",
            counts["otherwise"],
        ),
        "unreadable": ngettext(
            "{n} letter could not be read.", "{n} letters could not be read.", counts["unreadable"]
        ),
    }
    for name, text in texts.items():
        if counts[name]:
            say(text.format(n=counts[name]))
    print_table(
        (_("from group"), _("to group"), _("letters")),
        [(old, new, count) for (old, new), count in moves.most_common()],
    )
