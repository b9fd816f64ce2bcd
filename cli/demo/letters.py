"""Letters as mail programs write them: headers, alternatives, and each program's own way to quote.

Five programs are imitated; every client keeps to one. Pure: bytes out, no sockets.
"""

from __future__ import annotations

import html
import random
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.header import Header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, formataddr, parseaddr

from core.services.histories import Client


class _Policy(EmailPolicy):
    """The standard one, but for subjects: some versions of its folding lose a space between encoded-words."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header as it goes out."""
        if name in ("Subject", "Thread-Topic") and not value.isascii():
            words = Header(value, "utf-8", header_name=name).encode(linesep=self.linesep)
            return f"{name}: {words}{self.linesep}".encode("ascii")
        folded: bytes = super().fold_binary(name, value)
        return folded


POLICY = _Policy(linesep="\r\n", max_line_length=78)
ZONES = {"siberia": 7, "fareast": 10, "ural": 5, "moscow": 3, "northwest": 3, "europe": 1}
"""Hours east of Greenwich, for the Date header."""


@dataclass(frozen=True, slots=True)
class Received:
    """A letter as its recipient's program shows it, as far as an answer needs it."""

    message_id: str
    references: str
    subject: str
    sender: str
    """The From header."""
    reply_to: str
    """Where an answer goes."""
    date: str
    text: str
    automatic: bool
    in_reply_to: str

    @classmethod
    def read(cls, raw: bytes) -> Received:
        """Read a letter of the desk; they are plain, so the standard library's reading is enough."""
        letter = BytesParser(policy=SMTP).parsebytes(raw)
        body = letter.get_body(("plain",))
        return cls(
            message_id=str(letter["Message-ID"] or ""),
            references=str(letter["References"] or ""),
            subject=str(letter["Subject"] or ""),
            sender=str(letter["From"] or ""),
            reply_to=str(letter["Reply-To"] or letter["From"] or ""),
            date=str(letter["Date"] or ""),
            text=str(body.get_content()).replace("\r\n", "\n") if body is not None else "",
            automatic=str(letter["Auto-Submitted"] or "no").lower() != "no",
            in_reply_to=str(letter["In-Reply-To"] or ""),
        )


def write_letter(
    rng: random.Random,
    client: Client,
    to: str,
    subject: str,
    text: str,
    at: datetime,
    answered: Received | None = None,
) -> EmailMessage:
    """A client's letter, in the manner of their mail program; `answered` is quoted below."""
    program = _PROGRAMS[zlib.crc32(client.email.encode()) % len(_PROGRAMS)]
    letter = EmailMessage(policy=POLICY)
    letter["From"] = formataddr((client.name, client.email)) if client.name.isascii() else _from(client)
    letter["To"] = parseaddr(to)[1] if program is _thunderbird else to
    letter["Subject"] = subject
    local = at.astimezone(timezone(timedelta(hours=ZONES.get(client.region, 0))))
    letter["Date"] = format_datetime(local)
    if answered is not None:
        letter["In-Reply-To"] = answered.message_id
        letter["References"] = f"{answered.references} {answered.message_id}".strip()
    program(letter, rng, client, text, local, answered)
    return letter


def answer_to(
    rng: random.Random, client: Client, answered: Received, text: str, at: datetime
) -> EmailMessage:
    """The client's answer to a letter of the desk."""
    subject = answered.subject if answered.subject.lower().startswith("re:") else f"Re: {answered.subject}"
    return write_letter(rng, client, answered.reply_to, subject, text, at, answered)


def _from(client: Client) -> str:
    return f'"{client.name}" <{client.email}>'


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.rstrip().splitlines())


def _attribution(client: Client, at: datetime, answered: Received, ru: str, en: str) -> str:
    name, address = parseaddr(answered.sender)
    pattern = ru if client.language == "ru" else en
    return pattern.format(name=name or address, address=address, at=at - timedelta(minutes=11))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part)}</p>".replace("\n", "<br>") for part in text.split("\n\n"))


def _hex(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(digits * 4):0{digits}x}"


def _gmail(
    letter: EmailMessage,
    rng: random.Random,
    client: Client,
    text: str,
    at: datetime,
    answered: Received | None,
) -> None:
    letter["Message-ID"] = f"<CA+{_hex(rng, 8)}={_hex(rng, 16)}@mail.gmail.com>"
    plain, rich = text, f'<div dir="ltr">{_paragraphs(text)}</div>'
    if answered is not None:
        head = _attribution(
            client, at, answered, "{at:%d.%m.%Y}, {at:%H:%M}, {name} <{address}>:",
            "On {at:%a, %b} {at.day}, {at:%Y at %H:%M} {name} <{address}> wrote:",
        )  # fmt: skip
        plain = f"{text}\n\n{head}\n\n{_quoted(answered.text)}\n"
        rich += (
            f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{html.escape(head)}<br></div>'
            '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;padding-left:1ex">'
            f"{_paragraphs(answered.text)}</blockquote></div>"
        )
    letter.set_content(plain + "\n")
    letter.add_alternative(rich, subtype="html")


