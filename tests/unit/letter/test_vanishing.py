"""Words and files that could vanish without a trace: each letter here was read with something missing once."""

from __future__ import annotations

import base64
import quopri

import pytest

from core.domain.letters import LetterKind
from mailbridge.letter import read

HEAD = b"From: Anna <anna@client.example>\r\nTo: help@desk.example\r\nMessage-ID: <1@client.example>\r\n"
WORDS = "Здравствуйте, когда придёт счёт за январь?"
LINES = base64.encodebytes(WORDS.encode())


def letter(fields: str, body: bytes | str) -> bytes:
    """A letter with these fields and this body."""
    data = body.encode() if isinstance(body, str) else body
    return HEAD + fields.encode().replace(b"\n", b"\r\n") + b"\r\n\r\n" + data.replace(b"\n", b"\r\n")


def encoded(body: bytes) -> str:
    """The text of a letter that claims to be base64."""
    return read(
        letter("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", body)
    ).body_text


def test_words_that_a_gateway_put_above_or_below_base64_are_kept_and_the_letter_is_read() -> None:
    assert (
        encoded(b"CAUTION: this is from outside\n\n" + LINES) == f"CAUTION: this is from outside\n\n{WORDS}"
    )
    assert encoded(b"External letter be careful\n\n" + LINES).endswith(f"careful\n\n{WORDS}")
    assert encoded(LINES + b"\nfooter of the list\n").split() == f"{WORDS} footer of the list".split()


@pytest.mark.parametrize("words", ["Hello", "Thanks", "Hello this is one line of words"])
def test_a_few_words_that_were_never_encoded_are_read(words: str) -> None:
    assert encoded(words.encode() + b"\n") == words


@pytest.mark.parametrize("charset", ["koi8-r", "cp1251", "utf-8", "cp866"])
def test_a_short_word_that_is_encoded_is_decoded(charset: str) -> None:
    fields = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64"
    assert read(letter(fields, base64.b64encode("Спасибо".encode(charset)))).body_text == "Спасибо"


def test_of_two_transfer_encodings_the_one_that_encodes_counts() -> None:
    fields = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {}\nContent-Transfer-Encoding: {}"
    assert read(letter(fields.format("7bit", "base64"), LINES)).body_text == WORDS
    printable = quopri.encodestring(WORDS.encode())
    assert read(letter(fields.format("quoted-printable", "8bit"), printable)).body_text == WORDS


def test_a_part_whose_blank_line_was_forgotten_keeps_its_first_words() -> None:
    body = "--b\nNote: the door is open\nPlease come\n--b\nContent-Type: text/plain\n\nsecond\n--b--\n"
    found = read(letter("Content-Type: multipart/mixed; boundary=b", body))
    assert found.body_text == "Note: the door is open\nPlease come\n\nsecond"


def test_a_letter_of_a_digest_whose_blank_line_was_forgotten_keeps_its_headers() -> None:
    for more in ("", "Content-Type: text/plain\n"):
        body = f"--b\nFrom: a@x.example\nSubject: first one\n{more}\nwords\n--b--\n"
        (kept,) = read(letter("Content-Type: multipart/digest; boundary=b", body)).attachments
        assert kept.name == "first one.eml"
        assert b"From: a@x.example" in kept.content


def test_a_blank_line_too_many_among_the_headers_hides_no_part() -> None:
    body = (
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nwords\n"
        "--b\nContent-Type: application/pdf; name=a.pdf\n\nPDF\n--b--\n"
    )
    found = read(letter("Subject: order", body))
    assert (found.subject, found.body_text) == ("order", "words")
    assert [file.name for file in found.attachments] == ["a.pdf"]


def test_a_letter_that_does_not_say_how_it_is_divided_shows_its_parts() -> None:
    parts = "--b\nContent-Type: text/plain\n\nwords\n--b\nContent-Type: image/png; name=a.png\n\nPNG\n--b--\n"
    for above in ("", "This is a multi-part message in MIME format.\n\n"):
        found = read(letter("Subject: order\nMIME-Version: 1.0", above + parts))
        assert (found.body_text, [file.name for file in found.attachments]) == ("words", ["a.png"])
    for said in (f"This is what came back:\n\n{parts}", f"--- see below\n{parts}"):
        assert read(letter("Subject: order", said)).body_text == said.strip()


