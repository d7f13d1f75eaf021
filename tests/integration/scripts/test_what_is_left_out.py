"""What in the scripts folder is no script, and what is said about it."""

from __future__ import annotations

import pytest

from apps.core.errors import NotFound
from apps.scripts import services, survey
from apps.scripts.models import Script, ScriptState

pytestmark = pytest.mark.django_db

SH = "#!/bin/sh\necho hello\n"
LIBRARY = "LIMIT = 5\n"


@pytest.fixture
def put(scripts_dir):
    """Write files into the folder: put({"a.sh": "…"})."""

    def write(files, mode=0o755):
        for name, text in files.items():
            path = scripts_dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(mode)

    return write


def names():
    scripts = Script.objects.exclude(state=ScriptState.MISSING)
    return list(scripts.values_list("name", flat=True))


def test_what_hubignore_names_is_left_out_with_its_line(put):
    put({".hubignore": "# ours\nold/\n*.bak.sh\n", "a.sh": SH})
    put({"old/b.sh": SH, "db/c.bak.sh": SH, "db/d.sh": SH})

    report = services.sync_scripts()

    assert names() == ["a.sh", "db/d.sh"]
    assert report.left_out["old/"] == "It is named by line 2 of .hubignore (old/)."
    assert "line 3 of .hubignore" in report.left_out["db/c.bak.sh"]


def test_a_hubignore_in_a_folder_adds_to_those_above(put):
    put({".hubignore": "*.py\n", "db/.hubignore": "!a.py\n/x.sh\n"})
    put({"a.py": "", "db/a.py": "", "db/x.sh": SH, "db/deep/x.sh": SH})

    services.sync_scripts()

    assert names() == ["db/a.py", "db/deep/x.sh"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[oops\n", "Line 1 of .hubignore was not used: a bracket [ has no end"),
        (b"\xff\xfeold", ".hubignore is not UTF-8 text"),
        (b"#" * 70_000, ".hubignore has more than 65536 bytes"),
        (b"a\n" * 201, "from line 201 of .hubignore on were not read"),
    ],
)
def test_a_wrong_hubignore_is_a_sentence_and_stops_nothing(
    put, scripts_dir, content, sentence
):
    put({"good.sh": SH})
    (scripts_dir / ".hubignore").write_bytes(content)

    report = services.sync_scripts()

    assert sentence in report.remarks[0]
    assert names() == ["good.sh"]


def test_a_hubignore_that_is_a_folder_is_a_sentence(put, scripts_dir):
    put({"good.sh": SH})
    (scripts_dir / ".hubignore").mkdir()

    assert ".hubignore cannot be read" in services.sync_scripts().remarks[0]
    assert names() == ["good.sh"]


def test_a_library_is_left_out_and_names_who_imports_it(put):
    put({"report.py": "import helpers\n", "helpers.py": LIBRARY})

    report = services.sync_scripts()

    assert names() == ["report.py"]
    assert "report.py imports" in report.left_out["helpers.py"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({".hubignore": "helpers.py\n"}, "named by line 1 of .hubignore"),
        ({"report.py": "import helpers\n"}, "a library that report.py imports"),
    ],
)
def test_a_script_that_is_left_out_by_now_is_missing_and_says_why(
    put, change, sentence
):
    put({"helpers.py": LIBRARY})
    services.sync_scripts()
    put(change)

    assert services.sync_scripts().missing == ["helpers.py"]

    script = Script.objects.get(name="helpers.py")
    assert script.state == ScriptState.MISSING
    assert sentence in script.problem
    with pytest.raises(services.ScriptNotRunnable, match=sentence):
        services.check_runnable(script=script)


def test_a_script_that_is_left_out_does_not_come_back_when_it_is_asked_for(put):
    put({"a.sh": SH})
    services.sync_scripts()
    put({".hubignore": "a.sh\n"})
    services.sync_scripts()
    script = Script.objects.get()

    assert services.refresh_script(script=script) is None
    assert script.state == ScriptState.MISSING
    assert "hubignore" in script.problem


def test_a_missing_script_whose_file_is_back_comes_back_when_it_is_asked_for(put):
    put({"a.sh": SH})
    services.sync_scripts()
    script = Script.objects.get()
    Script.objects.update(state=ScriptState.MISSING, problem="It was away.")
    script.refresh_from_db()

    assert services.refresh_script(script=script) is not None
    assert (script.state, script.problem) == (ScriptState.OK, "")


