"""Removing a folder with all that is in it, one entry at a time."""

from __future__ import annotations

import os
import resource

import pytest

from apps.runs.removal import remove_tree

DEEP = 3000


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "folder"
    (folder / "a" / "b").mkdir(parents=True)
    for path in ("1.txt", "a/2.txt", "a/b/3.txt", "a/b/4.txt"):
        (folder / path).write_text("x")
    return folder


def dig(folder, depth):
    """Make folders in each other, deeper than any path may be long."""
    fd = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)


def test_it_goes_one_entry_at_a_time(folder):
    steps = remove_tree(folder)
    next(steps)
    assert folder.exists()

    assert 1 + len(list(steps)) == 6
    assert not folder.exists()


def test_links_are_removed_and_not_followed(folder, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "kept.txt").write_text("x")
    (folder / "a" / "link").symlink_to(tmp_path / "other")

    list(remove_tree(folder))

    assert not folder.exists()
    assert (tmp_path / "other" / "kept.txt").exists()


def test_a_link_in_its_place_is_left_alone(folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)

    with pytest.raises(NotADirectoryError):
        list(remove_tree(link))

    assert (folder / "1.txt").exists()


def test_no_depth_is_too_deep(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    dig(folder, DEEP)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        steps = sum(1 for _ in remove_tree(folder))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert steps == DEEP + 6
    assert not folder.exists()


def test_what_cannot_be_removed_keeps_nothing_else(folder, monkeypatch):
    honest = os.unlink

    def refuse(name, *, dir_fd):
        if name == "3.txt":
            raise PermissionError(1, "Operation not permitted", name)
        honest(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refuse)

    with pytest.raises(PermissionError, match=r"not permitted: '3\.txt'"):
        list(remove_tree(folder))

    left = sorted(path.name for path in folder.rglob("*"))
    assert left == ["3.txt", "a", "b"]


def test_a_folder_that_is_moved_meanwhile_leads_nowhere_else(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.txt").write_text("x")
    steps = remove_tree(folder)
    while (folder / "a" / "b" / "3.txt").exists():
        next(steps)
    (folder / "a" / "b").rename(elsewhere / "b")

    with pytest.raises(OSError, match="'b' was moved while it was removed"):
        list(steps)

    assert (elsewhere / "kept.txt").exists()
