"""Writes the style sheet of highlighted sources, from two styles of Pygments.

`python -m tests.contracts.source_colours`. Both styles keep a contrast of 4.5 to 1 on the
admin's own grounds; the dark one follows the admin's theme.
"""

from __future__ import annotations

from pathlib import Path

from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "apps" / "scripts" / "static" / "hub" / "source-colours.css"
HEAD = (
    "/* Made by python -m tests.contracts.source_colours; a test fails when stale. */\n"
)
LIGHT, DARK = "default", "github-dark"
CLASS = ".hub-source"
# A word that the lexer does not know is no error, and no line is marked.
LEFT_OUT = {f"{CLASS} .err", f"{CLASS} .hll"}
# What the reader chose, and what their system says where they chose nothing.
CHOSEN = 'html[data-theme="dark"]'
UNCHOSEN = ('html[data-theme="auto"]', ":root:not([data-theme])")


def rules(style: str) -> list[tuple[str, str]]:
    """Return the selectors of words and what each sets, without those for errors."""
    found = []
    for line in HtmlFormatter(style=style).get_style_defs(CLASS).splitlines():
        selector, _brace, rest = line.partition(" { ")
        if line.startswith(f"{CLASS} .") and selector not in LEFT_OUT:
            found.append((selector, rest.partition(" }")[0]))
    return found


def render() -> str:
    """Return the style sheet."""
    light, dark = rules(LIGHT), rules(DARK)
    # What the dark style does not colour must not keep the light one's.
    named = {selector for selector, _what in dark}
    dark += [(one, "color: inherit") for one, _what in light if one not in named]
    lines = [f"{selector} {{ {what} }}" for selector, what in light]
    lines += [f"{CHOSEN} {selector} {{ {what} }}" for selector, what in dark]
    lines.append("@media (prefers-color-scheme: dark) {")
    for selector, what in dark:
        both = ", ".join(f"{unchosen} {selector}" for unchosen in UNCHOSEN)
        lines.append(f"  {both} {{ {what} }}")
    return HEAD + "\n".join([*lines, "}"]) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
