"""What changed in a file since the last success, on a page of its own."""

from __future__ import annotations

import json

import pytest

from apps.runs.admin.artifacts import address
from apps.runs.models import Artifact
from apps.runs.since_success import files_of_last_success
from apps.tasks.models import Task
from tests.integration.runs.kept import keep, page, run_page

pytestmark = pytest.mark.django_db

GIF = b"GIF89a\1\0\1\0\0\0\0;"
OFFER = "Compare with the last success"


def feed(*numbers):
    items = [{"id": n, "title": f"News {n}"} for n in numbers]
    return json.dumps({"count": len(items), "items": items})


def compared(client, artifact):
    return page(client, artifact, view="compare")


def before(artifact):
    files = list(Artifact.objects.filter(run=artifact.run))
    return files_of_last_success(artifact.run, files).get(artifact.pk)


def test_a_feed_says_what_is_new_since_yesterday(admin_client, make_run):
    keep(make_run(status="completed"), "news.json", feed(*range(1, 9)))
    run = make_run(status="completed")
    artifact = keep(run, "news.json", feed(*range(2, 12)))

    text = run_page(admin_client, run)
    assert f'href="{address("compare", artifact)}"' in text
    assert "3 new, 1 gone, 7 the same" in text
    text = compared(admin_client, artifact)
    assert "3 new, 1 gone, 7 the same" in text
    assert "<td>News 11</td>" in text
    assert "Told apart by “id”." in text


def test_files_with_a_date_in_their_names_belong_together(make_run):
    old = keep(make_run(status="completed"), "news-20261126T0700Z.json", feed(1))
    new = keep(make_run(status="completed"), "news-20261127T0700Z.json", feed(2))

    assert before(new) == old


def test_text_is_compared_line_by_line(admin_client, make_run):
    keep(make_run(status="completed"), "a.txt", "one\ntwo <script>\n")
    artifact = keep(make_run(status="failed"), "a.txt", "one\ntwo & three\n")

    text = compared(admin_client, artifact)

    assert '<tr class="hub-line-removed">' in text
    assert "<code>two &lt;script&gt;</code>" in text
    assert "1 line added" in text


def test_pictures_stand_side_by_side(admin_client, make_run):
    old = keep(make_run(status="completed"), "a.gif", GIF)
    new = keep(make_run(status="completed"), "a.gif", GIF + b"\0")

    text = compared(admin_client, new)

    assert f'<img src="{address("picture", old)}"' in text
    assert f'<img src="{address("picture", new)}"' in text


def test_the_same_file_is_told_without_reading_it(admin_client, make_run):
    old = keep(make_run(status="completed"), "a.txt", "x")
    run = make_run(status="completed")
    new = keep(run, "a.txt", "x", path=old.path)

    assert "as the last success left it" in run_page(admin_client, run)
    assert OFFER not in run_page(admin_client, run)
    assert "They are the same, byte for byte." in compared(admin_client, new)


def test_files_without_a_checksum_are_never_taken_for_the_same(admin_client, make_run):
    keep(make_run(status="completed"), "a.txt", "x", sha256="")
    run = make_run(status="completed")
    new = keep(run, "a.txt", "y", sha256="")

    assert "as the last success left it" not in run_page(admin_client, run)
    assert "byte for byte" not in compared(admin_client, new)


def test_nothing_to_compare_with_says_so(admin_client, make_run):
    keep(make_run(status="failed"), "a.txt", "x")
    artifact = keep(make_run(status="completed"), "a.txt", "y")
    keep(make_run(status="completed"), "a.txt", "later")

    assert OFFER not in run_page(admin_client, artifact.run)
    assert "there is nothing to compare it with" in compared(admin_client, artifact)


def test_an_earlier_success_answers_where_the_last_left_no_such_file(make_run):
    old = keep(make_run(status="completed"), "a.txt", "x")
    keep(make_run(status="completed"), "b.txt", "x")

    assert before(keep(make_run(status="completed"), "a.txt", "y")) == old


def test_of_several_earlier_successes_the_last_answers(make_run):
    keep(make_run(status="completed"), "a.txt", "x")
    last = keep(make_run(status="completed"), "a.txt", "y")

    assert before(keep(make_run(status="completed"), "a.txt", "z")) == last


def test_a_task_is_compared_with_itself(make_run, hello):
    one, other = (Task.objects.create(name=name, script=hello) for name in "ab")
    old = keep(make_run(status="completed", task=one), "a.txt", "x")
    keep(make_run(status="completed", task=other), "a.txt", "y")

    assert before(keep(make_run(status="completed", task=one), "a.txt", "z")) == old


def test_a_task_that_never_succeeded_is_compared_with_its_script(make_run, hello):
    task = Task.objects.create(name="new", script=hello)
    old = keep(make_run(status="completed"), "a.txt", "x")

    assert before(keep(make_run(status="completed", task=task), "a.txt", "z")) == old


def test_a_run_of_another_script_is_none_to_compare_with(make_run, closed):
    keep(make_run(status="completed", script=closed), "a.txt", "x")

    assert before(keep(make_run(status="completed"), "a.txt", "y")) is None


def test_other_parameters_are_told(admin_client, make_run):
    keep(make_run(status="completed", parameters={"name": "a"}), "a.txt", "x")
    artifact = keep(make_run(status="completed"), "a.txt", "y")

    assert "That run had other parameters." in compared(admin_client, artifact)


def test_a_comparison_says_that_a_file_is_gone(admin_client, make_run):
    keep(make_run(status="completed"), "a.json", "[1]", path="nowhere/1")
    artifact = keep(make_run(status="completed"), "a.json", "[2]")

    text = compared(admin_client, artifact)

    assert "has no artifact" in text
    assert run_page(admin_client, artifact.run)
