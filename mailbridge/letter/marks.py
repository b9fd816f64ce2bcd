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
_ATTRIBUTION_CLASS = re.compile(r"\bgmail_attr\b|moz-cite-prefix|gmail_extra_attr|\bAppleMailQuoteHeader")
_CUT_CLASS = re.compile(
    r"\byahoo_quoted\b|protonmail_quote|\bgmail_quote_container\b|\bmail_android_quote|"
    r"\bOutlookMessageHeader\b|"
    r"\bms-outlook-mobile-reference|\bzmail_extra\b|\bhs_reply\b|\bWordSectionReply\b|\bjs-helper-quote|"
    r"\bmailmate_quote|\btutanota_quote\b|\bmail-quote-collapse\b|\bmail_quote_",
    re.IGNORECASE,
)
_CUT_ID = re.compile(
    r"divRplyFwdMsg|appendonsend|yahoo_quoted|replySplit|reply-intro|isReplyContent|mail-editor-reference|"
    r"OLK_SRC_BODY_SECTION|OutlookMessageHeader|stopSpelling|3D\"?divRplyFwdMsg|zwchr|_rp_[0-9a-f]+_quoted",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"\bgmail_signature\b|\bmoz-signature\b|protonmail_signature_block|ms-outlook-mobile-signature|"
    r"\byahoo-signature\b|"
    r"\bmail_signature\b|\bjs-mail-signature|\btutanota_signature",
    re.IGNORECASE,
)
_RULE_ABOVE = re.compile(r"border-top:(?:solid|1(?:\.0)?p[tx]solid|#?\w+1(?:\.0)?p[tx]solid)")


def of(tag: str, klass: str, ident: str, style: str) -> Mark:
    """What an element that is no blockquote says by its class, id or style."""
    if klass:
        if _ATTRIBUTION_CLASS.search(klass):
            return Mark.ATTRIBUTION
        # Gmail's container holds the answers between quotes as well: only its blockquotes are quotes.
        if _CUT_CLASS.search(klass) and "gmail_quote" not in klass:
            return Mark.CUT
        if _SIGNATURE.search(klass):
            return Mark.SIGNATURE
    if ident:
        if _CUT_ID.search(ident):
            return Mark.CUT
        if _SIGNATURE.search(ident):
            return Mark.SIGNATURE
    if style and tag == "div" and "border-top" in style and _is_outlook_rule(style):
        return Mark.CUT
    return Mark.NONE


def _is_outlook_rule(style: str) -> bool:
    """The line that Outlook draws above the headers of the quoted letter: a solid top border and 3 pt of padding."""
    squeezed = style.replace(" ", "").lower()
    return _RULE_ABOVE.search(squeezed) is not None and (
        "padding:3" in squeezed or "padding-top:3" in squeezed
    )


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
