"""What mail programs write into their HTML about quotes and signatures: the table of docs/mail-parsing.md as code.

Imports nothing of ours but this package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mailbridge.letter.lines import Mark

_QUOTE_CLASS = re.compile(
    r"gmail_quote|yahoo_quoted|protonmail_quote|moz-cite|cite\b|\bquote|zmail_extra|mail_android_quote|"
    r"tutanota_quote|tmail-quote|mailru-blockquote|front-blockquote|freshdesk_quote|zendesk_quote",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"\bgmail_attr\b|moz-cite-prefix|\bAppleMailQuoteHeader|\breply-intro\b|\bairmail_on\b"
)
# Elements that hold the quoted letter: what is written behind them is new again.
_CONTAINER = re.compile(
    r"yahoo_quoted|protonmail_quote|\bmail_android_quote|\bzmail_extra\b|\bhs_reply\b|\bjs-helper-quote|\bmailmate_quote|"
    r"\btutanota_quote\b|messageReplySection|ntes-mailmaster-quote|ms-outlook-mobile-reference|mail-editor-reference|OLK_SRC_BODY_SECTION|isReplyContent",
    re.IGNORECASE,
)
# Elements behind which the quoted letter follows to the end.
_CUT = re.compile(
    r"divRplyFwdMsg|\bdivRpF\d+\b|\bappendonsend\b|\breplySplit\b|\bOutlookMessageHeader\b|\bstopSpelling\b|\bzwchr\b",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"signature(?: |\Z)|protonmail_signature_block|\bAppleMailSignature|\bbloop_sign|messageSignatureSection|"
    r"\bjs-mail-signature|\bsignature_old\b|\b_rc_sig\b|\bZm-_Id_-Sgn(?: |\Z)|\bCanarySig\b|"
    r"\bDAB4FAD8-2DD7-40BB-A1B8-4E2AA1F9FDF2\b",
    re.IGNORECASE,
)
"""By a name that ends so (`gmail_signature`, Outlook's `Signature`, also with the `x_` or `ydp…` that the programs of
those who answer put before it), and what other programs call it; the last is the advertisement of Avast."""
_RULE_ABOVE = re.compile(r"border-top:(?:solid|1(?:\.0)?p[tx]solid|#?\w+1(?:\.0)?p[tx]solid)")
_THREE_POINTS = re.compile(r"padding(?:-top)?:3(?:\.0+)?pt")
_MARKS = (
    (_ATTRIBUTION, Mark.ATTRIBUTION),
    (_CONTAINER, Mark.QUOTE),
    (_CUT, Mark.CUT),
    (_SIGNATURE, Mark.SIGNATURE),
)


def of(tag: str, klass: str, ident: str, name: str, style: str) -> Mark:
    """What an element that is no blockquote says by its class, id, name or style."""
    words = f"{klass} {ident} {name}"
    if len(words) > 2:
        # Gmail's own container holds the answers between quotes as well: there, only blockquotes are quotes.
        for pattern, mark in _MARKS:
            if pattern.search(words):
                return mark
    if name == "quote":
        return Mark.QUOTE
    if style and tag == "div" and "border-top" in style and _is_outlook_rule(style):
        return Mark.CUT
    return Mark.NONE


def _is_outlook_rule(style: str) -> bool:
    """The line that Outlook draws above the headers of the quoted letter: a solid top border and 3 pt of padding."""
    squeezed = style.replace(" ", "").lower()
    return _RULE_ABOVE.search(squeezed) is not None and _THREE_POINTS.search(squeezed) is not None


def is_indent(klass: str, style: str) -> bool:
    """Gmail's "indent more" is a blockquote too, and no quote."""
    return "border:none" in style.replace(" ", "") and "gmail_quote" not in klass


def is_quote(klass: str, style: str, attributes: Mapping[str, str]) -> bool:
    """Whether a blockquote says by itself that it is a quote."""
    return (
        attributes.get("type", "").lower() == "cite"
        or "cite" in attributes
        or bool(klass and _QUOTE_CLASS.search(klass))
        or ("border-left" in style and not is_indent(klass, style))
    )
