"""Markdown: rendered, and cleaned of whatever could do more than be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import nh3
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from markdown_it.token import Token

from apps.runs.previews.links import Links
from apps.runs.previews.patient import PatientParser
from apps.runs.previews.text import visible

# What is rendered of a file.
MAX_CHARACTERS = 128 * 1024
SCHEMES = {"http", "https", "mailto"}
# A page has headings of its own above these.
HEADINGS = {f"h{n}": f"h{min(n + 2, 6)}" for n in range(1, 7)}
ALIGNED = {"text-align:right": "hub-right", "text-align:center": "hub-center"}
TAGS = {
    *("h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em"),
    *("strong", "s", "ul", "ol", "li", "a", "img", "table", "thead", "tbody", "tr"),
    *("th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
CLASSES = {"th": set(ALIGNED.values()), "td": set(ALIGNED.values())}


@dataclass
class Marked:
    """A rendered text, and what is to be said of it."""

    html: SafeString
    notes: list[str] = field(default_factory=list)
    # Whether it takes too long to be rendered at all.
    is_too_much: bool = False


def render(text: str, links: Links | None = None) -> Marked:
    """Return Markdown as HTML that is safe in a page with the console's policy.

    HTML in it is shown as text. Links lead to the web, to mail, or to files of the same
    run; pictures are shown of these files alone. What takes too long is left out.
    """
    notes = []
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS].rpartition("\n")[0] or text[:MAX_CHARACTERS]
        notes.append(
            _("Its first %(most)d characters are shown.") % {"most": MAX_CHARACTERS}
        )
    parser = PatientParser()
    tokens = parser.parse(visible(text))
    if parser.is_cut:
        if not tokens:
            return Marked(SafeString(), is_too_much=True)
        notes = [_("It takes too long to be rendered: its beginning is shown.")]
    _Mender(links or Links()).mend(tokens)
    made = parser.markdown
    html = made.renderer.render(tokens, made.options, {})
    return Marked(_clean(html), notes)


def _clean(html: str) -> SafeString:
    return SafeString(
        nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            allowed_classes=CLASSES,
            url_schemes=SCHEMES,
            link_rel="nofollow noopener noreferrer",
        )
    )


class _Mender:
    """Makes tokens fit: headings below the page's, no styles, links that may be."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def mend(self, tokens: list[Token]) -> None:
        for token in tokens:
            token.tag = HEADINGS.get(token.tag, token.tag)
            style = str(token.attrs.pop("style", ""))
            if style in ALIGNED:
                token.attrSet("class", ALIGNED[style])
            if token.type == "link_open":
                self._mend_link(token)
            elif token.type == "image":
                self._mend_image(token)
            # The words of an image are its alternative text, and lead nowhere.
            elif token.children:
                self.mend(token.children)

    def _mend_link(self, token: Token) -> None:
        target = str(token.attrs.pop("href", ""))
        if href := self._href(target):
            token.attrSet("href", href)

    def _href(self, target: str) -> str:
        try:
            parts = urlsplit(target)
            if parts.scheme.lower() in SCHEMES:
                return target
            if parts.scheme or parts.netloc or not parts.path:
                return ""
            return self._links.page(self._links.resolve(target))
        except ValueError:
            return ""

    def _mend_image(self, token: Token) -> None:
        target = str(token.attrs.get("src", ""))
        source = ""
        try:
            parts = urlsplit(target)
            if not parts.scheme and not parts.netloc and parts.path:
                source = self._links.picture(self._links.resolve(target))
        except ValueError:
            pass
        if source:
            token.attrSet("src", source)
            return
        words = token.content or target
        token.type, token.tag, token.children = "text", "", None
        token.content = _("[picture: %(words)s]") % {"words": words[:200]}
        token.attrs = {}
