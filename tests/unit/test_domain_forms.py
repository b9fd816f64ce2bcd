"""Form letters: the client is found however the site's form sets its labels, and nobody's words are lost."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain.forms import Form, Place, clients_letter, extract, find
from core.domain.letters import Letter, LetterKind, Mailaddr
from core.domain.routing import Conditions, Facts

PLACES = {
    "email": Place(("E-mail:", "Почта")),
    "name": Place(("Имя", "Name")),
    "region": Place(("Регион", "Region")),
    "subject": Place(("Тема", "Subject")),
    "text": Place(("Сообщение", "Message"), until=("Отправлено со страницы",)),
}
FORM = Form("site", Conditions(sender=("noreply@site.example",)), PLACES)
WHOLE = {
    "email": "ivan@client.example",
    "name": "Иван Петров",
    "region": "Сибирь",
    "subject": "Вход",
    "text": "Не работает вход.\n\nПомогите!",
}

IN_LINE = """Новая заявка

Имя: Иван Петров
E-mail: ivan@client.example
Регион: Сибирь
Тема: Вход
Сообщение: Не работает вход.

Помогите!
"""
BELOW = """Имя
Иван Петров

E-mail:
ivan@client.example

Регион:
Сибирь

Тема
Вход

Сообщение
Не работает вход.

Помогите!
"""
BOLD = """*Имя:* Иван Петров
**E-mail:** <mailto:ivan@client.example>
*Регион*: *Сибирь*
• Тема — Вход
_Сообщение:_
Не работает вход.

Помогите!

Отправлено со страницы https://site.example/contacts
"""
TABLE = """Имя: | Иван Петров |
E-mail | ivan@client.example <mailto:ivan@client.example>
Регион | Сибирь
Тема\tВход
Сообщение | Не работает вход.

Помогите!
"""
ENGLISH = """NAME = Иван Петров
e-mail: Ivan <ivan@client.example>.
Region:\u00a0Сибирь
Subject:   Вход
Message:
Не работает вход.

Помогите!

