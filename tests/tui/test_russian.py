"""Every screen of the console in Russian holds no word that somebody forgot to translate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from core import settings as configuration
from core.clock import now
from core.domain.permissions import Role
from core.names import age_text
from core.services import agents, asking, health, lines, outbox, replies, setup, shifts, tickets
from core.services.desk import Desk
from core.services.identity import Identity
from presence_server.server import serving
from tests.builders import answer_to, arrive, change, letter, make_settings, seen_by_all, who
from tests.russian import latin_words, russian
from tests.tui.conftest import SIZES, Terminal, console
from tests.tui.moves import choose, put
from tui.conversation import size_text, time_text
from tui.widgets.card import AGE_CELLS, LATE

__all__ = ["russian"]

pytestmark = pytest.mark.usefixtures("russian")

CLIENT = "i@k.example"
NO_TICKET = 999_999
NAMES = {
    'name = "Test desk"': 'name = "Облако"',
    'name = "First line"': 'name = "Первая линия"',
    'name = "North"': 'name = "Север"',
    'name = "South"': 'name = "Юг"',
    'name = "Siberia"': 'name = "Сибирь"',
    'name = "Caucasus"': 'name = "Кавказ"',
    'name = "siberia"': 'name = "сибирь"',
    'name = "caucasus"': 'name = "кавказ"',
    'name = "Support"': 'name = "Поддержка"',
    'signature = "Your North"': 'signature = "Ваш Север"',
    'language = "en"': 'language = "ru"',
}
STAFF = {"anna": "Анна Котова", "boris": "Борис Орлов", "root": "Роман Седов"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on which every name is Russian, so that whatever is Latin is ours."""
    settings = make_settings(tmp_path / "desk")
    text = settings.path.read_text("utf-8")
    for english, translated in NAMES.items():
        assert english in text
        text = text.replace(english, translated)
    settings.path.write_text(text, "utf-8")
    settings = configuration.load(settings.path)
    setup.upgrade(settings)
    with closing(Desk.open(settings)) as made:
        for login, name in STAFF.items():
            agents.add(
                made, login, name, f"{login}@desk.example",
                groups={"north": Role.AGENT, "first": Role.AGENT}, admin=login == "root",
            )  # fmt: skip
        yield made


def opened(desk: Desk, text: str = "Не открывается кабинет.", **fields: object) -> int:
    """A ticket of north that a client's letter opened."""
    words = f"{text}\n\nРегион: Сибирь"
    taken = arrive(desk, letter(words, **{"sender": CLIENT, **fields}))  # type: ignore[arg-type]
    assert taken.ticket_id is not None
    # Which condition of the configuration held, in the configuration's own words.
    change(desk, taken.ticket_id, why="сибирь")
    return taken.ticket_id


def conversation(desk: Desk) -> int:
    """A ticket on which nearly everything has happened."""
    ticket_id = opened(desk, files={"счёт": b"x" * 4000, "снимок": b"x" * 2_500_000, "метка": b"xx"})
    anna, boris = who(desk, "anna"), who(desk, "boris")
    tickets.accept(desk, boris, ticket_id)
    tickets.release(desk, boris, ticket_id)
    tickets.accept(desk, anna, ticket_id)
    replies.note(desk, boris, ticket_id, "Вижу то же самое.")
    replies.reply(desk, anna, ticket_id, "Уже чиним.", seen_by_all(desk, ticket_id).last_event)
    for item in outbox.due(desk, "проба", 10):
        outbox.unknown(desk, item.id, "связь оборвалась", "проба")
    arrive(desk, answer_to(desk, ticket_id, sender=CLIENT, subject="Снова", quote_text="> раз\n> два\n> три"))
    replies.reply(desk, anna, ticket_id, "Теперь?", seen_by_all(desk, ticket_id).last_event)
    tickets.solve(desk, anna, ticket_id)
    tickets.reopen(desk, anna, ticket_id)
    return ticket_id


