"""Finds words that a reader would see and nobody could translate.

In a template that is text outside `{% translate %}` and `{% blocktranslate %}`; in a
module of JavaScript any text at all: its page hands it the words, as `data-say-…` and
the like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.jslexer import tokenize

ROOT = Path(__file__).resolve().parents[2]
# What reads the same in every language; a language is named in its own words.
NAMES = {"automation-hub", "API", "UTC", "SHA-", "curl", "stdout", "stderr", "English"}
# -- Templates
SHOWN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "label", "summary"}
UNREAD_ELEMENTS = {"script", "style", "code"}
BUTTONS = {"submit", "button", "reset"}
TRANSLATED = re.compile(r"{%\s*(blocktrans\w*|comment)\b.*?{%\s*end\1\s*%}", re.DOTALL)
TAGS = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
WORD = re.compile(r"[A-Za-z][A-Za-z-]+")
# -- JavaScript
# Keys of the keyboard, and what the browser calls things.
BROWSERS = {"Enter", "Escape", "Tab", "Home", "End", "PageUp", "PageDown", "Delete"}
BROWSERS |= {"Backspace", "Space", "Shift", "Control", "Alt", "Meta"}
CAPITALISED = re.compile(r"[A-Z][a-z]+[.,:;!?…]?")
PLAIN = re.compile(r"[A-Za-z][a-z']+[.,:;!?…]?|[aAI]")
SELECTOR = re.compile(r"[\[#>*=]|^\.|\s\.")
HTML_TAG = re.compile(r"</?\w[^>]*>")
# A single small word could be anything, but where it is put into the page it is text.
PUT_INTO_THE_PAGE = re.compile(
    r"""(?:\.(?:textContent|innerText|title|placeholder|alt|ariaLabel)\s*\+?=
        |setAttribute\(\s*["'`](?:title|placeholder|alt|aria-label)["'`]\s*,
        |\b(?:alert|confirm|prompt)\()
        \s*["'`](?P<text>[^"'`]*)""",
    re.VERBOSE,
)


def in_template(text: str) -> list[str]:
    """Return the texts of a template that no catalogue can hold."""
    reader = _Reader()
    reader.feed(TAGS.sub(" ", TRANSLATED.sub(" ", text)))
    reader.close()
    return [found for found in reader.texts if set(WORD.findall(found)) - NAMES]


def in_javascript(code: str) -> list[str]:
    """Return the texts in a module that look like words for a reader."""
    found = [text for text in _literals(code) if _is_worded(text)]
    found += [
        match["text"]
        for match in PUT_INTO_THE_PAGE.finditer(code)
        if set(WORD.findall(_without_values(match["text"]))) - NAMES
    ]
    return list(dict.fromkeys(found))


def templates(root: Path = ROOT) -> Iterator[Path]:
    """Yield all templates that are ours."""
    yield from sorted((root / "templates").rglob("*.html"))
    yield from sorted((root / "apps").glob("*/templates/**/*.html"))


def modules(root: Path = ROOT) -> Iterator[Path]:
    """Yield all modules that a browser loads."""
    yield from sorted((root / "apps").glob("*/static/**/*.js"))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._is_unread = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_unread = tag in UNREAD_ELEMENTS
        is_button = tag == "input" and dict(attrs).get("type") in BUTTONS
        for name, value in attrs:
            is_shown = name in SHOWN_ATTRIBUTES or (is_button and name == "value")
            if value and is_shown:
                self.texts.append(value.strip())

    def handle_endtag(self, tag: str) -> None:
        self._is_unread = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_unread:
            self.texts.append(" ".join(data.split()))


def _literals(code: str) -> Iterator[str]:
    for token in tokenize(code):
        if token.type in {"string", "template_string"}:
            yield token.value[1:-1]


def _is_worded(text: str) -> bool:
    plain = _without_values(text)
    if SELECTOR.search(plain):
        return False
    words = plain.split()
    if any(CAPITALISED.fullmatch(word) and word not in BROWSERS for word in words):
        return True
    return sum(bool(PLAIN.fullmatch(word)) for word in words) > 1


def _without_values(text: str) -> str:
    """What is left of a template string without `${…}`, and without markup."""
    while (bare := re.sub(r"\$\{[^{}]*\}", " ", text)) != text:
        text = bare
    return HTML_TAG.sub(" ", text)
