"""A site's form on real servers: the client hears of their ticket, the site's machine hears nothing."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.integration.bridge_desks import BridgeDesk, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

FORMS = """
[regions.siberia]
name = "Siberia"
words = ["Сибирь"]
[[rules]]
name = "siberia"
region = "siberia"
form = "site"
group = "first"
[[forms]]
name = "site"
sender = "noreply@site.example"
[forms.fields]
email = ["E-mail", "Электронная почта"]
name = ["Name", "Ваше имя"]
region = ["Region", "Регион"]
subject = ["Subject", "Тема"]
text = { label = ["Message", "Сообщение"], until = ["Sent from", "Отправлено со страницы"] }
"""

ENGLISH = """A new request

Name: Ivan Petrov
E-mail: ivan@client.example
Region: Siberia
Subject: The login page is empty
Message:
I see nothing.

What to do?

Sent from https://site.example/contacts
"""
RUSSIAN = """<h2>Заявка</h2><table>
<tr><td><b>Ваше имя</b></td><td>Анна&nbsp;Белова</td></tr>
<tr><td><b>Электронная почта</b></td><td><a href="mailto:anna@client.example">anna@client.example</a></td></tr>
<tr><td><b>Регион</b></td><td>Сибирь</td></tr><tr><td><b>Тема</b></td><td>Не приходит счёт</td></tr>
<tr><td><b>Сообщение</b></td><td>Жду неделю.<br>Помогите!</td></tr></table>
<p>Отправлено со страницы <a href="https://site.example/help">Помощь</a></p>"""


def form_letter(text: str, number: int, subtype: str = "plain") -> bytes:
    message = EmailMessage()
    message["From"] = "Site <noreply@site.example>"
    message["Reply-To"] = "robot@site.example"
    message["To"] = "support@desk.test"
    message["Subject"] = "Новая заявка"
    message["Message-ID"] = f"<form{number}@site.example>"
    message["Auto-Submitted"] = "auto-generated"
    message["Precedence"] = "bulk"
    message.set_content(text, subtype=subtype)
    return bytes(message)


@pytest.fixture
def desk(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> BridgeDesk:
    made = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    made.config.write_text(made.config.read_text("utf-8") + FORMS, "utf-8")
    return made


async def test_forms_in_both_languages_are_answered_to_their_clients(desk: BridgeDesk) -> None:
    desk.box.deliver(form_letter(ENGLISH, 1))
    desk.box.deliver(form_letter(RUSSIAN, 2, "html"))
    report = await desk.once()
    assert (report.mailboxes["support"].outcomes, report.sent) == ({"opened": 2}, {"sent": 2})
    confirmations = {one.recipients: one.message for one in desk.relay.received}
    assert set(confirmations) == {("ivan@client.example",), ("anna@client.example",)}
    english, russian = confirmations["ivan@client.example",], confirmations["anna@client.example",]
    assert "We have received your request" in english.get_content()
    assert "GLZ-2" in russian.get_content()
    assert "We have received" not in russian.get_content()
    assert desk.ask("SELECT subject, region, rule, why FROM ticket ORDER BY id") == [
        ("The login page is empty", "siberia", "siberia", "form=site, region=siberia"),
        ("Не приходит счёт", "siberia", "siberia", "form=site, region=siberia"),
    ]
    bodies = [row[0] for row in desk.ask("SELECT body FROM message WHERE kind = 'inbound' ORDER BY id")]
    assert bodies == ["I see nothing.\n\nWhat to do?", "Жду неделю.\nПомогите!"]


async def test_the_clients_answer_to_the_confirmation_joins_their_ticket(desk: BridgeDesk) -> None:
    desk.box.deliver(form_letter(ENGLISH, 1))
    await desk.once()
    (confirmation,) = desk.relay.received
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = "ivan@client.example", desk.box.address, "Re: login"
    answer["Message-ID"], answer["In-Reply-To"] = "<a1@client.example>", confirmation.message["Message-ID"]
    answer.set_content("It works again.")
    desk.box.deliver(bytes(answer))
    assert (await desk.once()).mailboxes["support"].outcomes == {"joined": 1}
    assert desk.ask("SELECT count(*) FROM ticket") == [(1,)]
    assert desk.ask("SELECT kind FROM event ORDER BY id DESC LIMIT 1") == [("client_wrote",)]


async def test_a_letter_of_the_site_without_a_client_is_filed_and_nobody_is_answered(
    desk: BridgeDesk,
) -> None:
    desk.box.deliver(form_letter(ENGLISH.replace("ivan@client.example", "no, thanks"), 1))
    report = await desk.once()
    assert (report.mailboxes["support"].outcomes, report.sent) == ({"opened": 1}, {})
    ((why, body),) = desk.ask("SELECT t.why, m.body FROM ticket t JOIN message m ON m.ticket_id = t.id")
    assert why == "form=site: no e-mail address was found, region=siberia"
    assert "I see nothing." in body
