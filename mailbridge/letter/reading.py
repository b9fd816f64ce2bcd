"""The order of steps that turn bytes into a `Letter`. Imports core.domain and this package."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace

from core.domain.letters import Letter, LetterAttachment, LetterKind, Mailaddr, derived_id, raw_file, unread
from mailbridge.letter import addresses, bodies, dsn, forwards, headers, introductions, quotes
from mailbridge.letter.guard import Budget
from mailbridge.letter.kind import kind_of
from mailbridge.letter.lines import from_text
from mailbridge.letter.phrases import ANSWER_SUBJECT
from mailbridge.letter.structure import Part, parse, split_headers
from mailbridge.letter.transfer import decoded

_OWN = "x-glazok-"
_LOOP = "x-glazok-loop"
_MAX_MARKS = 10
_WORD = re.compile(r"[^\W\d_]+")
_ASIDE = re.compile(r"https?://\S+|<[^<>\n]{0,2000}>|\[[^\[\]\n]{0,400}\]")
_TOKEN_HEADERS = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-forwarded-to",
    "x-delivered-to",
)
TOLD_SUBJECT = 500
"""Characters of a subject that tell what kind of letter it is: no search grows with a subject of megabytes."""
_LONGEST_STUB = 1_000
"""Characters of a text that stands for HTML which its reader does not see."""
_WRITTEN = ("from", "reply-to", "to", "cc", "subject", "date", "in-reply-to", "references")
_MAX_REFERENCES = 1_000
_SALVAGED_BYTES = 256 * 1024


def read(raw: bytes, *, trusted: bool = False, inner: bool = False) -> Letter:
    """A letter from its raw bytes. Never raises: `Letter.error` says what could not be read.

    `trusted` keeps our own control headers (X-Glazok-*), which anyone else could forge. What an `inner` letter
    passes on in its turn is not taken apart.
    """
    try:
        budget = Budget()
        root = parse(raw, budget)
        if not raw.strip():
            budget.problem("the letter is empty")
        letter = _letter(root, budget, trusted=trusted)
        return letter if inner else _with_forwarded(letter, root)
    except Exception as error:  # noqa: BLE001  the promise of this function: no letter stops the ones behind it
        return salvaged(raw, f"{type(error).__name__}: {error}")


def salvaged(raw: bytes, why: str) -> Letter:
    """What is left when reading went wrong: the headers if they can be read, and the raw letter as a file."""
    try:
        budget = Budget()
        fields, body_at = split_headers(raw[:_SALVAGED_BYTES], budget)
        kept = [(name, value) for name, value in fields if not name.lower().startswith("content-")]
        letter = _letter(Part(kept, b""), budget, trusted=False, unread=raw[body_at:])
        return replace(letter, attachments=(raw_file(raw),), error=why)
    except Exception as error:  # noqa: BLE001  the headers are what could not be read
        return unread(raw, f"{why}; {type(error).__name__}: {error}")


def _content_digest(
    root: Part, hint: str, text: str, htmls: Iterable[str], files: Iterable[LetterAttachment], unread: bytes
) -> str:
    """A sha256 over what the writer made: who, to whom, when, about what, the words and the files.

    What the way adds (Received, Delivered-To, Return-Path, verdicts, another transfer encoding) is not in it: one
    letter that comes to two of our mailboxes is one letter. Every piece goes in with its length, so that no two
    letters give the same bytes.
    """
    digest = hashlib.sha256()
    lines = ((name, value) for name in _WRITTEN for value in root.all(name))
    pieces = [f"{name}:{' '.join(headers.header_text(value, hint).split())}" for name, value in lines]
    pieces += [text, *htmls, *(f"{file.name}\0{file.sha256}" for file in files)]
    for piece in (*(one.encode("utf-8", "surrogatepass") for one in pieces), unread):
        digest.update(len(piece).to_bytes(8, "big") + piece)
    return digest.hexdigest()


def _letter(root: Part, budget: Budget, *, trusted: bool, unread: bytes = b"") -> Letter:
    hint = bodies.charset_hint(root)
    body = bodies.collect(root, budget, hint)
    hint = hint or body.charset
    shown, by_name = _decoded_headers(root, hint, budget, trusted=trusted)

    senders = {
        name: addresses.parse(root.all(name), hint) for name in ("from", "reply-to", "return-path", "sender")
    }
    sender = _sender(senders, by_name.get("from", [""])[0])
    subject = by_name.get("subject", [""])[0]
    text = body.text()
    fresh = not (root.all("in-reply-to") or root.all("references") or ANSWER_SUBJECT.match(subject))
    html_text = body.html_text()
    reply = _reply(body, text, html_text or "", subject, fresh=fresh)
    kind = kind_of(by_name, root, subject[:TOLD_SUBJECT], sender.addr, sender.name, text)
    about_another = kind in (LetterKind.BOUNCE, LetterKind.RECEIPT, LetterKind.FEEDBACK)
    htmls = body.htmls()
    marks = tuple(value.decode("ascii", "replace").strip()[:100] for value in root.all(_LOOP)[:_MAX_MARKS])
    files = bodies.kept_files(body)
    own_id = headers.message_id(root.first("message-id"))
    message_id = own_id or derived_id(
        _content_digest(root, hint, text, (html.clean for html in htmls), files, unread)
    )
    return Letter(
        from_addr=sender.addr,
        from_name=sender.name,
        reply_to=senders["reply-to"],
        to=addresses.parse(root.all("to"), hint),
        cc=addresses.parse(root.all("cc"), hint),
        delivered_to=tuple(
            dict.fromkeys(
                entry.addr
                for name in _TOKEN_HEADERS
                for entry in addresses.parse(root.all(name), hint)
                if entry.addr
            )
        ),
        subject=subject,
        message_id=message_id,
        message_id_derived=not own_id,
        in_reply_to=_ids(root, "in-reply-to"),
        references=_ids(root, "references"),
        date=headers.date(root.first("date")),
        kind=kind,
        body_text=text,
        html_text=html_text,
        html="\n<hr>\n".join(html.clean for html in htmls),
        reply_text=reply.new,
        quote_text=reply.quote,
        attachments=files,
        dsn=dsn.results(root, by_name, subject[:TOLD_SUBJECT], text) if kind == LetterKind.BOUNCE else (),
        returned_message_id=dsn.returned_message_id(root, text) if about_another else "",
        charset_fallbacks=tuple(budget.fallbacks),
        headers=tuple(shown),
        loop=bool(marks),
        loop_marks=marks,
        error="; ".join(budget.problems),
    )


def _with_forwarded(letter: Letter, root: Part) -> Letter:
    if letter.kind is not LetterKind.LETTER:
        return letter
    part = forwards.attached(root)
    if part is not None:
        inner = read(decoded(part.body, part.encoding, text=False), inner=True)
        # Whoever only attaches a letter may have quoted nothing: their whole text is the preface.
        return replace(letter, forwarded=inner, preface=letter.reply_text)
    found = forwards.pasted(letter.body_text, letter.subject)
    return replace(letter, forwarded=found.letter, preface=found.preface) if found else letter


def _sender(senders: dict[str, tuple[Mailaddr, ...]], said: str) -> Mailaddr:
    """From, Reply-To, Return-Path, Sender: the first address with an `@`; else whatever From says.

    Words in From (`said`, decoded) that are no address name whoever wrote.
    """
    words = said.replace("<>", "").strip(' "')
    for name in ("from", "reply-to", "return-path", "sender"):
        for entry in senders[name]:
            if "@" in entry.addr:
                if name != "from" and not entry.name:
                    return replace(entry, name=senders["from"][0].name if senders["from"] else words)
                return entry
    return senders["from"][0] if senders["from"] else Mailaddr("", words)


def _ids(root: Part, name: str) -> tuple[str, ...]:
    found = dict.fromkeys(one for value in root.all(name) for one in headers.message_ids(value))
    return tuple(found)[-_MAX_REFERENCES:]


def _decoded_headers(
    root: Part, hint: str, budget: Budget, *, trusted: bool
) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    shown: list[tuple[str, str]] = []
    by_name: dict[str, list[str]] = {}
    for name, value in root.headers:
        low = name.lower()
        if low.startswith(_OWN) and not trusted:
            continue
        if value.isascii() and b"=?" not in value and b"\x1b" not in value:
            text = headers.tidy(value.decode("ascii"))
        else:
            raw, guessed = headers.raw_text(value, hint)
            if guessed:
                budget.fallback(low, guessed, "")
            text = headers.tidy(headers.decode_text(raw, hint))
        shown.append((name, text))
        by_name.setdefault(low, []).append(text)
    return shown, by_name


def _reply(body: bodies.Body, text: str, html_text: str, subject: str, *, fresh: bool) -> quotes.Reply:
    """By the mail program's marks in the HTML where there are any, else by the words of the text.

    Where both find the same words the text's version is shown: its lines are as they were written. A text that only
    says that there is HTML says nothing of the writer's.
    """
    forward = introductions.calls_forward(subject[:TOLD_SUBJECT], text)
    if html_text and len(text) < _LONGEST_STUB and _is_stub(text, html_text):
        return quotes.split(body.rich_lines(), forward=forward, fresh=fresh)
    by_text = quotes.split(from_text(text), forward=forward, fresh=fresh)
    marked = body.marked_lines()
    if marked is None:
        return by_text
    by_html = quotes.split(
        marked, forward=forward, fresh=fresh and not any(html.marked for html in body.htmls())
    )
    if not by_html.cut and (by_text.cut or not by_html.quote):
        return by_text
    # Where only the signature is marked the text says as well what there is, quotes included.
    if by_text.cut or not by_html.cut:
        same = by_text.new.split() == by_html.new.split()
        if same or _says_more(by_text.new, f"{by_html.new} {by_html.quote}"):
            return by_text
    return by_html


def _is_stub(text: str, html: str) -> bool:
    """Whether a text speaks of HTML, and most of its words are not in the HTML beside it: they are a program's, and
    not the letter's."""
    if "html" not in text.lower():
        return False
    words = set(_WORD.findall(_ASIDE.sub(" ", text).lower()))
    return 2 * len(words - set(_WORD.findall(html.lower()))) > len(words)


def _says_more(text: str, html: str) -> bool:
    """Whether the text has words that the HTML has nowhere: addresses of links and names of images aside."""
    there = set(_WORD.findall(html.lower()))
    return len({word for word in _WORD.findall(_ASIDE.sub(" ", text).lower()) if word not in there}) > 1
