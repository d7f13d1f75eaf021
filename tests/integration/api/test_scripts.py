"""Scripts over HTTP."""

from __future__ import annotations

import pytest

from tests.packages import block

pytestmark = pytest.mark.django_db

HALF_READ = """import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--plain")
for name in open(__file__):
    parser.add_argument("--" + name)
parser.parse_args()
"""


@pytest.fixture
def editor(api_as):
    return api_as("Editor")


def test_a_script_shows_the_schema_of_its_parameters(editor, hello):
    script = editor.get("/scripts/hello.py").json()

    assert script["script_name"] == "hello.py"
    assert script["parameters_schema"]["properties"]["times"]["type"] == "integer"
    assert script["parameters_schema"]["additionalProperties"] is False


def test_what_could_not_be_read_is_said_with_its_line(editor, add_script):
    add_script("half.py", HALF_READ)

    notes = editor.get("/scripts/half.py").json()["notes"]

    assert [note["line"] for note in notes] == [6]
    assert notes[0]["text"]


def test_a_script_in_a_subfolder_is_named_by_its_path(editor, add_script):
    add_script("db/backup.sh", "#!/bin/sh\n")

    assert editor.get("/scripts/db/backup.sh").json()["script_name"] == "db/backup.sh"
    assert editor.get("/scripts/db/backup.sh/").status_code == 200


def test_disabling_keeps_a_script_from_running_until_it_is_enabled(editor, hello):
    body = {"script_name": "hello.py"}

    assert editor.post("/scripts/hello.py/disable").json()["enabled"] is False
    assert editor.post("/runs/runs", body).status_code == 409
    assert editor.post("/scripts/hello.py/enable").json()["enabled"] is True
    assert editor.post("/runs/runs", body).status_code == 201


def test_a_script_whose_name_ends_like_a_verb_is_a_script_first(editor, add_script):
    add_script("hello.py")
    add_script("hello.py.d/enable", "#!/bin/sh\n")

    assert editor.get("/scripts/hello.py.d/enable").status_code == 200
    assert editor.post("/scripts/hello.py.d/enable").status_code == 405
    answer = editor.post("/scripts/hello.py.d/enable/disable")
    assert answer.json()["enabled"] is False


def test_posting_looks_into_the_folder_again(editor, hello, scripts_dir):
    (scripts_dir / "new.sh").write_text("#!/bin/sh\n")
    (scripts_dir / "hello.py").unlink()

    report = editor.post("/scripts").json()

    assert (report["added"], report["missing"]) == (["new.sh"], ["hello.py"])
    assert editor.get("/scripts/hello.py").json()["state"] == "missing"


def test_lists_are_pages_by_name(editor, add_script):
    for name in ("c.sh", "a.sh", "b.sh"):
        add_script(name, "#!/bin/sh\n")

    first = editor.get("/scripts?limit=2").json()
    second = editor.get(first["next"]).json()

    names = [s["script_name"] for page in (first, second) for s in page["results"]]
    assert names == ["a.sh", "b.sh", "c.sh"]


def test_a_script_shows_what_it_depends_on(editor, add_script):
    add_script("own.py", block("httpx>=0.27", python=">=3.9"))

    script = editor.get("/scripts/own.py").json()

    assert script["dependencies"] == ["httpx>=0.27"]
    assert script["requires_python"] == ">=3.9"


def test_a_wrong_dependency_breaks_the_script_with_its_line(editor, add_script):
    add_script("own.py", block("httpx=>1"))

    script = editor.get("/scripts/own.py").json()

    assert script["state"] == "broken"
    assert script["problem"].startswith("Line 2: dependencies: 'httpx=>1' is no")
    assert script["dependencies"] == []
