"""What a script held, over HTTP."""

from __future__ import annotations

import hashlib

import pytest

from apps.runs import worker
from apps.scripts.models import ScriptVersion

pytestmark = pytest.mark.django_db

ONE = "#!/bin/sh\necho one\necho </script>\n"
TWO = "#!/bin/sh\necho two\necho </script>\n"


@pytest.fixture
def viewer(api_as):
    return api_as("Viewer")


@pytest.fixture
def changed(add_script):
    """A script in a folder that was changed once."""
    add_script("db/a.sh", ONE)
    return add_script("db/a.sh", TWO)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_source_is_text_and_never_run(viewer, changed):
    answer = viewer.get("/scripts/db/a.sh/source")

    assert answer.content.decode() == TWO
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize("which", ["1", sha256(ONE), sha256(ONE)[:12]])
def test_another_version_is_named_by_number_or_checksum(viewer, changed, which):
    answer = viewer.get(f"/scripts/db/a.sh/source?version={which}")

    assert answer.content.decode() == ONE


@pytest.mark.parametrize("accept", ["*/*", "text/plain", "text/html"])
def test_the_source_is_sent_whatever_is_asked_for(viewer, changed, accept):
    answer = viewer.get("/scripts/db/a.sh/source/", headers={"accept": accept})

    assert answer.content.decode() == TWO


def test_a_source_that_is_at_hand_is_not_sent_again(viewer, changed):
    etag = viewer.get("/scripts/db/a.sh/source")["ETag"]
    again = {"headers": {"if-none-match": etag}}

    answer = viewer.get("/scripts/db/a.sh/source", **again)

    assert (answer.status_code, answer.content) == (304, b"")
    assert viewer.get("/scripts/db/a.sh/source?version=1", **again).status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("version=7", 404, "no version 7"),
        ("version=abc", 400, "at least 12 digits"),
        ("version=%00", 400, "NUL"),
        ("versoin=1", 400, "Unknown query parameter"),
    ],
)
def test_a_wrong_version_is_told(viewer, changed, query, status, sentence):
    answer = viewer.get(f"/scripts/db/a.sh/source?{query}")

    assert answer.status_code == status
    assert sentence in answer.json()["message"]


def test_the_charset_is_the_one_that_the_file_has(viewer, scripts_dir, add_script):
    source = b"# coding: latin-1\nprint('\xe9')\n"
    (scripts_dir / "a.py").write_bytes(source)
    add_script("b.sh", ONE)

    answer = viewer.get("/scripts/a.py/source")

    assert answer.content == source
    assert answer["Content-Type"] == "text/plain; charset=iso-8859-1"


def test_a_source_that_was_not_kept_says_why(viewer, scripts_dir, add_script):
    (scripts_dir / "a.py").write_bytes(b"\0")
    add_script("b.sh", ONE)

    answer = viewer.get("/scripts/a.py/source")

    assert answer.status_code == 404
    assert "no text" in answer.json()["message"]


def test_versions_are_listed_with_the_newest_first(viewer, changed):
    page = viewer.get("/scripts/db/a.sh/versions?limit=1").json()
    rest = viewer.get(page["next"]).json()

    [new], [old] = page["results"], rest["results"]
    assert (new["number"], new["current"]) == (2, True)
    assert (old["number"], old["current"], old["sha256"]) == (1, False, sha256(ONE))
    assert viewer.get(old["source_url"]).content.decode() == ONE


def test_a_difference_is_what_diff_writes(viewer, changed):
    answer = viewer.get("/scripts/db/a.sh/diff")

    assert answer.content.decode() == (
        "--- db/a.sh 1\n+++ db/a.sh 2\n@@ -1,3 +1,3 @@\n #!/bin/sh\n"
        "-echo one\n+echo two\n echo </script>\n"
    )
    assert viewer.get("/scripts/db/a.sh/diff?from=2&to=2").content == b""


def test_what_has_none_before_it_cannot_be_compared(viewer, hello):
    answer = viewer.get("/scripts/hello.py/diff")

    assert answer.status_code == 404
    assert "No version before 1" in answer.json()["message"]


def test_too_large_a_difference_is_refused(viewer, add_script):
    add_script("a.sh", "a\n" * 20_001)
    add_script("a.sh", "b\n" * 20_001)

    answer = viewer.get("/scripts/a.sh/diff")

    assert answer.status_code == 409
    assert "more than 20000 lines" in answer.json()["message"]


# -- Who may -------------------------------------------------------------------


@pytest.mark.parametrize("word", ["source", "versions", "diff"])
def test_sources_are_not_for_anonymous_callers(nearby, hello, word):
    assert nearby.get("/scripts/hello.py").status_code == 200
    assert nearby.get(f"/scripts/hello.py/{word}").status_code == 401


@pytest.mark.parametrize("word", ["source", "versions", "diff"])
def test_sources_are_for_whom_the_script_is(viewer, make_user, changed, word):
    changed.groups.add(make_user("ann", "Admin").groups.get())

    assert viewer.get(f"/scripts/db/a.sh/{word}").status_code == 404


@pytest.mark.parametrize("word", ["source", "versions", "diff"])
def test_a_script_whose_name_ends_in_such_a_word_is_a_script_first(
    viewer, nearby, add_script, word
):
    add_script("a.sh", ONE)
    add_script(f"a.sh.d/{word}", "#!/bin/sh\n")

    assert viewer.get(f"/scripts/a.sh.d/{word}").json()["state"] == "ok"
    assert viewer.get(f"/scripts/a.sh.d/{word}/versions").json()["results"]
    assert nearby.get(f"/scripts/a.sh.d/{word}").status_code == 401


# -- From elsewhere ------------------------------------------------------------


def test_a_run_tells_where_the_source_that_ran_is(viewer, changed, make_run):
    run = make_run(script=changed)
    waiting = viewer.get(f"/runs/runs/{run.pk}").json()
    worker.look()
    ended = viewer.get(f"/runs/runs/{run.pk}").json()

    assert (waiting["script_sha256"], waiting["source_url"]) == (None, None)
    assert ended["script_sha256"] == sha256(TWO)
    assert viewer.get(ended["source_url"]).content.decode() == TWO


def test_a_run_whose_version_is_not_kept_links_to_none(viewer, changed, make_run):
    run = make_run(script=changed)
    worker.look()
    ScriptVersion.objects.all().delete()

    ended = viewer.get(f"/runs/runs/{run.pk}").json()

    assert ended["script_sha256"] == sha256(TWO)
    assert ended["source_url"] is None


def test_scripts_are_listed_by_folder(viewer, add_script):
    for name in ("db/a.sh", "db/deep/b.sh", "DB/c.sh", "dbx/d.sh", "e.sh"):
        add_script(name, ONE)

    def names(folder):
        page = viewer.get(f"/scripts?folder={folder}").json()
        return [(s["script_name"], s["folder"]) for s in page["results"]]

    assert names("db") == [("db/a.sh", "db"), ("db/deep/b.sh", "db/deep")]
    assert names("db/deep/") == [("db/deep/b.sh", "db/deep")]
    assert names("none") == []
