"""Whose word about a sender counts: our own server's, and of that the topmost line."""

from __future__ import annotations

import pytest

from core.domain.authentication import Proof, proof_of

OURS = "mx.desk.example"


def results(*values: str) -> list[tuple[str, str]]:
    """Headers of a letter, from the top."""
    return [("Received", "from a"), *(("Authentication-Results", value) for value in values)]


@pytest.mark.parametrize(
    ("values", "proof"),
    [
        (("mx.desk.example; dmarc=pass header.from=a.example",), Proof.PASSED),
        (
            ("MX.desk.example 1; spf=pass; DMARC=fail (p=reject; dis=none) header.from=a.example",),
            Proof.FAILED,
        ),
        (("mx.desk.example (our; own) ;\tdkim=fail ; dmarc = fail",), Proof.FAILED),
        (("mx.desk.example; dmarc=none",), Proof.OPEN),
        (("mx.desk.example; dmarc=temperror",), Proof.OPEN),
        (("mx.desk.example; spf=pass smtp.mailfrom=a.example; x-dmarc=pass",), Proof.OPEN),
        (("mx.desk.example; none",), Proof.OPEN),
        (("evil.example; dmarc=pass",), Proof.OPEN),
        (("mx.desk.example.evil.example; dmarc=pass",), Proof.OPEN),
        (("evil.example; dmarc=fail", "mx.desk.example; dmarc=pass"), Proof.PASSED),
        # What stands below our server's own line came with the letter.
        (("mx.desk.example; dmarc=fail", "mx.desk.example; dmarc=pass"), Proof.FAILED),
        (("mx.desk.example; spf=pass", "mx.desk.example; dmarc=pass"), Proof.OPEN),
        (("mx.desk.example; dmarc=pass; dmarc=fail",), Proof.FAILED),
        (('"mx.desk.example" 1; dmarc=pass',), Proof.PASSED),
        (("mx.desk.example; dmarc=pass; dmarc=none",), Proof.OPEN),
        # The sender chooses the envelope's address, and with it what stands in quotes and comments.
        (('mx.desk.example; spf=none smtp.mailfrom="x; dmarc=pass"@evil.example',), Proof.OPEN),
        (('mx.desk.example; spf=none smtp.mailfrom="x; dmarc=pass"@e.example; dmarc=none',), Proof.OPEN),
        (('mx.desk.example; spf=none smtp.mailfrom="x\\"; dmarc=pass; "@e.example',), Proof.OPEN),
        (('mx.desk.example; spf=none (of "x\\); dmarc=pass; (y"@e.example)',), Proof.OPEN),
        (("mx.desk.example; spf=none ((a); dmarc=pass; b)",), Proof.OPEN),
        (('mx.desk.example; spf=none smtp.mailfrom="x; dmarc=fail"@a.example; dmarc=pass',), Proof.PASSED),
        (('mx.desk.example; dmarc=pass; spf=none smtp.mailfrom="x',), Proof.OPEN),
        (("mx.desk.example; dmarc=pass (never ends",), Proof.OPEN),
        (("mx.desk.example; dmarc=fail (never ends",), Proof.FAILED),
        (("mx.desk.example; dmarc=pass" + " " * 20_000 + "; dmarc=none",), Proof.OPEN),
        (("(" * 5000,), Proof.OPEN),
        (("",), Proof.OPEN),
        ((), Proof.OPEN),
    ],
)
def test_the_proof_of_a_sender(values: tuple[str, ...], proof: Proof) -> None:
    assert proof_of(results(*values), OURS) is proof


def test_without_a_server_of_ours_nothing_counts() -> None:
    assert proof_of(results("mx.desk.example; dmarc=fail", "; dmarc=fail"), "") is Proof.UNASKED
