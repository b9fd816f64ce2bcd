"""What the demo's clients send is what the desk reads: five mail programs, two languages, nothing lost."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from cli.demo import letters
from cli.demo.letters import Received
from core.domain.letters import LetterKind
from core.services.histories import Client
from mailbridge.letter import read

AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
WORDS = {"ru": "Спасибо, всё заработало!", "en": "Thanks, that did it!"}
ANSWERED = Received(
    message_id="<glz.7.abc@sarma.example>",
    references="<first@client.example>",
    subject="Re: Hello [GLZ-7]",
    sender="Sarma Cloud <support@sarma.example>",
    reply_to="support+t7.abcdefghij@sarma.example",
    date="Sat, 21 Nov 2026 10:00:00 +0000",
    text="Здравствуйте!\n\nМы всё поправили.\n\nАнна",
    automatic=False,
    in_reply_to="<first@client.example>",
)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("program", letters._PROGRAMS, ids=lambda program: program.__name__.strip("_"))
def test_an_answer_is_read_without_its_quote(
    monkeypatch: pytest.MonkeyPatch, program: letters._Program, language: str
) -> None:
    monkeypatch.setattr(letters, "_PROGRAMS", (program,))
    client = Client("olga.belova@kedr-soft.example", "Ольга Белова", "siberia", language)
    letter = letters.answer_to(random.Random(1), client, ANSWERED, WORDS[language], AT)
    found = read(letter.as_bytes())
    assert found.kind is LetterKind.LETTER
    assert (found.from_addr, found.from_name) == (client.email, client.name)
    assert found.in_reply_to == (ANSWERED.message_id,)
    assert found.references == ("<first@client.example>", ANSWERED.message_id)
    assert [to.addr for to in found.to] == [ANSWERED.reply_to]
    assert found.subject == ANSWERED.subject
    assert found.reply_text.strip() == WORDS[language]
    assert "поправили" in found.quote_text
    assert found.date == AT
    assert not found.message_id_derived
    assert not found.error


@pytest.mark.parametrize("seed", range(20))
def test_a_long_subject_keeps_its_spaces(seed: int) -> None:
    rng = random.Random(seed)
    words = ("После", "обновления", "grafana-20", "не", "загружается", "the", "volume", "(vol-1f)", "и", "-")
    subject = " ".join(rng.choice(words) for _ in range(12))
    client = Client("olga.belova@kedr-soft.example", "Ольга Белова", "siberia", "ru")
    letter = letters.write_letter(rng, client, "support@sarma.example", subject, "Текст", AT)
    assert read(letter.as_bytes()).subject == subject


def test_every_client_keeps_to_one_program() -> None:
    client = Client("olga.belova@kedr-soft.example", "Ольга Белова", "siberia", "ru")
    made = [
        letters.write_letter(random.Random(seed), client, "support@sarma.example", "Тема", "Текст", AT)
        for seed in range(4)
    ]
    assert len({tuple(letter.keys()) for letter in made}) == 1
    assert len({str(letter["Message-ID"]) for letter in made}) == 4
