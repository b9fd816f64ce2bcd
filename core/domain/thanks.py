"""Whether a client's letter says nothing but "thanks", "it works" or "you can close it". Standard library only.

Precision comes first: a ticket closed by mistake is worse than a thanks that is read by a person. So the words
are not searched for signs of gratitude; the letter must consist of them. Whatever the vocabulary does not
know, and every "but", question, negation, request or promise of more to come, makes it an ordinary letter.
How it was measured: docs/design/thanks.md.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from core.domain.thanks_words import (
    CLOSE_ASKED,
    DEVICE,
    GREETED,
    GREETING,
    NAMES,
    PATRONYMIC,
    SAD,
    SIGN_OFF,
    SKIN_AND_JOINERS,
    SMILEY,
    SMILING,
    TURN_DOWN,
    TURNS,
    VETO,
    WORDS,
)

MAX_LETTER = 1000
"""Characters. Whoever writes more has more to say."""

MAX_WORD = 30
MAX_NAME = 60
MAX_SIGNATURE_LINES = 5
MAX_SIGNATURE_WORDS = 8
"""On each line below a sign-off."""

_CLASSES = [(name, re.compile(pattern)) for name, pattern in WORDS.items()]
_TURNS = [(marker, re.compile(rf"(?<!\S){pattern}(?!\S)")) for marker, pattern in TURNS]
_TOKEN = re.compile(r"<[a-z]+>|[a-zа-я]+(?:[-'][a-zа-я]+)*|\d+|\S")
_SENTENCE_ENDS = frozenset("\n.!?;")
_STOPS = frozenset(".,;:!?()-|…")
_CONTRACTIONS = (
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'s\b"), " is"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"\bi\s?m\b"), "i am"),
    (re.compile(r"\b(do|does|did|is|are|could)nt\b"), r"\1 not"),
    (re.compile(r"\bcannot\b"), "can not"),
)

_BLANKED = {ord(char): " " for char in (*SMILING, *SKIN_AND_JOINERS)} | {ord("\n"): " | "}

_NAME = "\ue000"
"""Stands for a name where no marker can be yet."""

_WORKING = frozenset(("works", "<works>", "solved", "gone"))
_SUCCESS = _WORKING | {"<enough>", "close", "<close>"}
_ENOUGH_ALONE = _WORKING | {"thanks", "<thanks>", "<enough>", "<praise>", "close", "<close>"}
_SAYS_SOMETHING = _ENOUGH_ALONE | {
    "arrived", "closed", "did", "returned", "yes", "clear", "praise", "sorry",
    "<sorry>", "<wish>", "<clear>", "<little>", "<seen>",
}  # fmt: skip
_MEANINGLESS_ALONE = frozenset(("adverb", "quality", "service", "name"))


def is_thanks(text: str) -> bool:
    """Whether the new words of a letter, in Russian or English, are nothing but thanks or a confirmation.

    `text` is what the client wrote, without the quotation. Never raises; takes linear time.
    """
    if len(text) > MAX_LETTER:
        return False
    lines, added = _own_lines(_plain(text))
    said, signature = _without_signature(lines)
    if said is None:
        return False
    normal = _with_turns(_lower(_without_names(said)))
    if any(word in VETO or word == "?" for word in [*normal, *signature, *added]):
        return False
    return _all_thanks(_clauses(normal))


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\u00a0", " ")
    text = re.sub("[’‘ʼ`´]", "'", text)
    text = re.sub(r"[–—−]", " - ", text)
    return re.sub(r"[ \t]+", " ", text).strip()


def _own_lines(text: str) -> tuple[list[str], list[str]]:
    """(the lines without those that a telephone adds, the words of these)."""
    lines = [line.strip() for line in text.split("\n")]
    added = [line for line in lines if DEVICE.fullmatch(line.lower())]
    return [line for line in lines if line not in added], _TOKEN.findall(_fold("\n".join(added)))


def _without_signature(lines: list[str]) -> tuple[str | None, list[str]]:
    """(what was said, the words of the signature); None where too much stands below the sign-off."""
    text = "\n".join(lines).strip()
    found = next((match for match in SIGN_OFF.finditer(_fold(text)) if _starts(text, match.start())), None)
    if found is None:
        return _without_last_name(text), []
    below = [line for line in text[found.end() :].split("\n") if line.strip(" ,.")]
    if len(below) > MAX_SIGNATURE_LINES or any(len(line.split()) > MAX_SIGNATURE_WORDS for line in below):
        return None, []
    return text[: found.start()], _TOKEN.findall(_fold("\n".join(below)))


def _starts(text: str, at: int) -> bool:
    """Whether a sign-off may stand here: at the start of a line, or after a mark."""
    before = text[:at].rstrip(" ")
    return not before or before[-1] in "\n,.!;)"


def _without_last_name(text: str) -> str:
    head, newline, last = text.rpartition("\n")
    words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)?", last.strip())
    bare = re.fullmatch(r"[-/\s]*[^\W\d_][^\d,!?;:]*[.,]?", last) is not None and 0 < len(words) <= 3
    if not newline or len(last) > MAX_NAME or not bare or any(_known(_fold(word)) for word in words):
        return text
    dashed = last.lstrip()[:1] in ("-", "/")
    if all(word[0].isupper() for word in words) and (dashed or len(words) > 1 or _is_name(_fold(words[0]))):
        return head
    return head if all(_is_name(_fold(word)) for word in words) else text


def _without_names(text: str) -> str:
    """Greetings go, and the names of those who are addressed."""
    text = text.strip()
    greeting = GREETING.match(_fold(text))
    if greeting and not text[greeting.end() : greeting.end() + 1].isalpha():
        text = _without_greeted(text[greeting.end() :], text[: greeting.end()])
    kept: list[str] = []
    after_thanks = False
    for token in re.findall(r"\n|[^\W\d_]+(?:[-'][^\W\d_]+)*|[^\S\n]+|.", text):
        if token in _SENTENCE_ENDS:
            after_thanks = False
        elif token[0].isalpha():
            folded = _fold(token)
            if _is_name(folded) or (after_thanks and token.istitle() and not _known(folded)):
                kept.append(_NAME)
                continue
            after_thanks = "thanks" in _classes(folded) or (after_thanks and _known(folded))
        kept.append(token)
    return "".join(kept)


def _without_greeted(rest: str, greeting: str) -> str:
    """What follows a greeting, without the one whom it greets."""
    russian = bool(re.search("[а-яё]", greeting.lower()))
    position, comma = 0, False
    for _ in range(4):
        comma_match = re.match(r" *,", rest[position:])
        if comma_match and not comma:
            comma, position_after = True, position + comma_match.end()
        else:
            position_after = position
        found = re.match(r" *([^\W\d_]+(?:-[^\W\d_]+)?)(?=[ ,.!\n]|$)", rest[position_after:])
        if found is None:
            break
        word, folded = found[1], _fold(found[1])
        stranger = word.istitle() and not _known(folded) and (russian or not comma)
        if not (stranger or _is_name(folded) or folded in GREETED):
            break
        position = position_after + found.end()
    return " . " + rest[position:]


def _fold(text: str) -> str:
    """Lower-case, е for ё, and exactly as long as before."""
    folded = text.lower()
    if len(folded) != len(text):
        folded = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return folded.replace("ё", "е")


@lru_cache(maxsize=4096)
def _is_name(folded: str) -> bool:
    return folded in NAMES or PATRONYMIC.fullmatch(folded) is not None


def _known(folded: str) -> bool:
    return folded in VETO or bool(_classes(folded))


def _lower(text: str) -> str:
    text = SMILEY.sub(" ", _fold(SAD.sub(" ? ", text))).replace("<", "?").replace(_NAME, " <name> ")
    text = re.sub(r"([a-zа-я])\1{2,}", r"\1", text)
    for pattern, plain in _CONTRACTIONS:
        text = pattern.sub(plain, text)
    return text.translate(_BLANKED)


def _with_turns(text: str) -> list[str]:
    """Words and marks, with each turn of speech of the vocabulary as one marker."""
    text = " ".join(_TOKEN.findall(text))
    text = re.sub(r" , (пожалуйста|please|плиз)(?: ,)?(?= |$)", r" \1", text)
    text = re.sub(r"(?<!\S)(пожалуйста|please) ,(?= )", r"\1", text)
    text = CLOSE_ASKED.sub("<close> .", text)
    # No turn of speech has another question in it.
    if "?" in text or TURN_DOWN.search(text):
        return ["?"]
    for marker, pattern in _TURNS:
        text = pattern.sub(marker, text)
    return text.split()


def _clauses(tokens: list[str]) -> list[list[str]]:
    clauses: list[list[str]] = [[]]
    for token in tokens:
        if token in _STOPS:
            clauses.append([])
        else:
            clauses[-1].append(token)
    return [clause for clause in clauses if clause]


@lru_cache(maxsize=4096)
def _classes(word: str) -> frozenset[str]:
    if word.startswith("<"):
        return frozenset((word.strip("<>"),)) if word == "<name>" else frozenset((word,))
    if len(word) > MAX_WORD:
        return frozenset()
    return frozenset(name for name, pattern in _CLASSES if pattern.fullmatch(word))


def _all_thanks(clauses: list[list[str]]) -> bool:
    """Whether every clause is one of thanks, and they say enough together."""
    said: set[str] = set()
    for clause in clauses:
        words = [_classes(word) for word in clause]
        if not all(words) or not _makes_sense(words):
            return False
        said.update(*words)
    if ("yes" in said or "did" in said) and not said & _SUCCESS:
        return False
    return bool(said & _ENOUGH_ALONE)


def _makes_sense(words: list[frozenset[str]]) -> bool:
    """Whether known words, taken as one clause, say what they should."""
    has = frozenset().union(*words)
    thanks = bool(has & {"thanks", "<thanks>"})
    solved = bool(has & {"solved", "gone"})
    about_ticket = bool(has & {"request", "trouble"})
    closing = bool(has & {"close", "<close>"}) or ("closed" in has and about_ticket)
    if not has & _SAYS_SOMETHING:
        return all(word & _MEANINGLESS_ALONE for word in words)
    # A noun that stands for nothing else: "thanks for the answer", "the site opens", "the error is gone".
    things = [at for at, word in enumerate(words) if "thing" in word and not word & {"object", "request"}]
    troubles = any("trouble" in word for word in words)
    fine = bool(has & (_WORKING | {"arrived", "did", "returned", "<enough>", "<seen>"}))
    if "gone" in has and not troubles and not has & (_WORKING - {"gone"}):
        return False
    if troubles and not (solved or closing or has & {"<enough>", "<works>"} or (thanks and "cure" in has)):
        return False
    if "was" in has and not (solved or has & {"arrived", "<praise>", "<sorry>"}):
        praised = bool(has & {"praise", "quality"}) and any(word & {"service", "object"} for word in words)
        return praised and not has & {"works", "thing"}
    if "closed" in has and not closing:
        return False
    if "again" in has and not (thanks or fine):
        return False
    if "returned" in has and (troubles or not things):
        return False
    if "can" in has and not closing:
        return False
    if any(word == {"request"} for word in words) and not (closing or solved):
        return False
    if closing and things:
        first_close = next(
            at for at, word in enumerate(words) if word & {"close", "closed", "<close>", "can"}
        )
        return fine and max(things) < first_close
    objects = any("object" in word and not word & {"filler", "adverb", "quality"} for word in words)
    return not (things and not fine) and not (objects and not (thanks or fine or "praise" in has))
