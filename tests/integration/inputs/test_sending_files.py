"""POST /uploads: a file comes in whole, bounded, and for its sender alone."""

from __future__ import annotations

import errno
import hashlib
import io

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.accounts.services import create_token
from apps.core.errors import NoRoom, TooLarge
from apps.runs import services
from apps.runs.models import Upload

pytestmark = pytest.mark.django_db
RAW = "application/octet-stream"


@pytest.fixture
def operator(api_as, scripts_dir):
    return api_as("Operator")


def send_raw(client, body, query="?name=data.csv", kind=RAW, slash=""):
    return client.generic("POST", f"/uploads{slash}{query}", body, content_type=kind)


def send_form(client, content, name="data.csv", field="file"):
    file = SimpleUploadedFile(name, content)
    return client.post("/uploads", {field: file}, format="multipart")


def is_error(answer, status, code):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    return body


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("size", [0, 5, 3 * 2**20])
def test_a_body_is_kept_as_it_is(operator, kept_files, size, slash):
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    answer = send_raw(operator, content, slash=slash)

    told = answer.json()
    assert answer.status_code == 201
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert (told["name"], told["size_bytes"]) == ("data.csv", size)
    assert answer["Location"].endswith(f"/uploads/{told['id']}")
    assert kept_files() == {told["id"]}
    assert operator.get(f"/uploads/{told['id']}").json() == told
    assert operator.get("/uploads").json()["results"] == [told]


@pytest.mark.parametrize("size", [5, 3 * 2**20])
def test_a_form_may_bring_it(operator, kept_files, size):
    answer = send_form(operator, b"y" * size, name="../../ü\u202e.csv")

    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["size_bytes"]) == ("ü.csv", size)
    assert kept_files() == {answer.json()["id"]}


def test_a_token_with_the_scope_to_run_sends_files(ann, scripts_dir):
    tokens = [
        create_token(user=ann, name=scope, scopes=[scope], lifetime=None)[1]
        for scope in ("run", "read")
    ]
    client = APIClient(headers={"authorization": f"Bearer {tokens[0]}"})

    assert send_raw(client, b"x").status_code == 201
    assert send_form(client, b"x").status_code == 201
    client = APIClient(headers={"authorization": f"Bearer {tokens[1]}"})
    is_error(send_raw(client, b"x"), 403, "permission_denied")


def test_nobody_else_sends_any(api, nearby, api_as, kept_files):
    for caller, status in ((api, 401), (nearby, 401), (api_as("Viewer"), 403)):
        assert send_raw(caller, b"x").status_code == status
        assert caller.get("/uploads").status_code == status
    assert kept_files() == set()


@pytest.mark.parametrize("send", [send_raw, send_form])
def test_what_is_too_large_is_refused_and_not_kept(
    operator, settings, kept_files, send
):
    settings.UPLOAD_LIMIT_BYTES = 100
    assert send(operator, b"x" * 100).status_code == 201
    before = kept_files()
    for size in (101, 5000, 200_000):
        body = is_error(send(operator, b"x" * size), 413, "too_large")
        assert "larger" in body["message"]
    assert kept_files() == before
    assert Upload.objects.count() == 1


def test_unused_files_of_one_user_have_a_limit_together(
    ann, bob, send, settings, kept_files
):
    settings.UPLOAD_QUOTA_BYTES = 10
    send(ann, b"x" * 6)
    with pytest.raises(TooLarge, match="GET /uploads lists them"):
        send(ann, b"x" * 5)
    send(ann, b"x" * 4)
    send(bob, b"x" * 10)
    assert len(kept_files()) == 3


def test_a_body_that_ends_too_soon_is_not_kept(ann, scripts_dir, kept_files):
    with pytest.raises(services.UploadBroken, match="send it again"):
        services.store_upload(user=ann, name="a", chunks=[b"x"], expected=2)

    def breaking():
        yield b"x"
        raise OSError("connection reset")

    with pytest.raises(services.UploadBroken):
        services.store_upload(user=ann, name="a", chunks=breaking())
    assert kept_files() == set()


def test_a_form_that_ends_too_soon_is_not_kept(operator, kept_files):
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        + b"x" * 100
    )
    answer = operator.generic(
        "POST",
        "/uploads",
        body,
        content_type="multipart/form-data; boundary=b",
        **{"CONTENT_LENGTH": str(len(body) + 50), "wsgi.input": io.BytesIO(body)},
    )
    is_error(answer, 400, "upload_broken")
    assert kept_files() == set()


