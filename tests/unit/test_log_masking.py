"""No secret gets into a log, in whatever pieces and forms it is printed."""

from __future__ import annotations

import base64
import html
import itertools
import json
import shlex
import subprocess
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.runs.logs.masking import MASK, Masker, Matcher, OutputMask, patterns_of

# Few characters, so that secrets overlap themselves, each other and what is around.
SECRETS = st.text("ab\n+", min_size=4, max_size=9).filter(
    lambda text: len(text.strip()) >= 4
)
ANY_SECRET = st.text(min_size=4, max_size=40).filter(
    lambda text: len(text.strip()) >= 4 and "\N{BULLET}" not in text
)


def parts(draw, secrets):
    """Output in blocks, made of secrets, of parts of them, and of other things."""
    pieces = st.one_of(
        st.sampled_from(secrets),
        st.sampled_from(secrets).flatmap(
            lambda s: st.integers(0, len(s)).map(lambda n: s[:n])
        ),
        st.sampled_from(secrets).flatmap(
            lambda s: st.integers(0, len(s)).map(lambda n: s[n:])
        ),
        st.text("ab\n+x", max_size=5),
    )
    text = "".join(draw(st.lists(pieces, max_size=8))).encode()
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    borders = [0, *cuts, len(text)]
    return [text[a:b] for a, b in itertools.pairwise(borders)]


@st.composite
def printed(draw, secrets=SECRETS):
    values = draw(st.lists(secrets, min_size=1, max_size=3))
    return values, parts(draw, values)


def naively_masked(patterns, data):
    """Each byte that is in some find goes; each run of overlapping finds is one mask."""
    finds = [
        (at, at + len(pattern))
        for pattern in patterns
        for at in range(len(data))
        if data[at:].startswith(pattern)
    ]
    out, at = b"", 0
    while at < len(data):
        end = max((e for s, e in finds if s == at), default=at)
        if end == at:
            out += data[at : at + 1]
            at += 1
            continue
        while longer := [e for s, e in finds if at < s < end < e]:
            end = max(longer)
        out += MASK
        at = end
    return out


def masked(values, blocks):
    masker = Masker(Matcher(patterns_of(values)))
    return b"".join([*map(masker.feed, blocks), masker.finish()])


@given(printed())
@settings(max_examples=300, deadline=None)
def test_however_it_is_split_all_secrets_go_and_all_else_stays(case):
    values, blocks = case
    patterns = patterns_of(values)
    out = masked(values, blocks)
    assert out == naively_masked(patterns, b"".join(blocks))
    # However many patterns there are.
    whole, matcher = b"".join(blocks), Matcher(patterns)
    longest = dict(sorted(matcher._searches(whole)))
    assert dict(matcher._windows(whole)) == longest
    assert not any(value.encode() in out for value in values)


@given(printed(ANY_SECRET))
@settings(max_examples=150, deadline=None)
def test_so_does_any_other_text(case):
    values, blocks = case
    out = masked(values, blocks)
    assert out == masked(values, [b"".join(blocks)])
    assert not any(pattern in out for pattern in patterns_of(values))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_neither_stream_nor_the_log_of_both_has_a_secret(data):
    values = data.draw(st.lists(SECRETS, min_size=1, max_size=2))
    streams = {name: parts(data.draw, values) for name in ("stdout", "stderr")}
    output, log = OutputMask(values), []
    while any(streams.values()):
        left = [name for name in streams if streams[name]]
        name = data.draw(st.sampled_from(left))
        log.append((name, output.feed(name, streams[name].pop(0))))
    log += [(name, output.finish(name)) for name in streams]
    everything = [log, *([p for p in log if p[0] == name] for name in streams)]
    for shown in everything:
        text = b"".join(block for _name, block in shown)
        assert not any(pattern in text for pattern in patterns_of(values))


@given(printed())
@settings(max_examples=150, deadline=None)
def test_no_more_is_held_back_than_may_become_a_secret(case):
    values, blocks = case
    matcher = Matcher(patterns_of(values))
    masker = Masker(matcher)
    for block in blocks:
        masker.feed(block)
        held = masker._held
        assert len(held) < matcher.longest
        assert not held or any(p.startswith(held) for p in patterns_of(values))


def test_a_secret_that_comes_byte_by_byte_is_hidden_and_the_rest_is_live():
    masker = Masker(Matcher(patterns_of(["hunter2"])))
    shown = [masker.feed(bytes([byte])) for byte in b"is hunter2, 12345"]
    assert shown[:3] == [b"i", b"s", b" "]
    assert shown[3:10] == [b"", b"", b"", b"", b"", b"", MASK]
    assert shown[10:] == [b",", b" ", b"1", b"2", b"3", b"4", b"5"]


