"""Files that nobody would call scripts: each handled or refused with a sentence."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from apps.scripts import discovery, reading, services
from apps.scripts.models import Script, ScriptState, ScriptVersion
from apps.scripts.survey import survey

pytestmark = pytest.mark.django_db

SH = "#!/bin/sh\necho hello\n"
NOBODY = 65534


@pytest.fixture
def look(scripts_dir):
    """Put a good script beside what is there, look, and return the report."""

    def look_now():
        (scripts_dir / "good.sh").write_text(SH)
        report = services.sync_scripts()
        assert Script.objects.get(name="good.sh").state == ScriptState.OK
        return report

    return look_now


@pytest.mark.parametrize(
    "name",
    [
        "with space.sh",
        'it\'s "quoted".sh',
        "-rf.sh",
        "$(id).sh",
        "smile \U0001f642.sh",
        "名字.sh",
        "a" * 252 + ".sh",
    ],
)
def test_a_strange_name_is_a_name(scripts_dir, api_as, look, name):
    (scripts_dir / name).write_text(SH)

    look()

    assert Script.objects.get(name=name).state == ScriptState.OK
    answer = api_as("Operator").post("/runs/runs", {"script_name": name})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (b"two\nlines.sh", "cannot be shown"),
        (b"\x1b[31mred.sh", "cannot be shown"),
        (b"latin-\xe9.sh", "cannot be shown"),
        (b"d" * 200 + b"/" + b"a" * 200 + b".sh", "more than 255 characters"),
    ],
)
def test_a_name_that_cannot_be_one_is_told(scripts_dir, look, name, sentence):
    path = os.path.join(os.fsencode(scripts_dir), name)  # noqa: PTH118
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    with open(path, "w") as file:  # noqa: PTH123
        file.write(SH)

    [(shown, why)] = look().left_out.items()

    assert shown.isprintable()
    assert sentence in why


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (b"#!/bin/sh\r\necho\r\n", "Windows line ending"),
        (b"\xef\xbb\xbf#!/bin/sh\n", "byte order mark"),
        (SH.encode("utf-16"), "UTF-16"),
        (b"\x7fELF\x02\x00\x00", "binary"),
        (b"#!/bin/sh\n\xff\xfe\xfd\n", "not text"),
        (b"#!/bin/sh\n" + b"#" * 5_000_000, "5000010 bytes"),
    ],
)
def test_a_shell_script_that_could_not_start_is_broken(
    scripts_dir, look, source, sentence
):
    (scripts_dir / "bad.sh").write_bytes(source)

    look()

    script = Script.objects.get(name="bad.sh")
    assert script.state == ScriptState.BROKEN
    assert sentence in script.problem


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (b"def broken(:\n", "Line 1: This is not valid Python"),
        ("x = 1\n".encode("utf-16"), "UTF-16"),
        (b"x = '\xe9'\n", "not text in a known encoding"),
        (b"# coding: nonsense\n", "not text in a known encoding"),
        (b"# coding: undefined\n", "not text in a known encoding"),
        (b"(" * 10_000 + b")" * 10_000, "nested"),
    ],
)
def test_a_python_script_that_could_not_start_is_broken(
    scripts_dir, look, source, sentence
):
    (scripts_dir / "bad.py").write_bytes(source)

    look()

    script = Script.objects.get(name="bad.py")
    assert script.state == ScriptState.BROKEN
    assert sentence in script.problem


PARSER = "import argparse\nparser = argparse.ArgumentParser()\n"
HEAD = "# /// script\n# [tool.automation-hub]\n"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (b"# coding: unicode_escape\nx = '\\x00'\n", "save it as UTF-8"),
        (b"# coding: utf-7\nx = '+2AA-'\n", "save it as UTF-8"),
        (f'{HEAD}# "a\\u0000b" = 1\n# ///\n'.encode(), "unknown key"),
        (
            b'# /// script\n# requires-python = "' + b">=3.1," * 200 + b'"\n# ///\n',
            "requires-python: it has 1200 characters",
        ),
        (
            f"{HEAD}# dry_run = '--dry'\n# ///\n{PARSER}"
            f"parser.add_argument('--dry', action='store_true', dest='{'d' * 70}')\n"
            "parser.parse_args()\n".encode(),
            "dry_run has 70 characters; at most 64",
        ),
    ],
)
def test_what_no_database_would_take_is_broken(scripts_dir, look, source, sentence):
    (scripts_dir / "bad.py").write_bytes(source)

    look()

    script = Script.objects.get(name="bad.py")
    assert script.state == ScriptState.BROKEN
    assert sentence in script.problem


@pytest.mark.parametrize(
    "argument",
    [
        f"'--a', type=int, default=0x{'f' * 6000}",
        f"'--a', type=int, choices=[0x{'f' * 6000}]",
        f"'--a', nargs=0x{'f' * 6000}",
        "'--a\\0b'",
        "'--a\\ud800'",
        "'--a', default='\\ud800', help='\\ud800'",
        "'--a', choices=['\\0', '\\ud800']",
        "'--a', metavar='\\ud800', dest='\\ud800'",
        "'--a', type=lambda text: '\\ud800'",
        "'--a', action='store_const', const='\\ud800'",
        f"'--{'a' * 100_000}'",
    ],
)
def test_an_argument_that_no_json_holds_spoils_nothing(scripts_dir, look, argument):
    source = f"{PARSER}parser.add_argument({argument})\nparser.parse_args()\n"
    (scripts_dir / "odd.py").write_text(source)

    look()

    assert Script.objects.get(name="odd.py").state == ScriptState.OK


def test_an_encoding_may_be_written_in_endless_ways(scripts_dir, look):
    (scripts_dir / "odd.py").write_bytes(b"# coding: latin" + b"-" * 60 + b"1\n#\xe9\n")

    look()

    [version] = Script.objects.get(name="odd.py").versions.all()
    assert "é" in version.text


def test_a_fault_of_the_reader_harms_no_other_script(scripts_dir, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no luck")

    (scripts_dir / "odd.py").write_text("print(1)\n")
    monkeypatch.setattr(reading, "read_manifest", fail)
    services.sync_scripts()
    monkeypatch.undo()

    script = Script.objects.get(name="odd.py")
    assert script.problem == "The hub failed to read it: RuntimeError: no luck."


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbfprint(1)\n",
        b"print(1)\r\nprint(2)\r\n",
        b"#!/usr/bin/env python3\r\nprint(1)\r\n",
        b"# coding: latin-1\nprint('\xe9')\n",
        b"",
    ],
)
def test_what_python_takes_is_taken(scripts_dir, look, source):
    (scripts_dir / "good.py").write_bytes(source)

    look()

    assert Script.objects.get(name="good.py").state == ScriptState.OK


@pytest.mark.parametrize(
    ("name", "source", "mode", "sentence"),
    [
        ("deploy", SH, 0o644, "not executable"),
        ("deploy", "echo hello\n", 0o755, "no #! line"),
        ("deploy", "\ufeff#!/bin/sh\n", 0o755, "byte order mark"),
    ],
)
def test_what_lacks_a_little_to_be_a_script_is_told(
    scripts_dir, look, name, source, mode, sentence
):
    (scripts_dir / name).write_text(source)
    (scripts_dir / name).chmod(mode)

    assert sentence in look().left_out[name]
    assert not Script.objects.filter(name=name).exists()


@pytest.mark.parametrize("name", ["README", "data.csv", "photo.jpg"])
def test_what_does_not_look_like_a_script_is_not_worth_a_word(scripts_dir, look, name):
    (scripts_dir / name).write_text("some text\n")

    assert look().left_out == {}


def test_what_is_no_file_is_told(scripts_dir, look):
    os.mkfifo(scripts_dir / "pipe.py")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(scripts_dir / "socket.sh"))
    (scripts_dir / "null.sh").symlink_to("/dev/null")
    (scripts_dir / "loop.sh").symlink_to("loop.sh")
    (scripts_dir / "nowhere.sh").symlink_to("nothing.sh")
    (scripts_dir / "round").symlink_to(".")

    told = look().left_out

    assert {name: why.partition(";")[0] for name, why in told.items()} == {
        "pipe.py": "It is no regular file.",
        "socket.sh": "It is no regular file.",
        "null.sh": "It is a link that leads to no file inside the scripts folder",
        "loop.sh": "It is a link that leads to no file inside the scripts folder",
        "nowhere.sh": "It is a link that leads to no file inside the scripts folder",
        "round/": "It is a link to a folder, which could lead round in a circle",
    }


@pytest.fixture
def unprivileged_dir():
    """A folder that any user may enter, and a way to look at it as nobody."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)

    def look_as_nobody():
        root = os.geteuid() == 0
        if root:
            os.seteuid(NOBODY)
        try:
            return survey(folder)
        finally:
            if root:
                os.seteuid(0)

    yield folder, look_as_nobody
    shutil.rmtree(folder)


