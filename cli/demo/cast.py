"""Who is who in a sample desk: its groups, its staff, its regions, and the clients with their companies.

Names are data; those of the staff come in the desk's own language, those of the clients in theirs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from core.domain.permissions import Role
from core.services.histories import Client

DOMAIN = "sarma.example"
SUPPORT = f"support@{DOMAIN}"
BILLING = f"billing@{DOMAIN}"
ME = "demo"
"""Login of whoever looks at the demo."""
BUSY = "boris"
"""Login of the busy colleague."""
OUTSIDER = "pavel"
"""Login of an agent who is in none of the groups of the other two."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff."""

    login: str
    ru: str
    en: str
    roles: tuple[tuple[str, Role], ...]

    def name(self, language: str) -> str:
        """Display name."""
        return self.ru if language == "ru" else self.en


EAST, WEST, EXPERTS = "east", "west", "experts"

GROUPS: tuple[tuple[str, int, str, str], ...] = (
    (EAST, 1, "Сибирь и Дальний Восток", "Siberia and Far East"),
    (WEST, 1, "Запад и Европа", "West and Europe"),
    (EXPERTS, 2, "Вторая линия", "Line 2"),
)
"""(key, line, Russian name, English name)."""

STAFF = (
    Member(ME, "Анна Котова", "Anna Kotova", ((EAST, Role.AGENT), (EXPERTS, Role.AGENT))),
    Member(BUSY, "Борис Орлов", "Boris Orlov", ((EAST, Role.AGENT),)),
    Member("vera", "Вера Лисицына", "Vera Lisitsyna", ((EAST, Role.AGENT), (WEST, Role.AGENT))),
    Member(OUTSIDER, "Павел Гусев", "Pavel Gusev", ((WEST, Role.AGENT),)),
    Member("emma", "Эмма Линд", "Emma Lind", ((WEST, Role.AGENT),)),
    Member("maxim", "Максим Ершов", "Maxim Yershov", ((EXPERTS, Role.AGENT),)),
    Member(
        "nadia",
        "Надежда Волкова",
        "Nadia Volkova",
        ((EAST, Role.SUPERVISOR), (WEST, Role.SUPERVISOR), (EXPERTS, Role.SUPERVISOR)),
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A region of the desk and the group that serves it."""

    key: str
    group: str
    ru: str
    en: str


PLACES = (
    Place("siberia", EAST, "Сибирь", "Siberia"),
    Place("fareast", EAST, "Дальний Восток", "Far East"),
    Place("ural", EAST, "Урал", "Ural"),
    Place("moscow", WEST, "Москва", "Moscow"),
    Place("northwest", WEST, "Северо-Запад", "North-West"),
    Place("europe", WEST, "Европа", "Europe"),
)

_RU_FIRST = (
    "Иван", "Ольга", "Сергей", "Марина", "Алексей", "Татьяна", "Дмитрий", "Елена", "Андрей", "Наталья",
    "Роман", "Юлия", "Михаил", "Светлана", "Егор", "Ксения", "Артём", "Дарья", "Николай", "Полина",
    "Тимур", "Алина",
)  # fmt: skip
_RU_LAST = (
    "Соколов", "Морозов", "Лебедев", "Козлов", "Новиков", "Павлов", "Семёнов", "Голубев", "Виноградов",
    "Богданов", "Воробьёв", "Фёдоров", "Беляев", "Тарасов", "Белов", "Комаров", "Киселёв", "Макаров",
    "Андреев", "Ильин", "Гусев", "Титов", "Кузьмин", "Кудрявцев", "Баранов", "Куликов", "Алексеев",
    "Степанов", "Яковлев", "Сорокин",
)  # fmt: skip
_RU_FEMALE = frozenset(
    {
        "Ольга",
        "Марина",
        "Татьяна",
        "Елена",
        "Наталья",
        "Юлия",
        "Светлана",
        "Ксения",
        "Дарья",
        "Полина",
        "Алина",
    }
)
_EN_FIRST = (
    "James", "Olivia", "Liam", "Sophie", "Noah", "Hannah", "Lucas", "Ingrid", "Mateo", "Chloé", "Jonas",
    "Freya", "Tomasz", "Elena", "Marc", "Aoife", "Pieter", "Zuzana", "Henrik", "Laura", "Dylan",
    "Marta", "Ruben", "Nora",
)  # fmt: skip
_EN_LAST = (
    "Miller", "Janssen", "Novák", "Andersen", "Schmidt", "Dubois", "Rossi", "Kowalski", "Murphy",
    "Berg", "Fischer", "Silva", "Larsen", "Moreau", "Clarke", "Virtanen", "Bauer", "Costa", "Byrne",
    "Lindgren", "Meyer", "Walsh",
)  # fmt: skip
_COMPANIES = (
    "tayga-log", "polyarnik", "kedr-soft", "baikal-tour", "oblako-apteka", "sibstroy", "amur-food",
    "northwind", "blueharbor", "fjordware", "granit-it", "medlab", "rosinka", "vostok-trade",
    "lumen-print", "quickparcel", "orbita-tv", "zerno", "alpen-data", "kite-games", "ozero-bank",
    "teplo-servis", "parusnik", "meridian-edu", "sofa-market", "hopfen", "ironleaf", "delta-auto",
    "snegir-studio", "portowine", "agrolinia", "velo-city",
)  # fmt: skip
_LATIN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
        "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ":
        "sch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "é": "e", "á": "a", "ř":
        "r", "č": "c", "ž": "z", "š": "s",
    }
)  # fmt: skip


def latin(text: str) -> str:
    """A name as it stands in an address: lower-case ASCII letters."""
    return "".join(c for c in text.lower().translate(_LATIN) if c.isascii() and c.isalnum())


RUSSIAN_SHARE = {"ru": 0.85, "en": 0.4}
"""How large a part of the clients writes in Russian, by the desk's language; in Europe a fifth of that."""


def make_client(rng: random.Random, desk_language: str) -> Client:
    """A client who lives somewhere and writes in one of the two languages."""
    place = rng.choice(PLACES)
    russian = rng.random() < RUSSIAN_SHARE[desk_language] * (0.2 if place.key == "europe" else 1)
    if russian:
        first, last = rng.choice(_RU_FIRST), rng.choice(_RU_LAST)
        last += "а" if first in _RU_FEMALE else ""
    else:
        first, last = rng.choice(_EN_FIRST), rng.choice(_EN_LAST)
    company = rng.choice(_COMPANIES)
    shape = rng.choice(("{0}.{1}", "{0}{1}", "{2}.{1}", "{0}"))
    local = shape.format(latin(first), latin(last), latin(first)[:1])
    domain = f"{company}.example" if rng.random() < 0.8 else rng.choice(("mail.example", "post.example"))
    return Client(f"{local}@{domain}", f"{first} {last}", place.key, "ru" if russian else "en")


def place_of(key: str) -> Place:
    """A region by its key."""
    return next(place for place in PLACES if place.key == key)