def test_what_only_began_like_a_secret_comes_at_the_end():
    masker = Masker(Matcher(patterns_of(["hunter2"])))
    assert masker.feed(b"password: hun") == b"password: "
    assert masker.finish() == b"hun"


@given(ANY_SECRET, st.binary(max_size=7), st.binary(max_size=7), st.booleans())
@settings(max_examples=150, deadline=None)
def test_base64_of_a_secret_with_whatever_around_it_is_hidden(
    value, before, after, is_url_safe
):
    encode = base64.urlsafe_b64encode if is_url_safe else base64.b64encode
    code = encode(before + value.encode() + after)
    for text in (code, code.rstrip(b"=")):
        out = masked([value], [text[:5], text[5:]])
        # What is left beside the dots holds four bits of the secret at each end at most.
        left = len(out.replace(MASK, b""))
        assert MASK in out
        assert left <= -(-8 * len(before) // 6) + -(-8 * len(after) // 6) + 4


@pytest.mark.parametrize("width", [64, 76])
def test_base64_in_lines_is_hidden(width):
    value = "a long secret, of more bytes than one line of base64 holds: " * 5
    code = base64.b64encode(value.encode())
    lines = b"\n".join(code[at : at + width] for at in range(0, len(code), width))
    assert masked([value], [lines]).replace(MASK, b"").strip() == b""


def test_base64_with_the_line_end_that_a_pipe_adds_is_hidden():
    code = base64.b64encode(b"hunter2 and more\n")
    assert masked(["hunter2 and more"], [code]) == MASK


@given(ANY_SECRET)
def test_quoted_and_escaped_forms_are_hidden(value):
    json_forms = [json.dumps(value), json.dumps(value, ensure_ascii=False)]
    quoted = [quote(value, safe=""), quote(value), quote_plus(value)]
    for form in [*quoted, *(text[1:-1] for text in json_forms)]:
        assert masked([value], [form.encode()]) == MASK


@given(ANY_SECRET)
def test_what_other_languages_write_for_it_is_hidden(value):
    python = [repr(value), ascii(value), repr([value, '"'])[1:-6], repr(value.encode())]
    hexadecimal = [value.encode().hex(), value.encode().hex().upper()]
    pages = [html.escape(value), html.escape(value, quote=False)]
    shell = shlex.quote(f"{value} ")[1:-2]
    inner = [text.removeprefix("b")[1:-1] for text in python]
    for form in [*inner, *hexadecimal, *pages, shell]:
        assert masked([value], [form.encode()]) == MASK


@pytest.mark.parametrize("command", ["set -x; : $S", "export -p", "printf %q $S"])
def test_what_a_shell_writes_for_it_is_hidden(command):
    value = "it's\\a\"$ecret`&<b>;"
    said = subprocess.run(
        ["bash", "-c", f"export S; {command.replace('$S', chr(34) + '$S' + chr(34))}"],
        env={"S": value},
        capture_output=True,
        check=True,
    )
    shown = masked([value], [said.stdout + said.stderr])
    assert MASK in shown
    assert b"ecret" not in shown


def test_lower_case_escapes_are_hidden():
    assert masked(["a/b=c/d"], [b"a%2fb%3dc%2fd"]) == MASK


def test_each_line_of_a_secret_of_several_is_hidden_but_no_short_one():
    value = "first line\nab\n    \n  third: line"
    out = masked([value], [b"ab, third: line\n    first line\r\n"])
    assert out == b"ab, " + MASK + b"\n    " + MASK + b"\r\n"


def test_an_end_that_comes_from_the_other_stream_is_hidden():
    output = OutputMask(["abcd"])
    shown = [output.feed("stdout", b"ab"), output.feed("stdout", b"ab")]
    assert shown == [b"", b"ab"]
    assert output.feed("stderr", b"cd!") == MASK + b"!"


def test_a_text_is_masked_as_a_whole():
    output = OutputMask(["hunter2"])
    assert output.text("hunter2 is no file: hunt") == MASK.decode() + (
        " is no file: hunt"
    )
    assert output.text("\ud800") == "\ud800"


def test_a_long_key_does_not_slow_a_log_down():
    lines = [base64.b64encode(bytes([n]) * 47).decode() for n in range(110)]
    output = OutputMask(["\n".join(lines)])
    block = (b"2026-01-01 12:00:00 INFO a line such as logs have, and more\n" * 1100)[
        : 64 * 1024
    ]
    began = time.perf_counter()
    for _ in range(16):
        output.feed("stdout", block)
    # A megabyte; measured at a tenth of that.
    assert time.perf_counter() - began < 10
