"""Signatures at the end of new words: below the "-- " of RFC 3676 section 4.3, and what mobile programs add.

Imports nothing of ours but this package.
"""

from __future__ import annotations

import re

from mailbridge.letter import phrases
from mailbridge.letter.lines import Line, Mark

_MOST_LINES = 8
"""A signature has no more."""
_MOST_WORDS = 8
_FAREWELL = re.compile(
    r"(?:с уважением|с ув\.|с наилучшими|всего (?:доброго|хорошего)|з повагою|"
    r"(?:with )?(?:best|kind|warm)?\s*regards|(?:with )?best wishes|best|sincerely|yours|cheers|"
    r"mit (?:freundlichen|besten)|(?:viele|beste|liebe|freundliche)?\s*grüße|gruß|mfg|hochachtungsvoll|"
    r"(?:bien )?cordialement|bien à vous|salutations|(?:un )?saludos?(?: cordial(?:es)?)?|atentamente|"
    r"atenciosamente|cumprimentos|com os melhores|abraços|(?:cordiali|distinti)?\s*saluti|cordialmente|"
    r"met (?:vriendelijke|hartelijke)|groet(?:en|jes)?|pozdrawiam|z (?:poważaniem|wyrazami)|s (?:pozdravem|pozdravom)|"
    r"(?:med )?vänlig(?:a)? hälsning(?:ar)?|hälsningar|(?:med )?venn?lige? hils(?:en|ner)|mvh|"
    r"(?:ystävällisin )?terveisin|saygılarım(?:la|ızla)|saygılar|iyi çalışmalar|üdvözlettel|tisztelettel|"
    r"cu (?:stimă|respect)|よろしくお願い|敬具|此致|敬礼|祝好)(?!\w)[^.?!]{0,40}[.!,，。]?\Z|"
    r"(?:спасибо|дякую|(?:many )?thanks|thank you|谢谢|thanks in advance|"
    r"заранее (?:спасибо|благодар\w{1,5})|danke im voraus|merci d['’]avance)[.!,]?\Z",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"[^\s@]@[^\s@]+\.\w|https?://|www\.|\+\d[\d ()-]{4,}|"
    r"\A\W*(?:(?:тел|моб|сот|т|м|tel|tél|phone|port|mob|cell?|puh|p|t|m)\.?\s?[:.]?\s?\(?)?"
    r"\d(?:[\s()./-]{0,3}\d){6,13}(?:\W*|\s\([^()]{1,30}\))\Z|"
    r"(?:тел|моб|tel|tél|phone|mob|fax|факс|skype|telegram|"
    r"whatsapp|e-?mail)[.:]",
    re.IGNORECASE,
)
_CHECKED = re.compile(
    r"(?=[^\n]*(?:checked|scanned|virus-free|free (?:from|of)|protected|провер(?:ен|ил)|защищен|перевірен|geprüft|"
    r"virenfrei|frei von|vérifi|analysé|sans virus|anali[zs]ad|escanead|libre de|verifica[dt]|controllat|gecontroleerd|"
    r"gescan|sprawdzon|zkontrolov|skontrolov|kontroller|ellenőr|tarkist|taran))(?:[^.!?\n]{0,60}(?:virus|вирус|viren)[^.!?\n]{0,60}[.!]?\Z|"
    r"[^.!?\n]{0,40}(?:Dr\.? ?Web|Avast|AVG|Kaspersky|NOD32)[.!]?\Z)",
    re.IGNORECASE,
)
"""What programs that look for viruses add below that line: they say that they have looked."""
_LETTER = re.compile(
    r"mail|messag|письм|сообщен|повідомл|лист|nachricht|courri|correo|bericht|wiadomo|zpráv|správ",
    re.IGNORECASE,
)
_OF_LIST = re.compile(
    r"You received this message because you are subscribed to|[\w.-]{1,60} mailing list\Z|"
    r"Вы получили это сообщение, поскольку"
)
"""How the foot of a mailing list begins."""
_DISCLAIMER = re.compile(
    r"\W{0,4}(?:this|the (?:information|contents?)|disclaimer|notice|confidential|important|настоящ|данн|эт[оа] |"
    r"информация|содержание|внимание|конфиденц|цей |ця |diese?|der inhalt|ce (?:message|courriel|mail)|"
    r"l['’]information|les informations|este?a? |la información|a informação|aviso|questo|le informazioni|dit |"
    r"de informatie|niniejsz|ta wiadomo|treść|tento|tato|obsah|ez az|bu (?:e-?posta|mesaj|ileti)|detta|denne|tämä)",
    re.IGNORECASE,
)
_CONFIDENTIAL = (
    "confidential",
    "privileged",
    "конфиденциальн",
    "конфіденційн",
    "vertraulich",
    "confidentiel",
    "confidencia",
    "riservat",
    "confidenzial",
    "vertrouwelijk",
    "poufn",
    "důvěrn",
    "dôvern",
    "konfiden",
    "fortrolig",
    "luottamuksell",
    "bizalmas",
    "gizli",
)
_FOR_WHOM = re.compile(
    r"addressee|recipient|intended|адресат|получател|адресован|отримувач|empfänger|adressat|destinat|"
    r"geadresseerd|ontvanger|adresat|odbiorc|příjemc|adresát|príjemc|címzett|alıcı|mottagar|modtager|mottaker|"
    r"vastaanottaj",
    re.IGNORECASE,
)
_TO_DO = re.compile(
    r"delet|destroy|notif|disclos|distribut|prohibit|удал|уничтож|уведом|сообщит|запрещ|разглаш|видал|повідом|"
    r"заборон|lösch|vernicht|untersagt|unzulässig|nicht gestattet|supprim|détrui|averti|interdit|elimin|destru|"
    r"proib|cancell|distrugg|vietat|verwijder|vernietig|usun|zniszcz|powiadom|zabron|smaž|vymaž|znič|upozorn|"
    r"töröl|rader|slet|poist|tuho|silin|siliniz|yasak",
    re.IGNORECASE,
)
"""The four marks of a disclaimer: how it begins, what it calls the letter, whom it names, what they are to do."""
_SHORTEST_DISCLAIMER = 120
_LONGEST_DISCLAIMER = 3_000
_LINES_OF_DISCLAIMER = 40
_MOST_PARAGRAPHS = 4
_SHORTENED = (
    "Inc.", "Ltd.", "Co.", "Corp.", "Jr.", "Sr.", "S.A.", "s.r.o.", "o.o.", "a.s.", "Kft.", "г.", "C.V.", "S.L.",
    "Ltda.", "B.V.", "S.p.A.", "S.r.l.", "d.o.o.",
)  # fmt: skip
_NUMBERED = re.compile(r"\b(?:number|номер\w*|nummer)\b|№", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
_NAME = re.compile(r"[^\W\d_]{2,20}(?: [^\W\d_]{2,20})?")
_LENGTH_OF_NO = 3
_MOST_WORDS_OF_POST = 9
_MOST_WORDS_OF_GREETING = 4
_WIDEST = 90
_MAILMANS = 40
_SHORT = 45
"""Of an advertisement that stands in a paragraph of words; the address of its link aside."""
_LINK = re.compile(r"[<(\[]?\s?https?://[^\s<>]{1,300}[)\]>]?")
_RULES = frozenset("_-=*—–─ ")


def _disclaimer_start(lines: list[Line], first: int, end: int) -> int:
    """Where the paragraphs at the end begin that call a letter confidential and say whom it is for, or `end`."""
    if not _is_confidential(
        " ".join(line.text for line in lines[max(first, end - _LINES_OF_DISCLAIMER) : end])
    ):
        return end
    start = stop = end
    for _ in range(_MOST_PARAGRAPHS):
        while stop > first and not lines[stop - 1].text.strip():
            stop -= 1
        i = stop
        while i > first and lines[i - 1].text.strip(" -—–") and stop - i < _LINES_OF_DISCLAIMER:
            i -= 1
        if i > first and lines[i - 1].text.strip():
            # Below the line that begins the signature its first lines are names and posts.
            i = next((j for j in range(i, stop) if _DISCLAIMER.match(lines[j].text)), i)
        words = " ".join(line.text for line in lines[i:stop])[:_LONGEST_DISCLAIMER]
        if len(words) < _SHORTEST_DISCLAIMER // 2:
            break
        if not _DISCLAIMER.match(words) or _is_announced(lines, first, i):
            # One that says to whom it is, or what to do with it, may have begun a paragraph above.
            if not (_FOR_WHOM.search(words) and start == end):
                break
        elif _is_confidential(words):
            start = i
        stop = i
    said = " ".join(line.text for line in lines[start:end])
    if len(said) < _SHORTEST_DISCLAIMER or "?" in said:
        return end
    said = said[: 2 * _LONGEST_DISCLAIMER]
    return start if _FOR_WHOM.search(said) and _TO_DO.search(said) else end


def _is_confidential(words: str) -> bool:
    # Asked of every letter: plain words are found many times faster than a pattern that takes either case.
    low = words.lower()
    return any(word in low for word in _CONFIDENTIAL)


def without_signatures(lines: list[Line], quoted: list[bool]) -> list[bool]:
    """`quoted` with the signature at the end of every stretch of new lines taken out as well."""
    out = list(quoted)
    i, count = 0, len(lines)
    while i < count:
        if quoted[i]:
            i += 1
            continue
        end = i
        while end < count and not quoted[end]:
            end += 1
        start = _signature_start(lines, i, end)
        if start < end:
            out[start:end] = [True] * (end - start)
        i = end
    return out


def _signature_start(lines: list[Line], first: int, end: int) -> int:
    whole, end = end, _disclaimer_start(lines, first, end)
    for i in range(_highest_start(lines, first, end), end):
        text = lines[i].text
        if not text.strip() or set(text) - _RULES:
            continue
        below = [line for line in lines[i + 1 : end] if line.text.strip()]
        if not below or not _divides(text, below) or _is_announced(lines, first, i):
            continue
        if _OF_LIST.match(below[0].text.strip()) or _looks_signed(
            below, drawn=text == "-- ", closed=end < whole
        ):
            return _mobile_start(lines, first, i)
    return _mobile_start(lines, first, end)


def _divides(text: str, below: list[Line]) -> bool:
    """The line of RFC 3676, a dash, what Mailman draws above its foot (people do so above names, too), or any line of
    dashes above a farewell or the word of a virus checker."""
    text, first = text.strip(), below[0].text.strip()
    if text in ("--", "—", "–"):
        return True
    if len(text) >= _MAILMANS and not text.strip("_"):
        return _NAME.fullmatch(first) is None or any(
            _CONTACT.search(line.text) for line in below[:_MOST_LINES]
        )
    if text[:3] != "---" or text.strip("-"):
        return False
    return _FAREWELL.match(first) is not None or bool(_CHECKED.match(first) and _LETTER.search(first))


def _is_announced(lines: list[Line], first: int, i: int) -> bool:
    """Whether the words right above announce what follows: "My address:" and no signature."""
    return i > first and lines[i - 1].text.rstrip().endswith((":", "："))


def _highest_start(lines: list[Line], first: int, end: int) -> int:
    """The first line below which no more stand than a signature has."""
    i, left = end, _MOST_LINES + 1
    while i > first and left:
        i -= 1
        left -= bool(lines[i].text.strip())
    return i


def _looks_signed(below: list[Line], *, drawn: bool, closed: bool = False) -> bool:
    """Whether lines have the shape of a signature: few and short, each a farewell, a contact, or a name; a post or a
    firm in small letters may stand between them, or end it where a disclaimer below has `closed` it. Below the line
    `drawn` by RFC 3676 a name may be in small letters.

    Even that line divides one thought from the next in some letters: words that say something are words.
    """
    if len(below) > _MOST_LINES or any(len(line.text) > _WIDEST for line in below):
        return False
    signing = [line.mark == Mark.SIGNATURE or _is_signing(line.text.strip()) for line in below]
    if len(below) == 1:
        return _is_one_line(below[0], drawn=drawn)
    if all(signing):
        return True
    between = [line.text.strip() for line, plain in zip(below, signing, strict=True) if not plain]
    if closed and signing[0]:
        return all(map(_is_post, between))
    return (
        signing[0]
        and signing[-1]
        and 2 * len(between) <= len(below)
        and any(_CONTACT.search(line.text) for line in below)
        and all(map(_is_post, between))
    )


def _is_one_line(line: Line, *, drawn: bool) -> bool:
    """Whether a line alone is a signature: a contact, a farewell, or a name, which takes more than "No" or "5"."""
    text = line.text.strip()
    signing = line.mark == Mark.SIGNATURE or _is_signing(text)
    if not signing:
        return drawn and _NAME.fullmatch(text) is not None
    if line.mark == Mark.SIGNATURE or any(
        known.match(text) for known in (_FAREWELL, _CHECKED, phrases.MOBILE_SIGNATURE)
    ):
        return True
    words = _WORD.findall(text)
    named = sum(map(len, words)) > _LENGTH_OF_NO and not any(word[0].islower() for word in words)
    return (named and _NUMBERED.search(text) is None) or _CONTACT.search(text) is not None


def _is_post(text: str) -> bool:
    """Whether a line may be somebody's post or department: a few words that are no sentence."""
    ended = text.endswith((".", "!", "?", ":", "…")) and not text.endswith(_SHORTENED)
    words = text.split()
    # A street may begin with the number of the house.
    starts = text[0].isalpha() or (text[0].isdigit() and words[-1][0].isupper())
    return starts and not ended and len(words) <= _MOST_WORDS_OF_POST


def _is_signing(text: str) -> bool:
    if not set(text) - _RULES or _FAREWELL.match(text) or _CONTACT.search(text) or _CHECKED.match(text):
        return "?" not in text or "://" in text
    if phrases.MOBILE_SIGNATURE.match(text):
        return True
    initials = len(text) == 2 and text[0].isupper() and text[1] == "."
    if text.endswith((".", "!", "?", ":", "…")) and not (initials or text.endswith(_SHORTENED)):
        return False
    words = _WORD.findall(text)
    named = sum(1 for word in words if not word[0].islower())
    return len(words) <= _MOST_WORDS and len(words) <= 2 * named and (len(words) <= 2 or named >= 2)


def _mobile_start(lines: list[Line], first: int, end: int) -> int:
    """The start of trailing lines that are blank, marked as a signature, or a mobile program's advertisement."""
    start = end
    i = last = end - 1
    while i >= first:
        line = lines[i]
        text = line.text.strip()
        if not text.isascii():
            text = phrases.DIRECTION.sub("", text).strip()
        bare = start == end and i == last and _LINK.fullmatch(text)
        if not text or bare or (start < end and not set(text) - _RULES):
            # The address of an advertisement may stand on a line below it.
            i -= 1
            last = i if not text else last
            continue
        # Some write inside the element of their signature; what asks is no signature.
        marked = line.mark == Mark.SIGNATURE and not text.endswith("?")
        if marked or (text == "--" and start == end) or _is_mobile(text, lines[i - 1] if i > first else None):
            start = i
            i -= 1
            continue
        break
    above = lines[first:start] if start < end and start - first <= _MOST_LINES else []
    if _is_greeting(above) and any(map(_is_sentence, lines[start:end])):
        # A whole letter was written inside the element, but for its greeting.
        return end
    if start < end:
        while start - 1 > first and (
            not lines[start - 1].text.strip() or not set(lines[start - 1].text.strip()) - _RULES
        ):
            start -= 1
    return start


def _is_greeting(lines: list[Line]) -> bool:
    """Whether nothing but "Hello," stands here."""
    written = [line.text.strip() for line in lines[:_MOST_LINES] if line.text.strip()]
    return (
        len(written) == 1
        and len(lines) <= _MOST_LINES
        and written[0].endswith((",", "!"))
        and len(written[0].split()) <= _MOST_WORDS_OF_GREETING
        and _FAREWELL.match(written[0]) is None
    )


def _is_sentence(line: Line) -> bool:
    """Whether a line of a signature's element says something: no name, post, contact, advertisement or disclaimer."""
    text = line.text.strip()
    words = text.split()
    return (
        line.mark == Mark.SIGNATURE
        and text.endswith((".", "!"))
        and len(words) > _MOST_WORDS_OF_GREETING
        and 2 * sum(word[0].islower() for word in words) > len(words)
        and not _CONTACT.search(text)
        and not _is_confidential(text)
        and not any(known.match(text) for known in (_FAREWELL, _CHECKED, phrases.MOBILE_SIGNATURE))
    )


def _is_mobile(text: str, above: Line | None) -> bool:
    """Whether a line is a program's advertisement: one that stands in a paragraph of words is short at least."""
    if len(text) > 160 or _NUMBERED.search(text) or phrases.MOBILE_SIGNATURE.match(text) is None:
        return False
    alone = above is None or above.mark == Mark.SIGNATURE or not set(above.text.strip()) - _RULES
    return alone or len(_LINK.sub("", text)) <= _SHORT
