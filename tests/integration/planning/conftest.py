from __future__ import annotations

from html.parser import HTMLParser
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse

from apps.runs import services
from apps.tasks.models import Schedule, Task

NIGHTLY = "30 2 * * *"


@pytest.fixture
def task(hello):
    return Task.objects.create(name="greet", script=hello, parameters={"name": "you"})


@pytest.fixture
def plan(task):
    """Make a schedule; by default it fires each night, in UTC."""

    def make(**changes):
        usual = {"task": task, "timezone": "UTC", "label": "night"}
        if not {"cron", "every_s", "at"} & changes.keys():
            usual["cron"] = NIGHTLY
        return services.save_schedule(schedule=Schedule(**usual | changes))

    return make


@pytest.fixture
def send(admin_client, task):
    """Send the form of a new schedule; returns the answer."""
    form = {
        "task": task.pk,
        "timezone": "UTC",
        "enabled": "on",
        "jitter_s": "0",
        "missed": "latest",
        "overlap": "skip",
        "parameters": "{}",
    }

    def send(path="admin:tasks_schedule_add", args=(), **changes):
        return admin_client.post(reverse(path, args=args), form | changes)

    return send


@pytest.fixture
def page(admin_client):
    """Return the text of a page of the console."""

    def page(name, *args, query="", client=admin_client):
        answer = client.get(reverse(f"admin:{name}", args=args) + query)
        assert answer.status_code == 200
        return text_of(answer)

    return page


def errors(answer):
    """What a form that was refused says, by field."""
    return dict(answer.context["adminform"].form.errors)


def run(*arguments):
    """Run a command; return what it wrote to stdout."""
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def permission(codename):
    """A permission about definitions; django-q2 has a table of schedules as well."""
    found = Permission.objects.filter(content_type__app_label="tasks")
    return found.get(codename=codename)


class _Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.parts = []

    def handle_data(self, data):
        self.parts.append(data)


def text_of(answer):
    """What a reader sees of a page, with single spaces."""
    parser = _Text()
    parser.feed(answer.content.decode())
    return " ".join(" ".join(parser.parts).split())
