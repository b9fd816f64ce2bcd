"""Letters as Russian, Ukrainian, Belarusian and Central Asian programs write them, each read amiss once."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from core.domain.letters import Letter, LetterKind
from mailbridge.letter import read

WORDS = "Здравствуйте! Подскажите, пожалуйста, когда будет доставлен заказ?"
ANSWER = "Нет, счёт так и не пришёл."


def letter(fields: str, body: str, codec: str = "utf-8") -> Letter:
    """A letter in one charset, its headers too, read."""
    head = f"From: Иван <ivan@firma.example>\nTo: help@desk.example\n{fields}\nMIME-Version: 1.0\n"
    return read((head + f"Content-Transfer-Encoding: 8bit\n\n{body}\n").replace("\n", "\r\n").encode(codec))


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r"])
@pytest.mark.parametrize(
    "words",
    [
        "ГДЕ МОЙ ЗАКАЗ? ПОЧЕМУ НЕ ОТВЕЧАЕТЕ",
        "где мой заказ? почему не отвечаете",
        "СРОЧНО ПОЗВОНИТЕ",
        "спасибо",
    ],
)
def test_capitals_alone_and_small_letters_alone_are_told_apart_where_no_charset_is_declared(
    words: str, codec: str
) -> None:
    found = letter(f"Subject: {words}", words, codec)
    assert (found.subject, found.body_text) == (words, words)


@pytest.mark.parametrize(("codec", "declared"), [("cp1251", "koi8-r"), ("koi8-r", "windows-1251")])
def test_a_cyrillic_charset_declared_for_the_other_is_seen_by_its_words(codec: str, declared: str) -> None:
    found = letter(f"Subject: Заказ\nContent-Type: text/plain; charset={declared}", WORDS, codec)
    assert (found.from_name, found.subject, found.body_text) == ("Иван", "Заказ", WORDS)


@pytest.mark.parametrize("declared", ["koi8-r", "windows-1251"])
def test_words_typed_with_the_caps_lock_key_on_stay_as_they_are(declared: str) -> None:
    words = WORDS.swapcase()
    found = letter(f"Subject: x\nContent-Type: text/plain; charset={declared}", words, declared)
    assert found.body_text == words


def test_ukrainian_letters_are_read_where_russian_koi8_is_declared() -> None:
    words = "Коли буде їхня відповідь, чи є ґанок?"
    assert letter("Subject: x\nContent-Type: text/plain; charset=koi8-r", words, "koi8-u").body_text == words


@pytest.mark.parametrize("width", range(54, 61))
def test_a_file_name_cut_inside_of_a_coded_letter_is_whole(width: int) -> None:
    name = "Счёт на оплату №15 от 12 марта.pdf"
    coded = "UTF-8''" + quote(name)
    pieces = [coded[i : i + width] for i in range(0, len(coded), width)]
    named = ";\n".join(f" filename*{i}*={piece}" for i, piece in enumerate(pieces))
    found = letter(f"Content-Type: application/pdf\nContent-Disposition: attachment;\n{named}", "%PDF")
    assert [file.name for file in found.attachments] == [name]


@pytest.mark.parametrize(
    "above",
    [
        "Kimdan: Support <help@desk.example>\nYuborildi: 12-mart, 2025-yil 13:40\nKimga: Ivan\nMavzu: Buyurtma\n",
        "გამომგზავნი: Support <help@desk.example>\nგაგზავნილია: 12 მარტი, 2025 13:40\nადრესატი: Ivan\nთემა: x\n",
        "2025 թ. մար 12, չրք 13:40, Support <help@desk.example> գրել է՝\n",
        (
            "Отправлено из мобильной Яндекс Почты: http://m.ya.ru/ymail\n\n"
            "13:40, 12 марта 2025 г., Поддержка <help@desk.example>:\n"
        ),
    ],
)
def test_what_programs_write_above_a_quote_is_no_word_of_the_reply(above: str) -> None:
    fields = "Subject: Re: x\nIn-Reply-To: <1@desk.example>\nContent-Type: text/plain; charset=utf-8"
    for mark in ("> ", ""):
        if mark or ">:" not in above:
            assert letter(fields, f"{ANSWER}\n\n{above}\n{mark}Старые слова").reply_text == ANSWER


@pytest.mark.parametrize(
    "subject",
    [
        "В отпуске до 25 марта Re: Заказ",
        "Отсутствую до 25.03. Re: Заказ",
        "Отсутствие в офисе: Заказ",
        "Автоматты жауап: Тапсырыс",
        "Avtomatik javob: Buyurtma",
        "Avtomatik cavab: Sifariş",
        "ავტომატური პასუხი: შეკვეთა",
        "Ավտոմատ պատասխան՝ Պատվեր",
        "Автоматическое уведомление о получении письма",
    ],
)
def test_autoresponders_of_these_countries_are_machines(subject: str) -> None:
    assert letter(f"Subject: {subject}", "x").kind == LetterKind.AUTOMATIC


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("В отпуске до 25 марта не работает вход", "Помогите"),
        ("Отсутствие в офисе интернета: чинить будете?", "Чинить будете?"),
        ("Автоматический ответ приходит вместо чека", "Где чек?"),
        ("Автоответчик", "Как настроить автоответчик на станции?"),
        ("Нет на месте", "Курьера нет на месте, что делать?"),
        ("Автоматическое уведомление о получении письма не приходит", "Не приходит"),
        ("Уведомление о прочтении: как включить?", "Прочитано было в 12:30, а отчёта нет. Как включить?"),
        ("Не удаётся доставить посылку", "Курьер пишет, что не удаётся доставить ivan@firma.example"),
    ],
)
def test_people_who_write_about_machines_are_none(subject: str, words: str) -> None:
    assert letter(f"Subject: {subject}", words).kind == LetterKind.LETTER


def test_a_receipt_of_mail_ru_in_words_is_one() -> None:
    words = "Ваше письмо было прочитано.\n\nКому: ivan@firma.example\nТема: Заказ\nДата прочтения: 12.03.2025 14:00"
    assert letter("Subject: Уведомление о прочтении: Заказ", words).kind == LetterKind.RECEIPT


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (
            "Ваше письмо не доставлено получателю {}: пользователь не существует. Отправьте письмо повторно.",
            "5.1.1",
        ),
        ("Не удалось доставить.\n\n{}\nАдрес не найден. Попробуйте отправить сообщение повторно.", "5.1.1"),
        ("Лист не може бути доставлений адресату {}: скриньку не знайдено.", "5.1.1"),
        ("Письмо не доставлено: {}. Домен k.example не найден.", "5.1.2"),
        ("Письмо не доставлено: сервер {} недоступен (превышено время ожидания).", "5.4.1"),
        ("Сообщение не доставлено. Учётная запись {} отключена.", "5.2.1"),
        ("Письмо на адрес {} не доставлено: пользователь не зарегистрирован.", "5.1.1"),
        ("Сообщение не доставлено. Превышен размер почтового ящика {}.", "5.2.2"),
    ],
)
def test_a_failure_in_words_has_its_code_and_is_no_delay(words: str, status: str) -> None:
    fields = "Return-Path: <>\nSender: mailer-daemon@k.example\nSubject: Письмо не доставлено"
    data = letter(fields, words.format("petr@k.example"))
    assert data.kind == LetterKind.BOUNCE
    assert [(one.recipient, one.action, one.status) for one in data.dsn] == [
        ("petr@k.example", "failed", status)
    ]


def test_a_letter_that_will_be_tried_again_is_delayed() -> None:
    fields = "Return-Path: <>\nSubject: Письмо не доставлено: задержка"
    words = "Письмо для petr@k.example пока не доставлено: сервер не отвечает. Будет повторная попытка."
    assert [(one.action, one.status) for one in letter(fields, words).dsn] == [("delayed", "4.4.1")]


@pytest.mark.parametrize(
    "subject", ["Не удается доставить: Заказ", "Не вдалося доставити: Заказ", "Жеткізілмеді: Заказ"]
)
def test_a_report_of_exchange_in_words_is_a_bounce(subject: str) -> None:
    raw = (
        f"From: System Administrator <postmaster@k.example>\r\nTo: help@desk.example\r\nSubject: {subject}\r\n\r\n"
        "Невозможна доставка следующим получателям:\r\n\r\n      petr@k.example, 12.03.2025 13:41\r\n"
        "            <exch.k.example #5.1.1>\r\n"
    )
    found = read(raw.encode())
    assert found.kind == LetterKind.BOUNCE
    assert [(one.recipient, one.status) for one in found.dsn] == [("petr@k.example", "5.1.1")]


BAR = '<table bgcolor="#ffffff"><tr><td width=2 bgcolor= #0000ff><br></td><td width=719>{}</td></tr></table>'


def test_answers_below_and_between_what_the_bat_draws_a_bar_beside_are_the_reply() -> None:
    inner = BAR.format("<span>Старые слова</span>")
    words = (
        "<html><body><span>Здравствуйте, Анна.<br><br>Вы писали 12 марта 2025 г., 13:40:00:<br><br></span>"
        f"{BAR.format(inner + 'Когда?')}<br><span>Завтра.</span>{BAR.format('Сколько?')}<span>Пять.</span></body>"
    )
    found = letter(
        "Subject: Re: x\nIn-Reply-To: <1@desk.example>\nContent-Type: text/html; charset=utf-8", words
    )
    assert found.reply_text.split() == ["Здравствуйте,", "Анна.", "Завтра.", "Пять."]
    assert "Старые слова" in found.quote_text


def test_a_table_with_a_coloured_edge_that_nothing_announces_is_no_quote() -> None:
    fields = "Subject: Re: x\nIn-Reply-To: <1@desk.example>\nContent-Type: text/html; charset=utf-8"
    assert "Стол, 5 штук" in letter(fields, f"<p>Нужно вот что:</p>{BAR.format('Стол, 5 штук')}").reply_text


@pytest.mark.parametrize("line", ["Mening iPhone qurilmamdan yuborildi", "iPhone-dan göndərildi"])
def test_what_telephones_add_in_uzbek_and_azerbaijani_is_no_reply(line: str) -> None:
    assert (
        letter("Subject: x\nContent-Type: text/plain; charset=utf-8", f"{ANSWER}\n\n{line}").reply_text
        == ANSWER
    )


@pytest.mark.parametrize("greeting", ["Здравствуйте, Анна!", "Добрый день.", "Вітаю, Олено!", "Hi Anna,"])
@pytest.mark.parametrize(
    "quote", ["<i>Старые слова</i><br>", '<div style="border-left:2px solid">Старые слова</div>']
)
def test_an_answer_below_a_greeting_and_a_quote_without_marks_is_not_lost(greeting: str, quote: str) -> None:
    fields = "Subject: Re: x\nIn-Reply-To: <1@desk.example>\nContent-Type: text/html; charset=utf-8"
    above = "<div>12.03.2025, 13:40, Анна &lt;help@desk.example&gt;:</div>"
    assert ANSWER in letter(fields, f"<p>{greeting}</p>{above}{quote}<p>{ANSWER}</p>").reply_text
    said = letter(fields, f"<p>{greeting}</p><p>{ANSWER}</p>{above}{quote}").reply_text
    assert said.split() == f"{greeting} {ANSWER}".split()
