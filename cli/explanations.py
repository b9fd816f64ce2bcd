"""What would become of a letter, in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli import letters
from core import names
from core.domain.authentication import Proof
from core.i18n import _

if TYPE_CHECKING:
    from core.domain.letters import Letter
    from core.services.explaining import Explanation
    from core.settings import Settings


def document(found: Explanation, letter: Letter, file: str) -> dict[str, Any]:
    """An explanation as JSON has it. Fields that do not apply are null."""
    opening = found.opening
    return {
        "file": file,
        "mailbox": found.mailbox,
        "from_addr": letter.from_addr,
        "subject": letter.subject,
        "kind": letter.kind.value,
        "outcome": found.outcome,
        "ticket_id": found.ticket_id,
        "by": found.by,
        "evidence": found.evidence or None,
        "why": why(found),
        "voice": found.voice or None,
        "answers_client": found.said_to_client,
        "forwarded": found.forwarded,
        "dmarc": found.proof.value or None,
        "answers": {"ticket_id": found.answered_id, "status": found.answered_status}
        if found.answered_id
        else None,
        "previous": found.previous_id,
        "forms_tried": letters.trials_document(found.forms),
        "form": letters.form_document(found.form, opening.facts.region if opening else ""),
        "rules_tried": letters.trials_document(found.rules),
        "rule": opening.routed.rule if opening else None,
        "group": opening.routed.group if opening else None,
        "routed_why": opening.why if opening else None,
        "tags": opening.routed.tags if opening else None,
        "region": (opening.facts.region or None) if opening else None,
        "language": (opening.language or None) if opening else None,
        "template": (opening.template or None) if opening else None,
        "client": found.client or None,
        "status": {"from": found.status[0] or None, "to": found.status[1] or None},
        "ball": {"from": found.ball[0] or None, "to": found.ball[1] or None},
        "confirmation": {"sent": not found.confirmation, "withheld": found.confirmation or None},
    }


def show(found: Explanation, letter: Letter, settings: Settings) -> None:
    """An explanation for a person."""
    sender, subject = letter.from_addr or _("no sender"), letter.subject or _("(no subject)")
    letters.row(_("Letter"), f"{sender}: {subject}")
    letters.row(_("Kind"), letters.kind_of_letter(letter))
    if found.proof is Proof.FAILED:
        letters.row(_("Sender"), _("forged, says our mail server (DMARC failed)"))
    letters.row(_("Mailbox"), found.mailbox or _("none"))
    letters.row(_("Outcome"), _outcome(found))
    letters.row(_("Why"), why(found))
    letters.say_trials(_("form"), found.forms)
    if found.form is not None:
        letters.say_form(found.form, found.opening.facts.region if found.opening else "")
    if found.opening is not None:
        _show_routing(found, settings)
    else:
        letters.row(_("Speaks as"), _voices().get("answer" if found.said_to_client else found.voice, ""))
    if found.status[1]:
        _show_ball(found, settings)


def _show_ball(found: Explanation, settings: Settings) -> None:
    before, after = (_status(settings, key) for key in found.status)
    if before and before != after:
        letters.row(_("Status"), _("{before} → {after}").format(before=before, after=after))
    else:
        letters.row(_("Status"), _("{status}, as before").format(status=after) if before else after)
    letters.row(_("The ball"), _balls().get(found.ball[1], ""))
    letters.row(_("Confirmation"), _confirmations()[found.confirmation])


def why(found: Explanation) -> str:
    """How the ticket was found, or why it is a new one."""
    if found.outcome in ("own-copy", "duplicate"):
        return _copies()[found.outcome]
    if found.outcome == "notice":
        return _("it answers a letter of ours to the staff")
    if found.form is not None:
        return _("a form's letter always opens a ticket: nobody has proved that the address is theirs")
    if found.forwarded:
        return _("one of the staff passes on a client's letter")
    found_by = _found_by().get(found.by, "").format(evidence=found.evidence)
    if found.answered_id is not None:
        told = (
            _("it is deleted") if found.answered_status == "deleted" else _("it is closed and not reopened")
        )
        ticket = _("ticket {id}").format(id=found.answered_id)
        return f"{found_by}, {ticket}: {told}"
    if found.outcome == "bounce":
        return _("it reports on a letter of ours")
    if found.by == "new" and found.foreign_tags:
        tags = ", ".join(f"GLZ-{tag}" for tag in found.foreign_tags)
        return _("the subject names {tags}, but the sender takes no part there").format(tags=tags)
    return found_by


def _show_routing(found: Explanation, settings: Settings) -> None:
    from core.domain.routing import DEFAULT_RULE

    opening = found.opening
    assert opening is not None
    letters.say_trials(_("rule"), found.rules)
    group, routed = settings.groups.get(opening.routed.group), opening.routed
    letters.row(_("Group"), group.name if group else routed.group)
    told = _("the default group: no rule holds") if routed.rule == DEFAULT_RULE else routed.rule
    letters.row(_("Rule"), told)
    letters.row(_("Tags"), ", ".join(routed.tags))
    region = settings.regions.get(opening.facts.region)
    letters.row(_("Region"), region.name if region else _("unknown"))
    nobody = _("none: it is filed without a client") if found.letter.from_addr else _("unknown")
    letters.row(_("Client"), found.client or nobody)
    letters.row(_("Follows"), f"GLZ-{found.previous_id}" if found.previous_id else "")


def _status(settings: Settings, key: str) -> str:
    return names.status_word(key, settings.statuses) if key else ""


def _outcome(found: Explanation) -> str:
    return {
        "opened": _("opens a ticket"),
        "joined": _("joins ticket {id}"),
        "bounce": _("is marked on ticket {id} as a failed delivery"),
        "notice": _("is kept, and opens no ticket"),
        "duplicate": _("is on ticket {id} already, nothing happens"),
        "own-copy": _("is a copy of our own letter on ticket {id}, nothing happens"),
    }[found.outcome].format(id=found.ticket_id)


def _copies() -> dict[str, str]:
    return {
        "duplicate": _("a letter with the same Message-ID and the same content is there"),
        "own-copy": _("its Message-ID is signed by this desk"),
    }


def _found_by() -> dict[str, str]:
    return {
        "plus-token": _("the address {evidence} bears our signature"),
        "own-id": _("it answers our letter {evidence}, whose Message-ID bears our signature"),
        "known-id": _("it answers the stored letter {evidence}"),
        "subject-tag": _("the subject bears {evidence}, and the sender takes part in that ticket"),
        "new": _("it answers nothing that is here"),
    }


def _voices() -> dict[str, str]:
    return {
        "client": _("the client"),
        "agent": _("one of the staff: it becomes a note"),
        "answer": _("one of the staff, to the client: it becomes an answer"),
        "stranger": _("a new voice: filed privately, until an agent decides"),
    }


def _balls() -> dict[str, str]:
    return {"ours": _("is ours"), "client": _("is the client's"), "": _("is nobody's")}


def _confirmations() -> dict[str, str]:
    return {
        "": _("is sent to the client"),
        "joined": _("none: it opens no ticket"),
        "own": _("none: the letter is from a mailbox of our own"),
        "form": _("none: it came from a form and could not be read"),
        "automatic": _("none: a machine wrote the letter"),
        "forwarded": _("none: the client did not write to us"),
        "forged": _("none: the sender is forged, and the address belongs to somebody who did not write"),
        "off": _("none: the mailbox sends none"),
        "address": _("none: the sender has no address of their own"),
        "limits": _("none: this address had too many of them"),
    }