class FullDisk(FileSystemStorage):
    """Takes a little and is full then."""

    def _save(self, name, content):
        chunks = content.chunks

        def some():
            yield next(chunks())
            raise OSError(errno.ENOSPC, "No space left on device")

        content.chunks = some
        return super()._save(name, content)


def test_a_full_disk_is_told_and_nothing_stays(operator, settings, kept_files):
    storage = settings.STORAGES["artifacts"]
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": storage | {"BACKEND": f"{__name__}.FullDisk"},
    }
    for send in (send_raw, send_form):
        body = is_error(send(operator, b"x" * 100), 507, "no_room")
        assert "full" in body["message"]
    assert kept_files() == set()
    assert not Upload.objects.exists()


def test_a_disk_that_is_full_before_the_form_is_read_is_told_too(operator, settings):
    settings.DATA_DIR = settings.DATA_DIR / "gone"
    is_error(send_form(operator, b"x" * (2 * 2**20)), 503, "uploads_unavailable")


WRONG = [
    ("", RAW, 400, "invalid"),
    ("?name=", RAW, 400, "invalid"),
    ("?name=%00", RAW, 400, "invalid"),
    ("?name=a&nam=b", RAW, 400, "invalid"),
    (f"?name={'x' * 1001}", RAW, 400, "invalid"),
    ("?name=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    ("", "multipart/form-data; boundary=x", 400, "invalid"),
    ("", "multipart/form-data", 400, None),
    ("", "multipart/form-data; boundary=\u00e9", 400, None),
]


@pytest.mark.parametrize(("query", "kind", "status", "code"), WRONG)
def test_what_cannot_be_read_is_named(operator, kept_files, query, kind, status, code):
    answer = send_raw(operator, b"some bytes", query, kind)
    assert answer.status_code == status, answer.content
    assert answer.json()["code"] == (code or answer.json()["code"])
    assert kept_files() == set()


def test_a_form_without_the_file_names_the_field(operator):
    body = is_error(send_form(operator, b"x", field="data"), 400, "invalid")
    assert "file" in body["fields"]


def test_json_is_a_file_like_any_other(operator):
    answer = send_raw(operator, b'{"a": 1}', "?name=a.json", "application/json")
    assert answer.json()["size_bytes"] == 8


def test_a_file_is_its_senders_alone(ann, bob, send):
    upload = send(ann)
    client = APIClient()
    client.force_login(bob)

    for path in (f"/uploads/{upload.pk}", "/uploads/x", "/uploads/%00"):
        assert client.get(path).status_code in (404, 400)
        assert client.delete(path).status_code in (404, 400)
    assert client.get("/uploads").json()["results"] == []
    assert Upload.objects.filter(pk=upload.pk).exists()


def test_its_sender_may_delete_it(ann, send, kept_files):
    upload = send(ann)
    client = APIClient()
    client.force_login(ann)

    assert client.delete(f"/uploads/{upload.pk}/").status_code == 204
    assert client.get(f"/uploads/{upload.pk}").status_code == 404
    assert kept_files() == set()


def test_what_is_read_for_an_object_store_is_read_exactly(ann, scripts_dir):
    """A short read would be the end of the file to its client."""
    incoming = services.uploads._Incoming([b"abc", b"defgh", b"", b"i"])
    parts = [incoming.read(4), incoming.read(2), incoming.read(100), incoming.read(1)]
    assert parts == [b"abcd", b"ef", b"ghi", b""]
    assert incoming.size == 9


def test_no_room_is_said_of_a_quota_of_the_system_too():
    failure = services.uploads._failure(OSError(errno.EDQUOT, "Disk quota exceeded"))
    assert isinstance(failure, NoRoom)


def test_a_file_of_a_form_knows_that_its_form_was_cut_off(rf, ann, scripts_dir):
    """Behind the last boundary that came, what follows is not a part of any file."""
    part = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        b"content\r\n--b\r\n"
    )
    request = rf.generic(
        "POST",
        "/",
        part,
        content_type="multipart/form-data; boundary=b",
        **{"CONTENT_LENGTH": str(len(part) + 50), "wsgi.input": io.BytesIO(part)},
    )
    [file] = request.FILES.getlist("file")
    with pytest.raises(services.UploadBroken):
        services.store_incoming(user=ann, file=file)
