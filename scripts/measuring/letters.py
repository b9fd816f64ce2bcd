"""Letters as a support desk gets them: two in five are answers with quotes, four charsets, HTML beside the text, and
attachments. A seed always writes the same. Imports nothing of the product.
"""

from __future__ import annotations

import email.policy
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

ANSWERS = 0.4
WITH_HTML = 0.5
WITH_FILES = 0.15
FIRST_DAY = datetime(2026, 1, 5, 8, tzinfo=UTC)

_RUSSIAN = (
    "Добрый день!", "Не могу войти в личный кабинет, пароль не подходит.", "Сервер не отвечает с самого утра.",
    "Пришлите, пожалуйста, закрывающие документы за квартал.", "Регион: Сибирь", "Счёт оплачен, услуга не включена.",
    "Подскажите, когда всё заработает?", "С уважением,", "отдел эксплуатации",
)  # fmt: skip
_ENGLISH = (
    "Hello,", "our zone import fails for the second day.", "The invoice shows a VM that we deleted in March.",
    "Could you raise our vCPU quota to 64?", "Region: Siberia", "Ping to 198.51.100.7 is lost every evening.",
    "Please tell us when it is fixed.", "Kind regards,", "the platform team",
)  # fmt: skip
_CHARSETS = (("utf-8", 0.5), ("windows-1251", 0.2), ("koi8-r", 0.15), ("iso-8859-1", 0.15))


def letters(count: int, to: str, seed: int = 7) -> Iterator[bytes]:
    """Raw letters with CRLF, oldest first."""
    rng = random.Random(seed)
    files = [rng.randbytes(size) for size in (3_000, 20_000, 60_000, 150_000)]
    written: list[tuple[str, str, str]] = []
    for number in range(count):
        charset = rng.choices([name for name, _ in _CHARSETS], [weight for _, weight in _CHARSETS])[0]
        words = _ENGLISH if charset == "iso-8859-1" else _RUSSIAN
        message = EmailMessage(policy=email.policy.SMTP)
        own_id = f"<{number}.{rng.getrandbits(48):x}@mail.client{number % 97}.example>"
        sender, subject = (
            f"client{rng.randrange(max(1, count // 3))}@firm.example",
            f"{words[1][:40]} {number}",
        )
        lines = [words[0], *rng.choices(words[1:7], k=rng.randint(2, 8)), "", *words[7:]]
        if written and rng.random() < ANSWERS:
            earlier_id, sender, subject = written[-1 - rng.randrange(min(len(written), 200))]
            message["In-Reply-To"] = message["References"] = earlier_id
            subject = subject if subject.startswith("Re: ") else f"Re: {subject}"
            lines += ["", "On Mon, 5 Jan 2026 at 10:00, Support wrote:", *(f"> {line}" for line in words * 3)]
        if charset != "utf-8":
            subject = subject.encode(charset, "replace").decode(charset)
        _fill(message, rng, charset, lines)
        message["From"], message["To"] = f"Client {number} <{sender}>", to
        message["Subject"], message["Message-ID"] = subject, own_id
        message["Date"] = format_datetime(FIRST_DAY + timedelta(minutes=number))
        for hop in range(3):
            message["Received"] = (
                f"from mx{hop}.firm.example by mail.firm.example with ESMTPS id {number:x}.{hop}"
            )
        if rng.random() < WITH_FILES:
            message.add_attachment(
                rng.choice(files) + number.to_bytes(4, "big"),
                maintype="application", subtype="pdf", filename=f"счёт-{number}.pdf",
            )  # fmt: skip
        written.append((own_id, sender, subject))
        yield message.as_bytes()


def _fill(message: EmailMessage, rng: random.Random, charset: str, lines: list[str]) -> None:
    text = "\n".join(lines).encode(charset, "replace").decode(charset) + "\n"
    message.set_content(text, charset=charset, cte="quoted-printable" if rng.random() < 0.5 else "base64")
    if rng.random() < WITH_HTML:
        body = "".join(
            f"<p style='margin:0'>{line}</p>" for line in text.splitlines() if not line.startswith(">")
        )
        quoted = "<br>".join(line[2:] for line in text.splitlines() if line.startswith(">"))
        quote = f'<div class="gmail_quote"><blockquote>{quoted}</blockquote></div>' if quoted else ""
        page = f"<html><head><style>p {{color: #222}}</style></head><body>{body}{quote}</body></html>"
        message.add_alternative(page, subtype="html", charset=charset, cte="quoted-printable")
