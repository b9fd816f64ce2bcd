"""Status codes and addresses in the words of delivery reports (RFC 3463, RFC 5321 section 4.2).

Imports nothing of ours.
"""

from __future__ import annotations

import re

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
SMTP = re.compile(r"(?<![\d.\-])([45]\d\d)(?![\d.]\d|\d)")
ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,200}@[^\s<>\"'(),;:\[\]]{1,200}[^\s<>\"'(),;:\[\].!?]")
_REASONS = tuple(
    (detail, re.compile(words, re.IGNORECASE))
    for detail, words in (
        (
            "1.1",
            (
                r"user unknown|unknown user|no such (?:user|recipient|mailbox|address)|does(?: not|"
                r"n't) exist|not found|"
                r"unknown (?:recipient|address|local)|invalid (?:recipient|mailbox|address|user)|"
                r"no mailbox|unrouteable|"
                r"recipient (?:rejected|unknown|not)|account (?:is )?(?:disabled|inactive|unavailable)|"
                r"mailbox (?:is )?(?:disabled|unavailable)|нет такого|не существует|не найден|неизвестн"
            ),
        ),
        (
            "2.2",
            (
                r"quota|mailbox (?:is )?full|full mailbox|insufficient (?:system )?storage|mailbox size limit|"
                r"переполнен|превышен"
            ),
        ),
        ("3.4", r"too (?:large|big)|size (?:limit|exceeds)|exceeds (?:the )?(?:maximum|size)|слишком больш"),
        (
            "1.2",
            r"host (?:unknown|not found)|domain (?:not found|unknown|does not exist)|no such domain|nxdomain",
        ),
        ("7.1", r"spam|blocked|blacklist|policy|denied|reject|refused by|prohibited|спам|отклонен"),
        ("4.1", r"timed? ?out|connection (?:refused|timed)|no route|unreachable|not respond"),
    )
)
"""Subject and detail of a code by the words that mean it, the most telling first."""
_BY_REPLY = {
    "552": "5.2.2",
    "550": "5.1.1",
    "551": "5.1.6",
    "553": "5.1.3",
    "554": "5.0.0",
    "452": "4.2.2",
    "450": "4.2.0",
    "451": "4.3.0",
    "421": "4.3.2",
}


def code_in(text: str) -> str:
    """The first enhanced status code in a text, or empty."""
    match = _STATUS.search(text)
    return f"{match[1]}.{int(match[2])}.{int(match[3])}" if match else ""


def by_words(text: str) -> str:
    """Subject and detail of the code that the words mean, such as `1.1`, or empty."""
    return next((detail for detail, words in _REASONS if words.search(text)), "")


def from_smtp(reply: str, text: str) -> str:
    """An enhanced code for a bare SMTP reply: the detail comes from the words behind it."""
    detail = by_words(text)
    return f"{reply[0]}.{detail}" if detail else _BY_REPLY.get(reply, f"{reply[0]}.0.0")
