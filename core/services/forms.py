"""Form letters as a desk reads them: by its configured forms, and never in our own name. Writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.domain import forms, joining
from core.domain.authentication import Proof, proof_of
from core.domain.forms import FormLetter
from core.domain.letters import Letter
from core.domain.routing import Facts
from core.i18n import N_, _
from core.services.desk import is_ours

if TYPE_CHECKING:
    from core.settings import Settings

TROUBLES = {
    "email": N_("no e-mail address was found"),
    "dmarc": N_("the site's address in it is forged (DMARC failed)"),
    "ours": N_("the e-mail address in it is one of our own"),
}
"""Why a form letter is filed as it came, by `FormLetter.trouble`."""


def read(settings: Settings, letter: Letter, mailbox: str, proof: Proof) -> FormLetter | None:
    """What a form letter yields; None for every other letter. `mailbox` is the key of the one it came into, `proof`
    what our mail server says of the sender: whoever forges the site speaks for nobody."""
    form = forms.find(settings.site_forms, letter, facts_of(letter, mailbox))
    if form is None:
        return None
    found = forms.extract(form, letter)
    if proof is Proof.FAILED:
        return replace(found, trouble="dmarc")
    if not found.trouble and is_ours(settings, found.values["email"]):
        return replace(found, trouble="ours")
    return found


def proof_in(settings: Settings, letter: Letter, mailbox: str) -> Proof:
    """What the mail server of a mailbox says of a letter's sender."""
    box = settings.mailboxes.get(mailbox)
    return proof_of(letter.headers, box.authserv_id if box else "")


def filed(letter: Letter, found: FormLetter | None) -> Letter:
    """The letter to file: the client's, where a form yields one; else the letter as it came."""
    return letter if found is None or found.trouble else forms.clients_letter(letter, found)


def facts_of(letter: Letter, mailbox: str) -> Facts:
    """What the conditions of a form look at: the letter as it came."""
    return Facts(
        recipients=joining.recipients_of(letter),
        sender=letter.from_addr,
        headers=letter.headers,
        subject=letter.subject,
        body=letter.body_text,
        mailbox=mailbox,
    )


def why(found: FormLetter) -> str:
    """What stands on a ticket that a form letter opened."""
    if not found.trouble:
        return f"form={found.form}"
    return f"form={found.form}: {_(TROUBLES[found.trouble])}"
