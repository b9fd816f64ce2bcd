"""The clients: new letters all the time, and answers to what the desk writes, in their own time.

A client reads the desk's letters in a mailbox of their own. What happens is told to `tell`, one fact at a time.
"""

from __future__ import annotations

import asyncio
import imaplib
import random
import smtplib
from collections.abc import Callable
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import getaddresses

from cli.demo import cast, mail, stories
from cli.demo.desk import MailServers, client_pool
from cli.demo.letters import answer_to, write_letter
from core.clock import now
from core.domain.language import guess_language
from core.services.histories import Client

Tell = Callable[..., None]
"""`tell(what, **facts)`: something happened."""

NEW_EVERY = (7.0, 22.0)
"""Seconds between two clients with something new."""
ANSWERS_AFTER = (12.0, 45.0)
"""Seconds that a client takes to answer."""
ANSWER_CHANCE = 0.8
THANKS_CHANCE = 0.35
MOST_ANSWERS = 3
"""Nobody writes for ever."""


class Street:
    """Everybody who writes to the desk."""

    def __init__(self, mail_servers: MailServers, language: str, seed: int, tell: Tell) -> None:
        self._mail = mail_servers
        self._language = language
        self._rng = random.Random(f"street {seed}")
        self._tell = tell
        self._clients: dict[str, Client] = {}
        self._matters: dict[str, stories.Matter] = {}
        self._answers: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """New letters, until cancelled."""
        pool = client_pool(self._rng, 60, self._language)
        await asyncio.sleep(self._rng.uniform(2, 4))
        while True:
            await self._write_first(self._rng.choice(pool))
            await asyncio.sleep(self._rng.uniform(*NEW_EVERY))

    def delivered(self, account: str, raw: bytes) -> None:
        """A letter lies in somebody's mailbox; they will look sooner or later."""
        if account.endswith(f"@{cast.DOMAIN}") or self._answers.get(account, 0) >= MOST_ANSWERS:
            return
        head = BytesHeaderParser(policy=SMTP).parsebytes(raw)
        if str(head["Auto-Submitted"] or "no").lower() != "no" or self._rng.random() > ANSWER_CHANCE:
            return
        if account not in self._clients:
            names = {address.lower(): name for name, address in getaddresses([str(head["To"] or "")])}
            language = guess_language(str(head["Subject"] or ""))
            self._clients[account] = Client(account, names.get(account, ""), "", language or "en")
        task = asyncio.create_task(self._answer(account), name=f"client {account}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Nobody answers any more."""
        for task in self._tasks:
            task.cancel()

    async def _write_first(self, client: Client) -> None:
        rng, place = self._rng, cast.place_of(client.region)
        matter = stories.draw_matter(rng, client.language, now())
        self._clients[client.email], self._matters[client.email] = client, matter
        self._answers[client.email] = 0
        to = cast.BILLING if matter.topic.key in stories.BILLING_TOPICS else cast.SUPPORT
        text = stories.opening(rng, matter, client, place)
        letter = write_letter(rng, client, to, matter.subject, text, now())
        try:
            await asyncio.to_thread(mail.send, self._mail, client.email, to, letter)
        except (OSError, smtplib.SMTPException):
            return
        self._tell("client wrote", client=client.email, subject=matter.subject, region=client.region)

    async def _answer(self, account: str) -> None:
        rng, client = self._rng, self._clients[account]
        await asyncio.sleep(rng.uniform(*ANSWERS_AFTER))
        try:
            letters = await asyncio.to_thread(mail.fetch, self._mail, account)
            letters = [letter for letter in letters if not letter.automatic]
            if not letters:
                return
            letter = answer_to(rng, client, letters[-1], self._words(client), now())
            to = str(letter["To"])
            await asyncio.to_thread(mail.send, self._mail, account, getaddresses([to])[0][1], letter)
        except (OSError, smtplib.SMTPException, imaplib.IMAP4.error):
            return
        self._tell("client answered", client=account, subject=str(letter["Subject"]))

    def _words(self, client: Client) -> str:
        rng, phrases = self._rng, stories.phrases_of(client.language)
        number = self._answers.get(client.email, 0)
        self._answers[client.email] = number + 1
        if number + 1 == MOST_ANSWERS or rng.random() < THANKS_CHANCE:
            self._answers[client.email] = MOST_ANSWERS
            text = rng.choice(phrases.thanks)
        elif client.email in self._matters:
            text = self._matters[client.email].followup(number)
        else:
            text = rng.choice(phrases.followups)
        return f"{text}\n\n{client.name}".strip()
