"""Letters as mail programs write them, one function per program; each returns raw bytes."""

from __future__ import annotations

import base64
import html
import quopri
import textwrap

HEADERS = (
    "Return-Path: <{addr}>\r\nFrom: {name} <{addr}>\r\nTo: Support <support@example.com>\r\n"
    "Subject: {subject}\r\nDate: Wed, 12 Mar 2025 14:30:00 +0300\r\nMessage-ID: <{id}@client.example>\r\n"
    "In-Reply-To: <q1@example.com>\r\nReferences: <q1@example.com>\r\nMIME-Version: 1.0\r\n"
)
QUOTE = ("Good day,", "please tell us the number of your contract.", "", "Support desk")
QUOTE_RU = ("Здравствуйте!", "Сообщите, пожалуйста, номер договора.", "", "Служба поддержки")


def head(subject: str = "Re: Question", name: str = "Ivan Petrov", addr: str = "ivan@client.example") -> str:
    """The header block of an answer, without its Content fields and the blank line."""
    word = "=?utf-8?B?" + base64.b64encode(subject.encode()).decode() + "?="
    shown = "=?utf-8?B?" + base64.b64encode(name.encode()).decode() + "?="
    return HEADERS.format(subject=word, name=shown, addr=addr, id="r1")


def plain(text: str, *, subject: str = "Re: Question", extra: str = "") -> bytes:
    """A text/plain letter in UTF-8."""
    body = text.replace("\n", "\r\n").encode()
    fields = f"Content-Type: text/plain; charset=utf-8{extra}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (head(subject) + fields).encode() + body


def markup(source: str, *, subject: str = "Re: Question") -> bytes:
    """An HTML-only letter in UTF-8, quoted-printable."""
    fields = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return (head(subject) + fields).encode() + quopri.encodestring(source.encode()).replace(b"\n", b"\r\n")


