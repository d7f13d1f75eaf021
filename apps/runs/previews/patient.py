"""Reading Markdown in bounded time: what would take longer is left out from there on."""

from __future__ import annotations

import time

from markdown_it import MarkdownIt
from markdown_it.rules_block.state_block import StateBlock
from markdown_it.rules_core.state_core import StateCore
from markdown_it.rules_inline.state_inline import StateInline
from markdown_it.token import Token

# Of this thread's own processor time, so that a busy machine shows no less.
BLOCKS_S = 0.15
PATIENCE_S = 0.3
# Rules that ask at each line whether something else begins there.
ASKING = ("paragraph", "reference", "blockquote", "list")


class _TooLong(Exception):
    """The time is over."""


class PatientParser:
    """A parser of CommonMark with tables; `is_cut` says whether it took too long.

    What it was in the middle of then is left out with all behind it.
    """

    def __init__(self) -> None:
        self.is_cut = False
        self._end = 0.0
        self.markdown = MarkdownIt("commonmark", {"html": False}).enable(["table"])
        self.markdown.block.ruler.before(
            "table", "watch", self._watch_line, {"alt": [*ASKING]}
        )
        self.markdown.inline.ruler.before("text", "watch", self._watch_mark)
        self.markdown.core.ruler.at("block", self._read_blocks)
        self.markdown.core.ruler.at("inline", self._read_words)

    def parse(self, text: str) -> list[Token]:
        """Return the tokens of a text, or of its beginning."""
        self._began = time.thread_time()
        return self.markdown.parse(text)

    def _read_blocks(self, state: StateCore) -> None:
        self._end = self._began + BLOCKS_S
        try:
            self.markdown.block.parse(state.src, self.markdown, state.env, state.tokens)
        except _TooLong:
            self._cut(state.tokens)

    def _read_words(self, state: StateCore) -> None:
        self._end = self._began + PATIENCE_S
        for number, token in enumerate(state.tokens):
            if token.type != "inline":
                continue
            token.children = []
            try:
                self.markdown.inline.parse(
                    token.content, self.markdown, state.env, token.children
                )
            except _TooLong:
                del state.tokens[number:]
                self._cut(state.tokens)
                return

    def _cut(self, tokens: list[Token]) -> None:
        """Drop the outermost block that is not whole."""
        self.is_cut = True
        while tokens and (tokens[-1].level or tokens[-1].nesting > 0):
            tokens.pop()

    def _watch_line(
        self, state: StateBlock, first: int, last: int, silent: bool
    ) -> bool:
        return self._watch()

    def _watch_mark(self, state: StateInline, silent: bool) -> bool:
        return self._watch()

    def _watch(self) -> bool:
        """A rule that nothing fits, and that is asked before all others."""
        if time.thread_time() > self._end:
            raise _TooLong
        return False
