"""What becomes body text, what becomes a file, and in which charset it is read."""

from __future__ import annotations

import base64
import hashlib
import quopri

import pytest

from core.domain.letters import Letter
from mailbridge.letter import read

HEAD = b"From: ivan@client.example\r\nSubject: parts\r\nMIME-Version: 1.0\r\n"


def mixed(*parts: bytes, kind: bytes = b"mixed") -> Letter:
    """A multipart of raw parts, read."""
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return read(HEAD + b"Content-Type: multipart/" + kind + b"; boundary=b\r\n\r\n" + body + b"--b--\r\n")


def text(words: str, kind: str = "plain", *, extra: str = "", charset: str = "utf-8") -> bytes:
    """A text part."""
    return f"Content-Type: text/{kind}; charset={charset}{extra}\r\n\r\n".encode() + words.encode(charset)


FILE = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n\r\nPDF"


def test_several_text_parts_are_joined() -> None:
    letter = mixed(text("first"), FILE, text("second"))
    assert letter.body_text == "first\n\nsecond"
    assert len(letter.attachments) == 1


def test_of_alternatives_the_text_is_the_body_and_the_html_is_kept() -> None:
    letter = mixed(text("words"), text("<p>rich words</p>", "html"), kind=b"alternative")
    assert (letter.body_text, letter.html_text) == ("words", "rich words")
    assert "<p>rich words</p>" in letter.html
    assert letter.attachments == ()


def test_a_second_html_part_is_not_lost() -> None:
    letter = mixed(text("<p>one</p>", "html"), FILE, text("<p>two</p>", "html"))
    assert letter.body_text == letter.html_text == "one\n\ntwo"


def test_an_html_part_beside_alternatives_is_in_the_body() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n" + text("plain") + b"\r\n--i\r\n"
    letter = mixed(inner + text("<p>plain</p>", "html") + b"\r\n--i--", text("<p>footer</p>", "html"))
    assert letter.body_text == "plain\n\nfooter"


def test_html_alone_is_read_as_its_readable_text() -> None:
    letter = mixed(text("<p>Hello&nbsp;<b>you</b></p>", "html"))
    assert letter.body_text == letter.html_text == "Hello you"


def test_an_empty_text_beside_html_gives_way_to_it() -> None:
    assert mixed(text("\r\n"), text("<p>words</p>", "html"), kind=b"alternative").body_text == "words"


def test_text_without_html_has_no_html_text() -> None:
    assert mixed(text("words")).html_text is None


def test_a_text_file_is_an_attachment() -> None:
    letter = mixed(text("words"), text("log line", extra="; name=error.log"))
    assert letter.body_text == "words"
    assert [(one.name, one.content) for one in letter.attachments] == [("error.log", b"log line")]


def test_the_only_text_with_a_name_is_shown() -> None:
    assert mixed(text("words", extra="; name=mail.txt"), FILE).body_text == "words"


def test_a_named_alternative_is_the_body_all_the_same() -> None:
    letter = mixed(
        text("words", extra="; name=a.txt"),
        text("<p>rich</p>", "html", extra="; name=a.html"),
        kind=b"alternative",
    )
    assert (letter.body_text, letter.html_text, letter.attachments) == ("words", "rich", ())


def test_a_top_level_that_is_no_text_is_one_attachment() -> None:
    letter = read(
        HEAD + b"Content-Type: image/png; name=s.png\r\nContent-Transfer-Encoding: base64\r\n\r\nUE5H\r\n"
    )
    assert letter.body_text == ""
    assert [(one.name, one.content) for one in letter.attachments] == [("s.png", b"PNG")]


def test_a_nested_letter_is_one_attachment_named_after_its_subject() -> None:
    subject = b"Subject: =?utf-8?B?0J7RgtGH0ZHRgg==?=\r\n"
    inner = b"From: x@y.example\r\n" + subject + b"Content-Type: multipart/mixed; boundary=b\r\n\r\nz"
    letter = mixed(text("see below"), b"Content-Type: message/rfc822\r\n\r\n" + inner)
    assert letter.body_text == "see below"
    (file,) = letter.attachments
    assert (file.name, file.content_type, file.content) == ("Отчёт.eml", "message/rfc822", inner)


def test_the_parts_of_a_digest_are_letters() -> None:
    letter = mixed(b"\r\nSubject: one\r\n\r\nx", b"\r\nSubject: two\r\n\r\ny", kind=b"digest")
    assert [one.name for one in letter.attachments] == ["one.eml", "two.eml"]