def both(text: str, source: str, *, subject: str = "Re: Question") -> bytes:
    """multipart/alternative of text and HTML."""
    parts = [
        b'Content-Type: multipart/alternative; boundary="=_alt_1"\r\n\r\n--=_alt_1\r\n',
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        base64.encodebytes(text.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n"),
        b"--=_alt_1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
        quopri.encodestring(source.encode()).replace(b"\n", b"\r\n"),
        b"\r\n--=_alt_1--\r\n",
    ]
    return head(subject).encode() + b"".join(parts)


def marked(lines: tuple[str, ...] = QUOTE) -> str:
    """Lines with quote marks."""
    return "\n".join(f"> {line}".rstrip() for line in lines)


def paragraphs(text: str) -> str:
    """Text as the divs of a web mail."""
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def gmail(new: str, attribution: str, quote: tuple[str, ...] = QUOTE) -> bytes:
    """Gmail on the web, top posting."""
    folded = textwrap.fill(new, 76, replace_whitespace=False) if len(new) > 76 else new
    text = f"{folded}\n\n{attribution}\n\n{marked(quote)}\n"
    source = (
        f'<div dir="ltr">{paragraphs(new)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{html.escape(attribution)}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);'
        f'padding-left:1ex">{"<br>".join(map(html.escape, quote))}</blockquote></div>'
    )
    return both(text, source)


def outlook(
    new: str, labels: tuple[str, str, str, str], quote: tuple[str, ...] = QUOTE, *, rule: str = ""
) -> bytes:
    """Outlook for Windows: Word's HTML, a border above the header block; the text part without quote marks."""
    values = (
        "Support desk <support@example.com>",
        "Wednesday, March 12, 2025 2:05 PM",
        "Ivan Petrov",
        "Question",
    )
    block = [f"{label}: {value}" for label, value in zip(labels, values, strict=True)]
    text = "\n".join([new, "", *([rule] if rule else []), *block, "", *quote, ""])
    bold = "<br>".join(
        f"<b>{label}:</b> {html.escape(value)}" for label, value in zip(labels, values, strict=True)
    )
    source = (
        '<html><head><style>p.MsoNormal{margin:0}</style></head><body lang="RU"><div class="WordSection1">'
        + "".join(
            f'<p class="MsoNormal">{html.escape(line) or "<o:p>&nbsp;</o:p>"}</p>' for line in new.split("\n")
        )
        + '<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;'
        f'padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{bold}</p></div></div>'
        + "".join(f'<p class="MsoNormal">{html.escape(line)}</p>' for line in quote)
        + "</div></body></html>"
    )
    return both(text, source)


def outlook_web(new: str, labels: tuple[str, str, str, str], quote: tuple[str, ...] = QUOTE) -> bytes:
    """Outlook on the web: HTML with divRplyFwdMsg."""
    values = ("Support desk <support@example.com>", "12 March 2025 14:05", "Ivan Petrov", "Question")
    bold = "<br>".join(
        f"<b>{label}:</b> {html.escape(value)}" for label, value in zip(labels, values, strict=True)
    )
    return markup(
        f'<html><body dir="ltr"><div style="font-family:Calibri">{paragraphs(new)}</div><div id="appendonsend"></div>'
        '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri">{bold}</font><div>&nbsp;</div></div>'
        f"<div>{paragraphs(chr(10).join(quote))}</div></body></html>"
    )


def thunderbird(new: str, attribution: str, quote: tuple[str, ...] = QUOTE, *, below: str = "") -> bytes:
    """Thunderbird: moz-cite-prefix and blockquote type=cite; `below` is an answer under the quote."""
    source = (
        f"<html><body>{f'<p>{html.escape(new)}</p>' if new else ''}"
        f'<div class="moz-cite-prefix">{html.escape(attribution)}<br></div><blockquote type="cite" '
        f'cite="mid:q1@example.com">'
        f"{'<br>'.join(map(html.escape, quote))}</blockquote>{f'<p>{html.escape(below)}</p>' if below else ''}"
        '<div class="moz-signature">-- <br>Ivan Petrov<br>+7 900 000-00-00</div></body></html>'
    )
    text = "\n".join(
        [
            *([new, ""] if new else []),
            attribution,
            marked(quote),
            "",
            below,
            "",
            "-- ",
            "Ivan Petrov",
            "+7 900",
        ]
    )
    return both(text, source)


def apple(new: str, attribution: str, quote: tuple[str, ...] = QUOTE, signature: str = "") -> bytes:
    """Apple Mail and iOS: blockquote type=cite, attribution inside it, mobile signature above."""
    sign = f"<br><br>{html.escape(signature)}" if signature else ""
    source = (
        f'<html><body dir="auto">{html.escape(new)}{sign}<div><br><blockquote '
        f'type="cite">{html.escape(attribution)}<br><br>'
        f"</blockquote></div><blockquote "
        f'type="cite"><div>{"<br>".join(map(html.escape, quote))}</div></blockquote></body></html>'
    )
    text = "\n".join(
        [
            new,
            *(["", signature] if signature else []),
            "",
            f"> {attribution}",
            "> ",
            *(f"> {line}" for line in quote),
        ]
    )
    return both(text, source)


def yandex(new: str, attribution: str, quote: tuple[str, ...] = QUOTE_RU) -> bytes:
    """Yandex Mail: HTML alone, attribution in a div, a bare blockquote."""
    return markup(
        f"<div>{html.escape(new)}</div><div>\u00a0</div><div>{html.escape(attribution)}</div>"
        f"<blockquote><div>{'</div><div>'.join(map(html.escape, quote))}</div></blockquote><div>\u00a0</div>"
    )


def mail_ru(new: str, attribution: str, quote: tuple[str, ...] = QUOTE_RU) -> bytes:
    """Mail.ru: a blockquote with a blue border, the attribution inside; the text part marked with `>`."""
    source = (
        f'<HTML><BODY>{html.escape(new)}<br><br><blockquote style="border-left:1px solid #0857A6; margin:10px; '
        f'padding:0 0 0 10px;">\t{html.escape(attribution)}<br>\t<div '
        f'id="">{"<br>".join(map(html.escape, quote))}</div>'
        "</blockquote></BODY></HTML>"
    )
    text = f"{new}\n\n{attribution}\n>{chr(10).join(quote).replace(chr(10), chr(10) + '>')}"
    return both(text, source)


def proton(new: str, attribution: str, quote: tuple[str, ...] = QUOTE) -> bytes:
    """Proton Mail: protonmail_quote around everything."""
    return markup(
        f'<div style="font-family:Arial">{html.escape(new)}</div><div class="protonmail_signature_block"><div>'
        "Sent with Proton Mail secure email.</div></div>"
        f'<div class="protonmail_quote">{html.escape(attribution)}<br><br><blockquote '
        f'class="protonmail_quote" type="cite">'
        f"{'<br>'.join(map(html.escape, quote))}</blockquote></div>"
    )


def yahoo(new: str, attribution: str, quote: tuple[str, ...] = QUOTE) -> bytes:
    """Yahoo Mail: yahoo_quoted, no blockquote."""
    return markup(
        f'<div class="yahoo-style-wrap"><div dir="ltr">{html.escape(new)}</div></div>'
        f'<div id="yahoo_quoted_123" class="yahoo_quoted"><div>{html.escape(attribution)}</div>'
        f"<div>{'<br>'.join(map(html.escape, quote))}</div></div>"
    )
