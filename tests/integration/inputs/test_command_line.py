"""manage.py run: a file is a path of this host, and choices are waited for."""

from __future__ import annotations

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from apps.runs import worker
from apps.runs.models import Run, Upload
from tests.integration.inputs.test_choices import HOSTS, USES

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "my data.csv"
    path.write_text("from here")
    return path


def test_a_path_is_sent_by_the_command_itself(reads, path, perform):
    call_command("run", "reads.py", f"data={path}")

    run, text = perform(Run.objects.get())
    assert text == "inputs/data/my data.csv b'from here'\n"
    upload = Upload.objects.get()
    assert (upload.owner, str(upload.pk)) == (None, run.parameters["data"])


def test_an_upload_of_the_command_line_can_be_named_again(reads, path, perform):
    call_command("run", "reads.py", f"data={path}")
    call_command("run", "reads.py", f"data={Upload.objects.get().pk}")
    assert Upload.objects.count() == 1
    assert Run.objects.count() == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["data=nope.csv"], "data: the file 'nope.csv' cannot be read: No such file"),
        (["data=/"], "Is a directory"),
        (["data=a\0b"], "cannot be read"),
        (["more={path}", "more=nope"], "'nope'"),
        (["data={path}", "nope=1"], "nope"),
        (["data={path}", "data={path}"], "takes one value"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_sent(
    reads, path, kept_files, words, sentence
):
    words = [word.format(path=path) for word in words]
    with pytest.raises(CommandError, match=sentence):
        call_command("run", "reads.py", *words)
    assert kept_files() == set()
    assert not Run.objects.exists()


def test_what_was_sent_for_a_run_that_is_refused_is_taken_back(
    reads, path, kept_files, tmp_path
):
    large = tmp_path / "large.csv"
    large.write_text("x" * 11)
    with pytest.raises(CommandError, match="takes files of"):
        call_command("run", "reads.py", f"data={path}", f"more={large}")
    assert kept_files() == set()
    assert not Upload.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_choices_are_listed_and_waited_for(add_script):
    add_script("hosts.sh", HOSTS)
    add_script("uses.sh", USES)
    ended = threading.Event()

    def serve():
        try:
            while not ended.wait(0.05):
                worker.look()
        finally:
            connections.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        call_command("run", "uses.sh", "env=dev", "host=dev2")
        with pytest.raises(CommandError, match=r"one of what hosts\.sh lists"):
            call_command("run", "uses.sh", "env=dev", "host=web1")
    finally:
        ended.set()
        thread.join()
    assert Run.objects.filter(trigger="choices").count() == 1


def test_choices_that_cannot_be_had_are_said(add_script):
    add_script("uses.sh", USES)
    with pytest.raises(CommandError, match=r"host: There is no script hosts\.sh"):
        call_command("run", "uses.sh", "env=dev", "host=dev2")
