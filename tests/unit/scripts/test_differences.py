"""Comparing two sources."""

from __future__ import annotations

import difflib
import random
import time

import pytest

from apps.scripts import differences
from apps.scripts.differences import TooLarge, compare, unified


def text(*lines):
    return "".join(f"{line}\n" for line in lines)


def test_equal_texts_do_not_differ():
    found = compare(text("a", "b"), text("a", "b"))

    assert (found.lines, found.added, found.removed) == ([], 0, 0)
    assert unified(found, "old", "new") == ""


def test_a_change_is_shown_with_three_lines_around_it():
    old = [str(n) for n in range(20)]
    new = [*old[:10], "ten", *old[11:]]

    found = compare(text(*old), text(*new))

    assert [(line.kind, line.old, line.new) for line in found.lines] == [
        ("gap", None, None),
        *(("same", n, n) for n in (8, 9, 10)),
        ("removed", 11, None),
        ("added", None, 11),
        *(("same", n, n) for n in (12, 13, 14)),
    ]


@pytest.mark.parametrize("seed", range(40))
def test_it_is_written_as_difflib_writes_it(seed):
    chance = random.Random(seed)
    # No line comes twice, so there is one shortest difference only.
    old = [f"{n}\n" for n in range(chance.randrange(40))]
    new = [line for line in old if chance.random() > 0.1]
    for _ in range(chance.randrange(4)):
        new.insert(chance.randrange(len(new) + 1), f"new {chance.random()}\n")

    found = unified(compare("".join(old), "".join(new)), "old", "new")

    assert found == "".join(difflib.unified_diff(old, new, "old", "new"))


@pytest.mark.parametrize("seed", range(40))
def test_both_texts_can_be_read_from_it(seed):
    chance = random.Random(seed)
    old = "\n".join(chance.choice("abc") for _ in range(3))
    new = "\n".join(chance.choice("abc") for _ in range(3)) + chance.choice(["", "\n"])

    lines = [line for line in compare(old, new).lines if line.kind != "gap"]

    if old != new:
        # So few that all of them are near a change.
        assert "".join(x.text for x in lines if x.kind != "added") == old
        assert "".join(x.text for x in lines if x.kind != "removed") == new


def test_a_last_line_without_an_end_is_told():
    found = unified(compare("a\nb", "a\nb\n"), "old", "new")

    assert "-b\n\\ No newline at end of file\n+b\n" in found


def test_a_text_that_was_empty_is_all_new():
    assert "@@ -0,0 +1,2 @@" in unified(compare("", "a\nb\n"), "old", "new")


def test_a_small_change_in_a_huge_text_is_shown_finely():
    old = "x\n" * 400_000
    found = compare(old, old + "y\n")

    assert (found.added, found.removed, found.is_rough) == (1, 0, False)


def test_too_many_lines_are_refused():
    with pytest.raises(TooLarge):
        compare("a\n" * 20_001, "b\n")


def test_what_takes_too_long_is_shown_as_one_change(monkeypatch):
    monkeypatch.setattr(differences, "PATIENCE_S", -1)

    found = compare(text("a", "b", "c", "d"), text("a", "x", "c", "y"))

    assert found.is_rough
    assert (found.added, found.removed) == (3, 3)


def test_hostile_texts_take_a_bounded_time():
    lines = [f"{n % 300}\n" for n in range(20_000)]
    mixed = random.Random(1).sample(lines, len(lines))
    begin = time.process_time()

    compare("".join(lines), "".join(mixed))

    assert time.process_time() - begin < 10
