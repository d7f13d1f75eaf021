"""What is done to many runs at once: run again, and written into a file."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone, translation

from apps.runs.admin import exporting, run_list_actions
from apps.runs.models import Run
from apps.scripts.secrecy import STORED
from apps.tasks.models import FreezeWindow, Task
from tests.integration.runs.test_run_page_changes import SECRETIVE

pytestmark = pytest.mark.django_db

LIST = "/admin/runs/run/"


@pytest.fixture
def operator(make_user) -> Client:
    client = Client()
    client.force_login(make_user("ann", "Operator", is_staff=True))
    return client


def send(client, *runs, query="", action="run_again_selected", **more):
    ids = [str(run.pk) for run in runs]
    form = {"action": action, "index": "0", "_selected_action": ids, **more}
    return client.post(LIST + query, form, follow=True)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def started(*old):
    return Run.objects.exclude(pk__in=[run.pk for run in old]).order_by("pk")


# -- Run again ---------------------------------------------------------------------
def test_each_is_run_again_with_its_own_parameters(operator, make_run):
    runs = [make_run(status="failed", parameters={"times": n}) for n in (1, 2)]

    answer = send(operator, *runs)

    assert said(answer) == ["Started 2 runs."]
    assert [r.parameters for r in started(*runs)] == [{"times": 1}, {"times": 2}]
    assert {(r.trigger, r.requested_by_name) for r in started(*runs)} == {
        ("admin", "ann")
    }


def test_what_cannot_be_run_is_left_out_and_says_why(operator, make_run, closed):
    good = make_run(status="failed")
    active, gone = make_run(), make_run(status="failed", script=closed)
    wrong = make_run(status="failed", parameters={"nmae": 1})
    closed.enabled = False
    closed.save()

    answer = send(operator, good, active, gone, wrong)

    first, second = said(answer)
    assert first.startswith("Started 1 run:")
    assert second.startswith("3 were not started.")
    for part in ("is still queued", "closed.sh × 1:", "nmae"):
        assert part in second
    assert started(good, active, gone, wrong).count() == 1


def test_more_than_twenty_are_asked_about_first(operator, make_run):
    runs = [make_run(status="failed") for _number in range(21)]

    answer = send(operator, *runs)

    text = answer.content.decode()
    assert "Run 21 runs again" in text
    assert "hello.py × 21" in text
    assert Run.objects.count() == 21
    hidden = {"confirmed": "1", "_selected_action": [str(run.pk) for run in runs]}
    form = {"action": "run_again_selected", **hidden}
    assert said(operator.post(LIST, form, follow=True)) == ["Started 21 runs."]


def test_more_than_are_run_at_once_start_nothing(operator, make_run, monkeypatch):
    monkeypatch.setattr(run_list_actions, "MOST_AGAIN", 2)
    runs = [make_run(status="failed") for _number in range(3)]

    (sentence,) = said(send(operator, runs[0], select_across="1"))

    assert sentence.startswith("These are more than 2 runs")
    assert Run.objects.count() == 3


def test_all_that_match_are_those_of_the_filters(operator, make_run):
    runs = [make_run(status="failed", note=note) for note in ("a", "b", "a")]

    answer = send(operator, runs[0], query="?q=a&in=text&who=", select_across="1")

    assert said(answer)[0] == "Started 2 runs."


def test_what_was_ticked_is_meant_whatever_became_of_it(operator, make_run):
    run = make_run(status="failed")

    answer = send(operator, run, query="?status=queued")

    assert said(answer)[0].startswith("Started 1 run:")


def test_all_that_match_are_none_where_a_filter_is_not_understood(operator, make_run):
    run = make_run(status="failed"), make_run()

    for action in ("run_again_selected", "cancel_selected"):
        answer = send(
            operator, *run, query="?status=x", action=action, select_across="1"
        )
        assert said(answer)[0].startswith("Nothing was done")
    assert sorted(Run.objects.values_list("status", flat=True)) == ["failed", "queued"]


def test_a_freeze_asks_for_a_reason_for_those_that_it_holds(operator, make_run, hello):
    task = Task.objects.create(name="greet", script=hello)
    now = timezone.now()
    FreezeWindow.objects.create(
        reason="moving", start=now - timedelta(hours=1), end=now + timedelta(hours=1)
    )
    free, held = make_run(status="failed"), make_run(status="failed", task=task)

    answer = send(operator, free, held)

    text = answer.content.decode()
    assert "moving" in text
    assert f'name="_selected_action" value="{held.pk}"' in text
    assert str(free.pk) not in text
    assert said(answer)[0].startswith("Started 1 run:")
    form = {"action": "run_again_selected", "_selected_action": [str(held.pk)]}
    refused = operator.post(LIST, {**form, "confirmed": "1", "reason": ""})
    assert refused.context["form"].errors
    operator.post(LIST, {**form, "confirmed": "1", "reason": "it burns"})
    assert [run.note for run in started(free, held)] == ["", "it burns"]


def test_the_button_of_a_row_runs_that_one_and_shows_it(operator, make_run):
    run, _other = make_run(status="failed"), make_run(status="failed")

    answer = operator.post(LIST, {"only": f"run_again_selected:{run.pk}"})

    new = Run.objects.order_by("-pk").first()
    assert answer["Location"] == f"{LIST}{new.pk}/change/"
    operator.post(LIST, {"only": f"cancel_selected:{new.pk}"})
    new.refresh_from_db()
    assert new.status == "cancelled"


def test_who_may_not_run_is_offered_nothing_and_starts_nothing(
    make_user, make_run, closed
):
    run, client = make_run(status="failed"), Client()
    client.force_login(make_user("eve", "Viewer", is_staff=True))

    text = client.get(LIST).content.decode()
    assert "run_again_selected" not in text
    assert "cancel_selected" not in text
    send(client, run)
    client.post(LIST, {"only": f"run_again_selected:{run.pk}"})
    assert Run.objects.count() == 1


def test_runs_of_hidden_scripts_are_not_run_again(operator, make_run, closed):
    closed.groups.add(Group.objects.create(name="night shift"))
    hidden = make_run(status="failed", script=closed)
    send(operator, hidden)
    assert Run.objects.count() == 1


# -- Export ------------------------------------------------------------------------
def table(answer):
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_all_that_match_are_written_the_newest_first(operator, make_run, monkeypatch):
    begin = timezone.now() - timedelta(seconds=90)
    runs = [
        make_run(status="failed", exit_code=3, began_at=begin, finished_at=end)
        for end in (begin + timedelta(seconds=n) for n in range(5))
    ]
    make_run()

    answer = operator.get(f"{LIST}export/?status=failed")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    rows = table(answer)
    assert [row["run_id"] for row in rows] == [str(run.pk) for run in reversed(runs)]
    assert rows[0]["message"] == "The script ended with exit code 3."
    assert rows[0]["queued_at"] == runs[-1].queued_at.isoformat()
    assert [float(row["duration_s"]) for row in rows] == [4, 3, 2, 1, 0]


def test_only_those_that_were_ticked_are_written(operator, make_run):
    run, _other = make_run(), make_run()
    form = {"action": "export_selected", "index": "0", "_selected_action": [run.pk]}
    assert [r["run_id"] for r in table(operator.post(LIST, form))] == [str(run.pk)]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x"]
)
def test_text_is_never_a_formula(operator, make_run, text):
    make_run(note=text)
    (row,) = table(operator.get(f"{LIST}export/"))
    assert row["note"] == f"'{text}"


def test_secrets_are_dots(operator, make_run):
    make_run(parameters={"token": STORED, "times": 2})
    (row,) = table(operator.get(f"{LIST}export/"))
    assert json.loads(row["parameters"]) == {"token": "••••••", "times": 2}


def test_what_has_become_a_secret_is_dots_too(operator, make_run, add_script):
    script = add_script("secretive.py", SECRETIVE)
    for _number in range(2):
        make_run(script=script, parameters={"token": "hunter2", "data": "x"})
    make_run()

    answer = operator.get(f"{LIST}export/")

    *rows, first = [json.loads(row["parameters"]) for row in table(answer)]
    assert first == {"token": "••••••", "data": "x"}
    assert rows == [{}, first]


def test_a_file_says_that_there_are_more(operator, make_run, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_EXPORTED", 2)
    for _number in range(3):
        make_run()
    *rows, last = table(operator.get(f"{LIST}export/"))
    assert len(rows) == 2
    assert last["run_id"] == "There are more: only the newest 2 are in this file."


def test_its_sentences_are_in_the_readers_language(operator, make_run):
    make_run(status="failed", exit_code=3)
    answer = operator.get(f"{LIST}export/", headers={"accept-language": "zh-hans"})
    with translation.override("en"):
        (row,) = table(answer)
    assert row["message"] == "脚本结束，退出码为 3。"


def test_a_filter_that_is_not_understood_is_no_file(operator, make_run):
    make_run()
    answer = operator.get(f"{LIST}export/?status=x", follow=True)
    assert said(answer)[0].startswith("status: x is not one of")