def test_a_part_behind_a_misspelt_delimiter_is_one() -> None:
    body = "--bb\nContent-Type: text/plain\n\nwords\n--b\nContent-Type: image/png; name=a.png\n\nPNG\n--b--\n"
    found = read(letter("Content-Type: multipart/mixed; boundary=b", body.replace("--bb", "--a")))
    assert (found.body_text, [file.name for file in found.attachments]) == ("words", ["a.png"])


@pytest.mark.parametrize(
    "words", ["<html><style>p{margin:0}</style><p>Where is it?</p>", "https://x.example is down"]
)
def test_the_first_line_of_a_body_whose_blank_line_was_forgotten_is_no_field(words: str) -> None:
    found = read(HEAD + f"Content-Type: text/html\r\n{words}\r\n".encode())
    assert found.body_text in ("Where is it?", "https://x.example is down")


def test_base64_goes_on_behind_a_line_of_words() -> None:
    text = "One line of words that is long enough to take several lines of base64. " * 4
    lines = base64.encodebytes(text.encode()).splitlines(keepends=True)
    found = encoded(lines[0] + b"From somebody on the way\n" + b"".join(lines[1:]))
    assert found.replace("\nFrom somebody on the way\n", "") == text


def test_a_body_that_speaks_of_headers_is_a_body() -> None:
    said = "Content-Type: what does it mean?\n\nI see it everywhere."
    assert read(letter("Subject: q", said)).body_text == said


def test_words_above_the_only_files_of_a_letter_are_its_text() -> None:
    parts = "--b\nContent-Type: application/pdf; name=a.pdf\n\nPDF\n--b--\n"
    fields = "Content-Type: multipart/mixed; boundary=b"
    assert (
        read(letter(fields, f"The contract is enclosed.\n{parts}")).body_text == "The contract is enclosed."
    )
    assert read(letter(fields, f"This is a multi-part message in MIME format.\n{parts}")).body_text == ""


def test_a_text_that_only_says_that_there_is_html_is_no_reply() -> None:
    body = (
        "--b\nContent-Type: text/plain\n\nYour program does not show HTML letters.\n"
        "--b\nContent-Type: text/html\n\n<p>When will the parcel come?</p>\n--b--\n"
    )
    found = read(letter("Subject: q\nContent-Type: multipart/alternative; boundary=b", body))
    assert found.reply_text == "When will the parcel come?"
    assert found.body_text == "Your program does not show HTML letters."


def test_a_short_text_whose_words_the_html_has_is_the_reply() -> None:
    body = (
        "--b\nContent-Type: text/plain\n\nYes, as HTML.\n"
        "--b\nContent-Type: text/html\n\n<p>Yes, as HTML.</p><p>Advertisement of the program that wrote it</p>\n--b--\n"
    )
    fields = "Subject: q\nContent-Type: multipart/alternative; boundary=b"
    assert read(letter(fields, body)).reply_text == "Yes, as HTML."


def test_an_extended_file_name_without_its_star_is_read() -> None:
    fields = (
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"utf-8''%D0%9E%D1%82.pdf\""
    )
    assert [file.name for file in read(letter(fields, "PDF")).attachments] == ["От.pdf"]


def test_surrogates_that_were_written_as_utf_8_are_one_letter() -> None:
    data = b"fine \xed\xa0\xbd\xed\xb8\x80"
    assert read(letter("Content-Type: text/plain; charset=utf-8", data)).body_text == "fine 😀"
    found = read(letter("Subject: =?utf-8?Q?fine_=ED=A0=BD=ED=B8=80?=", "x"))
    assert found.subject == "fine 😀"


