"""A run is given its files: who may name them, where they are, how long they stay."""

from __future__ import annotations

import errno
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.runs import services, uploads
from apps.runs.folders import Abandoned
from apps.runs.models import Run, RunStatus, Trigger, Upload
from apps.tasks.models import Schedule, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def start(reads):
    def start(user, **parameters):
        return services.start_run(
            script=reads, parameters=parameters, user=user, trigger=Trigger.API
        )

    return start


def refused(start, user, **parameters):
    with pytest.raises(InvalidInput) as raised:
        start(user, **parameters)
    return raised.value.fields


def expire(upload):
    Upload.objects.filter(pk=upload.pk).update(expires_at=timezone.now())


def end(run):
    Run.objects.filter(pk=run.pk).update(
        status=RunStatus.COMPLETED, reason="exit", finished_at=timezone.now()
    )
    run.refresh_from_db()


def is_kept(upload, kept_files):
    row = Upload.objects.filter(pk=upload.pk).exists()
    assert row == (upload.path.rpartition("/")[2] in kept_files())
    return row


def test_the_script_gets_paths_in_its_work_folder(start, ann, send, perform):
    data = send(ann, b"first", name="../a b;$(id).csv")
    more = [send(ann, b"x", name="same.csv"), send(ann, b"y", name="SAME.csv")]

    run, text = perform(
        start(ann, data=str(data.pk), more=[str(one.pk) for one in more])
    )

    assert (run.status, text.splitlines()) == (
        "completed",
        [
            "inputs/data/a b;$(id).csv b'first'",
            "inputs/more/same.csv b'x'",
            "inputs/more/2-SAME.csv b'y'",
        ],
    )
    # What it was given is not what it left.
    assert [one.name for one in run.artifacts.all()] == ["result.txt"]


def test_a_script_without_files_may_have_a_folder_of_that_name(
    add_script, make_run, perform
):
    script = add_script("own.sh", "#!/bin/sh\nmkdir inputs; echo x > inputs/own.txt\n")
    run, _text = perform(make_run(script=script))
    assert [one.name for one in run.artifacts.all()] == ["inputs/own.txt"]


def test_a_file_of_its_own_that_it_lists_is_kept(add_script, ann, send, perform):
    source = """#!/bin/sh
# /// script
# [tool.automation-hub.parameters.data]
# file = true
# ///
echo "${1#--data=}" >> "$HUB_ARTIFACTS"
"""
    run = services.start_run(
        script=add_script("lists.sh", source),
        parameters={"data": str(send(ann).pk)},
        user=ann,
        trigger=Trigger.API,
    )
    run, _text = perform(run)
    assert [one.name for one in run.artifacts.all()] == ["data.csv"]


def test_only_its_sender_may_name_a_file(start, ann, bob, send, nowhere):
    mine = str(send(ann).pk)
    for user, upload in ((bob, mine), (None, mine), (ann, nowhere)):
        fields = refused(start, user, data=upload)
        [sentence] = fields["parameters.data"]
        assert upload in sentence
        assert "POST /uploads" in sentence
    assert not Run.objects.exists()


def test_a_caller_without_credentials_has_no_files(nearby, add_script, send):
    source = (
        "#!/bin/sh\n# /// script\n# [tool.automation-hub]\n# anonymous = true\n"
        "# [tool.automation-hub.parameters.data]\n# file = true\n# ///\n"
    )
    add_script("open.sh", source)
    of_the_shell = send(None)
    body = {"script_name": "open.sh", "parameters": {"data": str(of_the_shell.pk)}}

    answer = nearby.post("/runs/runs", body)

    assert answer.status_code == 400
    assert "parameters.data" in answer.json()["fields"]


def test_an_expired_file_is_not_taken_unless_something_uses_it(start, ann, send):
    used, unused = send(ann), send(ann)
    start(ann, data=str(used.pk))
    for one in (used, unused):
        expire(one)

    assert "parameters.data" in refused(start, ann, data=str(unused.pk))
    assert start(ann, data=str(used.pk))


def test_what_the_header_takes_is_checked(start, ann, send):
    text = send(ann, name="a.txt")
    large = send(ann, b"x" * 11, name="A.CSV")
    fields = refused(start, ann, more=[str(text.pk), str(large.pk)])
    assert fields["parameters.more"] == [
        "takes files that end with .csv, and this one is a.txt.",
        "takes files of 10\xa0bytes at most; A.CSV has 11\xa0bytes.",
    ]
    assert start(ann, more=[str(send(ann, b"x" * 10, name="a.CSV").pk)])


def test_files_are_apart_from_what_parameters_may_hold(start, ann, send, perform):
    data = send(ann, b"z" * (3 * 2**20))
    run, text = perform(start(ann, data=str(data.pk)))
    assert run.status == "completed", text


def test_a_colleague_may_repeat_a_run_with_its_files(start, ann, bob, send, kept_files):
    upload = send(ann)
    run = start(ann, data=str(upload.pk))
    end(run)
    for again in (
        services.retry_run(run=run, user=bob),
        services.run_again(run=run, user=bob, trigger=Trigger.ADMIN),
    ):
        assert again.parameters == run.parameters
        end(again)
    # But not with the file in another place.
    assert refused(start, bob, more=[str(upload.pk)])


