"""The console's pages of scripts, tasks and runs."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.runs.models import Artifact, LogChunk, Run
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script></pre>"


@pytest.fixture
def signed_in(make_user):
    """A browser of a member of staff in a role: signed_in("Operator")."""

    def browser_for(role: str) -> Client:
        client = Client()
        client.force_login(make_user(role.lower(), role, is_staff=True))
        return client

    return browser_for


def page(client, name, *args):
    answer = client.get(reverse(f"admin:{name}", args=args))
    assert answer.status_code == 200, name
    return answer.content.decode()


def test_every_page_opens_for_an_administrator(admin_client, make_run):
    run = make_run(status="completed")
    task = Task.objects.create(name="greet", script=run.script)

    for model in admin.site._registry:
        page(
            admin_client, f"{model._meta.app_label}_{model._meta.model_name}_changelist"
        )
    page(admin_client, "index")
    page(admin_client, "runs_run_change", run.pk)
    page(admin_client, "scripts_script_change", run.script.pk)
    page(admin_client, "runs_script_run", run.script.pk)
    page(admin_client, "tasks_task_change", task.pk)


def test_the_queues_own_pages_are_not_there():
    assert not [m for m in admin.site._registry if m._meta.app_label == "django_q"]


def test_scripts_show_their_last_run(admin_client, hello, make_run):
    make_run(status="completed")
    last = make_run(status="failed")

    text = page(admin_client, "scripts_script_changelist")

    assert reverse("admin:runs_run_change", args=[last.pk]) in text


def test_the_form_starts_a_run_with_typed_values(signed_in, hello):
    client = signed_in("Operator")

    answer = client.post(
        reverse("admin:runs_script_run", args=[hello.pk]),
        {"parameter-name": " two words ", "parameter-times": "3"},
    )

    run = Run.objects.get()
    assert answer["Location"] == reverse("admin:runs_run_change", args=[run.pk])
    assert run.parameters == {"name": " two words ", "times": 3}
    assert (run.trigger, run.requested_by_name) == ("admin", "operator")


def test_what_is_left_empty_is_left_to_the_script(signed_in, hello):
    signed_in("Operator").post(reverse("admin:runs_script_run", args=[hello.pk]))

    assert Run.objects.get().parameters == {}


def test_a_wrong_value_is_said_at_its_field(signed_in, hello):
    answer = signed_in("Operator").post(
        reverse("admin:runs_script_run", args=[hello.pk]), {"parameter-times": "many"}
    )

    assert answer.status_code == 200
    assert "parameter-times" in answer.context["form"].errors
    assert not Run.objects.exists()


def test_a_script_that_is_gone_says_so_on_the_form(signed_in, hello, scripts_dir):
    (scripts_dir / "hello.py").unlink()

    answer = signed_in("Operator").post(
        reverse("admin:runs_script_run", args=[hello.pk])
    )

    assert "no longer in the scripts folder" in answer.content.decode()


def test_cancel_and_run_again_are_buttons(signed_in, make_run):
    client, run = signed_in("Operator"), make_run(parameters={"times": 2})

    client.post(reverse("admin:runs_run_cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.status == "cancelled"

    client.post(reverse("admin:runs_run_again", args=[run.pk]))
    again = Run.objects.exclude(pk=run.pk).get()
    assert again.parameters == {"times": 2}


def test_a_get_changes_nothing(signed_in, make_run):
    client, run = signed_in("Operator"), make_run()

    for name in ("cancel", "again"):
        answer = client.get(reverse(f"admin:runs_run_{name}", args=[run.pk]))
        assert answer.status_code == 405
    run.refresh_from_db()
    assert run.status == "queued"


def test_selected_runs_can_be_cancelled(signed_in, make_run):
    runs = [make_run(), make_run(), make_run(status="failed")]

    answer = signed_in("Operator").post(
        reverse("admin:runs_run_changelist"),
        {"action": "cancel_selected", "_selected_action": [str(r.pk) for r in runs]},
        follow=True,
    )

    assert Run.objects.filter(status="cancelled").count() == 2
    assert "Asked 2 runs to stop." in answer.content.decode()


def test_a_viewer_looks_and_does_nothing(signed_in, make_run):
    client, run = signed_in("Viewer"), make_run()

    text = page(client, "runs_run_change", run.pk)

    assert "/cancel/" not in text
    for name in ("cancel", "again"):
        answer = client.post(reverse(f"admin:runs_run_{name}", args=[run.pk]))
        assert answer.status_code == 403
    form = reverse("admin:runs_script_run", args=[run.script.pk])
    assert client.post(form).status_code == 403
    assert client.post(reverse("admin:scripts_script_sync")).status_code == 302
    assert Run.objects.get().status == "queued"


def test_a_script_limited_to_other_groups_is_not_there(signed_in, hello, make_run):
    run = make_run()
    hello.groups.create(name="night shift")
    client = signed_in("Operator")

    assert "hello.py" not in page(client, "scripts_script_changelist")
    assert str(run.pk)[-12:] not in page(client, "runs_run_changelist")
    form = reverse("admin:runs_script_run", args=[hello.pk])
    assert client.get(form).status_code == 404
    cancel = reverse("admin:runs_run_cancel", args=[run.pk])
    assert client.post(cancel).status_code == 404


def test_runs_of_a_script_that_is_no_longer_known_are_left_to_superusers(
    signed_in, admin_client, make_run
):
    make_run()
    run = make_run()
    Run.objects.filter(pk=run.pk).update(script=None)

    for client, sees in ((signed_in("Viewer"), False), (admin_client, True)):
        text = page(client, "runs_run_changelist")
        assert (str(run.pk)[-12:] in text) is sees


def test_search_takes_an_id_or_a_part_of_a_name(admin_client, make_run, closed):
    run, other = make_run(), make_run(script=closed)

    for term in (str(run.pk), run.pk.hex, "hello"):
        answer = admin_client.get(reverse("admin:runs_run_changelist"), {"q": term})
        text = answer.content.decode()
        assert str(run.pk)[-12:] in text
        assert str(other.pk)[-12:] not in text


@pytest.mark.parametrize("term", ["x" * 5000, "' OR 1=1", "%", "00000000"])
def test_a_search_that_makes_no_sense_finds_nothing(admin_client, make_run, term):
    run = make_run()

    answer = admin_client.get(reverse("admin:runs_run_changelist"), {"q": term})

    assert str(run.pk)[-12:] not in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    ["status__exact=bogus", "script__id__exact=x", "queued_at__gte=x", "p=x"],
)
def test_a_filter_that_makes_no_sense_is_no_failure(admin_client, make_run, query):
    answer = admin_client.get(reverse("admin:runs_run_changelist") + f"?{query}")

    assert answer.status_code in {200, 302}


def test_what_scripts_say_is_shown_as_text(admin_client, make_run):
    run = make_run(
        status="failed",
        reason="spawn",
        detail=HOSTILE,
        parameters={"name": HOSTILE},
        script_name=HOSTILE,
        requested_by_name=HOSTILE,
    )
    LogChunk.objects.create(run=run, seq=1, stream="stdout", text=HOSTILE)
    Artifact.objects.create(
        run=run, name=HOSTILE, path="x", size_bytes=1, content_type="x", sha256="x"
    )

    text = page(admin_client, "runs_run_change", run.pk)
    text += page(admin_client, "runs_run_changelist")

    assert "alert(1)" in text
    assert "<script>alert" not in text


def test_a_task_is_checked_against_its_script_and_can_be_run(signed_in, hello):
    client = signed_in("Editor")
    form = {"name": "greet", "script": hello.pk, "priority": 0, "enabled": "on"}

    refused = client.post(
        reverse("admin:tasks_task_add"), {**form, "parameters": '{"nmae": "x"}'}
    )
    assert "parameters" in refused.context["adminform"].form.errors

    client.post(
        reverse("admin:tasks_task_add"), {**form, "parameters": '{"name": "x"}'}
    )
    task = Task.objects.get()
    assert task.owner.username == "editor"
    client.post(reverse("admin:runs_task_run", args=[task.pk]))
    assert Run.objects.get().task == task


def test_the_whole_log_is_text(signed_in, make_run):
    run = make_run(status="completed")
    for seq in range(1, 21):
        LogChunk.objects.create(run=run, seq=seq, stream="stdout", text=f"{seq}\n")

    answer = signed_in("Viewer").get(reverse("admin:runs_run_log", args=[run.pk]))

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert b"".join(answer.streaming_content).split() == [
        str(seq).encode() for seq in range(1, 21)
    ]


def test_the_folder_can_be_looked_into_again(signed_in, hello, scripts_dir):
    (scripts_dir / "new.sh").write_text("#!/bin/sh\n")

    answer = signed_in("Editor").post(reverse("admin:scripts_script_sync"), follow=True)

    assert "2 in the folder: 1 new" in answer.content.decode()


def test_editors_change_settings_and_nothing_that_the_file_decides(signed_in, hello):
    signed_in("Editor").post(
        reverse("admin:scripts_script_change", args=[hello.pk]),
        {"name": "evil.py", "anonymous": "on", "groups": []},
    )

    hello.refresh_from_db()
    assert hello.enabled is False
    assert hello.name == "hello.py"
