"""What people write may be read by others: it is shown, never run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.kernel.text import CUT, MARKDOWN_MAX_BYTES, cut, cut_bytes, html_of, printable

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=https://evil.example></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;&#x61;vascript&colon;alert(1))",
    "[x](<java&#10;script:alert(1)>)",
    "[x](vbscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/)",
    "[x](/relative)",
    "[x](#anchor)",
    "[x](\\\\evil.example)",
    "[x](ftp://evil.example)",
    "![x](https://evil.example/pixel.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x][1]\n\n[1]: https://evil.example/pixel.png",
    "<javascript:alert(1)>",
    '<https://ok.example/"onmouseover=alert(1)>',
    '[x](https://ok.example/ "\\" onmouseover=\\"alert(1)")',
    "[x](https://ok.example/'onmouseover='alert(1))",
    "```html\n<script>alert(1)</script>\n```",
    '```"onmouseover=alert(1)\nx\n```',
    "`<script>`",
    "<style>*{display:none}</style>",
    "<!-- --><b>x</b>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "[a](https://x.example)<form action=https://evil.example><input name=p>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
ALLOWED_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff]")


class Reader(HTMLParser):
    """What a browser would see: tags and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(html)
    return reader.tags


def is_safe(html: str) -> bool:
    for tag, attributes in tags(html):
        assert tag in ALLOWED_TAGS, html
        assert set(attributes) <= {"href", "title", "rel", "start"}, html
        if "href" in attributes:
            assert re.match(r"(https?://|mailto:)", attributes["href"] or ""), html
            assert attributes["rel"] == "noopener nofollow", html
    return True


@pytest.mark.parametrize("source", ATTACKS)
def test_an_attack_becomes_harmless(source: str) -> None:
    assert is_safe(html_of(source))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_becomes_safe_html_without_hidden_characters(source: str) -> None:
    html = html_of(source)
    assert is_safe(html)
    assert not HIDDEN.search(html)


@settings(deadline=None)
@given(st.text(alphabet="<>[]()!\"'`&;:/#*_~|\\ \njavscriptx=", max_size=200))
def test_any_punctuation_becomes_safe_html(source: str) -> None:
    assert is_safe(html_of(source))


def test_ordinary_markdown_stays_itself() -> None:
    html = html_of("# Restart\n\n1. **drain** it\n2. see [the runbook](https://docs.example/a?b=c)\n\n`kill -9`")
    assert "<h1>Restart</h1>" in html
    assert "<strong>drain</strong>" in html
    assert '<a href="https://docs.example/a?b=c" rel="noopener nofollow">the runbook</a>' in html
    assert "<code>kill -9</code>" in html


def test_a_table_and_a_mail_link_are_allowed() -> None:
    html = html_of("| a | b |\n|---|---|\n| 1 | 2 |\n\n<mailto:ops@example.com> ~~old~~")
    assert "<td>1</td>" in html
    assert 'href="mailto:ops@example.com"' in html
    assert "<s>old</s>" in html


def test_raw_html_is_shown_as_what_was_typed() -> None:
    assert html_of("<b>x</b> <!-- y -->") == "<p>&lt;b&gt;x&lt;/b&gt; &lt;!-- y --&gt;</p>\n"


def test_an_image_is_a_link_to_follow_not_a_picture_to_load() -> None:
    html = html_of("![graph](https://pics.example/a.png)")
    assert "<img" not in html
    assert 'href="https://pics.example/a.png"' in html


@pytest.mark.parametrize("char", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u200f", "\U000e0041"])
def test_a_hidden_character_is_shown_even_when_written_as_an_entity(char: str) -> None:
    shown = f"⟨U+{ord(char):04X}⟩"
    assert shown in html_of(f"pay{char}load")
    assert shown in html_of(f"pay&#{ord(char)};load")
    assert printable(f"pay{char}load") == f"pay{shown}load"


def test_an_emoji_of_several_parts_stays_one_and_a_lone_joiner_is_shown() -> None:
    assert printable("👩‍🚒 ❤️‍🔥") == "👩‍🚒 ❤️‍🔥"
    assert printable("a\u200db") == "a⟨U+200D⟩b"


def test_markdown_over_16_kib_is_cut_and_says_so() -> None:
    html = html_of("[" * 50_000)
    assert html.count("[") <= MARKDOWN_MAX_BYTES
    assert CUT in html


def test_control_characters_do_not_survive() -> None:
    assert printable("a\x00b\x1b[31mc\x07\x9b") == "a\ufffdb\ufffd[31mc\ufffd\ufffd"
    assert printable("a\r\nb\rc\u2028d\te") == "a\nb\nc\nd\te"
    assert printable("\ud800") == "\ufffd"


def test_a_title_is_one_line() -> None:
    assert printable("  disk\r\nfull\tnow \u2029 ", one_line=True) == "disk full now"


@settings(deadline=None)
@given(st.text(), st.integers(min_value=0, max_value=300))
def test_a_cut_text_keeps_to_its_limit_and_says_what_it_is(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    assert short == text if len(text) <= limit else len(short) < 4 or short.endswith(CUT)


@settings(deadline=None)
@given(st.text(), st.integers(min_value=0, max_value=300))
def test_a_cut_in_bytes_never_splits_a_character(text: str, limit: int) -> None:
    short = cut_bytes(text, limit)
    assert len(short.encode()) <= limit
    assert short == text or text.startswith(short.removesuffix(CUT))
