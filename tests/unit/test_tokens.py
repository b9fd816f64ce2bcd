"""Signed tokens: what we made is read back, and what anybody else made is refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.domain import tokens

SECRET = b"a secret of sixteen bytes or more"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHARACTERS = st.one_of(st.characters(), st.sampled_from("0123456789abcdefghijklmnopqrstuvwxyz.+tſKı٣"))


@st.composite
def forged(draw: st.DrawFn, text: str, end: int) -> str:
    """`text` with one character before `end` replaced, dropped or doubled, other than in case alone."""
    at = draw(st.integers(0, end - 1))
    new = draw(st.one_of(CHARACTERS, st.just(""), st.just(text[at] * 2)))
    made = text[:at] + new + text[at + 1 :]
    assume(made.casefold() != text.casefold())
    return made


@given(st.integers(1, 10**15), st.from_regex(r"[a-z0-9]{12}", fullmatch=True))
def test_our_message_ids_name_their_ticket(ticket: int, nonce: str) -> None:
    made = tokens.message_id(SECRET, ticket, nonce, "desk.example")
    assert tokens.ticket_of_message_id(SECRET, made) == ticket
    assert tokens.ticket_of_message_id(SECRET, made.strip("<>")) == ticket
    assert tokens.ticket_of_message_id(SECRET, f"  {made.upper()} ") == ticket, (
        "case does not survive everywhere"
    )
    assert tokens.ticket_of_message_id(b"another secret, of another desk", made) is None


MESSAGE_ID = tokens.message_id(SECRET, 1042, "abcd12345678", "desk.example")


@given(forged(MESSAGE_ID.strip("<>"), MESSAGE_ID.index("@") - 1))
def test_a_message_id_with_any_character_changed_is_refused(made: str) -> None:
    assert tokens.ticket_of_message_id(SECRET, f"<{made}>") is None


@given(st.integers(1, 10**15))
def test_our_plus_addresses_name_their_ticket(ticket: int) -> None:
    made = tokens.plus_address(SECRET, ticket, "support@desk.example")
    assert made.startswith("support+t")
    assert tokens.ticket_of_plus_address(SECRET, made) == ticket
    assert tokens.ticket_of_plus_address(SECRET, made.upper()) == ticket
    assert tokens.without_plus(made) == "support@desk.example"


PLUS = tokens.plus_address(SECRET, 1042, "support@desk.example").removeprefix("support+")


@given(forged(PLUS, PLUS.index("@")))
def test_a_plus_address_with_any_character_changed_is_refused(made: str) -> None:
    assert tokens.ticket_of_plus_address(SECRET, f"support+{made}") is None


@given(st.text(max_size=80))
def test_no_text_is_taken_for_a_token_or_breaks_the_reader(text: str) -> None:
    assert tokens.ticket_of_message_id(SECRET, text) is None
    assert tokens.ticket_of_plus_address(SECRET, text) is None
    assert tokens.read_presence(SECRET, text, NOW) is None


def test_a_letter_that_only_looks_like_ascii_is_refused_and_breaks_nothing() -> None:
    assert tokens.ticket_of_plus_address(SECRET, f"support+t1042.{'ſ' * 10}@desk.example") is None
    assert tokens.ticket_of_message_id(SECRET, f"<glz.1042.abcd.{'ſ' * 16}@desk.example>") is None


def test_a_token_of_one_kind_never_passes_for_another() -> None:
    mac = tokens.message_id(SECRET, 1042, "abcd", "x").split(".")[3].split("@")[0]
    assert tokens.ticket_of_plus_address(SECRET, f"support+t1042.{mac[:10]}@desk.example") is None


def test_a_presence_ticket_lives_a_minute() -> None:
    made = tokens.sign_presence(SECRET, "a17", NOW, "nonce")
    read = tokens.read_presence(SECRET, made, NOW)
    assert read == tokens.PresenceTicket("a17", NOW + timedelta(seconds=60), "nonce")
    assert tokens.read_presence(SECRET, made, NOW + timedelta(seconds=59)) is not None
    assert tokens.read_presence(SECRET, made, NOW + timedelta(seconds=60)) is None
    assert tokens.read_presence(SECRET, made, NOW - timedelta(seconds=5)) is None, (
        "made for longer than a minute"
    )


PRESENCE = tokens.sign_presence(SECRET, "a17", NOW, "nonce")


@given(forged(PRESENCE, len(PRESENCE)))
def test_a_presence_ticket_with_any_character_changed_is_refused(made: str) -> None:
    assert tokens.read_presence(SECRET, made, NOW) is None


@pytest.mark.parametrize("audience", ["glazok.portal", "", None])
def test_a_ticket_for_somebody_else_is_refused_though_we_signed_it(audience: str | None) -> None:
    body, _dot, _mac = PRESENCE.partition(".")
    claims = json.loads(base64.urlsafe_b64decode(body)) | {"aud": audience}
    other = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    signed = f"{other}.{tokens._mac(SECRET, 'presence', other, 52)}"
    assert tokens.read_presence(SECRET, signed, NOW) is None


@pytest.mark.parametrize(
    ("address", "bare"),
    [("A+b+c@X.example", "a@x.example"), (" a@x ", "a@x"), ("no at", "no at"), ("+@x", "@x")],
)
def test_an_address_without_its_plus_part(address: str, bare: str) -> None:
    assert tokens.without_plus(address) == bare