def test_what_may_not_be_read_is_told(unprivileged_dir):
    folder, look_as_nobody = unprivileged_dir
    (folder / "secret.sh").write_text(SH)
    (folder / "secret.sh").chmod(0)
    (folder / "closed").mkdir(mode=0)
    (folder / "open.sh").write_text(SH)

    found = look_as_nobody()
    (folder / "closed").chmod(0o755)

    assert found.names == ["open.sh"]
    assert found.left_out["secret.sh"].params == {"error": "Permission denied"}
    assert found.left_out["closed/"].code == "folder"


def test_a_file_that_changes_while_it_is_read_is_read_again(scripts_dir, monkeypatch):
    path = scripts_dir / "a.sh"
    path.write_text("old\n")
    readings = []
    real = discovery._read

    def read(path, fd):
        content = real(path, fd)
        readings.append(content)
        if len(readings) == 1:
            path.write_text("new, and longer\n")
        return content

    monkeypatch.setattr(discovery, "_read", read)

    assert discovery.read(scripts_dir, "a.sh").source == b"new, and longer\n"
    assert len(readings) == 2


def test_a_file_that_never_stops_changing_is_taken_as_it_was(scripts_dir, monkeypatch):
    path = scripts_dir / "a.sh"
    path.write_text("begin\n")
    real = discovery._read

    def read(path, fd):
        content = real(path, fd)
        with path.open("a") as file:
            file.write("more\n")
        return content

    monkeypatch.setattr(discovery, "_read", read)

    assert discovery.read(scripts_dir, "a.sh").source.startswith(b"begin\n")


def test_a_file_larger_than_any_script_is_not_read_to_its_end(scripts_dir, look):
    with (scripts_dir / "huge.py").open("wb") as file:
        file.truncate(10**12)

    look()
    look()

    script = Script.objects.get(name="huge.py")
    assert (script.state, script.sha256) == (ScriptState.BROKEN, "")
    assert "1000000000000 bytes" in script.problem
    assert not ScriptVersion.objects.filter(script=script).exists()


def test_thousands_of_files_take_a_bounded_number_of_queries(
    scripts_dir, django_assert_max_num_queries
):
    for number in range(2000):
        folder = scripts_dir / f"group{number % 20}"
        folder.mkdir(exist_ok=True)
        (folder / f"job{number}.sh").write_text(SH)
    services.sync_scripts()

    # A second look writes once for each hundred.
    with django_assert_max_num_queries(100):
        report = services.sync_scripts()

    assert (report.total, report.changed, report.added) == (2000, [], [])
