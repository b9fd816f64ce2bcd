"""Which ticket a letter joins: what we signed, what we stored, then a tag, only from a participant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import tokens
from core.domain.joining import (
    MAX_REFERENCES,
    Join,
    Voice,
    join,
    recipients_of,
    referenced_ids,
    signed_tickets,
    subject_tags,
    tagged,
    voice_of,
)
from core.domain.letters import Letter, Mailaddr

SECRET = b"a secret of sixteen bytes or more"
OURS = tokens.message_id(SECRET, 7, "abcd1234", "desk.example")
OTHER = tokens.message_id(SECRET, 8, "abcd1234", "desk.example")
PLUS = tokens.plus_address(SECRET, 9, "support@desk.example")
FOREIGN = "<foreign@client.example>"


def found(joined: Join | None) -> tuple[int | None, str]:
    """Where a letter belongs, and by what; what says so is told apart."""
    assert joined is not None
    return joined.ticket_id, joined.by


def signed_ticket(secret: bytes, letter: Letter) -> Join | None:
    """The first ticket that a letter names by what we signed."""
    return next((one for _ticket, one in signed_tickets(secret, letter)), None)


def test_the_plus_token_beats_our_message_id() -> None:
    letter = Letter(to=(Mailaddr(PLUS),), in_reply_to=(OURS,))
    assert found(signed_ticket(SECRET, letter)) == (9, "plus-token")


@pytest.mark.parametrize(
    "letter",
    [
        Letter(to=(Mailaddr("x@desk.example"), Mailaddr(PLUS))),
        Letter(cc=(Mailaddr(PLUS.upper()),)),
        Letter(delivered_to=(PLUS,)),
    ],
)
def test_the_plus_token_is_found_wherever_the_letter_was_addressed(letter: Letter) -> None:
    assert found(signed_ticket(SECRET, letter)) == (9, "plus-token")


def test_in_reply_to_beats_references_and_the_nearest_reference_comes_first() -> None:
    assert found(signed_ticket(SECRET, Letter(in_reply_to=(OURS,), references=(OTHER,)))) == (7, "own-id")
    assert found(signed_ticket(SECRET, Letter(references=(OURS, OTHER)))) == (8, "own-id")
    assert found(signed_ticket(SECRET, Letter(in_reply_to=(FOREIGN,), references=(OURS,)))) == (7, "own-id")


def test_what_else_was_signed_comes_behind_for_where_the_first_is_gone() -> None:
    letter = Letter(to=(Mailaddr(PLUS),), in_reply_to=(OURS,), references=(OTHER, OURS))
    assert [ticket for ticket, _join in signed_tickets(SECRET, letter)] == [9, 7, 8]


def test_another_desks_signature_joins_nothing() -> None:
    letter = Letter(to=(Mailaddr(PLUS),), in_reply_to=(OURS,))
    assert signed_ticket(b"the secret of another desk", letter) is None


def test_references_are_read_from_the_right_and_bounded() -> None:
    ids = tuple(f"<{n}@x.example>" for n in range(10_000))
    found = referenced_ids(Letter(references=ids, in_reply_to=("<a@x.example>",)))
    assert found[:2] == ("<a@x.example>", "<9999@x.example>")
    assert len(found) == MAX_REFERENCES
    assert signed_ticket(SECRET, Letter(references=(OURS, *ids))) is None


def test_a_signed_ticket_beats_a_stored_id_which_beats_a_tag() -> None:
    known = {FOREIGN: 2}
    assert found(join(Join(1, "own-id"), [FOREIGN], known, 3, {3})) == (1, "own-id")
    assert found(join(None, ["<unknown@x>", FOREIGN], known, 3, {3})) == (2, "known-id")
    assert found(join(None, ["<unknown@x>"], known, 3, {3})) == (3, "subject-tag")


def test_a_tag_from_somebody_who_takes_no_part_opens_a_new_ticket() -> None:
    assert found(join(None, [], {}, 3, set())) == (None, "new")
    assert found(join(None, [], {}, None, {3})) == (None, "new")


@pytest.mark.parametrize(
    ("subject", "tag"),
    [
        ("Re: login [GLZ-42]", 42),
        ("[glz-42] login", 42),
        ("Fwd: [GLZ-1] Re: [GLZ-42]", 42),
        ("GLZ-42", None),
        ("ticket 42", None),
        ("[GLZ-]", None),
        ("[GLZ-1234567890123]", None),
    ],
)
def test_only_a_whole_tag_counts(subject: str, tag: int | None) -> None:
    assert next(iter(subject_tags(subject)), None) == tag


def test_of_many_tags_the_last_ones_are_looked_at_from_the_right() -> None:
    assert subject_tags("[GLZ-1] as in [GLZ-2], [GLZ-1]") == (1, 2)
    assert subject_tags("".join(f"[GLZ-{n}]" for n in range(1000))) == (999, 998, 997, 996, 995)


def test_our_id_with_a_fold_inside_is_still_ours() -> None:
    assert found(signed_ticket(SECRET, Letter(in_reply_to=(f"{OURS[:12]} {OURS[12:]}",)))) == (7, "own-id")
    assert found(signed_ticket(SECRET, Letter(in_reply_to=(OURS.upper(),)))) == (7, "own-id")


@given(st.text(max_size=60), st.integers(1, 10**9))
def test_our_subjects_bear_exactly_one_tag_of_their_own(subject: str, ticket: int) -> None:
    once = tagged(subject, ticket)
    assert subject_tags(once) == (ticket,)
    assert tagged(tagged(subject, 5), ticket) == once


@pytest.mark.parametrize(
    ("sender", "voice"),
    [
        ("Client@X.example", Voice.CLIENT),
        ("agent@desk.example", Voice.AGENT),
        ("both@desk.example", Voice.CLIENT),
        ("who@else.example", Voice.STRANGER),
        ("", Voice.STRANGER),
    ],
)
def test_who_speaks(sender: str, voice: Voice) -> None:
    participants = {"client@x.example", "both@desk.example"}
    assert voice_of(sender, participants, {"agent@desk.example", "both@desk.example"}) is voice


def test_an_address_named_twice_is_one_recipient() -> None:
    letter = Letter(to=(Mailaddr("a@x"), Mailaddr("b@x")), cc=(Mailaddr("a@x"),), delivered_to=("b@x",))
    assert recipients_of(letter) == ("b@x", "a@x")
