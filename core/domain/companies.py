"""Whether two addresses belong to one company: the same domain, unless anybody can have an address there."""

from __future__ import annotations

from collections.abc import Collection

PUBLIC = frozenset((
    "126.com", "163.com", "abv.bg", "aim.com", "alice.it", "aol.com", "arcor.de", "att.net", "bellsouth.net",
    "bigmir.net", "bk.ru", "bluewin.ch", "btinternet.com", "centrum.cz", "comcast.net", "cox.net", "daum.net",
    "duck.com", "email.cz", "email.ua", "fastmail.com", "fastmail.fm", "foxmail.com", "free.fr", "freemail.hu",
    "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hanmail.net",
    "hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.es", "hotmail.fr", "hotmail.it", "i.ua",
    "icloud.com", "inbox.lv", "inbox.ru", "interia.pl", "internet.ru", "juno.com", "laposte.net", "libero.it",
    "list.ru", "live.co.uk", "live.com", "live.de", "live.fr", "live.ru", "mac.com", "mail.com", "mail.de",
    "mail.ee", "mail.kz", "mail.ru", "mail.ua", "mailbox.org", "mailfence.com", "me.com", "meta.ua", "msn.com",
    "narod.ru", "naver.com", "neuf.fr", "o2.pl", "onet.eu", "onet.pl", "op.pl", "orange.fr", "outlook.com",
    "outlook.de", "outlook.es", "outlook.fr", "outlook.it", "pm.me", "pobox.com", "posteo.de", "posteo.net",
    "proton.me", "protonmail.ch", "protonmail.com", "qip.ru", "qq.com", "rambler.ru", "rediffmail.com",
    "rocketmail.com", "sapo.pt", "sbcglobal.net", "seznam.cz", "sfr.fr", "sina.com", "sky.com", "sohu.com",
    "t-online.de", "terra.com.br", "tut.by", "tuta.com", "tuta.io", "tutanota.com", "tutanota.de", "ukr.net",
    "uol.com.br", "verizon.net", "virgilio.it", "virginmedia.com", "vk.com", "walla.co.il", "wanadoo.fr", "web.de",
    "wp.pl", "xtra.co.nz", "ya.ru", "yahoo.ca", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com",
    "yahoo.com.br", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.it", "yandex.by", "yandex.com", "yandex.kz",
    "yandex.ru", "yandex.ua", "yeah.net", "ymail.com", "zoho.com",
))  # fmt: skip
"""Where anybody can have an address: the providers that most private people use."""


def same_company(email: str, others: Collection[str], public: Collection[str] = ()) -> bool:
    """Whether an address has the domain of one of the others. `public`: more domains that are nobody's company."""
    domain = _domain(email)
    if "." not in domain or domain in PUBLIC or domain in {one.lower() for one in public}:
        return False
    return any(_domain(other) == domain for other in others)


def _domain(email: str) -> str:
    return email.rpartition("@")[2].strip().rstrip(".").lower()
