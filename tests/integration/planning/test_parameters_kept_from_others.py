"""What the editors of tasks and schedules show to nobody, and do for nobody else."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.runs import services
from apps.runs.models import Run, Upload
from apps.tasks.models import Schedule, Task
from tests.integration.inputs.conftest import READS
from tests.integration.planning.conftest import permission, text_of
from tests.integration.runs.run_form import fields
from tests.integration.secrets.conftest import DOTS, PASSWORD, VAULT

pytestmark = pytest.mark.django_db

# What takes the same in the open.
OPEN = """#!/bin/sh
# /// script
# [tool.automation-hub.parameters.password]
# [tool.automation-hub.parameters.host]
# ///
"""
LISTED = """#!/bin/sh
# /// script
# [tool.automation-hub.parameters.host]
# choices_from = "hosts.sh"
# ///
"""


@pytest.fixture
def vault(add_script):
    return add_script("vault.sh", VAULT)


@pytest.fixture
def secret_task(vault):
    given = {"password": PASSWORD, "host": "db"}
    return services.save_task(task=Task(name="v", script=vault, parameters=given))


@pytest.fixture
def formerly_open(add_script):
    """A task with a value that has become a secret since."""
    script = add_script("vault.sh", OPEN)
    given = {"password": "hunter2"}
    task = Task.objects.create(name="v", script=script, parameters=given)
    add_script("vault.sh", VAULT)
    return task


@pytest.fixture
def signed_in(make_user):
    def browser_for(*roles, may=()):
        client = Client()
        user = make_user("eve", *roles, is_staff=True)
        user.user_permissions.set(may)
        client.force_login(user)
        return client

    return browser_for


def page(client, name, *args, query=""):
    return client.get(reverse(f"admin:{name}", args=args) + query).content.decode()


# -- Secrets ---------------------------------------------------------------------------
def test_a_schedule_shows_its_own_secret_as_an_empty_field(admin_client, secret_task):
    schedule = Schedule(
        task=secret_task, every_s=60, parameters={"password": "its own one"}
    )
    services.save_schedule(schedule=schedule)

    text = page(admin_client, "tasks_schedule_change", schedule.pk)

    assert DOTS in text
    for told in ("its own one", "stored&quot;", PASSWORD):
        assert told not in text


def test_what_has_become_a_secret_is_shown_nowhere(admin_client, formerly_open):
    schedule = Schedule.objects.create(
        task=formerly_open, every_s=60, parameters={"password": "hunter2"}
    )
    query = f"?task={formerly_open.pk}"

    for text in (
        page(admin_client, "tasks_schedule_add", query=query),
        page(admin_client, "tasks_schedule_change", schedule.pk),
        page(admin_client, "tasks_task_change", formerly_open.pk),
    ):
        assert "parameter-password" in text
        assert "hunter2" not in text


def test_a_secret_does_not_go_along_to_another_script(
    admin_client, secret_task, add_script
):
    other = add_script("other.sh", VAULT)
    form = {"script": other.pk, "parameters_of": secret_task.script_id}
    form |= {"parameters_as": "fields", "_parameters_as": "fields"}
    url = reverse("admin:tasks_task_parameters_of", args=[secret_task.pk])

    answer = admin_client.post(url, form | {"kept": json.dumps({"password": DOTS})})

    assert 'name="kept"' not in answer.content.decode()
    assert "chosen before: password." in text_of(answer)


# -- Scripts that the reader may not know -----------------------------------------------
def test_fields_of_a_hidden_script_are_not_read(signed_in, secret_task, hello):
    secret_task.script.groups.add(Group.objects.create(name="few"))
    form = {"script": hello.pk, "parameters_of": secret_task.script_id}
    form |= {"parameters_as": "fields", "_parameters_as": "fields", **fields(host="x")}
    client = signed_in("Editor")

    answer = client.post(reverse("admin:tasks_task_parameters"), form)

    assert answer.status_code == 200
    assert "host" not in text_of(answer)


def test_files_for_a_hidden_script_are_not_kept(signed_in, add_script):
    reads = add_script("reads.py", READS)
    reads.groups.add(Group.objects.create(name="few"))
    client = signed_in("Editor")
    send_file(client, reads, reverse("admin:tasks_task_add"))
    assert not Upload.objects.exists()


def test_files_of_who_may_only_look_are_not_kept(signed_in, add_script, admin_client):
    reads = add_script("reads.py", READS)
    address = reverse("admin:tasks_task_add")
    send_file(signed_in("Viewer"), reads, address)
    assert not Upload.objects.exists()
    send_file(admin_client, reads, address)
    assert Upload.objects.count() == 1


def send_file(client, script, address):
    form = {"parameters_as": "fields", "parameters_of": script.pk}
    file = SimpleUploadedFile("data.csv", b"1,2\n")
    client.post(address, {**form, "parameter-data": file})


# -- Choices that another script lists ---------------------------------------------------
@pytest.fixture
def listed(add_script):
    """A task with a parameter whose choices another script lists."""
    add_script("hosts.sh", "#!/bin/sh\necho a\n")
    return Task.objects.create(name="t", script=add_script("uses.sh", LISTED))


@pytest.fixture
def planner(signed_in):
    """Who may change tasks and schedules, and run nothing."""
    names = ("view_task", "change_task", "add_task", "view_schedule", "add_schedule")
    rights = [permission(name) for name in names]
    return signed_in(may=[*rights, Permission.objects.get(codename="view_script")])


def test_choices_are_asked_for_by_who_may_run_scripts(planner, admin_client, listed):
    offers = reverse("admin:runs_script_offers", args=[listed.script_id])

    assert offers in page(admin_client, "tasks_task_change", listed.pk)
    assert offers not in page(planner, "tasks_task_change", listed.pk)


def test_nobody_has_choices_listed_who_may_not_run_scripts(
    planner, admin_client, listed
):
    form = {"script": listed.script_id, "parameters_of": listed.script_id}
    form |= {"task": listed.pk, "parameters_as": "fields", "_show_fields": ""}
    addresses = [
        reverse("admin:tasks_task_add"),
        reverse("admin:tasks_task_change", args=[listed.pk]),
        reverse("admin:tasks_schedule_add"),
    ]

    for address in addresses:
        planner.post(address, form)
    assert not Run.objects.exists()

    admin_client.post(addresses[0], form)
    assert Run.objects.get().script_name == "hosts.sh"