def russian_only(terminal: Terminal, *allowed: str) -> None:
    """The screen has letters, and no Latin word on it but those that are allowed."""
    shown = terminal.text()
    assert any("а" <= letter <= "я" for letter in shown.lower()), shown
    found = latin_words(shown, allowed)
    assert found == [], f"not translated: {found} on this screen:\n{shown}"


@asynccontextmanager
async def shown(
    desk: Desk, size: tuple[int, int] = (120, 36), login: str = "anna"
) -> AsyncIterator[Terminal]:
    async with console(desk.settings.path, login, size) as terminal:
        yield terminal


async def open_ticket(terminal: Terminal, ticket_id: int) -> None:
    await terminal.press("slash", *str(ticket_id), "enter")
    await terminal.until(lambda: terminal.app.ticket_screen is not None)
    await terminal.until(lambda: terminal.ticket.view is not None)


@pytest.mark.parametrize("size", SIZES)
async def test_the_empty_board(desk: Desk, size: tuple[int, int]) -> None:
    async with shown(desk, size) as terminal:
        await terminal.shows("Новые 0", "Мои 0", "Нужно ответить 0", "справка")
        for _lane in range(4):
            russian_only(terminal)
            await terminal.press("right")


@pytest.mark.parametrize("size", SIZES)
async def test_the_board_with_cards_of_every_age(desk: Desk, size: tuple[int, int]) -> None:
    for age in (timedelta(minutes=3), timedelta(minutes=59), timedelta(hours=47), timedelta(days=120)):
        mine, theirs, new = opened(desk), opened(desk), opened(desk)
        tickets.accept(desk, who(desk, "anna"), mine)
        tickets.accept(desk, who(desk, "boris"), theirs)
        for ticket_id in (mine, theirs, new):
            change(desk, ticket_id, since=now() - age)
    async with shown(desk, size) as terminal:
        await terminal.shows("Новые 4", "120д")
        for _lane in range(4):
            russian_only(terminal)
            await terminal.press("right")
        await terminal.press("d")
        russian_only(terminal)


async def test_the_footer_has_room_for_what_is_done_most(desk: Desk) -> None:
    opened(desk)
    async with shown(desk) as terminal:
        await terminal.shows("открыть", "принять", "ответ", "заметка", "справка", "Новые 1/1")
    async with shown(desk, (80, 24)) as terminal:
        await terminal.shows("открыть", "принять", "справка", "Новые 1/1")


@pytest.mark.parametrize("size", SIZES)
async def test_the_ticket_with_its_conversation(desk: Desk, size: tuple[int, int]) -> None:
    ticket_id = conversation(desk)
    async with shown(desk, size) as terminal:
        await open_ticket(terminal, ticket_id)
        seen = set()
        await terminal.press("home")
        for _page in range(12):
            russian_only(terminal)
            seen |= set(terminal.text().splitlines())
            await terminal.press("pagedown")
        words = "\n".join(seen)
        for expected in ("клиент", "заметка, только для коллег", "3 строки цитаты", "в очереди", "неизвестно",
                         "отправить снова", "снять с отправки", "4 КБ", "2,4 МБ", "2 байта", "глазки"):  # fmt: skip
            assert expected in words, f"{expected!r} is missing in:\n{words}"
        await terminal.press("f")
        russian_only(terminal)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", ["r", "n"])
async def test_the_editor(desk: Desk, key: str, size: tuple[int, int]) -> None:
    ticket_id = opened(desk)
    async with shown(desk, size) as terminal:
        await open_ticket(terminal, ticket_id)
        await terminal.press(key)
        await terminal.shows("Ctrl+S", "Ответ:" if key == "r" else "Заметка:")
        russian_only(terminal)
        await terminal.press("ctrl+s")
        await terminal.shows("Отправлять нечего")
        russian_only(terminal)
        await terminal.write("Здравствуйте!")
        await terminal.shows("черновик сохранён")
        russian_only(terminal)
        await terminal.press("f1")
        await terminal.shows("Редактор")
        russian_only(terminal)
        await terminal.press("escape", "escape")
        await terminal.shows("Черновик сохранён.")
        russian_only(terminal)


