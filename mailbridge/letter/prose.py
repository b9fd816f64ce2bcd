"""Bounces that are plain words: Exim, qmail, Postfix, Exchange, Gmail, Mail.ru, Yandex, Lotus and their like.

Imports core.domain and this package.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping

from core.domain.letters import DeliveryStatus
from mailbridge.letter.codes import ADDRESS, SMTP, by_words, code_in, from_smtp

_NEAR = 1_000
"""Characters behind an address that tell why nothing reached it."""
_END = re.compile(
    r"^(?:-{3,}[^\n]*(?:copy of (?:the|your) message|original message|returned message|below this line|"
    r"исходн)|"
    r"--- (?:below this line|the )|------ this is a copy|return-path:|received: |-+ ?original message|"
    r"original message headers|----- message header|[-= ]*message (?:headers?|follows)|"
    r"[-= ]*копия (?:вашего )?(?:письма|сообщения)|заголовки (?:исходного|письма))",
    re.IGNORECASE | re.MULTILINE,
)
_DELAY = re.compile(
    r"delay|has not been delivered yet|not yet been delivered|will (?:be retried|continue|keep trying)|"
    r"still being|will retry|temporar|"
    r"отложен|временн|задерж|будет повтор|повторн|попыт[ко][аи] (?:доставки )?(?:будут|продолж)|warning:|"
    r"could not send message for",
    re.IGNORECASE,
)
_HARD = re.compile(
    r"permanent|undeliverable|returned to sender|giving up|gave up|could not be delivered to one or more|"
    r"failure notice|"
    r"retry timeout exceeded|окончательн|прекращен",
    re.IGNORECASE,
)
_SERVICE = re.compile(
    r"mailer-daemon|postmaster@|abuse@|noreply|no-reply|support@mail\.ru|mail-daemon", re.IGNORECASE
)
_LEADING = re.compile(
    r"^[ \t>*•-]*[<\"'(\[]*([^\s<>\"'(),;:\[\]]{1,200}@[^\s<>\"'(),;:\[\]]{1,200})[>\"')\]]*", re.MULTILINE
)
_HEADER_LINE = re.compile(
    r"^[ \t]*(?:from|sender|reply-to|return-path|от|message-id|in-reply-to|references)[ \t]*:", re.IGNORECASE
)


def results(headers: Mapping[str, list[str]], subject: str, body: str) -> tuple[DeliveryStatus, ...]:
    """Recipients and codes from the words of a bounce; empty where no recipient is named."""
    end = _END.search(body)
    words = body[: end.start()] if end and end.start() > 40 else body
    words = words[:40_000]
    declared = [
        address for value in headers.get("x-failed-recipients", []) for address in ADDRESS.findall(value)
    ]
    named = (
        dict.fromkeys(address.strip("<>.").lower() for address in declared)
        if declared
        else _named(words, headers)
    )
    if not named:
        return ()
    lowered = words.lower()
    found: list[DeliveryStatus] = []
    places = {address: lowered.find(address) for address in named}
    order = sorted(place for place in places.values() if place >= 0)
    spelled = {address.lower(): address for address in declared}
    # Asked once for all: a report may name a thousand recipients.
    hard = _HARD.search(words + subject) is not None
    major = "4" if not hard and (_DELAY.search(subject) or _DELAY.search(words)) else "5"
    overall, general = _code(words), by_words(words[:3000])
    for address in named:
        place = places[address]
        following = bisect.bisect_right(order, place)
        stop = order[following] if following < len(order) else len(words)
        stretch = words[place:stop] if place >= 0 else words[:_NEAR]
        status = _code(stretch) if place >= 0 else ""
        status = status or (overall if len(named) == 1 or place < 0 else "")
        status = status or f"{major}.{by_words(stretch[:_NEAR]) or general or '0.0'}"
        action = "delayed" if status.startswith("4") else "delivered" if status.startswith("2") else "failed"
        if action == "delayed" and hard:
            action = "failed"
        written = spelled.get(address) or (words[place : place + len(address)] if place >= 0 else address)
        found.append(DeliveryStatus(written, action, status))
    return tuple(found)


def _code(text: str) -> str:
    enhanced = code_in(text)
    if enhanced and not enhanced.startswith("2"):
        return enhanced
    smtp = SMTP.search(text)
    return from_smtp(smtp[1], text[smtp.start() : smtp.start() + 400]) if smtp else ""


def _named(words: str, headers: Mapping[str, list[str]]) -> dict[str, None]:
    """Addresses that the words give as recipients: those at the start of a line first, else any."""
    own = {
        address.lower()
        for name in ("to", "from", "return-path", "sender", "delivered-to", "x-original-to")
        for value in headers.get(name, [])
        for address in ADDRESS.findall(value)
    }

    def usable(address: str) -> bool:
        low = address.lower()
        return low not in own and not _SERVICE.search(low) and "." in low.rpartition("@")[2]

    found: dict[str, None] = {}
    for match in _LEADING.finditer(words):
        address = match[1].strip("<>.").lower()
        if usable(address):
            found.setdefault(address)
    if found:
        return found
    for line in words.splitlines():
        if _HEADER_LINE.match(line):
            continue
        for address in ADDRESS.findall(line):
            address = address.strip("<>.").lower()
            if usable(address):
                found.setdefault(address)
    return found
