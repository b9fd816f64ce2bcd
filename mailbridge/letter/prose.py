"""Bounces that are plain words: Exim, qmail, Postfix, Exchange, Gmail, Mail.ru, Yandex, Lotus and their like.

Imports core.domain and this package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from core.domain.letters import DeliveryStatus
from mailbridge.letter.codes import ADDRESS, SMTP, by_words, failure_in, from_smtp
from mailbridge.letter.guard import MAX_RECIPIENTS

_NEAR = 1_000
"""Characters behind an address that tell why nothing reached it."""
_FAR = 4_000
"""Characters behind an address among which a code is looked for."""
_PLACES = 8
"""Mentions of one address that are looked at."""
_END = re.compile(
    r"^[ \t|]*(?:-{3,}[^\n]*(?:copy of (?:the|your) message|original message|returned message|below this line|"
    r"unsent message|message text follows|исходн)|"
    r"--- (?:below this line|the )|------ this is a copy|return-path:|received: |-+ ?original message|"
    r"original message (?:headers|follows)|----- message header|[-= ]*message (?:headers?|follows)|"
    r"possibly truncated original|below is a copy of the original|"
    r"[-= ]*копия (?:вашего )?(?:письма|сообщения)|(?:исходные )?заголовки (?:исходного|письма|сообщения))",
    re.IGNORECASE | re.MULTILINE,
)
_DELAY = re.compile(
    r"delay|has not been delivered yet|not yet been delivered|will (?:be retried|continue|keep trying)|"
    r"still being|will retry|temporar|"
    r"отложен|временн|задерж|буд[еу]т повтор|повторн\w{1,3} попыт|попыт[ко][аи] (?:доставки )?(?:будут|продолж)|"
    r"warning: (?:message|mail|could)|could not send message for",
    re.IGNORECASE,
)
_HARD = re.compile(
    r"permanent|undeliverable|returned to sender|giving up|gave up|could not be delivered to one or more|"
    r"failure notice|"
    r"retry timeout exceeded|окончательн|прекращен",
    re.IGNORECASE,
)
_DONE = re.compile(r"successful(?:ly)? deliver", re.IGNORECASE)
_HARD_SUBJECT = re.compile(r"fail|returned|undeliver|non-?deliver|недоставлен|возврат", re.IGNORECASE)
_SERVICE = re.compile(r"mailer-daemon|postmaster@|abuse@|support@mail\.ru|mail-daemon", re.IGNORECASE)
_ROBOT = re.compile(r"noreply|no-reply", re.IGNORECASE)
_LEADING = re.compile(
    r"^[ \t>*•-]*[<\"'(\[]*([^\s<>\"'(),;:\[\]（），；：]{1,200}@[^\s<>\"'(),;:\[\]（），；：]{1,200})[>\"')\]]*",
    re.MULTILINE,
)
_LABELLED = re.compile(
    r"(?:failed address|recipients?(?: address)?|rcpt to|(?:un)?deliver(?:able|ed|y)? to|收件人|получатель|адресат\w*)"
    r"(?:\(s\))?[ \t]*[:：=]?[ \t]*[<\['\"(]{0,2}(?:smtp:)?"
    rf"({ADDRESS.pattern})",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(
    r"^[ \t]*(?:from|sender|reply-to|return-path|от|in-reply-to|references)[ \t]*:|\bmessage-id\b",
    re.IGNORECASE,
)


def results(
    headers: Mapping[str, list[str]], subject: str, body: str, *, said: bool = False
) -> tuple[DeliveryStatus, ...]:
    """Recipients and codes from the words of a bounce; empty where no recipient is named.

    With `said` a code is one that stands in the words, else the status is empty: nothing is made of their meaning.
    """
    end = _END.search(body)
    words = body[: end.start()] if end and (end.start() > 40 or "@" in body[: end.start()]) else body
    words = words[:40_000]
    declared = [
        address for value in headers.get("x-failed-recipients", []) for address in ADDRESS.findall(value)
    ][:MAX_RECIPIENTS]
    named = (
        dict.fromkeys(address.strip("<>.").lower() for address in declared)
        if declared
        else _named(words, headers)
    )
    if not named:
        return ()
    spelled = {address.lower(): address for address in declared}
    # Asked once for all: a report may name a thousand recipients.
    hard = _HARD.search(words + subject) is not None
    delay = not hard and bool(_DELAY.search(subject) or _DELAY.search(words))
    hard = hard or _HARD_SUBJECT.search(subject) is not None
    overall, general = _code(words, said=said), by_words(words[:3000])
    lowered = words.lower()
    places = _places(lowered, named)
    found: list[DeliveryStatus] = []
    if not overall and _DONE.search(words) and not hard:
        return tuple(DeliveryStatus(address, "delivered", "2.0.0") for address in named)
    for address in named:
        stretches = [words[start:stop] for start, stop in places[address]]
        status = next((code for one in stretches if (code := _code(one, said=said))), "")
        status = status or (overall if len(named) == 1 or not stretches else "")
        if not status and not said:
            meant = next((detail for one in stretches if (detail := by_words(one[:_NEAR]))), "") or general
            status = f"{'4' if delay else '5'}.{meant or '0.0'}"
        action = "delayed" if status.startswith("4") and not hard else "failed"
        at = lowered.find(address)
        written = spelled.get(address) or (words[at : at + len(address)] if at >= 0 else address)
        found.append(DeliveryStatus(written, action, status))
    return tuple(found)


def _places(words: str, named: Mapping[str, None]) -> dict[str, list[tuple[int, int]]]:
    """Where lower-cased words speak of each address: from the start of its line to the next with another of them."""
    mentions = [
        (words.rfind("\n", 0, match.start()) + 1, address)
        for match in ADDRESS.finditer(words)
        if (address := match.group().strip("<>.")) in named
    ]
    found: dict[str, list[tuple[int, int]]] = {address: [] for address in named}
    stop, last, after = len(words), "", len(words)
    # From the end, so that what comes next is known: the next mention of any other address.
    for start, address in reversed(mentions):
        if address != last:
            stop, last = after, address
        after = start
        found[address].append((start, min(max(stop, start), start + _FAR)))
    for address, places in found.items():
        places.reverse()
        del places[_PLACES:]
        if not places and (at := words.find(address)) >= 0:
            places.append((at, at + _FAR))
    return found


def _code(text: str, *, said: bool) -> str:
    enhanced = failure_in(text)
    if said or (enhanced and not enhanced.endswith(".0.0")):
        return enhanced
    smtp = SMTP.search(text)
    return from_smtp(smtp[1], text[smtp.start() : smtp.start() + 400]) if smtp else enhanced


def _named(words: str, headers: Mapping[str, list[str]]) -> dict[str, None]:
    """Addresses that the words give as recipients: those at the start of a line first, then those that are called
    so, else any."""
    own = {
        address.lower()
        for name in ("to", "from", "return-path", "sender", "delivered-to", "x-original-to")
        for value in headers.get(name, [])
        for address in ADDRESS.findall(value)
    }

    def usable(addresses: Iterator[str]) -> dict[str, None]:
        lowered = (address.strip("<>.").lower() for address in addresses)
        return dict.fromkeys(
            address
            for address in lowered
            if address not in own and not _SERVICE.search(address) and "." in address.rpartition("@")[2]
        )

    lines = [line for line in words.splitlines() if not _HEADER_LINE.search(line)]
    return (
        usable(match[1] for match in _LEADING.finditer(words))
        or usable(match[1] for line in lines for match in _LABELLED.finditer(line))
        or usable(
            address for line in lines for address in ADDRESS.findall(line) if not _ROBOT.search(address)
        )
    )