def test_an_address_that_a_web_form_has_escaped_is_one() -> None:
    found = read(b"From: Ivan &lt;ivan@client.example&gt;\r\n\r\nwords")
    assert (found.from_name, found.from_addr) == ("Ivan", "ivan@client.example")


def test_a_divider_with_nothing_below_it_goes_with_the_quote() -> None:
    text = "Да\n-- \n05.01.2026, 15:14, Поддержка <help@desk.example>:\n> Всё работает?\n"
    found = read(
        letter("Subject: Re: q\nIn-Reply-To: <q@desk.example>\nContent-Type: text/plain; charset=utf-8", text)
    )
    assert found.reply_text == "Да"


def reply(markup: str) -> str:
    """The new words of an answer in HTML."""
    fields = "Subject: Re: q\nIn-Reply-To: <q@desk.example>\nContent-Type: text/html; charset=utf-8"
    return read(letter(fields, markup)).reply_text


@pytest.mark.parametrize(
    "style", ["border-top:1px solid #ccc;padding-top:3px", "border-top: solid #ddd 1.0pt; padding: 30px 0"]
)
def test_a_line_above_a_persons_own_words_cuts_nothing(style: str) -> None:
    assert reply(f'<p>One</p><div style="{style}">Two</div><p>Three</p>').split() == ["One", "Two", "Three"]


def test_what_people_show_below_a_date_and_a_colon_is_no_quote() -> None:
    shown = "<p>Ошибка от 05.01.2026:</p><blockquote>Код 500</blockquote><p>Что делать?</p>"
    assert "Код 500" in reply(shown)
    assert "Код 500" not in reply(shown.replace("Ошибка от 05.01.2026", "05.01.2026, 15:14, Поддержка"))
    assert "Код 500" not in reply(shown.replace("Ошибка от 05.01.2026", "05.01.2026 Поддержка писала"))


def test_plain_words_that_claim_to_be_markup_keep_their_quotes() -> None:
    assert (
        reply("Да, верно\n\n05.01.2026, 15:14, Поддержка <h@desk.example>:\n> Всё?\n> Точно?\n")
        == "Да, верно"
    )


def test_names_below_a_long_line_are_no_signature_unless_a_contact_stands_there() -> None:
    text = f"Список участников\n{'_' * 40}\nИванов Иван\nПетров Пётр\n"
    fields = "Subject: q\nContent-Type: text/plain; charset=utf-8"
    assert "Петров Пётр" in read(letter(fields, text)).reply_text
    assert read(letter(fields, f"{text}+7 495 123-45-67\n")).reply_text == "Список участников"


def kind(sender: str, subject: str, words: str) -> LetterKind:
    """What such a letter is."""
    fields = f"From: {sender}\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8"
    return read(f"{fields}\r\n\r\n{words}".encode()).kind


@pytest.mark.parametrize(
    ("sender", "subject", "words"),
    [
        ("anna@client.example", "Auto", "Ich möchte mein Auto versichern."),
        ("anna@client.example", "Auto bis 15.03.2026", "Ich brauche ein Auto."),
        ("anna@client.example", "Отпуск", "Как оформить отпуск на портале?"),
        ("anna@client.example", "Urlaub", "Wie viele Tage habe ich noch?"),
        (
            "Служба доставки СДЭК <info@courier.example>",
            "Возврат заказа",
            "Посылка не доставлено, адресат не найден.",
        ),
    ],
)
def test_people_and_couriers_are_no_machines(sender: str, subject: str, words: str) -> None:
    assert kind(sender, subject, words) is LetterKind.LETTER


@pytest.mark.parametrize("subject", ["Auto: Re: Rechnung", "Отпуск", "Auto Re: счёт"])
def test_autoresponders_are_machines_all_the_same(subject: str) -> None:
    assert kind("anna@client.example", subject, "Вернусь 5 марта.") is LetterKind.AUTOMATIC


def test_a_header_of_lists_without_a_value_says_nothing() -> None:
    assert read(letter("Subject: q\nX-List:", "words")).kind is LetterKind.LETTER
