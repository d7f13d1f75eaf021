"""Files and choices in the console: whose a file is, and runs that list choices."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Run, Trigger, Upload, UploadUse
from apps.tasks.models import Task
from tests.integration.runs.run_form import address

pytestmark = pytest.mark.django_db
LIST = "/admin/runs/run/"


def test_the_list_of_runs_leaves_them_out_unless_they_are_looked_for(
    admin_client, make_run
):
    run = make_run(trigger=Trigger.CHOICES)
    other = make_run(trigger=Trigger.API)

    def shown(query):
        page = admin_client.get(LIST + query).content.decode()
        return str(run.pk)[-12:] in page, str(other.pk)[-12:] in page

    assert shown("") == (False, True)
    assert shown("?status__exact=queued") == (False, True)
    assert shown("?trigger__exact=choices") == (True, False)
    assert shown(f"?q={run.pk}") == (True, False)


# -- Run again with changes ----------------------------------------------------------
@pytest.fixture
def form(reads):
    """The run form as somebody sees it who fills it in from a run or a task."""

    def open_form(user, row):
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        browser = Client()
        browser.force_login(user)
        kind = "_run" if isinstance(row, Run) else "_task"
        page = browser.get(address(reads), {kind: str(row.pk)})
        shown = page.context["form"]
        values = {name: shown[f"parameter-{name}"].value() for name in ("data", "more")}
        return browser, page, values

    return open_form


@pytest.fixture
def of_ann(reads, ann, send):
    """A run and a task with files of Ann's."""
    data, more = send(ann), send(ann, b"1", name="more.csv")
    parameters = {"data": str(data.pk), "more": [str(more.pk)]}
    run = services.start_run(
        script=reads, parameters=parameters, user=ann, trigger=Trigger.API
    )
    task = Task(name="reads", script=reads, parameters=parameters, owner=ann)
    return {"run": run, "task": services.save_task(task=task, user=ann)}


@pytest.mark.parametrize("what", ["run", "task"])
def test_files_of_somebody_else_are_to_be_chosen_anew(form, of_ann, bob, send, what):
    browser, page, values = form(bob, of_ann[what])

    assert not any(values.values())
    text = page.content.decode()
    for name in ("data", "more"):
        assert f"{name} had a file that is somebody else&#x27;s" in text

    mine = send(bob)
    browser.post(page.request["PATH_INFO"], {"parameter-data": str(mine.pk)})
    assert Run.objects.first().parameters == {"data": str(mine.pk)}


@pytest.mark.parametrize("what", ["run", "task"])
def test_ones_own_files_are_filled_in(form, of_ann, ann, what):
    _browser, page, values = form(ann, of_ann[what])

    assert values["data"] == of_ann["run"].parameters["data"]
    assert values["more"].splitlines() == of_ann["run"].parameters["more"]
    assert "had a file" not in page.content.decode()


def test_of_a_list_ones_own_stay(form, of_ann, bob, send):
    run, mine = of_ann["run"], str(send(bob, b"2", name="b.csv").pk)
    run.parameters["more"].append(mine)
    run.save(update_fields=["parameters"])

    _browser, _page, values = form(bob, run)

    assert values["more"] == mine


def test_a_file_that_is_gone_by_now_is_to_be_chosen_anew(form, of_ann, ann):
    UploadUse.objects.all().delete()
    Upload.objects.update(expires_at=timezone.now())

    _browser, page, values = form(ann, of_ann["run"])

    assert not any(values.values())
    assert "or not there any more: choose it here." in page.content.decode()
