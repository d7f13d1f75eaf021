"""A task that somebody deletes just when another one runs it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.runs.models import Run
from apps.runs.services import start
from apps.tasks.models import Task

# What a row refers to is looked at when the transaction is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("button", ["task", "run"])
def test_who_runs_it_is_told(admin_client, make_run, hello, monkeypatch, button):
    task = Task.objects.create(name="greet", script=hello)
    run = make_run(status="failed", task=task)
    addresses = {
        "task": reverse("admin:runs_task_run", args=[task.pk]),
        "run": reverse("admin:runs_run_again", args=[run.pk]),
    }
    real = start.check_inputs

    def check_inputs(**about):
        Task.objects.filter(pk=task.pk).delete()
        return real(**about)

    monkeypatch.setattr(start, "check_inputs", check_inputs)

    answer = admin_client.post(addresses[button], {"once": "0" * 32}, follow=True)

    said = [str(message) for message in answer.context["messages"]]
    sentence = "The task greet was deleted meanwhile, so nothing was started."
    assert sentence in said
    assert Run.objects.count() == 1
