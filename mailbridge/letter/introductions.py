"""Recognising the lines that introduce a quote: attributions, header blocks, separators, forwards.

Pure functions over lines; the words of each language stand in `phrases`. Imports nothing of ours but this package.
"""

from __future__ import annotations

import itertools
import re

from mailbridge.letter import fields, phrases
from mailbridge.letter.lines import Line

_LONGEST, LINES = 400, 6
"""Characters and lines of an attribution."""
LONGEST_TITLE = 60
"""Characters of what stands between dashes above a quote."""
_WRAPPED = 250
"""Characters of an attribution that names sender, day and time, in a language that is not known."""
_WIDTH = 60
"""Characters at which programs break lines, at least."""
_EARLY = 14
"""So far from the start of such an attribution the day stands, unless the name does."""
_FORWARD_LINES = 50
"""So far below the start of a quote a line is looked for that calls it forwarded."""
_IN_LINE = re.compile(r"(\s*[^:：]{10,120}[:：]\d\d[^:：]{0,120}@[^:：]{0,120}[:：])\s{2,}\S")
_OPENING = frozenset("-_=*—–─>|‐‑━")
_COLONS = (":", "：", "։", "․", "՝")
"""What a line that introduces something ends in; the last three are Armenian."""
_RULES = frozenset("_-=*—–─‐‑━ ")


def may_introduce(line: Line, colons: list[bool]) -> bool:
    """A cheap look before `introduction`: `colons` says for this line and the next ones whether they end in one."""
    text = line.text.strip()
    return text[0] in _OPENING or fields.has_sign(text) or "@" in text or any(colons)


def ends_in_colon(line: Line) -> bool:
    return any(sign in line.text for sign in _COLONS) and _bare(line.text).rstrip(" *_").endswith(_COLONS)


def says_forwarded(text: str) -> bool:
    """ "Begin forwarded message:", with or without dashes around."""
    if len(text) > 200:
        return False
    bare = text.strip(phrases.RULE)
    match = phrases.FORWARDED.match(bare)
    if match is None:
        dashed = bare and len(bare) < LONGEST_TITLE and text[:3] == text[-3:] == "---"
        return bool(dashed and phrases.FORWARD_STEM.search(bare))
    return match["rest"].strip(" :") == "" or text.rstrip().endswith(("--", "=="))


def calls_forward(subject: str, text: str) -> bool:
    """Whether a subject says that its letter passes another one on. "VS:" is an answer in Finnish, which the words
    above the quote tell."""
    match = phrases.FORWARD_SUBJECT.match(subject)
    if match is None:
        return False
    return match.group().strip(" :：").lower() != "vs" or phrases.FINNISH.search(text) is None


def says_original(text: str) -> bool:
    """ "-----Original Message-----": the dashes are what makes it more than words."""
    bare = text.strip(phrases.RULE)
    dashes = 10 if bare.lower() == "original" else 4
    return 0 < len(bare) <= len(text) - dashes and phrases.ORIGINAL.match(bare) is not None


def is_title(text: str) -> bool:
    """Whether a line above a block of fields is its title: "Original message", or words in any language in dashes."""
    text = text.strip()
    bare = text.strip(phrases.RULE)
    if not bare or len(bare) >= LONGEST_TITLE:
        return False
    return phrases.ORIGINAL.match(bare) is not None or text[:4] == text[-4:] == "----"


def _is_dashed(text: str) -> bool:
    """Zoho's "---- On … wrote ----", which has no colon; Notes' "-----Name wrote: -----"."""
    if not (text.startswith("--") and text.endswith("--")):
        return False
    bare = text.strip(phrases.RULE)
    if len(text) - len(bare) >= 10 and phrases.VERB_AT_END.search(bare):
        return True
    dated = phrases.DATE.search(bare) and phrases.CLOCK.search(bare)
    return bool(dated) and bool(phrases.VERB.search(bare) or phrases.ANGLED.search(bare))


def next_is_quoted(lines: list[Line], i: int, last: int) -> bool:
    # By index and not over a slice: it is asked at many lines, and each slice would copy the rest of the letter.
    while i < last and not lines[i].depth and not lines[i].text.strip():
        i += 1
    return i < last and lines[i].depth > 0