async def test_what_was_sent_and_saved(desk: Desk) -> None:
    first, second = opened(desk), opened(desk)
    async with shown(desk) as terminal:
        await open_ticket(terminal, first)
        await terminal.press("n")
        await terminal.write("Для своих")
        await terminal.press("ctrl+s")
        await terminal.shows("Заметка сохранена.")
        await terminal.press("r")
        await terminal.write("Готово")
        await terminal.press("ctrl+s")
        await terminal.shows(f"Ответ по #{first} уйдёт через 10 секунд;")
        russian_only(terminal)
        await terminal.until(lambda: terminal.app.ticket_screen is None)
        await terminal.until(lambda: terminal.board.model.selected == second)
        await terminal.press("a")
        await terminal.shows(f"#{second} ваше.")
        russian_only(terminal)


@pytest.mark.parametrize("size", SIZES)
async def test_the_send_guard(desk: Desk, size: tuple[int, int]) -> None:
    ticket_id = opened(desk)
    async with shown(desk, size) as terminal:
        await open_ticket(terminal, ticket_id)
        await terminal.press("r")
        await terminal.write("Мой ответ")
        replies.note(desk, who(desk, "boris"), ticket_id, "Клиент уже звонил!")
        await terminal.shows("новое: Борис Орлов")
        russian_only(terminal)
        await terminal.press("ctrl+s")
        await terminal.shows("Ничего не отправлено", "отправить как есть", "править дальше", "удалить")
        russian_only(terminal)


@pytest.mark.parametrize("size", SIZES)
async def test_help_palette_and_the_number(desk: Desk, size: tuple[int, int]) -> None:
    ticket_id = opened(desk)
    async with shown(desk, size) as terminal:
        for title in ("Доска", "Обращение"):
            await terminal.press("question_mark")
            await terminal.shows(title, "Home")
            for _page in range(6):
                russian_only(terminal)
                await terminal.press("pagedown")
            await terminal.press("escape")
            await terminal.press("slash")
            await terminal.shows("Какое обращение открыть?")
            russian_only(terminal)
            await terminal.press("escape")
            await terminal.press("ctrl+p")
            await terminal.shows("Что вы хотите сделать?", "Принять обращение")
            russian_only(terminal)
            await terminal.press("escape")
            await terminal.hides("Что вы хотите сделать?")
            if title == "Доска":
                await open_ticket(terminal, ticket_id)


@pytest.mark.parametrize("size", SIZES)
async def test_passing_a_ticket_on(desk: Desk, size: tuple[int, int]) -> None:
    ticket_id = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket_id)
    async with shown(desk, size) as terminal:
        await open_ticket(terminal, ticket_id)
        await terminal.press("p")
        await terminal.shows(f"Кому передать #{ticket_id}?", "Первая линия, линия 1", "туда, откуда пришло")
        russian_only(terminal)
        await choose(terminal, "Кому передать", "Борис Орлов")
        await terminal.shows(f"Передать #{ticket_id}: Борис Орлов", "Заметка, если хотите:", "не надо")
        russian_only(terminal)
        await put(terminal, "Нужен доступ к серверу.")
        await terminal.shows("обращение передано, исполнитель — Борис Орлов")
        russian_only(terminal)
        await terminal.press("u")
        await terminal.shows("отменено действие — передача")
        russian_only(terminal)


