"""What becomes an artifact, and what is refused."""

from __future__ import annotations

import hashlib
import os
import threading
import time

import pytest

from apps.runs import artifacts
from apps.runs.folders import Abandoned
from apps.runs.models import Artifact

pytestmark = pytest.mark.django_db


def collect(run, *patterns, since=0.0):
    return artifacts.collect(
        run, patterns=list(patterns), since=since, keep_on=lambda: True
    )


def kept(run):
    return list(Artifact.objects.filter(run=run).values_list("name", flat=True))


def test_what_is_left_in_the_work_folder_is_kept_with_its_checksum(run, place):
    (place.work / "sub").mkdir()
    (place.work / "sub" / "report.json").write_bytes(b"{}")

    assert collect(run) == []
    artifact = Artifact.objects.get(run=run)
    assert artifact.name == "sub/report.json"
    assert artifact.content_type == "application/json"
    assert artifact.sha256 == hashlib.sha256(b"{}").hexdigest()
    with artifacts.storage().open(artifact.path) as file:
        assert file.read() == b"{}"


def test_what_the_run_listed_is_kept(run, place, tmp_path):
    (tmp_path / "listed.md").write_text("# hi")
    place.listed.write_text(f"{tmp_path / 'listed.md'}\n\n")

    assert collect(run) == []
    assert kept(run) == ["listed.md"]


def test_a_list_makes_the_patterns_unused(run, place, settings):
    (settings.DATA_DIR / "other.txt").write_text("not ours")
    (settings.DATA_DIR / "mine.txt").write_text("ours")
    place.listed.write_text(f"{settings.DATA_DIR / 'mine.txt'}\n")

    collect(run, "*.txt")

    assert kept(run) == ["mine.txt"]


def test_without_a_list_patterns_find_what_changed_during_the_run(run, place, settings):
    old = settings.DATA_DIR / "old.txt"
    old.write_text("before")
    os.utime(old, (1, 1))
    (settings.DATA_DIR / "new.txt").write_text("now")

    collect(run, "*.txt", since=time.time() - 5)

    assert kept(run) == ["new.txt"]


def test_patterns_find_nothing_of_other_runs(run, place, settings):
    (place.work / "mine.txt").write_text("now")
    other = settings.DATA_DIR / "runs" / "another" / "work" / "inputs"
    other.mkdir(parents=True)
    (other / "theirs.txt").write_text("now")

    collect(run, "**/*.txt", since=time.time() - 5)

    assert kept(run) == ["mine.txt"]


@pytest.mark.parametrize("kind", ["link", "pipe", "missing", "folder"])
def test_what_is_no_regular_file_is_refused_with_a_sentence(run, place, kind):
    odd = place.home / "odd"
    if kind == "link":
        odd.symlink_to("/etc/passwd")
    elif kind == "pipe":
        os.mkfifo(odd)
    elif kind == "folder":
        odd.mkdir()
    place.listed.write_text(f"{odd}\n")

    problems = collect(run)

    assert len(problems) == 1
    assert "was not kept" in problems[0]
    assert kept(run) == []


def test_a_linked_folder_is_not_entered(run, place):
    (place.work / "etc").symlink_to("/etc")

    collect(run)

    assert kept(run) == []


def test_two_files_of_one_name_are_both_kept(run, place, tmp_path):
    (place.work / "a.txt").write_text("1")
    (tmp_path / "a.txt").write_text("2")
    place.listed.write_text(f"{tmp_path / 'a.txt'}\n")

    collect(run)

    assert kept(run) == ["a-2.txt", "a.txt"]


def test_a_name_is_data(run, place):
    (place.work / 'x"\r\n<script>.txt').write_text("1")

    collect(run)

    assert kept(run) == ['x"\ufffd\ufffd<script>.txt']


def test_too_many_files_are_cut_off_with_a_sentence(run, place, monkeypatch):
    monkeypatch.setattr(artifacts, "MAX_ARTIFACTS", 2)
    for number in range(4):
        (place.work / f"{number}.txt").write_text("x")

    assert "more than 2 files" in collect(run)[0]
    assert kept(run) == ["0.txt", "1.txt"]


def test_a_file_that_is_too_large_is_refused(run, place, monkeypatch):
    monkeypatch.setattr(artifacts, "MAX_ARTIFACT_BYTES", 10)
    (place.work / "big.bin").write_bytes(b"x" * 11)

    assert "11 bytes" in collect(run)[0]
    assert kept(run) == []


# -- While it takes long -----------------------------------------------------------
def test_looking_at_many_folders_asks_whether_the_run_is_still_ours(run, place):
    for number in range(20):
        (place.work / str(number)).mkdir()
    asked = []

    def keep_on():
        asked.append(1)
        return len(asked) < 10

    assert artifacts.collect(run, patterns=[], since=0, keep_on=keep_on) == []
    assert len(asked) == 10


def test_a_long_search_asks_whether_the_run_is_still_ours(run, place, monkeypatch):
    monkeypatch.setattr(artifacts, "SEARCH_BEAT_S", 0.01)
    asked, answer = [], threading.Event()

    def search(patterns, since):
        answer.wait(30)
        return []

    def keep_on():
        asked.append(1)
        if len(asked) > 5:
            answer.set()
        return True

    monkeypatch.setattr(artifacts, "_changed", search)

    assert artifacts.collect(run, patterns=["*"], since=0, keep_on=keep_on) == []
    assert len(asked) > 5


def test_a_search_that_fails_is_raised_to_who_asked(run, place, monkeypatch):
    def search(patterns, since):
        raise TimeoutError("the share is away")

    monkeypatch.setattr(artifacts, "_changed", search)

    with pytest.raises(TimeoutError, match="the share is away"):
        collect(run, "*")


def test_removing_what_a_run_left_beats_at_each_file(place):
    for number in range(20):
        (place.work / str(number)).write_text("x")
    beats = []

    place.remove(lambda: beats.append(1))

    assert len(beats) > 20
    assert not place.home.exists()


def test_what_an_earlier_claim_left_is_removed_while_the_run_is_ours(place):
    (place.work / "left.txt").write_text("x")

    with pytest.raises(Abandoned):
        place.make(lambda: False)
    assert place.home.exists()

    place.make()
    assert list(place.work.iterdir()) == []
