"""Signed tokens: our Message-IDs, plus-addresses, and the short-lived tickets for the presence server.

All are HMAC-SHA256 over the desk's secret with a purpose of their own, so that one never passes for another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PRESENCE_AUDIENCE = "glazok.presence"
PRESENCE_LIFE = timedelta(seconds=60)
SYSTEM_SUBJECT = "system"

# ASCII: without it "ſ" would match [a-z] here, and compare_digest raises where it meets other than ASCII.
_FLAGS = re.IGNORECASE | re.ASCII
_MESSAGE_ID = re.compile(r"<?glz\.(\d{1,18})\.([a-z0-9]{4,32})\.([a-z2-7]{16})@[^\s<>@]+>?", _FLAGS)
_PLUS = re.compile(r"[^@\s]*\+t(\d{1,18})\.([a-z2-7]{10})@[^\s<>@]+", _FLAGS)


def _mac(secret: bytes, purpose: str, text: str, length: int) -> str:
    digest = hmac.new(secret, f"{purpose}:{text}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:length]


def message_id(secret: bytes, ticket_id: int, nonce: str, domain: str) -> str:
    """A Message-ID that says which ticket it belongs to. `nonce` is random lower-case letters and digits."""
    return f"<glz.{ticket_id}.{nonce}.{_mac(secret, 'mid', f'{ticket_id}.{nonce}', 16)}@{domain}>"


def ticket_of_message_id(secret: bytes, text: str) -> int | None:
    """The ticket that one of our own Message-IDs names, None where it is foreign or forged."""
    found = _MESSAGE_ID.fullmatch(text.strip())
    if found is None:
        return None
    ticket, nonce, mac = found[1], found[2].lower(), found[3].lower()
    good = hmac.compare_digest(mac, _mac(secret, "mid", f"{ticket}.{nonce}", 16))
    return int(ticket) if good else None


def plus_address(secret: bytes, ticket_id: int, address: str) -> str:
    """`support@desk.example` with the ticket's signed plus-token: answers to it join by the envelope
    alone."""
    local, _, domain = address.rpartition("@")
    return f"{local}+t{ticket_id}.{_mac(secret, 'plus', str(ticket_id), 10)}@{domain}"


def ticket_of_plus_address(secret: bytes, address: str) -> int | None:
    """The ticket that a plus-address names, None where there is no token or it is forged."""
    found = _PLUS.fullmatch(address.strip())
    if found is None:
        return None
    good = hmac.compare_digest(found[2].lower(), _mac(secret, "plus", found[1], 10))
    return int(found[1]) if good else None


def without_plus(address: str) -> str:
    """An address without its plus part, lower-cased: how our own mailboxes are recognised."""
    local, at, domain = address.strip().lower().rpartition("@")
    return local.split("+", 1)[0] + at + domain


@dataclass(frozen=True, slots=True)
class PresenceTicket:
    """What a presence ticket says."""

    subject: str
    """`a<agent id>`, or `system` for the bridge."""
    expires: datetime
    nonce: str
    """jti: accepted once."""


def sign_presence(secret: bytes, subject: str, now: datetime, nonce: str) -> str:
    """A ticket for one connection to the presence server, good for a minute."""
    claims = {
        "sub": subject,
        "aud": PRESENCE_AUDIENCE,
        "exp": (now + PRESENCE_LIFE).timestamp(),
        "jti": nonce,
    }
    body = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode("ascii")
    return f"{body}.{_mac(secret, 'presence', body, 52)}"


def read_presence(secret: bytes, token: str, now: datetime) -> PresenceTicket | None:
    """The ticket, or None where it is malformed, forged, expired, made for too long or for somebody else."""
    body, dot, mac = token.partition(".")
    if not dot or not token.isascii() or not hmac.compare_digest(mac, _mac(secret, "presence", body, 52)):
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(body))
        expires = datetime.fromtimestamp(float(claims["exp"]), UTC)
        ticket = PresenceTicket(str(claims["sub"]), expires, str(claims["jti"]))
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError):
        return None
    in_time = now < expires <= now + PRESENCE_LIFE + timedelta(seconds=1)
    return ticket if in_time and claims.get("aud") == PRESENCE_AUDIENCE else None


def hash_agent_token(token: str) -> str:
    """How an agent's long token is stored: sha256, since 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