def introduction(lines: list[Line], i: int, last: int, *, answers: bool = True) -> tuple[int, bool]:
    """The end of an introduction to a quote that starts at line `i` (or `i` itself), and whether the rest is quoted
    by it even without quote marks. (`i`, True) says that the writer announced a pasted conversation."""
    text = lines[i].text.strip()
    if len(text) > _LONGEST:
        return i, False
    if says_original(text):
        end = i + 1
        block = fields.header_block(lines, _skip_blank(lines, end, last), last, enough=2)
        if not block and text.strip(phrases.RULE).lower() == "original":
            return i, False
        below = _attribution(lines, _skip_blank(lines, end, last), last, answers=answers)
        bare = 0 if block else fields.bare_block(lines, end, last)
        return (block or bare or max(end, below[0])), True
    if text.startswith(">>>") and text.endswith(">>>") and phrases.DATE.search(text):
        # GroupWise in HTML, where what it writes before the name is no quote mark.
        return i + 1, True
    if fields.is_notes_box(lines, i, last):
        return i + 1, True
    notes = 0 if _is_pasted(lines, i) else fields.notes_head(lines, i, last)
    if notes:
        return notes, True
    if _is_dashed(text):
        return i + 1, True
    start = i
    if len(text) >= 8 and not set(text) - _RULES:
        start = _skip_blank(lines, i + 1, last)
        if start >= last:
            return i, False
    elif _is_pasted(lines, i):
        end, hard = _attribution(lines, i, last, answers=answers)
        return (end, False) if end > i and next_is_quoted(lines, end, last) else (i, hard)
    block, whole = _block(lines, start, last, answers=answers)
    if block > start:
        return block, whole
    end, hard = _addressed(lines, start, last, answers=answers)
    if end > start:
        return end, hard
    if start != i:
        return i, False
    return _attribution(lines, i, last, answers=answers)


def _block(lines: list[Line], start: int, last: int, *, answers: bool) -> tuple[int, bool]:
    """The end of a block of fields that starts here (or `start`), and whether it is whole: two fields alone
    (RainLoop's From and Date) need the quote marks below."""
    if start > 0 and fields.field_kind(lines[start - 1].text) >= 0:
        return start, False
    block = fields.header_block(lines, start, last, enough=3)
    if block and start + 2 < block and not lines[start + 1].text.strip():
        # What stands apart above a block that is whole without it is the writer's.
        apart = fields.header_block(lines, start + 2, last, enough=3) == block
        return (start, False) if apart else (block, True)
    if block:
        return block, True
    if not answers or fields.field_kind(lines[start].text) not in (0, 1):
        return start, False
    short = fields.header_block(lines, start, last, enough=2)
    quoted = short and next_is_quoted(lines, short, last) and fields.is_a_programs(lines[start:short])
    return (short, False) if quoted else (start, False)


def _is_pasted(lines: list[Line], i: int) -> bool:
    """Whether the writer's own words announce what follows ("the headers are:"), or it goes on a pasted header."""
    above = next((line.text.strip() for line in reversed(lines[max(0, i - 3) : i]) if line.text.strip()), "")
    return above.endswith((":", "：")) or phrases.TECHNICAL_FIELD.match(above) is not None


def _addressed(lines: list[Line], i: int, last: int, *, answers: bool) -> tuple[int, bool]:
    """Yandex's "To: …; Subject: …;" above an attribution."""
    end = i
    while end < min(last, i + 4) and fields.field_kind(lines[end].text) > 0 and not lines[end].depth:
        end += 1
    if end == i or not lines[end - 1].text.rstrip().endswith(";"):
        return i, False
    start = _skip_blank(lines, end, last)
    found, hard = _attribution(lines, start, last, answers=answers) if start < last else (start, False)
    return (found, hard) if found > start else (i, False)


def _skip_blank(lines: list[Line], i: int, last: int) -> int:
    while i < last and not lines[i].text.strip():
        i += 1
    return i


def _attribution(lines: list[Line], i: int, last: int, *, answers: bool) -> tuple[int, bool]:
    """A line such as "On … wrote:", over up to six lines. Hard where it is beyond doubt without quote marks;
    one without a date counts where the letter `answers` another and quote marks follow."""
    if i < last and _is_signed_line(lines[i].text) and next_is_quoted(lines, i + 1, last):
        return i + 1, False
    if i < last and _goes_on_in_line(lines[i].text):
        return i + 1, True
    pieces: list[str] = []
    for j in range(i, min(last, i + LINES)):
        text = _bare(lines[j].text)
        if (
            not text
            or lines[j].depth
            or lines[j].mark != lines[i].mark
            or sum(map(len, pieces)) + len(text) > _LONGEST
        ):
            break
        pieces.append(text)
        if not text.rstrip(" *_").endswith(_COLONS):
            bare = j < i + 2 and phrases.BARE_ATTRIBUTION.match(" ".join(pieces))
            if bare and next_is_quoted(lines, j + 1, last):
                return j + 1, False
            continue
        follows = next_is_quoted(lines, j + 1, last)
        words = " ".join(pieces)
        verdict = _is_attribution(words, follows, single=j == i)
        if verdict and j == i and not (phrases.DATE.search(words) or phrases.CLOCK.search(words)):
            # "Name wrote:" of Mutt, Gnus, Horde and old programs: it takes the quote marks below to tell it from words.
            return (j + 1, False) if follows and answers else (i, False)
        alone = i == 0 or not lines[i - 1].text.strip() or bool(lines[i - 1].depth)
        if verdict and not _starts_later(pieces, follows, alone=alone):
            if not follows and not (_is_beyond_doubt(lines, j + 1, last, words) and _is_wrapped(pieces)):
                return i, False
            return j + 1, verdict == 2
        break
    return i, False


def _may_name(text: str) -> bool:
    """Whether a line may be the start of an attribution whose address stands on the next one."""
    words = text.split()
    named = (
        len(words) <= 4
        and not any(word[0].islower() and "@" not in word for word in words)
        and text[-1] not in ".!?,;:。！？"
    )
    return named or text[0] in "'\"" or phrases.OPENER.match(text) is not None


