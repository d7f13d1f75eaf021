"""Each content that a script's file had is kept once."""

from __future__ import annotations

import hashlib

import pytest

from apps.core.errors import InvalidInput, NotFound
from apps.scripts import services, versions
from apps.scripts.models import Script, ScriptVersion

pytestmark = pytest.mark.django_db

ONE = "#!/bin/sh\necho one\n"
TWO = "#!/bin/sh\necho two\n"


def kept(script):
    found = script.versions.order_by("number")
    return [(version.number, version.text) for version in found]


def test_each_content_is_a_version_with_a_number(add_script):
    add_script("a.sh", ONE)
    script = add_script("a.sh", TWO)

    assert kept(script) == [(1, ONE), (2, TWO)]


def test_numbers_count_for_each_script(add_script):
    assert kept(add_script("a.sh", ONE)) == [(1, ONE)]
    assert kept(add_script("b.sh", ONE)) == [(1, ONE)]


def test_a_content_that_comes_back_is_the_version_that_it_was(add_script):
    add_script("a.sh", ONE)
    add_script("a.sh", TWO)
    script = add_script("a.sh", ONE)

    assert kept(script) == [(1, ONE), (2, TWO)]
    assert versions.current_version(script=script).number == 1


def test_what_is_found_when_a_run_is_asked_for_is_kept_too(add_script, scripts_dir):
    script = add_script("a.sh", ONE)
    (scripts_dir / "a.sh").write_text(TWO)

    services.refresh_script(script=script)

    assert kept(script) == [(1, ONE), (2, TWO)]


def test_a_broken_script_can_be_looked_at(add_script):
    script = add_script("a.py", "def broken(:\n")

    assert kept(script) == [(1, "def broken(:\n")]


@pytest.mark.parametrize(
    ("source", "why"),
    [(b"\x7fELF\0", "no text in a known encoding"), (b"x" * 2**21, "has 2097152 byte")],
)
def test_what_is_no_text_or_too_large_is_kept_without_its_source(
    scripts_dir, source, why
):
    (scripts_dir / "a.py").write_bytes(source)
    services.sync_scripts()

    version = ScriptVersion.objects.get()

    assert version.sha256 == hashlib.sha256(source).hexdigest()
    assert version.source is None
    assert why in versions.why_no_source(version)
    with pytest.raises(NotFound, match=why):
        versions.text_of(version=version)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (b"# coding: latin-1\nprint('\xe9')\n", "# coding: latin-1\nprint('é')\n"),
        (b"\xef\xbb\xbfprint(1)\r\n", "print(1)\r\n"),
    ],
)
def test_the_bytes_are_kept_and_their_encoding(scripts_dir, source, text):
    (scripts_dir / "a.py").write_bytes(source)
    services.sync_scripts()

    version = ScriptVersion.objects.get()

    assert (version.source, version.text) == (source, text)


def test_a_look_notes_what_it_saw(add_script):
    script = add_script("a.sh", ONE)
    first = script.versions.get().last_seen_at

    services.sync_scripts()

    assert script.versions.get().last_seen_at > first


def test_a_content_without_a_version_gets_one_at_the_next_look(add_script):
    script = add_script("a.sh", ONE)
    ScriptVersion.objects.all().delete()

    report = services.sync_scripts()

    assert kept(script) == [(1, ONE)]
    assert report.changed == []


def test_a_look_without_changes_reads_nothing_anew(add_script, monkeypatch):
    add_script("a.sh", ONE)
    Script.objects.update(title="as an older hub read it")

    services.sync_scripts()
    assert Script.objects.get().title == "as an older hub read it"

    services.sync_scripts(afresh=True)
    assert Script.objects.get().title == ""


# -- Finding one ---------------------------------------------------------------


def test_a_version_is_found_by_its_number_or_checksum(add_script):
    add_script("a.sh", ONE)
    script = add_script("a.sh", TWO)
    sha256 = hashlib.sha256(ONE.encode()).hexdigest()

    def number(which):
        return versions.find_version(script=script, which=which).number

    assert number("") == 2
    assert [number(w) for w in ("1", sha256, sha256[:12], sha256.upper())] == [1] * 4


@pytest.mark.parametrize("which", ["3", "0", "999999999", "0" * 12, "f" * 64])
def test_a_version_that_is_not_kept_is_not_found(add_script, which):
    script = add_script("a.sh", ONE)

    with pytest.raises(NotFound, match="may have been pruned"):
        versions.find_version(script=script, which=which)


@pytest.mark.parametrize("which", ["abc", "-1", "1.0", "f" * 65, "9" * 10, "z" * 12])
def test_what_names_no_version_is_refused(add_script, which):
    script = add_script("a.sh", ONE)

    with pytest.raises(InvalidInput, match="at least 12 digits"):
        versions.find_version(script=script, which=which)


def test_a_beginning_that_fits_several_is_refused(add_script):
    script = add_script("a.sh", ONE)
    version = script.versions.get()
    version.pk, version.number = None, 2
    version.sha256 = version.sha256[:63] + ("0" if version.sha256[63] != "0" else "1")
    version.save()

    with pytest.raises(InvalidInput, match="several"):
        versions.find_version(script=script, which=version.sha256[:12])
