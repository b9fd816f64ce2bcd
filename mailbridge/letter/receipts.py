"""Receipts in words alone, as programs wrote them before RFC 8098 and beside it. Imports nothing of ours."""

from __future__ import annotations

import re

_READ_SUBJECT = re.compile(
    r"\W*(?:(?:not )?read|return receipt|rcpt|(?:уведомление|подтверждение) о прочтении|подтверждение прочтения|"
    r"(?:не )?прочтено|(?:не )?прочитано|прочетено|(?:un|nicht )?gelesen|"
    r"(?:non )?lu|(?:no )?le[íi]do|(?:non )?letto|(?:n[ãa]o )?lid[ao]|(?:niet )?gelezen|"
    r"(?:nie )?przeczytan[oe]|(?:ne)?p[řr]e[čc]teno|"
    r"l[äa]st|lest|l[æa]st|luettu|olvasott|okundu|开封|已读|開封済み)\s*[:：]",
    re.IGNORECASE,
)
_READ_BODY = re.compile(
    r"was (?:read|displayed|deleted without being read)(?: on)?\b|прочитано|прочтено|удалено непрочитанным|"
    r"удалено без|gelesen|a été (?:lu|affiché|supprimé)|"
    r"se ley[óo]|fue le[íi]do|[èe] stato (?:letto|eliminato)|foi lid[ao]|"
    r"(?:is|werd) gelezen|został[ao]? przeczytan|byla p[řr]e[čc]tena|l[äa]stes|ble lest|blev læst|luettiin|"
    r"已[被读]|開封",
    re.IGNORECASE,
)
_NOTES_RECEIPT = re.compile(
    r"\s*Return Receipt\s+Your\s[^\n]{1,200}\n\s*document\b[\s\S]{1,400}?\bby\s*:[\s\S]{0,200}?\bat\s*:"
)
_CLOCK = re.compile(r"\d[:.]\d\d")
_RECEIPT_LENGTH = 1_500
"""Characters of the longest receipt in words: people write more."""


def says_read(subject: str, body: str) -> bool:
    """A receipt of Exchange or Outlook in words alone: who was written to, what about, when, and that it was read;
    or the table of Lotus Notes, below the subject of the letter that was read."""
    if len(body) < _RECEIPT_LENGTH and _NOTES_RECEIPT.match(body):
        return True
    return (
        _READ_SUBJECT.match(subject) is not None
        and len(body) < _RECEIPT_LENGTH
        and body.count(":") > 2
        and _CLOCK.search(body) is not None
        and _READ_BODY.search(body) is not None
    )