def test_an_image_is_inline_only_where_the_html_refers_to_it() -> None:
    image = b"Content-Type: image/png\r\nContent-ID: <%s@x>\r\nContent-Disposition: inline; filename=%s.png\r\n\r\nPNG"
    letter = mixed(
        text('<p>a <img src="cid:used@x"></p>', "html"),
        image % (b"used", b"used"),
        image % (b"not", b"not"),
        kind=b"related",
    )
    assert [(one.name, one.inline) for one in letter.attachments] == [("used.png", True), ("not.png", False)]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("text/calendar; method=REQUEST", "invite.ics"),
        ("application/pkcs7-mime; smime-type=enveloped-data", "smime.p7m"),
        ("application/pgp-signature", "signature.asc"),
        ("application/ms-tnef", "winmail.dat"),
        ("image/png", "part-3.png"),
        ("application/x-unheard-of", "part-3.bin"),
    ],
)
def test_parts_without_a_name_get_one(kind: str, name: str) -> None:
    letter = mixed(text("words"), f"Content-Type: {kind}\r\n\r\ncontent".encode())
    assert [(one.name, one.content) for one in letter.attachments] == [(name, b"content")]


def test_content_is_checked_by_its_sum() -> None:
    data = bytes(range(256)) * 40
    part = (
        b"Content-Type: application/x; name=d.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(data)
    )
    (file,) = mixed(text("x"), part).attachments
    assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "C:\\temp\\passwd", "/etc/passwd", "passwd\x00", "\u202epasswd", "pass\r\n\twd"],
)
def test_a_file_name_has_no_folders_and_no_control_characters(name: str) -> None:
    quoted = base64.b64encode(name.encode()).decode()
    part = f'Content-Type: application/x; name="=?utf-8?B?{quoted}?="\r\n\r\nx'.encode()
    found = mixed(text("x"), part).attachments[0].name
    assert found.replace(" ", "") == "passwd"


def test_a_long_file_name_keeps_its_ending() -> None:
    part = 'Content-Type: application/x; name="' + "я" * 500 + '.docx"\r\n\r\nx'
    name = mixed(text("x"), part.encode()).attachments[0].name
    assert name.endswith(".docx")
    assert len(name.encode()) <= 200


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        ("koi8-r", "koi8-r"),
        ("windows-1251", "cp1251"),
        ("iso-8859-1", "cp1251"),
        ("us-ascii", "utf-8"),
        ("", "koi8-r"),
        ("", "cp866"),
        ("unknown-8bit", "utf-8"),
        ("x-mac-cyrillic", "mac_cyrillic"),
        ("utf-8", "cp1251"),
        ("windows-1252", "utf-8"),
        ("nonsense-9", "cp1251"),
        ("utf-16", "utf-16"),
    ],
)
def test_russian_is_read_whatever_the_letter_declares(declared: str, actual: str) -> None:
    words = "Здравствуйте! Не могу войти в личный кабинет, пишет ошибку."
    field = f"; charset={declared}" if declared else ""
    raw = HEAD + f"Content-Type: text/plain{field}\r\n\r\n".encode() + words.encode(actual)
    assert read(raw).body_text.strip("\ufeff") == words


@pytest.mark.parametrize(
    ("declared", "actual", "words"),
    [
        ("gb2312", "gb18030", "您好，镕基先生"),
        ("ks_c_5601-1987", "cp949", "안녕하세요 똠방각하"),
        ("shift_jis", "cp932", "①髙橋さん、こんにちは"),
        ("x-sjis", "cp932", "日本語のメール"),
        ("iso-2022-jp", "iso2022_jp", "日本語のメール"),
        ("iso-8859-1", "cp1252", "“curly” – 5 €"),
        ("windows-874", "cp874", "สวัสดีครับ"),
        ("iso-8859-8-i", "iso8859-8", "שלום עולם"),
        ("cp-850", "cp850", "Grüße aus Köln"),
        ("iso-8859-2", "iso8859-2", "Zażółć gęślą jaźń"),
        ("utf-8", "cp1252", "Das Gerät läuft nicht, Grüße aus Köln"),
        ("utf-8", "cp1252", "café"),
        ("x-unknown", "cp1254", "Giriş yapamıyorum, şifre yanlış"),
        ("utf-8", "iso8859-2", "Nie mogę się zalogować, hasło jest złe, proszę"),
        ("x-unknown", "cp1250", "Nemůžu se přihlásit do účtu, heslo je špatně"),
    ],
)
def test_a_declared_charset_is_read_by_its_superset(declared: str, actual: str, words: str) -> None:
    raw = HEAD + f"Content-Type: text/plain; charset={declared}\r\n\r\n".encode() + words.encode(actual)
    assert read(raw).body_text == words


def test_what_had_to_be_guessed_is_said() -> None:
    raw = (
        HEAD
        + b"Content-Type: text/plain; charset=us-ascii\r\n\r\n"
        + "Здравствуйте, не работает".encode("koi8-r")
    )
    assert read(raw).charset_fallbacks == ("body: koi8-r instead of us-ascii",)


def test_good_utf8_that_was_cut_stays_utf8() -> None:
    raw = (
        HEAD
        + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
        + "Здравствуйте, не работает вход".encode()[:-1]
    )
    assert read(raw).body_text.startswith("Здравствуйте, не работает вхо")