def test_the_reason_changes_with_the_folder(put, scripts_dir):
    put({"a.sh": SH})
    services.sync_scripts()
    (scripts_dir / "a.sh").unlink()
    services.sync_scripts()
    put({"a.sh": SH, ".hubignore": "a.sh"})

    assert services.sync_scripts().missing == []
    assert "hubignore" in Script.objects.get().problem


def test_an_environment_of_python_is_no_folder_of_scripts(put):
    put({"venv/pyvenv.cfg": "", "venv/bin/pip": "#!/bin/python\n", "a.sh": SH})

    assert "Python environment" in services.sync_scripts().left_out["venv/"]
    assert names() == ["a.sh"]


# -- Asking for a script that no look has found yet ----------------------------


def test_a_run_of_a_script_that_is_new_in_the_folder_finds_it(api_as, put):
    put({"db/new.sh": SH})

    answer = api_as("Operator").post("/runs/runs", {"script_name": "db/new.sh"})

    assert answer.status_code == 201
    assert Script.objects.get().name == "db/new.sh"


def test_an_anonymous_caller_finds_a_new_script_only_if_it_is_open(nearby, put):
    put({"closed.sh": SH})
    header = "# /// script\n# [tool.automation-hub]\n# anonymous = true\n# ///\n"
    put({"open.sh": f"#!/bin/sh\n{header}"})

    def ask(name):
        return nearby.post("/runs/runs", {"script_name": name}).status_code

    assert (ask("open.sh"), ask("closed.sh")) == (201, 401)


@pytest.mark.parametrize(
    "name",
    [
        "_a.sh",
        ".a.sh",
        "../scripts/a.sh",
        "./a.sh",
        "/a.sh",
        "db//a.sh",
        "db/../a.sh",
        "db",
        "db/",
        "",
        "data.txt",
        "linked/a.sh",
        "a.sh\n",
        "a" * 300,
    ],
)
def test_what_no_look_would_find_is_not_found_by_asking(put, scripts_dir, name):
    put({"_a.sh": SH, ".a.sh": SH, "db/a.sh": SH, "a.sh": SH, "data.txt": "1"})
    (scripts_dir / "linked").symlink_to("db")

    with pytest.raises(NotFound):
        services.find_script(name=name, user=ROOT, to_run=True)
    assert not Script.objects.exists()


def test_asking_for_what_is_left_out_says_why(put):
    put({".hubignore": "a.sh\n", "a.sh": SH})

    with pytest.raises(NotFound, match=r"a\.sh' is no script\. It is named by line 1"):
        services.find_script(name="a.sh", user=ROOT, to_run=True)


def test_reading_does_not_look_into_the_folder(api_as, put):
    put({"a.sh": SH})

    assert api_as("Viewer").get("/scripts/a.sh").status_code == 404


class _Root:
    is_superuser = is_authenticated = True


ROOT = _Root()


# -- Who is told ---------------------------------------------------------------


def test_posting_tells_what_is_left_out(api_as, put):
    put({".hubignore": "a.sh\n[", "a.sh": SH})

    report = api_as("Editor").post("/scripts").json()

    assert report["left_out"][0]["name"] == "a.sh"
    assert "line 1" in report["left_out"][0]["reason"]
    assert "Line 2" in report["remarks"][0]


def test_a_report_tells_the_first_names_alone(put):
    put({f"a{n}.sh": SH for n in range(205)} | {".hubignore": "*.sh"})

    assert len(services.sync_scripts().left_out) == 200


def test_a_folder_that_is_too_full_is_looked_at_in_part(put, scripts_dir, monkeypatch):
    put({"a.sh": SH, "b.sh": SH, "c/d.sh": SH, "gone.sh": SH})
    services.sync_scripts()
    monkeypatch.setattr(survey, "MAX_ENTRIES", 2)
    (scripts_dir / "gone.sh").unlink()

    report = services.sync_scripts()

    assert "more than 2 files and folders" in report.remarks[0]
    assert "after b.sh" in report.remarks[0]
    # What was not looked at is not missing for that.
    assert report.missing == ["gone.sh"]
