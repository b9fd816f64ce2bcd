"""Who writes to the desk: clients with several addresses, strangers, colleagues, and lists that pass letters on."""

from __future__ import annotations

import random
from dataclasses import dataclass

MAILBOXES = {
    "support": "support@desk.example",
    "sales": "sales@desk.example",
    "help": "help@desk.example",
}
"""Our mailboxes. `sales` writes no plus-addresses, `help` sends no confirmations."""
STAFF = tuple(f"{login}@desk.example" for login in ("anna", "boris", "sonya", "nadia", "root"))
LIST = "users@lists.example"


@dataclass(frozen=True, slots=True)
class Person:
    """A client."""

    name: str
    addresses: tuple[str, ...]
    """The first is the one from which they start."""
    known_together: bool = False
    """Whether the desk knows that the addresses are one person's."""


def crowd(rng: random.Random, size: int) -> list[Person]:
    """Clients: some with an address or two more, some who write themselves in capitals."""
    names = ("Ivan Petrov", "Мария Иванова", "O'Neil, Pat", "Jürgen Groß", "Анна-Мария К.", "")
    people = []
    for number in range(size):
        local = f"client{number}"
        addresses = [f"{local}@corp{number % 7}.example"]
        if rng.random() < 0.6:
            addresses.append(f"{local.capitalize()}@Home.example")
        if rng.random() < 0.2:
            addresses.append(f"{local}+desk@phone.example")
        together = len(addresses) > 1 and rng.random() < 0.4
        people.append(Person(rng.choice(names), tuple(addresses), together))
    return people


def stranger(rng: random.Random) -> str:
    """Somebody of whom nobody has heard."""
    return f"stranger{rng.randint(1, 999)}@elsewhere.example"


def mailbox_of(address: str) -> str:
    """The key of the mailbox to which an address of ours delivers."""
    local, _, domain = address.lower().partition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    return next((key for key, own in MAILBOXES.items() if own == plain), "support")