def test_files_stay_as_long_as_a_run_that_uses_them(start, ann, send, kept_files):
    upload = send(ann)
    run = start(ann, data=str(upload.pk))
    end(run)
    again = services.retry_run(run=run, user=ann)
    end(again)
    expire(upload)

    services.prune()
    assert is_kept(upload, kept_files)
    run.delete()
    services.prune()
    assert is_kept(upload, kept_files)
    again.delete()
    services.prune()
    assert not is_kept(upload, kept_files)


def test_a_retry_by_itself_keeps_them_too(reads, ann, send, perform):
    upload = send(ann)
    task = Task(name="t", script=reads, retries=1, parameters={"data": str(upload.pk)})
    services.save_task(task=task, user=ann)
    run = services.start_task(task=task, user=ann, trigger=Trigger.API)
    reads.enabled = False
    reads.save()
    claim = services.claim_next(queue="default", worker="w")
    reads.enabled = True
    reads.save()
    services.begin(claim=claim, sha256="")
    services.finish(claim=claim, status=RunStatus.FAILED, reason="exit")

    retry = Run.objects.get(retry_of=run)
    assert upload.uses.filter(run=retry).exists()


@pytest.mark.parametrize("kind", ["task", "schedule"])
def test_a_task_and_a_schedule_keep_them(reads, ann, bob, send, kept_files, kind):
    first, second = send(ann), send(bob)
    task = Task(name="t", script=reads)
    row = task
    if kind == "schedule":
        services.save_task(task=task)
        row = Schedule(task=task, cron="0 0 * * *", timezone="UTC")
    save = services.save_schedule if kind == "schedule" else services.save_task
    row.parameters = {"data": str(first.pk)}
    with pytest.raises(InvalidInput):
        save(**{kind: row}, user=bob)
    save(**{kind: row}, user=ann)
    for one in (first, second):
        expire(one)
    Upload.objects.filter(pk=second.pk).update(expires_at=timezone.now() + timedelta(1))

    services.prune()
    assert is_kept(first, kept_files)
    # A colleague changes something else, and then the file.
    save(**{kind: row}, user=bob)
    row.parameters = {"data": str(second.pk)}
    save(**{kind: row}, user=bob)
    services.prune()
    assert not is_kept(first, kept_files)
    expire(second)
    row.delete()
    services.prune()
    assert not is_kept(second, kept_files)


def test_a_task_is_run_by_a_colleague_and_by_its_schedule(
    reads, ann, bob, send, perform
):
    upload = send(ann, b"theirs")
    task = Task(name="t", script=reads, parameters={"data": str(upload.pk)})
    services.save_task(task=task, user=ann)

    run = services.start_task(task=task, user=bob, trigger=Trigger.API)

    assert "theirs" in perform(run)[1]


def test_what_a_run_uses_is_not_deleted(start, ann, send, kept_files):
    upload = send(ann)
    start(ann, data=str(upload.pk))
    with pytest.raises(services.UploadInUse, match="stays as long"):
        services.delete_upload(upload=upload)
    assert is_kept(upload, kept_files)


def test_unused_files_go_when_they_expire(ann, send, kept_files):
    old, new = send(ann), send(ann)
    expire(old)

    would = services.prune(dry_run=True)
    assert (would.artifacts, is_kept(old, kept_files)) == (1, True)
    assert services.prune().artifacts == 1
    assert (is_kept(old, kept_files), is_kept(new, kept_files)) == (False, True)


def test_a_file_without_a_row_is_swept_up_later(ann, send, kept_files, settings):
    upload = send(ann)
    Upload.objects.all().delete()

    services.prune()
    assert kept_files() == {str(upload.pk)}
    later = timezone.now() + timedelta(hours=2)
    services.prune(now=later)
    assert kept_files() == set()


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_file_that_is_not_as_it_was_fails_the_run(
    start, ann, send, perform, settings, harm
):
    upload = send(ann)
    run = start(ann, data=str(upload.pk))
    path = settings.DATA_DIR / "artifacts" / upload.path
    path.unlink() if harm == "gone" else path.write_bytes(b"other")

    run, text = perform(run)

    assert (run.status, text) == ("failed", "")
    assert (run.reason, "data.csv" in run.detail) == (
        "rejected" if harm == "gone" else "spawn",
        True,
    )


def test_a_file_that_expires_in_the_moment_of_the_start_starts_nothing(
    start, ann, send, monkeypatch
):
    upload = send(ann)
    honest = services.start.check_inputs

    def check(**asked):
        found = honest(**asked)
        Upload.objects.all().delete()
        return found

    monkeypatch.setattr(services.start, "check_inputs", check)
    with pytest.raises(InvalidInput, match="has expired"):
        start(ann, data=str(upload.pk))
    assert not Run.objects.exists()


def test_copying_ends_when_the_run_is_no_longer_ours(reads, ann, send, tmp_path):
    values = {"data": str(send(ann, b"x" * (3 * 2**20)).pk)}
    answers = [True, True, False]
    with pytest.raises(Abandoned):
        uploads.place_files(
            schema=reads.parameters_schema,
            values=values,
            work=tmp_path,
            keep_on=lambda: answers.pop(0),
        )
    assert answers == []


def test_a_full_disk_of_the_worker_is_said(start, ann, send, perform, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    run = start(ann, data=str(send(ann).pk))
    monkeypatch.setattr(uploads, "_copy", full)
    run, _text = perform(run)
    assert (run.status, run.reason) == ("failed", "spawn")
    assert "no room for 'data.csv'" in run.detail