@pytest.mark.parametrize(
    "encoded",
    [
        base64.encodebytes("Привет, мир".encode()),
        base64.b64encode("Привет, мир".encode()).rstrip(b"="),
        b"!" + base64.b64encode("Привет, мир".encode()),
        base64.b64encode("Привет".encode()) + b"\r\n" + base64.b64encode(", мир".encode()),
        base64.b64encode("Прив".encode()) + base64.b64encode("ет, мир".encode()),
    ],
)
def test_broken_base64_is_still_read(encoded: bytes) -> None:
    raw = (
        HEAD
        + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encoded
    )
    assert read(raw).body_text == "Привет, мир"


def test_plain_words_that_claim_to_be_base64_are_shown() -> None:
    raw = (
        HEAD
        + b"Content-Transfer-Encoding: base64\r\n\r\nHello there, this was never encoded.\r\nReally not.\r\n"
    )
    assert read(raw).body_text == "Hello there, this was never encoded.\nReally not."


@pytest.mark.parametrize("footer", [b"-- \r\nList footer, see below", b"____\r\nusers mailing list", b"!"])
@pytest.mark.parametrize("size", [60, 61])
def test_a_footer_behind_a_file_is_none_of_its_bytes(footer: bytes, size: int) -> None:
    data = bytes(range(size))
    part = b"Content-Type: application/x; name=d\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    letter = mixed(text("x"), part + base64.encodebytes(data) + b"\r\n" + footer + b"\r\n")
    assert letter.attachments[0].content == data


def test_a_plain_footer_behind_base64_is_kept() -> None:
    body = base64.encodebytes("Привет, это сообщение в список".encode())
    raw = (
        HEAD + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
    )
    shown = read(raw + b"_______________\r\nusers mailing list\r\nusers@lists.example\r\n").body_text
    assert "это сообщение" in shown
    assert "users mailing list" in shown


@pytest.mark.parametrize(
    ("encoded", "words"),
    [
        (b"caf=C3=A9", "café"),
        (b"soft =\r\nbreak", "soft break"),
        (b"soft = \r\nbreak", "soft break"),
        (b"100 = 100 =ZZ", "100 = 100 =ZZ"),
        (b"end=", "end"),
        (b"lower =c3=a9", "lower é"),
    ],
)
def test_quoted_printable(encoded: bytes, words: str) -> None:
    raw = (
        HEAD
        + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    assert read(raw + encoded).body_text == words


def test_flowed_text_is_unfolded_and_keeps_its_quotes() -> None:
    words = "a long \r\nline\r\n>> deep \r\n>> quote\r\n> shallow\r\n\r\n-- \r\nsign\r\n from\r\n"
    body = read(HEAD + f"Content-Type: text/plain; format=flowed\r\n\r\n{words}".encode()).body_text
    assert body == "a long line\n> > deep quote\n> shallow\n\n-- \nsign\nfrom"


def test_delsp_takes_the_space_away() -> None:
    words = "日本 \r\n語"
    raw = HEAD + f"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\n\r\n{words}".encode()
    assert read(raw).body_text == "日本語"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_uuencoded_files_inside_text_are_files(end: str) -> None:
    words = "see\n\nbegin 644 a b.txt\n#86)C\n`\nend\nbegin 0600 c.pdf\n#9&5F\nend\nbye".replace("\n", end)
    letter = read(HEAD + b"\r\n" + words.encode())
    assert letter.body_text.split() == ["see", "bye"]
    assert [(one.name, one.content_type, one.content) for one in letter.attachments] == [
        ("a b.txt", "text/plain", b"abc"),
        ("c.pdf", "application/pdf", b"def"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        "begin 644 the work\nat the end of the day\nend",
        "begin 644 a.txt\n#86)C\n`\nno end",
        "begin  now\n#86)C\nend",
        "begin 644 what\nend",
    ],
)
def test_words_that_only_begin_like_a_uuencoded_file_stay(words: str) -> None:
    letter = read(HEAD + b"\r\n" + words.encode())
    assert (letter.body_text, letter.attachments) == (words, ())


def test_markup_is_no_uuencoded_file() -> None:
    letter = read(HEAD + b"Content-Type: text/html\r\n\r\n<pre>\nbegin 644 a.txt\n#86)C\nend\n</pre>")
    assert (letter.body_text.split()[0], letter.attachments) == ("begin", ())


def test_enriched_text_is_read_without_its_parameters() -> None:
    words = b"<color><param>red</param>Hello</color> <<you>\nand\n\nyou"
    assert read(HEAD + b"Content-Type: text/enriched\r\n\r\n" + words).body_text == "Hello <you> and\nyou"


def test_quoted_printable_of_a_binary_keeps_every_byte() -> None:
    data = bytes(range(256))
    part = (
        b"Content-Type: application/x; name=d\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + quopri.encodestring(data)
    )
    assert mixed(text("x"), part).attachments[0].content == data
