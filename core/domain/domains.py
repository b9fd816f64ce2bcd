"""Domain names beyond ASCII: as people read them, and as the network carries them (RFC 5890)."""

from __future__ import annotations

from dataclasses import replace

from core.domain.letters import Letter, Mailaddr

_PREFIX = "xn--"
_DEVIATIONS = frozenset("ßς\u200c\u200d")
"""Letters that IDNA 2008 keeps and Python's own codec, of IDNA 2003, changes into others: another domain."""


def to_ascii(domain: str) -> str:
    """The domain in A-labels. Raises UnicodeError where it has none."""
    if domain.isascii():
        return domain
    return ".".join(_label_to_ascii(label) for label in domain.replace("。", ".").split("."))


def _label_to_ascii(label: str) -> str:
    if label.isascii():
        return label
    if _DEVIATIONS.isdisjoint(label):
        return label.encode("idna").decode("ascii")
    coded = _PREFIX + label.lower().encode("punycode").decode("ascii")
    if len(coded) > 63:
        raise UnicodeError("label too long")
    return coded


def readable(address: str) -> str:
    """An address whose domain is written as people read it, so that both spellings of one are the same address.

    A label that does not lead back to the same letters stays as it is.
    """
    local, at, domain = address.rpartition("@")
    if not at or _PREFIX not in domain.lower():
        return address
    return local + at + ".".join(map(_label_to_unicode, domain.split(".")))


def _label_to_unicode(label: str) -> str:
    if not label.lower().startswith(_PREFIX):
        return label
    try:
        shown = label[len(_PREFIX) :].encode("ascii").decode("punycode")
        same = _label_to_ascii(shown).lower() == label.lower() and shown == shown.lower()
    except UnicodeError:
        return label
    plain = all(character.isalnum() or character == "-" for character in shown)
    return shown if same and plain and not shown.isascii() else label


def with_readable_addresses(letter: Letter) -> Letter:
    """A letter whose addresses are `readable`; itself where they are already."""

    def changed(listed: tuple[Mailaddr, ...]) -> tuple[Mailaddr, ...]:
        return tuple(replace(one, addr=readable(one.addr)) for one in listed)

    everything = (letter.from_addr, *(one.addr for one in (*letter.to, *letter.cc, *letter.reply_to)))
    if not any(_PREFIX in address.lower() for address in everything):
        return letter
    return replace(
        letter, from_addr=readable(letter.from_addr), to=changed(letter.to), cc=changed(letter.cc),
        reply_to=changed(letter.reply_to),
    )  # fmt: skip