def _is_signed_line(text: str) -> bool:
    """Rambler's "12.03.2025, 14:05, Name <address>", which has no colon."""
    text = text.strip()
    if not text.endswith(">") or len(text) >= 160 or text[0] in "-*" or not phrases.OPENER.match(text):
        return False
    return bool(phrases.ANGLED.search(text) and phrases.DATE.search(text) and phrases.CLOCK.search(text))


def _goes_on_in_line(text: str) -> bool:
    """Yahoo's for Android, which puts the first words of the quote behind the attribution, three blanks between."""
    match = _IN_LINE.match(text[:_LONGEST])
    if match is None:
        return False
    head = _bare(match[1])
    return phrases.OPENER.match(head) is not None and _is_attribution(head, False, single=True) == 2


def _is_beyond_doubt(lines: list[Line], end: int, last: int, words: str) -> bool:
    """Whether an attribution without quote marks below is no sentence of the writer's own: programs name an address,
    or leave a line empty below, and none begins with the time of the day."""
    if phrases.TIME_FIRST.match(words):
        return False
    return phrases.ANGLED.search(words) is not None or end >= last or not lines[end].text.strip()


def _is_wrapped(pieces: list[str], *, before_address: bool = True) -> bool:
    """Whether lines were broken for their width, or before the address: two lines of a person's are short."""
    return all(
        (before_address and (below[0] in "<(" or line[-1] in "<,"))
        or len(line) + len(below.split(maxsplit=1)[0]) >= _WIDTH
        for line, below in itertools.pairwise(pieces)
    )


def _starts_later(pieces: list[str], follows: bool, *, alone: bool) -> bool:
    """Whether the attribution is whole without its first lines: those are the writer's own words then. `alone`,
    that an empty line or a quote stands above."""
    for k in range(1, len(pieces)):
        rest = " ".join(pieces[k:])
        above = pieces[k - 1]
        if rest[:2].lstrip("(")[:1] == "<" and (
            above.count("<") > above.count(">")
            or (k == 1 and alone and (_may_name(above) or _is_wrapped(pieces[:2], before_address=False)))
        ):
            # A line that begins with the address goes on with the name above.
            continue
        if alone and phrases.ANGLED.search(" ".join(pieces[:k])) and not phrases.ADDRESS.search(rest):
            # The name and address stand first: what comes later is the rest of the same sentence.
            continue
        dated = phrases.DATE.search(rest) or (
            phrases.CLOCK.search(rest) and not phrases.DATE.search(" ".join(pieces[:k]))
        )
        if dated and _is_attribution(rest, follows, single=k == len(pieces) - 1):
            return True
    start = " ".join(pieces[:2])
    return not (phrases.DATE.search(start) or phrases.CLOCK.search(start) or phrases.ANGLED.search(start))


def _bare(text: str) -> str:
    text = text.strip()
    if text.isascii():
        return text
    return phrases.DIRECTION.sub("", text).replace("\u00a0", " ").translate(phrases.DIGITS).strip()


def _is_attribution(text: str, quote_follows: bool, *, single: bool) -> int:
    """0 no, 1 where quote marks follow, 2 beyond doubt."""
    text = text.lstrip("-* ")
    if "<mailto:" in text:
        text = phrases.MAILTO.sub("", text)
    dated = phrases.DATE.search(text) is not None
    clock = phrases.CLOCK.search(text) is not None
    opened = phrases.OPENER.match(text) is not None
    verb = phrases.VERB.search(text) is not None
    verb_last = phrases.VERB_AT_END.search(text) is not None
    angled = phrases.ANGLED.search(text) is not None
    address = angled or phrases.ADDRESS.search(text) is not None
    if dated and verb and phrases.NAME_FIRST.match(text) and len(text) < 200:
        return 2
    if opened and (dated or clock):
        if angled and (verb or (dated and clock)):
            return 2
        if verb_last and clock and dated:
            return 2
        if verb and clock and dated and len(text) < 160:
            return 2
    if single and angled and len(text) < 160 and (verb_last or (dated and clock)):
        return 2
    if angled and dated and clock and len(text) < _WRAPPED and any(map(str.isdigit, text[:_EARLY])):
        return 2 if verb_last else int(quote_follows)
    if not quote_follows:
        return 0
    if angled and dated and clock and verb and len(text) < _WRAPPED:
        return 1
    if opened and (dated or clock) and (verb or address):
        return 1
    if single and (verb_last or (verb and (len(text) < 80 or (dated and clock)))) and len(text) < 160:
        return 1
    if single and address and (dated or clock or phrases.SAID.search(text)):
        return 1
    if angled and single and text.rstrip(": ").endswith((">", "]", ")")):
        return 1
    return 0


def starts_forward(lines: list[Line], i: int, last: int) -> bool:
    seen = 0
    for line in lines[i : min(last, i + _FORWARD_LINES)]:
        text = line.text.strip()
        if not text or not text.strip("-_="):
            continue
        if says_forwarded(text):
            return True
        seen += 1
        if seen >= 2:
            return False
    return False
