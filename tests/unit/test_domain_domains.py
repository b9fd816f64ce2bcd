"""A domain beyond ASCII has two spellings, and they are one domain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.domains import readable, to_ascii
from core.domain.letters import Letter, Mailaddr


@pytest.mark.parametrize(
    ("shown", "carried"),
    [
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("mail.bücher.example", "mail.xn--bcher-kva.example"),
        # IDNA 2003 would send these to fass.de and to another Greek word.
        ("faß.de", "xn--fa-hia.de"),
        ("βόλος.com", "xn--nxasmm1c.com"),
        ("plain.example", "plain.example"),
    ],
)
def test_both_spellings(shown: str, carried: str) -> None:
    assert to_ascii(shown) == carried
    assert readable(f"ivan@{carried}") == f"ivan@{shown}"
    assert readable(f"ivan@{shown}") == f"ivan@{shown}"


@pytest.mark.parametrize(
    "address",
    [
        "a@xn--",
        "a@xn--a",
        "a@xn--99999999999.example",
        "xn--e1afmkfd",
        "a@xn--ls8h.example",
        "",
        "@",
        "a@xn--80ak6aa92e\u0000",
    ],
)
def test_what_leads_nowhere_stays_as_it_is(address: str) -> None:
    assert readable(address) == address


@given(st.text(max_size=40))
def test_no_address_is_too_strange(text: str) -> None:
    assert readable(readable(text)) == readable(text)
    assert readable(f"a@xn--{text}").startswith("a@")


def test_a_letter_that_needs_no_change_is_itself() -> None:
    from core.domain.domains import with_readable_addresses

    plain = Letter(from_addr="a@b.example", to=(Mailaddr("c@d.example"),))
    assert with_readable_addresses(plain) is plain
