"""What a server says goes into the log and the status bar: useful, and without anything of a letter or a secret."""

from __future__ import annotations

import pytest

from mailbridge.servers import recipient_words, server_words


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
