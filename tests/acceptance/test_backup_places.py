"""Where backups are written and restored to: links, mounts, and what cannot be."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import sys
import tarfile
from contextlib import closing

import pytest

from tests.servers.hub import Hub

pytestmark = pytest.mark.acceptance
MANAGE = [sys.executable, "manage.py"]
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="Only root can do that.")
# A user without root's right to read and write everywhere.
BARE = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]


@pytest.fixture(scope="module")
def model():
    """A hub that is set up, with one artifact, and its backup beside its data."""
    with Hub() as hub:
        hub.setup()
        put_artifact(hub, "kept")
        hub.manage("backup", str(hub.folder / "hub.tar.gz"))
        yield hub


@pytest.fixture
def hub(model, make_hub):
    """A copy of it."""
    hub = make_hub()
    shutil.copytree(model.data_dir, hub.data_dir)
    return hub


@pytest.fixture
def target(model, tmp_path):
    """Its backup."""
    return shutil.copy(model.folder / "hub.tar.gz", tmp_path)


def put_artifact(hub, text):
    """Write an artifact with its row, as a run would leave it."""
    folder = hub.data_dir / "artifacts" / "1"
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text(text)
    make = (
        "from django.utils import timezone as t;"
        "from apps.runs.models import Artifact, Run;"
        "r = Run.objects.create(script_name='a.sh', status='completed', reason='exit',"
        " exit_code=0, finished_at=t.now(), timeout_s=60);"
        "Artifact.objects.create(run=r, name='note.txt', path='1/note.txt',"
        f" size_bytes={len(text)}, sha256='0' * 64)"
    )
    hub.manage("shell", "--no-imports", "--command", make)


def notes(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def instance(hub):
    with closing(sqlite3.connect(hub.data_dir / "database.db")) as database:
        return database.execute("SELECT id FROM runs_instance").fetchone()


def ends(hub, *argv):
    """Run a command to its end; returns exit status and output, never a traceback."""
    child = hub.spawn("command", [*argv])
    code = child.wait(60)
    assert "Traceback" not in child.output()
    return code, child.output()


def bare():
    if not (setpriv := shutil.which("setpriv")):
        pytest.skip("There is no setpriv.")
    return [setpriv, *BARE]


# -- Restoring -----------------------------------------------------------------------
def test_artifacts_come_back_through_a_link(hub, target, tmp_path):
    elsewhere = tmp_path / "disk"
    (hub.data_dir / "artifacts").rename(elsewhere)
    (hub.data_dir / "artifacts").symlink_to(elsewhere)
    (elsewhere / "later").mkdir()
    (elsewhere / "lost+found").mkdir()

    hub.manage("restore", str(target), "--force")

    assert (hub.data_dir / "artifacts").is_symlink()
    assert notes(elsewhere) == {"1/note.txt"}
    assert {p.name for p in elsewhere.iterdir()} == {"1", "lost+found"}


def test_a_database_and_a_key_elsewhere_stay_there(hub, target, tmp_path):
    for name in ("database.db", "secret_key"):
        (hub.data_dir / name).rename(tmp_path / name)
        (hub.data_dir / name).symlink_to(tmp_path / name)
    before = instance(hub)

    hub.manage("restore", str(target), "--force")

    assert instance(hub) != before
    for name in ("database.db", "secret_key"):
        assert (hub.data_dir / name).is_symlink()


@only_root
@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has namespaces.")
def test_artifacts_and_key_come_back_where_something_is_mounted(hub, target, tmp_path):
    disk, key = tmp_path / "disk", tmp_path / "key"
    disk.mkdir()
    (disk / "later.txt").touch()
    key.write_text("another")
    mount = (
        'mount --bind "$1" "$2/artifacts" && mount --bind "$3" "$2/secret_key" || exit 9;'
        'shift 3; exec "$@"'
    )
    where = [str(disk), str(hub.data_dir), str(key)]
    restore = [*MANAGE, "restore", str(target), "--force"]

    code, said = ends(
        hub, "unshare", "--mount", "sh", "-c", mount, "sh", *where, *restore
    )
    if code == 9:
        pytest.skip(f"Nothing can be mounted here: {said}")

    assert code == 0, said
    assert notes(disk) == {"1/note.txt"}
    assert key.read_bytes() == (hub.data_dir / "secret_key").read_bytes()


@only_root
@pytest.mark.parametrize("name", ["artifacts", "artifacts/1"])
def test_what_cannot_be_replaced_is_told_before_anything_is(hub, target, name):
    before, key = instance(hub), (hub.data_dir / "secret_key").read_bytes()
    (hub.data_dir / name).chmod(0o555)

    code, said = ends(hub, *bare(), *MANAGE, "restore", str(target), "--force")

    assert code == 1
    assert f"The folder {hub.data_dir / 'artifacts'}" in said
    assert instance(hub) == before
    assert (hub.data_dir / "secret_key").read_bytes() == key
    assert notes(hub.data_dir / "artifacts") == {"1/note.txt"}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("artifacts", "artifacts is a file, and a folder of that name is needed."),
        ("secret_key", "secret_key is a folder, and a file of that name is needed."),
    ],
)
def test_a_file_for_a_folder_is_told_before_anything_is_replaced(
    hub, target, name, sentence
):
    before = instance(hub)
    path = hub.data_dir / name
    if path.is_dir():
        shutil.rmtree(path)
        path.touch()
    else:
        path.unlink()
        path.mkdir()

    code, said = ends(hub, *MANAGE, "restore", str(target), "--force")

    assert (code, sentence in said) == (1, True), said
    assert instance(hub) == before


@pytest.mark.parametrize(
    ("has_key", "kept", "sentence"),
    [
        (True, False, "it lacks the secret key."),
        (False, True, "it has a secret key, and says that it has none."),
    ],
)
def test_a_key_is_there_where_the_manifest_says_so(
    hub, target, has_key, kept, sentence
):
    rewrite(target, has_key=has_key, kept=kept)
    before = instance(hub)

    code, said = ends(hub, *MANAGE, "restore", str(target), "--force")

    assert (code, sentence in said) == (1, True), said
    assert instance(hub) == before


def rewrite(target, *, has_key, kept):
    """Write the archive anew with another word on its key, and with it or without."""
    with tarfile.open(target) as tar:
        members = {m.name: tar.extractfile(m).read() for m in tar}
    told = json.loads(members.pop("manifest.json")) | {"has_key": has_key}
    if not kept:
        del members["keys/secret_key"], told["files"]["keys/secret_key"]
    members["manifest.json"] = json.dumps(told).encode()
    with tarfile.open(target, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


# -- Backing up ----------------------------------------------------------------------
def test_what_ends_in_a_slash_is_a_folder_that_is_made(hub, tmp_path):
    hub.manage("backup", f"{tmp_path}/backups/nightly/")
    hub.manage("backup", f"{tmp_path}/plain")

    [made] = (tmp_path / "backups" / "nightly").iterdir()
    assert made.name.startswith("automation-hub-")
    assert made.parent.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "plain").is_file()


def test_a_target_that_cannot_be_is_one_sentence(hub, tmp_path):
    (tmp_path / "file").touch()
    for name, sentence in {
        "file/": "is there already, and is no folder.\n",
        "file/x": "cannot be written: Not a directory.\n",
        "n" * 300: "cannot be written: File name too long.\n",
        f"{'n' * 300}/": "cannot be written: File name too long.\n",
        "none/x": "cannot be written: No such file or directory.\n",
    }.items():
        code, said = ends(hub, *MANAGE, "backup", f"{tmp_path}/{name}")
        assert (code, said.endswith(sentence)) == (1, True), said
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["file"]


@only_root
def test_a_folder_that_cannot_be_entered_is_one_sentence(hub, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o000)
    for name in ("locked/x.tar.gz", "locked/", "locked/x/"):
        code, said = ends(hub, *bare(), *MANAGE, "backup", f"{tmp_path}/{name}")
        assert code == 1
        assert said.endswith("cannot be written: Permission denied.\n"), said
