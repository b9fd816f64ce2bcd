"""The new words of a reply are found whole, in every program's and language's form."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.letter import read
from tests.unit.letter import builders
from tests.unit.letter.introductions import ATTRIBUTIONS, LABELS

NEW = "Спасибо, всё заработало. Номер договора 4411.\n\nЕщё вопрос: когда придёт счёт?"
ONE = "Thanks, it works now. My contract is number 4411."
LINES = [(language, line) for language, lines in ATTRIBUTIONS.items() for line in lines]
MARKER = "## Пишите ответ выше этой строки / Please write above this line ##"


def reply(raw: bytes) -> str:
    """The new words, white space folded."""
    return " ".join(read(raw).reply_text.split())


def words(text: str) -> str:
    """White space folded."""
    return " ".join(text.split())


@pytest.mark.parametrize(("language", "line"), LINES)
def test_an_answer_above_the_quote_is_cut_exactly(language: str, line: str) -> None:
    assert reply(builders.gmail(NEW, line)) == words(NEW)
    assert reply(builders.thunderbird(NEW, line)) == words(NEW)
    assert reply(builders.apple(ONE, line)) == ONE
    assert reply(builders.yandex(ONE, line)) == ONE
    assert reply(builders.mail_ru(ONE, line)) == ONE
    assert reply(builders.proton(ONE, line)) == ONE
    assert reply(builders.yahoo(ONE, line)) == ONE


@pytest.mark.parametrize(("language", "line"), LINES)
def test_an_answer_in_plain_text_is_cut_exactly(language: str, line: str) -> None:
    assert reply(builders.plain(f"{NEW}\n\n{line}\n{builders.marked()}\n")) == words(NEW)
    assert reply(builders.plain(f"{NEW}\n{line}\n\n{builders.marked()}\n")) == words(NEW)
    assert reply(builders.plain(f"{NEW}\n\n{line}\n\nGood day,\nplease tell.\n")) == words(NEW)
    for width in (40, 60, 76):
        wrapped = textwrap.fill(line, width)
        assert reply(builders.plain(f"{NEW}\n\n{wrapped}\n\n{builders.marked()}\n")) == words(NEW)
    broken = line.replace(" <", "\n<", 1).replace(
        "@example.com>", "@example.com <mailto:support@example.com>>"
    )
    assert reply(builders.plain(f"{NEW}\n\n{broken}\n\n{builders.marked()}\n")) == words(NEW)


@pytest.mark.parametrize(("language", "line"), LINES)
def test_answers_below_and_between_quotes_stay(language: str, line: str) -> None:
    assert reply(builders.thunderbird("", line, below=ONE)) == ONE
    assert reply(builders.plain(f"{line}\n{builders.marked()}\n\n{ONE}\n")) == ONE
    between = f"{line}\n> First question?\n\nFirst answer.\n\n> Second question?\n\nSecond answer.\n"
    assert reply(builders.plain(between)) == "First answer. Second answer."


@pytest.mark.parametrize(("language", "labels"), LABELS.items())
def test_outlooks_header_block_ends_the_reply(language: str, labels: tuple[str, str, str, str]) -> None:
    assert reply(builders.outlook(NEW, labels)) == words(NEW)
    assert reply(builders.outlook_web(NEW, labels)) == words(NEW)
    values = ("Support <support@example.com>", "12 March 2025 14:05", "Ivan Petrov", "Question")
    block = "\n".join(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    bold = "\n".join(f"*{label}:* {value}" for label, value in zip(labels, values, strict=True))
    for shown in (block, bold, "_" * 32 + "\n" + block, "-----Original Message-----\n" + block):
        assert reply(builders.plain(f"{NEW}\n\n{shown}\n\nGood day,\nold words\n")) == words(NEW)


SIGNED = "Отправлено с iPhone"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Да, спасибо.\n\nОтправлено с iPhone\n", "Да, спасибо."),
        ("Ok.\n\nSent from my iPhone", "Ok."),
        ("Ok.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n", "Ok."),
        ("Готово\n--\nОтправлено из мобильного приложения Яндекс Почты\n", "Готово"),
        ("Готово\n\n-- \nС уважением,\nИван\n+7 900 000-00-00\n", "Готово"),
        ("Danke.\n\nVon meinem iPhone gesendet", "Danke."),
        ("Merci.\n\nEnvoyé de mon iPhone", "Merci."),
        ("好的。\n\n发自我的 iPhone", "好的。"),
        ("Hotovo.\n\nOdesláno z iPhonu", "Hotovo."),
        ("Ok.\n\nLähetetty iPhonesta", "Ok."),
        ("Tamam.\n\niPhone'umdan gönderildi", "Tamam."),
        ("Ok.\n\nEnviado desde mi iPhone", "Ok."),
        ("Так.\n\nНадіслано з мого iPhone", "Так."),
        ("了解です。\n\niPhoneから送信", "了解です。"),
        ("Готово\n--\nИван Петров\nООО «Ромашка»\nтел. 8 900 000-00-00\n", "Готово"),
        ("Ok\n—\nJohn Smith\nHead of Sales, Example Inc.\njohn@example.com\n", "Ok"),
        ("-- \nonly a signature", "-- only a signature"),
        (SIGNED, SIGNED),
    ],
)
def test_signatures_go_and_words_stay(text: str, kept: str) -> None:
    assert reply(builders.plain(text)) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\n\nwe tried to send\nFrom: a@b.example\nTo: c@d.example\nSubject: test\nand it failed with error 550.",
        (
            "The headers are:\n\nFrom: a@b.example\nDate: 12.03.2025 14:05\nTo: c@d.example\nSubject: "
            "test\n\nWhy did it fail?"
        ),
        "От: Иван\nДата: 12.03.2025\nКому: поддержка\nТема: доступ\n\nНе могу войти",
        "On Monday I wrote to you, and you wrote:\nnothing at all.\n\nPlease answer.",
        "Steps:\n1. Open the page\n2. On 12.03.2025 it showed:\nError 500\n\nWhat now?",
        "В понедельник в 14:05 пришло письмо от поддержки:\nвсё сломалось\n\nЧто делать?",
        "See my notes:\n- 12:30 call from ivan@c.example:\n- 13:00 nothing",
        "From: the people of the north\nWe ask for help.",
        "---\nA rule above my words\n---\nand below",
        ">From now on nothing works",
        "Чат:\n12.03.2025 14:05 Иван <i@b.example>:\nДа\n12.03.2025 14:06 Пётр <p@b.example>:\nОк\n\nЧто делать?",
        "== Original ==\nOur text\n== Translation ==\nYour text",
        "See below.\n-- Original --\nour text",
        "I sent it from my iPhone yesterday, see the log.",
        "Отправлено в понедельник, телефон не отвечает",
        "Sent you the mail from Windows yesterday, did you get it?",
        "Hello.\nSent from my office to yours: two boxes of phones",
        "Von meinem Kollegen wurde nichts gesendet",
        "Hello\n\nFrom: Riga\nDate: 12 March 2025\nTo: Bonn\nSubject: journey\n\nI shall arrive at noon.",
        "День добрый!\n\nОт: Пётр, склад\nДата: 12.03.2025\nКому: всем\nТема: сроки\n\nПеренесите доставку.",
        "Текст\n\n------ Original ------\nтоже мой текст",
        "Please call\nSent from my phone number 5 on Friday",
        "Спасибо!\n--\nНо терминал так и не печатает чеки",
        "Первое: как войти?\n—\nВторое: где найти счёт?",
        "One thing\n--\nAnother thing matters too",
        "One thing\n-- \nAnother thing matters too\nand a third one, which is much longer than a line of a name",
    ],
)
def test_words_that_look_like_a_quote_are_not_lost(text: str) -> None:
    assert reply(builders.plain(text)) == words(text.removeprefix(">"))


@pytest.mark.parametrize("prefix", ["", "> "])
def test_everything_below_our_own_marker_is_quoted(prefix: str) -> None:
    raw = builders.plain(
        f"Мой ответ.\n\n12.03.2025 14:05, Support пишет:\n{prefix}{MARKER}\n\nСтарое письмо\nещё\n"
    )
    assert reply(raw) == "Мой ответ."


def test_answers_below_and_between_stay_where_the_marker_is_quoted() -> None:
    attribution = "12.03.2025 14:05, Support пишет:"
    text = f"Спасибо!\n\n{attribution}\n> {MARKER}\n> Перезагрузили?\n\nДа.\n\n> Помогло?\n\nНет.\n"
    assert reply(builders.plain(text)) == "Спасибо! Да. Нет."


@pytest.mark.parametrize("said", ["My answers are in red below.", "See inline", "Ответы ниже красным"])
def test_answers_that_only_a_colour_tells_from_the_quote_are_shown_with_it(said: str) -> None:
    block = "From: S <s@d.example>\nSent: Monday, 3 March 2025 10:00\nTo: A\nSubject: T"
    text = f"{said}\n\n{block}\n\nDid it help?\nno, it did not"
    assert "no, it did not" in reply(builders.plain(text))
    html = f'<div>{said}</div><div id="divRplyFwdMsg">From: S</div><div>Did it help?</div><div>no, it did not</div>'
    assert "no, it did not" in reply(builders.markup(html))
    between = f"{said}\n\n{ATTRIBUTIONS['en'][0]}\n> Did it help?\n\nNo.\n"
    assert reply(builders.plain(between)) == f"{said} No."


def test_a_prompt_in_a_letter_that_answers_nothing_is_no_quote() -> None:
    fresh = b"From: a@b.example\nSubject: Shell\n\nI run\n> ls\nand it hangs"
    assert reply(fresh) == "I run > ls and it hangs"
    answer = fresh.replace(b"\n\n", b"\nIn-Reply-To: <q1@example.com>\n\n")
    assert reply(answer) == "I run and it hangs"


def test_words_that_only_the_text_part_has_are_not_lost() -> None:
    line = ATTRIBUTIONS["en"][0]
    source = f'<div>short</div><div class="gmail_quote"><div class="gmail_attr">{line}</div>'
    source += '<blockquote class="gmail_quote">old words</blockquote></div>'
    text = f"short and much longer\n\n{line}\n> old words\n"
    assert reply(builders.both(text, source)) == "short and much longer"


def test_a_forwarded_letter_is_the_message() -> None:
    raw = builders.gmail("см. ниже", "---------- Forwarded message ---------")
    assert "number of your contract" in reply(raw)
    block = (
        "-----Original Message-----\nFrom: A <a@b.example>\nSent: Monday\nTo: me\nSubject: x\n\nthe content"
    )
    assert "the content" in reply(builders.plain(f"FYI\n\n{block}\n", subject="FW: x"))
    fields = "От: A <a@b.example>\nДата: 12.03.2025\nКому: я\nТема: x"
    begin = f"Начало переадресованного сообщения:\n\n{fields}\n\nсодержание"
    assert "содержание" in reply(builders.plain(f"к сведению\n\n{begin}\n"))


def test_a_letter_that_is_all_quote_is_shown_whole() -> None:
    text = f"{ATTRIBUTIONS['en'][0]}\n{builders.marked()}"
    assert reply(builders.plain(text)) == words(text)


def test_the_quote_is_kept_for_folding() -> None:
    letter = read(builders.plain(f"{ONE}\n\n{ATTRIBUTIONS['en'][0]}\n{builders.marked()}\n"))
    assert letter.quote_text.startswith("On Wed")
    assert "number of your contract" in letter.quote_text
    assert "number of your contract" in letter.body_text


def test_gmails_indented_words_are_no_quote() -> None:
    source = (
        '<div>See my notes:<blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>first '
        "point</div></blockquote>"
        '</div><div class="gmail_quote"><div class="gmail_attr">On Wed, Mar 12, 2025 at 2:05 PM S '
        "&lt;s@x.example&gt; wrote:"
        '<br></div><blockquote class="gmail_quote">Hello</blockquote></div>'
    )
    assert reply(builders.markup(source)) == "See my notes: first point"


def test_answers_between_gmails_quotes_stay() -> None:
    source = (
        '<div class="gmail_quote"><div class="gmail_attr">On Wed, Mar 12, 2025 at 2:05 PM S '
        "&lt;s@x.example&gt; wrote:<br></div>"
        '<blockquote class="gmail_quote">Q1?</blockquote><div>A1 yes</div><blockquote '
        'class="gmail_quote">Q2?</blockquote>'
        "<div>A2 no</div></div>"
    )
    assert reply(builders.markup(source)) == "A1 yes A2 no"


@pytest.mark.parametrize(
    "around", ['class="protonmail_quote"', 'class="yahoo_quoted" id="yahoo_quoted_1"', 'class="zmail_extra"']
)
def test_an_answer_below_the_element_that_holds_the_quote_stays(around: str) -> None:
    source = f"<div>above</div><div {around}>On Monday S wrote:<div>old words</div></div><div>below</div>"
    assert reply(builders.markup(source)) == "above below"


def test_roundcubes_introduction_goes() -> None:
    source = (
        '<p>Ok</p><p id="reply-intro">Kirjoitettu maanantaina</p><blockquote type="cite">old</blockquote>'
    )
    assert reply(builders.markup(source)) == "Ok"


SENTENCES = st.lists(
    st.lists(
        st.sampled_from(
            [
                "alpha",
                "beta",
                "Привет",
                "12.03.2025",
                "14:05",
                "a@b.example",
                "On",
                "wrote:",
                "From:",
                "Тема:",
                "--",
                ">",
                "пишет",
            ]
        ),
        min_size=1,
    ).map(" ".join),
    min_size=1,
    max_size=8,
)


@given(SENTENCES)
def test_a_reply_is_never_empty_where_the_body_is_not(lines: list[str]) -> None:
    letter = read(builders.plain("\n".join(lines)))
    assert bool(letter.reply_text.strip()) == bool(letter.body_text.strip())


@given(
    st.lists(
        st.sampled_from(["It works", "номер 5", "see below", "thanks a lot", "ok ok"]), min_size=1, max_size=6
    ),
    st.data(),
)
def test_no_word_above_a_quote_is_ever_lost(lines: list[str], data: st.DataObject) -> None:
    _, line = data.draw(st.sampled_from(LINES))
    text = "\n".join(lines)
    assert words(text) in reply(builders.plain(f"{text}\n\n{line}\n{builders.marked()}\n"))
