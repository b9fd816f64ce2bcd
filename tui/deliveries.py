"""Whom a letter of ours reached and whom it did not, in one sentence. Pure; imports no widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.i18n import ngettext
from core.text import one_line

if TYPE_CHECKING:
    from core.services.models.conversation import MessageView, Recipient

LOST = ("failed", "bounced")
"""States of a recipient who has not got the letter and will not."""


def partly(message: MessageView) -> str:
    """Who has not got a letter that others have, and why; empty where it reached all or nobody."""
    lost = [one for one in message.recipients if one.state in LOST]
    reached = sum(one.state == "sent" for one in message.recipients)
    if message.delivery != "failed" or not lost or not reached:
        return ""
    return ngettext(
        "not delivered to {lost}; delivered to {count} other",
        "not delivered to {lost}; delivered to {count} others",
        reached,
    ).format(lost=", ".join(map(_lost, lost)), count=reached)


def _lost(recipient: Recipient) -> str:
    reason = one_line(recipient.reason)
    return one_line(recipient.address) + (f" ({reason})" if reason else "")
