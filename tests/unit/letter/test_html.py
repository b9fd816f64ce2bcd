"""HTML is made safe and readable, and loads nothing."""

from __future__ import annotations

import pytest

from mailbridge.letter.html import Html, flattened


def shown(source: str) -> str:
    """The readable text."""
    return Html(source).text()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("a   b\n c&nbsp;d", "a b c d"),
        ("<b>bo</b>ld and <i>it</i>", "bold and it"),
        ('<a href="https://x.example/p">the page</a>', "the page <https://x.example/p>"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ("<ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>", "- one\n- two\n\n  - deep"),
        ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a | b\nc | d"),
        ("<pre>  keep\n   this</pre>", "  keep\n   this"),
        ("<head><title>no</title><style>p{}</style></head><body>yes</body>", "yes"),
        ("<script>alert(1)</script>yes<!-- no -->", "yes"),
        ('<div style="display:none">preheader</div>yes', "yes"),
        ('<span style="font-size:0px;max-height:0">preheader</span>yes', "yes"),
        ('<div style="display:none;mso-hide:all">preheader</div><p>yes</p>', "yes"),
        (
            '<a href="https://x.example/pay" style="mso-hide:all">Pay now</a>',
            "Pay now <https://x.example/pay>",
        ),
        (
            "Write to <ann@x.example> or <https://x.example/a>",
            "Write to <ann@x.example> or <https://x.example/a>",
        ),
        ("<video><p>a film</p></video><object><p>a table</p></object>", "a film\n\na table"),
        ("<head><style>p{color:red}</head><body><p>words</p></body>", "words"),
        ("<script>var a<p>words</p>", "words"),
        ("<!-- made by hand <p>words</p>", "words"),
        ("<head><title>words", "words"),
        ('<body style="display:none"><p>words</p></body>', "words"),
        ('<div style="display:none"><p>words</p></div>', "words"),
        ("one &amp; all\ntwo\n\n&gt; three\n", "one & all\ntwo\n\n> three"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ('<img src="https://spy.example/x.gif" alt="">yes', "yes"),
        ("un<b>closed <i>tags", "unclosed tags"),
        ("5 < 6 and a<b", "5 < 6 and a"),
        ('<p class="MsoNormal">one</p><p class="MsoNormal">two</p>', "one\ntwo"),
        ("zero\u200bwidth", "zerowidth"),
        ("", ""),
    ],
)
def test_html_is_readable(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '<img src="https://spy.example/x.gif">',
        '<img src=x onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<iframe src="https://spy.example"></iframe>',
        '<div style="background:url(https://spy.example/x)">x</div>',
        '<link rel=stylesheet href="https://spy.example/x.css">',
        '<svg><image href="https://spy.example/x"/></svg>',
        '<form action="https://spy.example"><input name=p></form>',
        '<video src="https://spy.example/x" autoplay></video>',
        '<table background="https://spy.example/x"><tr><td>x</td></tr></table>',
        '<style>@import "https://spy.example/x.css"</style>',
        '<base href="https://spy.example/">',
        '<meta http-equiv=refresh content="0;url=https://spy.example">',
        '<img alt="a>b" src="https://spy.example/x.gif">',
    ],
)
def test_nothing_is_loaded_and_nothing_runs(attack: str) -> None:
    clean = Html(f"<p>before</p>{attack}<p>after</p>").clean
    assert "spy.example" not in clean
    assert "alert" not in clean
    assert "before" in clean
    assert "after" in clean


def test_images_inside_the_letter_stay() -> None:
    html = Html('<img src="cid:Logo@x" alt="logo">')
    assert 'src="cid:Logo@x"' in html.clean
    assert html.cids == {"logo@x"}


def test_markup_nested_without_end_is_flattened_and_keeps_its_words() -> None:
    source = "<div>" * 50_000 + "deep words" + "</div>" * 50_000
    assert flattened(source).count("<div>") < 1_000
    assert shown(source) == "deep words"


@pytest.mark.parametrize(
    "markup",
    [
        '<meta content="text/html; charset=utf-8><p>one</p><p>two</p>',
        "<p>one</p><div title='never closed>two</div>",
    ],
)
def test_a_quotation_mark_that_never_closes_takes_no_words_away(markup: str) -> None:
    assert Html(markup).text().split() == ["one", "two"]
    assert Html('<p>5" wide, a="</p>').text() == '5" wide, a="'


@pytest.mark.parametrize("mark", ["'", '"'])
@pytest.mark.parametrize("value", ["https://x.example/?token=YQ==", "=", "", "<b c=", "a > b ="])
def test_a_value_that_ends_in_an_equals_sign_is_closed_by_its_quotation_mark(mark: str, value: str) -> None:
    text = Html(f"<p>one <i title={mark}{value}{mark}>two</i> three</p><p>four</p>").text()
    assert text.split() == ["one", "two", "three", "four"]
    other = "'" if mark == '"' else '"'
    both = Html(f"<p>one <i class={other}{mark}{other} title={mark}{value}{mark}>two</i> three</p>").text()
    assert both.split() == ["one", "two", "three"]