def _outlook(
    letter: EmailMessage,
    rng: random.Random,
    client: Client,
    text: str,
    at: datetime,
    answered: Received | None,
) -> None:
    host = f"AM{rng.randint(0, 9)}PR0{rng.randint(1, 9)}MB{rng.randint(1000, 9999)}"
    letter["Message-ID"] = f"<{host}{_hex(rng, 20).upper()}@{host}.eurprd05.prod.outlook.com>"
    letter["Thread-Topic"] = letter["Subject"]
    letter["X-MS-Has-Attach"] = ""
    plain = text
    style = "font-family:Calibri,sans-serif;font-size:11pt"
    rich = f'<div class="elementToProof" style="{style}">{_paragraphs(text)}</div>'
    if answered is not None:
        words = (
            ("От", "Отправлено", "Кому", "Тема")
            if client.language == "ru"
            else ("From", "Sent", "To", "Subject")
        )
        facts = list(zip(words, (answered.sender, answered.date, client.name, answered.subject), strict=True))
        lines = "\n".join(f"{word}: {value}" for word, value in facts)
        plain = f"{text}\n\n{'_' * 32}\n{lines}\n\n{answered.text}"
        head = "<br>".join(f"<b>{word}:</b> {html.escape(value)}" for word, value in facts)
        rich += f'<hr><div id="divRplyFwdMsg" dir="ltr">{head}</div><div>{_paragraphs(answered.text)}</div>'
    letter.set_content(plain + "\n", cte="quoted-printable")
    letter.add_alternative(f"<html><body>{rich}</body></html>", subtype="html", cte="quoted-printable")


def _thunderbird(
    letter: EmailMessage,
    rng: random.Random,
    client: Client,
    text: str,
    at: datetime,
    answered: Received | None,
) -> None:
    letter["Message-ID"] = (
        f"<{uuid.UUID(int=rng.getrandbits(128), version=4)}@{client.email.rpartition('@')[2]}>"
    )
    letter["User-Agent"] = "Mozilla Thunderbird"
    letter["Content-Language"] = client.language
    if answered is not None:
        head = _attribution(
            client,
            at,
            answered,
            "{at:%d.%m.%Y %H:%M}, {name} пишет:",
            "On {at:%d/%m/%Y %H:%M}, {name} wrote:",
        )
        text = f"{text}\n\n{head}\n{_quoted(answered.text)}"
    letter.set_content(text + "\n", cte="8bit")


def _apple(
    letter: EmailMessage,
    rng: random.Random,
    client: Client,
    text: str,
    at: datetime,
    answered: Received | None,
) -> None:
    letter["Message-ID"] = (
        f"<{str(uuid.UUID(int=rng.getrandbits(128))).upper()}@{client.email.rpartition('@')[2]}>"
    )
    letter["X-Mailer"] = "Apple Mail (2.3774.600.62)"
    if answered is not None:
        head = _attribution(
            client, at, answered, "{at:%d.%m.%Y}, в {at:%H:%M}, {name} <{address}> написал(а):",
            "On {at.day} {at:%b %Y}, at {at:%H:%M}, {name} <{address}> wrote:",
        )  # fmt: skip
        text = f"{text}\n\n> {head}\n>\n{_quoted(answered.text)}"
    letter.set_content(text + "\n", cte="quoted-printable")


def _webmail(
    letter: EmailMessage,
    rng: random.Random,
    client: Client,
    text: str,
    at: datetime,
    answered: Received | None,
) -> None:
    letter["Message-ID"] = f"<{rng.randint(10**14, 10**15)}@mail.{client.email.rpartition('@')[2]}>"
    letter["X-Mailer"] = "Webmail 5.0"
    rich = "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))
    if answered is not None:
        head = _attribution(
            client, at, answered, "{at:%d.%m.%Y}, {at:%H:%M}, {name} &lt;{address}&gt;:",
            "{at:%d.%m.%Y}, {at:%H:%M}, {name} &lt;{address}&gt;:",
        )  # fmt: skip
        quote = _paragraphs(answered.text)
        rich += f'<div>&#160;</div><div>{head}</div><blockquote type="cite">{quote}</blockquote>'
    letter.set_content(rich, subtype="html", cte="base64")


_Program = Callable[[EmailMessage, random.Random, Client, str, datetime, Received | None], None]
_PROGRAMS: tuple[_Program, ...] = (_gmail, _outlook, _thunderbird, _apple, _webmail)