@pytest.mark.parametrize("size", SIZES)
async def test_help_is_asked_and_answered(desk: Desk, size: tuple[int, int]) -> None:
    ticket_id = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket_id)
    async with shown(desk, size) as terminal:
        await open_ticket(terminal, ticket_id)
        await terminal.press("w")
        await terminal.shows(f"Помощь по #{ticket_id}", "спросить руководителя группы Север")
        russian_only(terminal)
        await choose(terminal, "Помощь по", "спросить: Борис Орлов")
        await put(terminal, "")
        await terminal.shows("Сначала напишите что-нибудь.")
        russian_only(terminal)
        await put(terminal, "Как включить отладку?")
        await terminal.shows("просьба о помощи, отвечает Борис Орлов")
        russian_only(terminal)
        await terminal.press("w")
        await terminal.shows("отозвать свой вопрос: Как включить отладку?")
        russian_only(terminal)
    async with shown(desk, size, "boris") as terminal:
        await open_ticket(terminal, ticket_id)
        await terminal.press("w")
        await choose(terminal, "Помощь по", "Анна Котова ждёт ответа")
        await terminal.shows("спрашивает Анна Котова", "Как включить отладку?")
        russian_only(terminal)
        await put(terminal, "Большой красной кнопкой.")
        await terminal.until(lambda: terminal.app.screen is terminal.ticket)
        await terminal.press("end")
        await terminal.shows("ответ на просьбу о помощи")
        russian_only(terminal)


@pytest.mark.parametrize("size", SIZES)
async def test_the_end_of_a_shift(desk: Desk, size: tuple[int, int]) -> None:
    for _ticket in range(2):
        tickets.accept(desk, who(desk, "anna"), opened(desk))
    shifts.start(desk, who(desk, "anna"))
    covered = ("sc", "trl")  # the ends of keys that a list in front leaves
    async with shown(desk, size) as terminal:
        await terminal.press("e")
        await terminal.shows("Конец смены: у вас на руках 2 обращения", "? не решено", "следующая смена")
        russian_only(terminal)
        await terminal.press("n")
        await terminal.shows("Что нужно знать тому, кто возьмёт", "сохранить заметку")
        russian_only(terminal)
        await put(terminal, "Клиент перезвонит в девять.")
        await terminal.shows("✎ Клиент перезвонит")
        await terminal.press("g")
        await terminal.shows("Какой группе?")
        russian_only(terminal, *covered)
        await choose(terminal, "Какой группе?", "Первая линия")
        await terminal.press("ctrl+s")
        await terminal.shows("Ещё не решено, кому передать 1 обращение.")
        russian_only(terminal)
        await terminal.press("p")
        await terminal.shows("Кому?")
        russian_only(terminal, *covered)
        await terminal.press("escape", "k")
        await terminal.shows("остаётся у вас")
        russian_only(terminal)
        await terminal.press("ctrl+s")
        await terminal.shows("Передано 1 обращение.")
        russian_only(terminal)


@pytest.mark.parametrize("size", SIZES)
async def test_what_one_should_know(desk: Desk, size: tuple[int, int]) -> None:
    asked, passed = opened(desk), opened(desk)
    boris = who(desk, "boris")
    for ticket_id in (asked, passed):
        tickets.accept(desk, boris, ticket_id)
    asking.ask(desk, boris, asked, "Поможешь?", login="anna")
    lines.pass_on(desk, boris, passed, login="anna")
    async with shown(desk, size) as terminal:
        await terminal.shows("‼ 2")
        russian_only(terminal)
        await terminal.press("exclamation_mark")
        await terminal.shows("Что вам нужно знать", f"#{asked}", f"#{passed}", "подтвердить все")
        russian_only(terminal)
        await terminal.press("A")
        await terminal.shows("Нового нет.")
        russian_only(terminal)


async def test_choosing_a_group(desk: Desk) -> None:
    opened(desk)
    async with shown(desk) as terminal:
        await terminal.press("g")
        await terminal.shows("Какую группу показать?", "Север", "все мои группы")
        russian_only(terminal)
        await terminal.press("down", "enter")
        await terminal.shows("группа: ")
        russian_only(terminal)


