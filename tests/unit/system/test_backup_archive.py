"""An archive is taken only if it is whole, sound, and nothing but a backup."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from apps.system.backup import manifest
from apps.system.backup.archive import Writer, unpack
from apps.system.backup.manifest import Manifest, RestoreFailed

CONTENT = b"content " * 1000


@pytest.fixture
def archive(tmp_path):
    """A sound archive of one artifact and a key."""
    (tmp_path / "file").write_bytes(CONTENT)
    path = tmp_path / "backup.tar.gz"
    told = Manifest(version="0.1.0", made_at="now", database="sqlite")
    with path.open("wb") as file, Writer(file, told) as writer:
        writer.add("artifacts/1/a b.txt", tmp_path / "file")
        writer.add(manifest.KEY, tmp_path / "file")
    return path


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "unpacked").mkdir()
    return tmp_path / "unpacked"


def rewrite(archive, change):
    """Write the archive anew, with what `change` makes of each member and its bytes."""
    with tarfile.open(archive) as tar:
        members = [(m, tar.extractfile(m).read()) for m in tar]
    with tarfile.open(archive, "w:gz") as tar:
        for member, content in members:
            for new, text in change(member, content):
                new.size = len(text) if new.isreg() else 0
                tar.addfile(new, io.BytesIO(text))


def adding(name, **values):
    """Return a change that puts another member before the manifest."""

    def change(member, content):
        if member.name == manifest.NAME:
            other = tarfile.TarInfo(name)
            for key, value in values.items():
                setattr(other, key, value)
            yield other, b"x" if other.isreg() else b""
        yield member, content

    return change


def test_a_sound_one_is_unpacked_for_its_owner_alone(archive, folder):
    told = unpack(archive, folder)
    assert (folder / "artifacts/1/a b.txt").read_bytes() == CONTENT
    assert (folder / manifest.KEY).stat().st_mode & 0o777 == 0o600
    assert told.files["artifacts/1/a b.txt"]["size"] == len(CONTENT)


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/tmp/evil",
        "artifacts/../../evil",
        "artifacts/./evil",
        "artifacts//evil",
        "artifacts/",
        "artifacts\\evil",
        "keys/other",
        "database/../evil.db",
        "secret_key",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(archive, folder, name, tmp_path):
    rewrite(archive, adding(name))
    with pytest.raises(RestoreFailed, match="tampered with: it holds"):
        unpack(archive, folder)
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
def test_what_is_no_plain_file_is_refused(archive, folder, kind):
    rewrite(archive, adding("artifacts/evil", type=kind, linkname="/etc/passwd"))
    with pytest.raises(RestoreFailed, match="it holds 'artifacts/evil'"):
        unpack(archive, folder)


def test_a_file_twice_is_refused(archive, folder):
    rewrite(archive, adding(manifest.KEY))
    with pytest.raises(RestoreFailed, match="it holds 'keys/secret_key'"):
        unpack(archive, folder)


def test_a_file_that_the_manifest_does_not_know_is_refused(archive, folder):
    rewrite(archive, adding("artifacts/1/more"))
    with pytest.raises(
        RestoreFailed, match="artifacts/1/more is not what its manifest"
    ):
        unpack(archive, folder)


def test_a_file_that_was_changed_is_refused(archive, folder):
    def change(member, content):
        changed = member.name == manifest.KEY
        yield member, content[::-1] if changed else content

    rewrite(archive, change)
    with pytest.raises(RestoreFailed, match="damaged: keys/secret_key is not what"):
        unpack(archive, folder)


def test_a_file_that_was_taken_out_is_refused(archive, folder):
    rewrite(archive, lambda m, text: [] if m.name == manifest.KEY else [(m, text)])
    with pytest.raises(RestoreFailed, match="damaged: keys/secret_key is not what"):
        unpack(archive, folder)


@pytest.mark.parametrize("kept", [0, 10, 100, -60])
def test_one_that_was_cut_short_is_refused(archive, folder, kept):
    archive.write_bytes(archive.read_bytes()[:kept])
    with pytest.raises(RestoreFailed, match="is damaged"):
        unpack(archive, folder)


def test_one_with_a_wrong_bit_is_refused(archive, folder):
    text = bytearray(archive.read_bytes())
    text[len(text) // 2] ^= 1
    archive.write_bytes(text)
    with pytest.raises(RestoreFailed, match="damaged"):
        unpack(archive, folder)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b garbage"])
def test_another_file_is_no_backup(tmp_path, folder, content):
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(RestoreFailed, match=r"The backup .*other "):
        unpack(tmp_path / "other", folder)


def test_a_file_that_is_not_there_is_named(tmp_path, folder):
    with pytest.raises(RestoreFailed, match="none cannot be read: No such file"):
        unpack(tmp_path / "none", folder)


SOUND = {
    "version": "0.1.0",
    "made_at": "2026-11-27T07:00:00+00:00",
    "database": "sqlite",
    "commit": "",
    "format": 1,
    "migrations": [["runs", "0001_initial"]],
    "tables": {"runs_run": {"columns": ["id"], "rows": 0}},
    "artifacts": "artifacts/",
    "missing": 0,
    "has_key": True,
    "files": {"keys/secret_key": {"size": 1, "sha256": "0"}},
}
WRONG = {
    "version": [1, None, ["1"], "1\n2", "\x1b[2J", "\u202e"],
    "made_at": [1, {}],
    "database": [None, ["sqlite"]],
    "commit": [False],
    "format": [True, "1", 1.0, 0, -1, None, [1]],
    "migrations": [{}, [["runs"]], [["a", "b", "c"]], [[["a"], "b"]], ["ab"], None],
    "tables": [
        [],
        {"a": {}},
        {"a": []},
        {"a": {"columns": "id", "rows": 0}},
        {"a": {"columns": [["id"]], "rows": 0}},
        {"a": {"columns": ["id"], "rows": "0"}},
        {"a": {"columns": ["id"], "rows": -1}},
        {"a": {"columns": ["id"], "rows": 0, "x": 1}},
    ],
    "artifacts": [None, ["artifacts/"]],
    "missing": ["0", True, -1, 0.5],
    "has_key": [1, "true", None],
    "files": [[], {"a": 1}, {"a": {"size": "1", "sha256": "0"}}, {"a": {"size": 1}}],
}


def read(values):
    return manifest.read(json.dumps(values).encode())


def test_a_sound_manifest_is_read():
    told = read(SOUND)
    assert told.migrations == [("runs", "0001_initial")]
    assert (told.has_key, told.files) == (True, SOUND["files"])
    # And it is what `backup` writes.
    assert manifest.read(told.text().encode()) == told


@pytest.mark.parametrize(
    ("name", "value"), [(name, v) for name, values in WRONG.items() for v in values]
)
def test_a_value_of_a_wrong_type_is_named(name, value):
    with pytest.raises(RestoreFailed, match=r"its manifest\.json cannot") as caught:
        read(SOUND | {name: value})
    assert f"({name} is not what it should be)" in caught.value.message


@pytest.mark.parametrize("name", SOUND)
def test_a_missing_value_is_named(name):
    with pytest.raises(RestoreFailed, match=f"cannot be read .missing: '{name}'"):
        read({key: value for key, value in SOUND.items() if key != name})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "it is no JSON"),
        (b"\xff", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        (b"9" * 5000, "it is no JSON"),
        (b"[]", "it is no object"),
        (b"null", "it is no object"),
        (json.dumps(SOUND | {"x": 1}).encode(), "unknown: 'x'"),
    ],
)
def test_a_manifest_that_is_none_is_a_sentence(text, reason):
    with pytest.raises(RestoreFailed, match=r"its manifest\.json cannot") as caught:
        manifest.read(text)
    assert reason in caught.value.message


def test_a_form_of_a_newer_version_is_named():
    text = json.dumps({"format": 2, "version": "9.0", "anything": 1}).encode()
    with pytest.raises(RestoreFailed, match=r"version 9\.0 in a newer form; restore"):
        manifest.read(text)
    with pytest.raises(RestoreFailed, match=r"made by another version in a newer form"):
        read({"format": 2, "version": ["\x1b"]})
