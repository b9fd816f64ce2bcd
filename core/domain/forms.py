"""Letters that a site's form writes for a client: who the client is, and what they said. Pure.

A form letter comes from `noreply@site`. A form of the configuration says whose letters it means and where in them the
client's address, name, region, subject and text stand: behind a label, by a regular expression, or in a header.
Labels are found at the beginning of a line, however the letter sets them: "E-mail: value", "*E-mail:* value",
"E-mail | value" (a row of an HTML table), or with the value on the next line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from core.domain.letters import Letter, LetterKind
from core.domain.routing import Conditions, Facts, check

FIELDS = ("email", "name", "region", "subject", "text")
"""What can be taken from a form letter; `email` is needed."""

MAX_TEXT = 100_000
"""Characters of a letter in which labels and expressions are looked for."""
MAX_VALUE = 500
"""Characters of every value but the text."""
MAX_ADDRESS = 254
"""Characters of an address, RFC 5321 section 4.5.3.1."""
NEXT_LINES = 3
"""Lines below a label among which its value may stand."""

_ADDRESS = re.compile(r"[^@\s,;:<>()\[\]\"'|\\*]+@[^@\s,;:<>()\[\]\"'|\\*]+")
_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u202f\u2007\u2009", " ") | dict.fromkeys("\u200b\ufeff\r"))
_BRACKETS = str.maketrans('<>()[]"', " " * 7)
_LEAD = r"[\s>*_•·|#–—-]{0,10}"
_GAP = r"[*_]*(?P<gap>\s*[:：=]\s*[*_]*\s*\|?|\s*\||\t|\s{2,}|\s[–—-]\s|\s*$)[ \t]*"
_SIGNATURE = re.compile(r"^--[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands in a letter."""

    labels: tuple[str, ...] = ()
    """Spellings of its label, without regard to case and a final colon."""
    regex: str = ""
    """Or an expression, whose group named like the field, else the first group, else all of it is the value."""
    header: str = ""
    """Name of the header that the value stands in; alone, or with `regex`, which is then searched there."""
    until: tuple[str, ...] = ()
    """Beginnings of a line at which the text ends, besides the other labels."""


@dataclass(frozen=True, slots=True)
class Form:
    """One of the site's forms."""

    name: str
    when: Conditions
    """Which letters it means; a sender is always among the conditions."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """By the field's name, one of FIELDS."""


@dataclass(frozen=True, slots=True)
class FormLetter:
    """What a form letter yields."""

    form: str
    """The form's name."""
    values: Mapping[str, str]
    """By field, for every field that the form names; empty where it was not found."""
    trouble: str = ""
    """Why it is not believed: `email` (no address was found), `ours` (the address is one of our own mailboxes),
    `dmarc` (the letter's sender is forged). Empty where it is."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that were not found."""
        return tuple(name for name, value in self.values.items() if not value)


def find(forms: Sequence[Form], letter: Letter, facts: Facts) -> Form | None:
    """The form that a letter is, the first whose conditions hold; None for every other letter.

    What reports a delivery or comes back from ourselves is no client's request, whatever its sender.
    """
    if not may_be_form(letter):
        return None
    return next((form for form in forms if not check(form.when, facts).failed), None)


def may_be_form(letter: Letter) -> bool:
    """Whether forms are looked at for a letter. A form's letter may well call itself automatic."""
    return letter.kind in (LetterKind.LETTER, LetterKind.AUTOMATIC) and not letter.loop


def extract(form: Form, letter: Letter) -> FormLetter:
    """The values of a form letter's fields. An address is one only where it looks like one."""
    text = letter.body_text[:MAX_TEXT].translate(_BLANKS)
    page = _Page(text, form)
    values: dict[str, str] = {}
    for name in FIELDS:
        place = form.places.get(name)
        if place is not None:
            values[name] = _value(name, place, page, letter)
    found = _ADDRESS.search(values.get("email", "").replace("mailto:", " "))
    address = found[0].strip(".") if found else ""
    if "name" in values:
        values["name"] = _without_address(values["name"])
    elif found:
        values["name"] = _without_address(values["email"])
    values["email"] = address if len(address) <= MAX_ADDRESS else ""
    return FormLetter(form.name, values, "" if values["email"] else "email")


def clients_letter(letter: Letter, read: FormLetter) -> Letter:
    """The letter as if the client had written it: theirs to answer, a request whatever machine sent it.

    It answers nothing that we know: an address in a form is nobody's proof. The letter as it came is kept as its
    quoted part, so that no word of it is lost.
    """
    values = read.values
    text, heads = values.get("text", ""), [f"From: {_shown(letter.from_addr, letter.from_name)}"]
    heads += [f"Reply-To: {_shown(one.addr, one.name)}" for one in letter.reply_to[:5]]
    heads.append(f"Subject: {letter.subject}")
    return replace(
        letter,
        from_addr=values["email"],
        from_name=values.get("name", ""),
        reply_to=(),
        subject=values.get("subject", "") or letter.subject,
        in_reply_to=(),
        references=(),
        kind=LetterKind.LETTER,
        body_text=text or letter.body_text,
        reply_text=text or letter.body_text,
        quote_text="\n".join([*heads, "", letter.body_text]),
    )


