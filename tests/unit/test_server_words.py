"""What a server says goes into the log and the status bar: useful, and without anything of a letter or a secret."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from mailbridge.servers import Server, recipient_words, server_words
from tests.russian import russian

__all__ = ["russian"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("[AUTHENTICATIONFAILED] Authentication failed.", "[AUTHENTICATIONFAILED] Authentication failed."),
        (
            "NO [UNAVAILABLE] Try again later (0.001 + 0.000 secs).",
            "NO [UNAVAILABLE] Try again later (0.001 + 0.000 secs).",
        ),
        (
            "535 5.7.8 https://support.google.com/mail/?p=BadCredentials d2e1a72fcca58-7c5a",
            "535 5.7.8 https://support.google.com/mail/?p=BadCredentials d2e1a72fcca58-7c5a",
        ),
        ('BAD Error in command LOGIN "ivan" "hunter2"', 'BAD Error in command LOGIN "…" "…"'),
        (
            "NO cannot parse: Subject <Secret plan> of ivan@client.example",
            "NO cannot parse: Subject <…> of …@…",
        ),
        ("bad token dXNlcj1hbm5hAWF1dGg9QmVhcmVyIHRva2VuAQE=", "bad token …"),
        ("NO literal {12 words here} \x1b[31mred", "NO literal {…} [31mred"),
        ("x " * 300, "x " * 99 + "x…"),
    ],
)
def test_words_of_a_server(said: str, shown: str) -> None:
    assert server_words(said) == shown


def test_a_ticket_shows_which_address_was_refused() -> None:
    assert (
        recipient_words("5.1.1 <ivan@client.example> no such user\x07")
        == "5.1.1 <ivan@client.example> no such user"
    )


@pytest.mark.parametrize(
    "said",
    [
        "NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
        "NO [ALERT] Too many simultaneous connections. (Failure)",
        "NO [UNAVAILABLE] Internal error occurred. Refer to server log for more information.",
        "NO [INUSE] mailbox is locked",
        "421 4.7.0 Too many concurrent SMTP connections; please try again later.",
        "BYE Too many connections from your IP address",
        "NO Session limit reached",
        "550 5.7.1 connection limit exceeded",
    ],
)
def test_a_server_that_is_full_has_refused_nobodys_password(said: str) -> None:
    server = Server("imap.example.com", 993, "tls", "support", lambda: "")
    no_room = server.no_room(said)
    assert no_room is not None
    assert "nobody else" in str(no_room)


@pytest.mark.parametrize(
    "said",
    [
        "NO [AUTHENTICATIONFAILED] Authentication failed.",
        "NO Too many login failures, account locked",
        "535 5.7.8 Too many bad attempts. Authentication limit reached.",
        "NO Login failed.",
        "NO [ALERT] Application-specific password required",
    ],
)
def test_whoever_was_refused_does_not_knock_as_if_the_server_were_full(said: str) -> None:
    assert Server("imap.example.com", 993, "tls", "support", lambda: "").no_room(said) is None


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize(
    ("error", "why"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "такое имя неизвестно"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "такое имя неизвестно"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "соединение потеряно"),
        (OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH)), "до этого адреса нет пути"),
    ],
)
def test_why_a_server_is_not_reached_is_said_in_the_desks_language(error: OSError, why: str) -> None:
    server = Server("imap.example.com", 993, "tls", "support", lambda: "")
    assert str(server.from_exception(error)) == f"сервер IMAP imap.example.com:993: {why}"