async def test_who_is_here(desk: Desk) -> None:
    ticket_id = opened(desk)
    async with serving(("127.0.0.1", 0), Identity(desk)) as server:
        path = desk.settings.path
        path.write_text(
            f'{path.read_text("utf-8")}\n[presence]\nlisten = "127.0.0.1:{server.port}"\n', "utf-8"
        )
        async with shown(desk) as anna, shown(desk, (200, 50), "boris") as boris:
            await anna.shows("● на связи")
            await boris.shows("● на связи")
            await open_ticket(boris, ticket_id)
            await anna.shows("◉ БО", "здесь: БО")
            russian_only(anna)
            await open_ticket(anna, ticket_id)
            await anna.shows("Борис Орлов смотрит")
            await boris.press("r")
            await boris.write("Пишу")
            await anna.shows("Борис Орлов пишет")
            await boris.shows("кто здесь", "Анна Котова", "смотрит")
            russian_only(anna)
            russian_only(boris)


async def test_troubles_are_said_in_russian(desk: Desk) -> None:
    ticket_id = opened(desk)
    health.report(desk, "mailbox support", ok=False, text="не принят пароль")
    async with shown(desk) as terminal:
        await terminal.shows("глазки выключены с")
        await terminal.shows("! support: не принят пароль")
        russian_only(terminal, "support")
        health.report(desk, "mailbox north", ok=False, text="не принят пароль")
        terminal.app.feed.count()
        await terminal.shows("2 части не в порядке: ?")
        russian_only(terminal)
        await terminal.press("question_mark")
        await terminal.shows("Не в порядке", "Home")
        for _page in range(6):
            russian_only(terminal, "support", "north")
            await terminal.press("pagedown")
        await terminal.press("escape")
        for name in ("support", "north"):
            health.report(desk, f"mailbox {name}", ok=True)
        terminal.app.feed.count()
        await terminal.hides("не в порядке")
        tickets.accept(desk, who(desk, "boris"), ticket_id)
        await terminal.app.accept(ticket_id)
        await terminal.shows("Борис Орлов", "успевает раньше вас")
        russian_only(terminal)
        await terminal.press("slash", *str(NO_TICKET), "enter")
        await terminal.shows("На вашей доске нет обращения")
        russian_only(terminal, "list")  # the end of a command, on the next line
        await terminal.press(*"999999999999999", "enter")
        await terminal.shows("Таких длинных номеров")
        russian_only(terminal)


async def test_a_window_that_is_too_small(desk: Desk) -> None:
    async with console(desk.settings.path, size=(40, 8)) as terminal:
        await terminal.shows("Окно слишком мало")
        russian_only(terminal)


async def test_without_a_database(desk: Desk) -> None:
    path = desk.settings.database_path
    desk.close()
    path.rename(path.with_suffix(".away"))
    async with console(desk.settings.path, live=False) as terminal:
        await terminal.shows("нет базы данных")
        # The sentence names the file, whose path is nobody's to translate; it may be cut anywhere.
        folder = {part for word in str(path).replace("-", "/").split("/") for part in word.split(".")}
        words = [word for word in latin_words(terminal.text(), folder) if word not in str(path)]
        assert [word for word in words if word not in {"glazok", "db", "upgrade", "init"}] == []


def test_ages_fit_their_field_in_russian() -> None:
    at = now()
    shown = [
        age_text(at - timedelta(minutes=minutes), at)
        for minutes in (0, 25, 59, 240, 47 * 60, 3 * 1440, 10**7)
    ]
    assert shown == ["0м", "25м", "59м", "4ч", "47ч", "3д", "999д"]
    assert all(len(LATE + age) <= AGE_CELLS for age in shown)


def test_dates_and_sizes_in_russian() -> None:
    at = now().astimezone().replace(month=5, day=9, hour=7, minute=5)
    later = at + timedelta(days=40)
    assert time_text(at, later).startswith("9 мая")
    assert [size_text(size) for size in (1, 2, 5, 21, 2048, 1_600_000)] == [
        "1 байт", "2 байта", "5 байт", "21 байт", "2 КБ", "1,5 МБ",
    ]  # fmt: skip


def test_the_finder_finds_what_is_not_translated() -> None:
    assert latin_words("Ждём client, Enter открыть") == ["client"]
    assert latin_words("от a@b.example, --json, $NO_COLOR и docs/x.md") == []