--
This letter was sent from a form on site.example
"""


def form_letter(text: str, **fields: object) -> Letter:
    base = {"from_addr": "noreply@site.example", "from_name": "Site", "subject": "Заявка", "body_text": text}
    return Letter(**{**base, **fields})  # type: ignore[arg-type]


MIXED = IN_LINE.replace("Тема: Вход", "\nТема\nВход\n")


@pytest.mark.parametrize(
    "text", [MIXED, IN_LINE, BELOW, BOLD, TABLE, ENGLISH, IN_LINE.replace(": ", ":\u00a0")]
)
def test_every_way_to_set_labels_yields_the_same_client(text: str) -> None:
    read = extract(FORM, form_letter(text))
    assert read.values == WHOLE
    assert not read.trouble


def test_the_text_before_other_fields_ends_where_their_labels_begin() -> None:
    text = "Сообщение:\nНе работает вход.\n\nПомогите!\nИмя: Иван Петров\nE-mail: ivan@client.example\nТема: Вход"
    read = extract(FORM, form_letter(text))
    assert read.values == {**WHOLE, "region": ""}
    assert read.missing == ("region",)


def test_a_label_that_the_client_repeats_in_the_text_cuts_nothing() -> None:
    read = extract(FORM, form_letter(IN_LINE + "E-mail: other@client.example\nТема: другая\n"))
    assert read.values["email"] == "ivan@client.example"
    assert read.values["text"].endswith("E-mail: other@client.example\nТема: другая")


def test_another_spelling_of_a_label_in_the_clients_words_replaces_and_cuts_nothing() -> None:
    places = {**PLACES, "name": Place(("Name", "Имя")), "email": Place(("Email", "Почта"))}
    words = "сломалась карта, я писал:\nName: Eve\nEmail: eve@x.example\nи ещё"
    letter = form_letter(f"Имя: Вася\nПочта: vasya@client.example\nСообщение: {words}\n")
    values = extract(Form("site", FORM.when, places), letter).values
    assert (values["name"], values["email"]) == ("Вася", "vasya@client.example")
    assert values["text"] == words


def test_of_several_signature_marks_only_the_last_ends_the_clients_words() -> None:
    words = "Я писал вам:\n--\nИван\n\nОтвета нет.\n-- \nИван Петров"
    read = extract(FORM, form_letter(f"E-mail: ivan@client.example\nСообщение: {words}\n--\nsite.example\n"))
    assert read.values["text"] == words


def test_an_empty_value_does_not_take_the_next_line() -> None:
    read = extract(
        FORM, form_letter("Имя:\nТелефон: 123\nE-mail: ivan@client.example\nРегион:\n\nТема: Вход")
    )
    assert (read.values["name"], read.values["region"], read.values["subject"]) == ("", "", "Вход")


@pytest.mark.parametrize("value", ["", "нет", "ivan at client.example", "@", "a" * 300 + "@client.example"])
def test_without_an_address_the_form_is_not_believed(value: str) -> None:
    read = extract(FORM, form_letter(f"Имя: Иван\nE-mail: {value}\nСообщение: текст"))
    assert read.trouble == "email"
    assert "email" in read.missing


def test_a_name_beside_the_address_is_the_clients() -> None:
    form = Form("cf7", FORM.when, {"email": Place(("From",)), "text": Place(("Message Body",))})
    read = extract(
        form, form_letter('From: "Ivan Petrov" <ivan@client.example>\n\nMessage Body:\nHello\n-- \nsite')
    )
    assert read.values == {"email": "ivan@client.example", "name": "Ivan Petrov", "text": "Hello"}


def test_expressions_and_headers_yield_values_too() -> None:
    places = {
        "email": Place(header="reply-to"),
        "name": Place(regex=r"client (?P<name>\w+) from (?P<region>\w+)"),
        "region": Place(regex=r"client (?P<name>\w+) from (?P<region>\w+)"),
        "subject": Place(header="Subject", regex=r"request: (.*)"),
        "text": Place(regex=r"(?s)wrote:\n(.*)"),
    }
    text = "The client Ivan from Siberia wrote:\nOne\n\nTwo"
    headers = (("Subject", "New request: login"), ("Reply-To", "Ivan <ivan@client.example>"))
    read = extract(Form("site", FORM.when, places), form_letter(text, headers=headers))
    assert read.values == {
        "email": "ivan@client.example", "name": "Ivan", "region": "Siberia", "subject": "login",
        "text": "One\n\nTwo",
    }  # fmt: skip


def test_the_clients_letter_is_theirs_to_answer_and_keeps_the_original_folded() -> None:
    original = form_letter(
        IN_LINE, kind=LetterKind.AUTOMATIC, reply_to=(Mailaddr("robot@site.example"),),
        in_reply_to=("<a@b>",), references=("<a@b>",),
    )  # fmt: skip
    made = clients_letter(original, extract(FORM, original))
    assert (made.from_addr, made.from_name, made.subject) == ("ivan@client.example", "Иван Петров", "Вход")
    assert made.reply_text == made.body_text == WHOLE["text"]
    assert made.kind is LetterKind.LETTER
    assert not made.reply_to
    assert not made.in_reply_to
    assert not made.references
    for kept in ("Site <noreply@site.example>", "robot@site.example", "Заявка", IN_LINE):
        assert kept in made.quote_text


def test_a_text_that_is_not_found_is_the_whole_letter() -> None:
    original = form_letter("E-mail: ivan@client.example\nтекст без метки")
    assert clients_letter(original, extract(FORM, original)).reply_text == original.body_text


def facts(letter: Letter) -> Facts:
    return Facts(sender=letter.from_addr)


def test_only_the_forms_sender_writes_forms_and_never_a_daemon_or_we_ourselves() -> None:
    machine = form_letter(IN_LINE, kind=LetterKind.AUTOMATIC)
    assert find([FORM], machine, facts(machine)) is FORM
    stranger = form_letter(IN_LINE, from_addr="noreply@evil.example")
    assert find([FORM], stranger, facts(stranger)) is None
    for other in (
        form_letter(IN_LINE, loop=True),
        *(form_letter(IN_LINE, kind=kind) for kind in LetterKind if kind not in ("letter", "automatic")),
    ):
        assert find([FORM], other, facts(other)) is None


VALUE = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(VALUE, VALUE, st.text(max_size=300))
@example("", "a@\u200bb", "")
def test_no_form_letter_stops_the_reading_and_what_is_found_stood_in_it(
    name: str, email: str, text: str
) -> None:
    letter = form_letter(f"Имя: {name}\nE-mail: {email}\nСообщение:\n{text}")
    read = extract(FORM, letter)
    assert set(read.values) == set(PLACES)
    # Web pages put marks without width into their letters: an address is read without them.
    assert read.values["email"] in email.translate(dict.fromkeys(map(ord, "\u200b\ufeff\r")))
    made = clients_letter(letter, read) if not read.trouble else letter
    assert letter.body_text in (made.quote_text or made.body_text) or read.trouble


def test_a_hostile_letter_is_read_in_time() -> None:
    for text in (
        " " * 200_000,
        "E-mail:\n" * 30_000,
        "*_|>•" * 40_000,
        "Имя" + " " * 100_000 + "x",
        "-- \n" * 50_000,
    ):
        assert extract(FORM, form_letter(text)).trouble == "email"