class _Page:
    """A form letter's lines, and where in them each label stands for the first time: a client may quote it later."""

    def __init__(self, text: str, form: Form) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.at: dict[str, tuple[int, str]] = {}
        """Line and what follows on it, by label."""
        self.headings: set[str] = set()
        """Labels without anything that divides them from a value."""
        labels = dict.fromkeys(label for place in form.places.values() for label in place.labels)
        wanted = {label: _label(label) for label in labels}
        for number, line in enumerate(self.lines):
            for label in [label for label in wanted if label not in self.at]:
                found = wanted[label].match(line)
                if found:
                    self.at[label] = (number, line[found.end() :].strip())
                    if not found["gap"].strip():
                        self.headings.add(label)
        self.taken = {
            min(self.at[label][0] for label in place.labels if label in self.at)
            for place in form.places.values()
            if not self.at.keys().isdisjoint(place.labels)
        }
        """Lines where a field begins: the first of its spellings. A later one is the client's own words."""
        multiline = form.places["text"].labels if "text" in form.places else ()
        self.in_line = any(rest for label, (_at, rest) in self.at.items() if label not in multiline)
        """Whether values stand on their labels' lines; one that is empty is empty then."""

    def short(self, label: str, *, look_below: bool) -> str:
        """A value of one line."""
        if label not in self.at:
            return ""
        number, rest = self.at[label]
        if rest or (self.in_line and not look_below and label not in self.headings):
            return _bare(rest)
        for below in range(number + 1, min(number + 1 + NEXT_LINES, len(self.lines))):
            if below in self.taken:
                return ""
            if self.lines[below].strip():
                return _bare(self.lines[below])
        return ""

    def long(self, label: str, until: Sequence[str]) -> str:
        """A value of many lines: until another label, one of `until`, the signature, or the end."""
        if label not in self.at:
            return ""
        number, rest = self.at[label]
        stops = [_label(word, whole=False) for word in until]
        kept = [rest]
        for below in range(number + 1, len(self.lines)):
            line = self.lines[below]
            if below in self.taken or any(stop.match(line) for stop in stops):
                break
            kept.append(line)
        text = "\n".join(kept)
        marks = list(_SIGNATURE.finditer(text))
        before = text[: marks[-1].start()].strip() if marks else ""
        return before or text.strip()


def _value(name: str, place: Place, page: _Page, letter: Letter) -> str:
    if place.header:
        found = [value for header, value in letter.headers if header.lower() == place.header.lower()]
        values = [_found(place.regex, name, value) for value in found] if place.regex else found
        return next((value.strip() for value in values if value.strip()), "")[:MAX_VALUE]
    if place.regex:
        value = _found(place.regex, name, page.text).strip()
        return value if name == "text" else " ".join(value.split())[:MAX_VALUE]
    for label in sorted(page.at.keys() & set(place.labels), key=lambda label: page.at[label]):
        if name == "text":
            value = page.long(label, place.until)
        else:
            value = page.short(label, look_below=name == "email")[:MAX_VALUE]
        if value:
            return value
    return ""


def _found(pattern: str, name: str, text: str) -> str:
    found = _compiled(pattern).search(text)
    if found is None:
        return ""
    groups = found.groupdict()
    if name in groups:
        return groups[name] or ""
    return (found[1] or "") if found.re.groups else found[0]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


@lru_cache(maxsize=256)
def _label(label: str, *, whole: bool = True) -> re.Pattern[str]:
    words = [re.escape(word) for word in label.translate(_BLANKS).strip().rstrip(":：").split()]
    spelled = r"\s+".join(re.sub("[её]", "[её]", word, flags=re.IGNORECASE) for word in words)
    return re.compile(_LEAD + spelled + (_GAP if whole else ""), re.IGNORECASE)


def _bare(value: str) -> str:
    """A value without the marks of bold print and table borders around it."""
    return value.strip().strip("|").strip().strip("*_").strip()


def _without_address(value: str) -> str:
    """The name in "Ivan <ivan@client.example>"; empty in a bare address."""
    name = _ADDRESS.sub(" ", value.replace("mailto:", " "))
    return " ".join(name.translate(_BRACKETS).split()).strip(" ,;:")


def _shown(addr: str, name: str) -> str:
    return f"{name} <{addr}>" if name else addr
