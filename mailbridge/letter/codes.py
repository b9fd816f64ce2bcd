"""Status codes and addresses in the words of delivery reports (RFC 3463, RFC 5321 section 4.2).

Imports nothing of ours.
"""

from __future__ import annotations

import re

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
_SAID = re.compile(r"(?<![\d.])([45])\.([0-7])\.(\d{1,3})(?!\d|\.\d)")
"""In prose a version may look like a code: RFC 3463 has no subject above 7."""
SMTP = re.compile(
    r"(?<![\d.\-])(?<!\]:)([45]\d\d)(?![\d.]\d|\d|\s(?:hours?|days?|minutes?|seconds?|bytes|[kKmM]B|messages)\b)"
)
ADDRESS = re.compile(
    r"[^\s<>\"'(),;:\[\]（），；：。、【】「」]{1,200}@[^\s<>\"'(),;:\[\]（），；：。、【】「」]{1,200}"
    r"[^\s<>\"'(),;:\[\].!?（），；：。、【】「」]"
)
_REASONS = tuple(
    (detail, re.compile(words, re.IGNORECASE))
    for detail, words in (
        (
            "4.6",
            r"loops? back|(?:mail|routing|forwarding) loop|too many hops|too many \"?received|is looping",
        ),
        (
            "2.2",
            (
                r"quota|mailbox (?:for \S+ )?(?:is |was )?(?:almost )?full|full mailbox|account is full|"
                r"insufficient (?:system )?storage|mailbox size|mailbox exceeds|storage (?:limit|allocation|space)|"
                r"not enough (?:disk )?space|переполнен|переповнен|"
                r"превышен(?!\w{0,2} (?:врем|интервал|тайм))|przepełnion|přeplněn|postfach (?:ist )?voll|"
                r"bo[iî]te .{0,20}pleine|"
                r"buz[óo]n .{0,20}lleno|casella .{0,20}piena|容量|已满|いっぱい"
            ),
        ),
        (
            "4.4",
            r"name service error|no route found|unable to route|no mx|mx records|dns error.{0,60}servfail",
        ),
        (
            "1.2",
            (
                r"host (?:was )?(?:unknown|not found)|unknown (?:host|domain)|"
                r"domain (?:name )?(?:\S{1,200} )?(?:was )?(?:not found|unknown|does(?: not|n't) (?:exist|appear))|"
                r"no such (?:domain|host)|"
                r"домен\S{0,3} (?:\S{1,200} )?(?:не найден|не существует)|"
                r"nxdomain|find any host|bad destination (?:system|host)"
            ),
        ),
        (
            "2.1",
            (
                r"(?:account|mailbox|user)(?: \S{1,200})?(?: has been| is| was)?(?: temporarily)? "
                r"(?:disabled|inactive|suspended|discontinued|deactivated|locked|closed)|"
                r"no longer (?:accepts|active|in use)|заблокирован|"
                r"(?:запись|ящик)(?: \S{1,200})? (?:временно )?(?:отключен|приостановлен|деактивирован|неактив)"
            ),
        ),
        (
            "1.1",
            (
                r"user unknown|unknown user|unknown (?:or illegal|recipient|address|local|mailbox|account)|"
                r"no such (?:local )?(?:user|recipient|mailbox|address|person|account)|not exist|n't exist|not found|"
                r"not (?:listed|recogni[sz]ed|known)|n't (?:be )?found|"
                r"invalid (?:recipient|mailbox|address|(?:final delivery )?user)|"
                r"recipient unknown|no mailbox|unrouteable|n't have an? \S{1,100} account|"
                r"recipient (?:rejected|unknown|not)|"
                r"recipient address rejected(?!: (?:access|gr[ae]y|policy|relay))|"
                r"(?:account|mailbox) (?:is )?unavailable|нет такого|не существует|не найден|неизвестн|"
                r"не знайдено|не існу|не зарегистрирован|"
                r"unbekannt|inconnu|desconocid|sconosciut|nieznan|onbekend|"
                r"nicht gefunden|introuvable|no se (?:ha )?encontr|não (?:foi )?encontrad|non trovat|niet gevonden|"
                r"neexistuje|nie istnieje|existiert nicht|n'existe pas|no existe|non esiste|não existe|bestaat niet|"
                r"不存在|見つかりません|存在しません"
            ),
        ),
        (
            "3.4",
            (
                r"too (?:large|big)|size (?:limit|exceeds)|exceeds (?:the )?(?:maximum|size)|message size|"
                r"слишком больш"
            ),
        ),
        (
            "7.1",
            (
                r"spam|blocked|black ?list|block ?list|policy|denied|reject|refused by|prohibited|gr[ae]y-?list|"
                r"unable to relay|relay not permitted|rcpthosts|unsolicited|спам|отклонен"
            ),
        ),
        (
            "4.1",
            (
                r"(?<!retry )(?<!message )tim(?:ed? ?out|eout)|connection (?:refused|lost|reset|died|dropped)|no route|"
                r"unreachable|not respond|not accept our requests to connect|unable to connect|"
                r"врем\w{1,2} ожидания|недоступен|не отвечает"
            ),
        ),
        (
            "4.7",
            (
                r"retry time|message timed out|queue too long|too long in (?:the )?queue|expired|"
                r"long (?:time|failure period)|after \d+ (?:hours|days)"
            ),
        ),
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
    return _written(match) if match else ""


def failure_in(text: str) -> str:
    """The first enhanced code of a failure in prose, past what went well and what is a version; the first that says
    more than `5.0.0` if there is one; or empty."""
    vague = ""
    for match in _SAID.finditer(text):
        code = _written(match)
        if not code.endswith(".0.0"):
            return code
        vague = vague or code
    return vague


def _written(match: re.Match[str]) -> str:
    return f"{match[1]}.{int(match[2])}.{int(match[3])}"


def by_words(text: str) -> str:
    """Subject and detail of the code that the words mean, such as `1.1`, or empty."""
    return next((detail for detail, words in _REASONS if words.search(text)), "")


def from_smtp(reply: str, text: str) -> str:
    """An enhanced code for a bare SMTP reply: the detail comes from the words behind it."""
    detail = by_words(text)
    return f"{reply[0]}.{detail}" if detail else _BY_REPLY.get(reply, f"{reply[0]}.0.0")
