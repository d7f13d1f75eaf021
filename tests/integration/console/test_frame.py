"""What stands around the contents of a page: headings, ways back, signing in and out."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.permission_names import meant, permission_name
from apps.runs.models import Worker
from apps.tasks.models import Task
from tests.integration.planning.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(hello):
    return Task.objects.create(name="greetings", script=hello)


def of_task(page, task):
    return reverse(f"admin:tasks_task_{page}", args=[task.pk])


def crumbs(answer):
    shown = answer.content.decode().partition('class="breadcrumbs">')[2]
    words = re.sub(r"<[^>]+>", " ", shown.partition("</div>")[0])
    return " ".join(html.unescape(words).split())


def test_a_page_is_headed_by_what_it_is_about(admin_client, task):
    text = admin_client.get(of_task("change", task)).content.decode()

    assert "<h1>greetings</h1>" in text
    assert "<title>greetings | Tasks | automation-hub</title>" in text
    assert "Change task" not in text


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_the_way_back_leads_over_the_list_alone(admin_client, task, page):
    answer = admin_client.get(of_task(page, task))

    assert crumbs(answer).startswith("Home › Tasks › greetings")
    assert 'href="/admin/tasks/"' not in answer.content.decode()


def test_the_page_of_many_that_go_leads_back_to_the_list(admin_client, task):
    chosen = {"action": "delete_selected", "_selected_action": [task.pk]}
    answer = admin_client.post(reverse("admin:tasks_task_changelist"), chosen)

    assert crumbs(answer) == "Home › Tasks › Delete multiple objects"


def test_the_page_of_a_password_leads_back_to_the_users(admin_client, admin_user):
    url = reverse("admin:auth_user_password_change", args=[admin_user.pk])

    assert crumbs(admin_client.get(url)).startswith("Home › Users › admin")


def test_the_page_of_an_app_does_not_pretend_to_be_the_home_page(admin_client, hello):
    text = text_of(admin_client.get(reverse("admin:app_list", args=["tasks"])))

    assert "There is no script yet" not in text
    assert "Freeze windows" in text


def test_what_only_the_hub_writes_has_no_history(admin_client, task):
    worker = Worker.objects.create(
        name="w", host="h", pid=1, queue="default", slots=1, seen_at=timezone.now()
    )
    shown = admin_client.get(reverse("admin:runs_worker_change", args=[worker.pk]))

    assert "History" not in text_of(shown)
    assert "Draining: no" in text_of(shown)
    assert "History" in text_of(admin_client.get(of_task("change", task)))


def test_a_list_of_nothing_offers_nothing_to_search_or_select(admin_client, hello):
    url = reverse("admin:tasks_task_changelist")
    assert 'name="action"' not in admin_client.get(url).content.decode()
    assert 'id="searchbar"' not in admin_client.get(url).content.decode()

    Task.objects.create(name="greetings", script=hello)
    assert 'name="action"' in admin_client.get(url).content.decode()
    assert 'id="searchbar"' in admin_client.get(f"{url}?q=none").content.decode()


def test_who_is_refused_at_the_door_is_told_why(client):
    form = {"username": "ann", "password": "wrong"}
    text = text_of(client.post(reverse("admin:login"), form))

    assert "do not belong together, or the account may not open the console" in text


def test_who_may_not_open_a_page_is_told_as_whom_they_are_signed_in(client, make_user):
    client.force_login(make_user("bot"))

    text = text_of(client.get(reverse("admin:index"), follow=True))

    assert "You are signed in as bot" in text


def test_who_signs_out_is_told_what_goes_on(admin_client):
    answer = admin_client.post(reverse("admin:logout"))

    assert "You are signed out What runs goes on" in text_of(answer)
    assert "quality time" not in text_of(answer)


def test_a_form_without_its_mark_is_refused_in_our_words(admin_user):
    client = Client(enforce_csrf_checks=True)

    answer = client.post(reverse("admin:login"), {"username": "admin"})

    assert answer.status_code == 403
    assert "The form is no longer valid" in text_of(answer)
    assert "CSRF" not in text_of(answer)


def test_who_opens_the_address_of_a_button_is_told_so(admin_client, hello):
    answer = admin_client.get(reverse("admin:scripts_script_sync"))

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "This address is for a button of another page" in text_of(answer)


def test_permissions_are_called_by_what_they_allow(admin_client):
    names = {permission_name(each) for each in Permission.objects.all()}
    assert {"Scripts: run", "Runs: cancel", "Users: change"} <= names

    group = Group.objects.get(name="Viewer")
    shown = admin_client.get(reverse("admin:auth_group_change", args=[group.pk]))
    assert "Tasks: view" in text_of(shown)
    assert "Can view" not in text_of(shown)
    assert "Hold down" not in text_of(shown)


def test_what_the_roles_have_is_what_can_be_given(admin_client):
    offered = set(Permission.objects.filter(meant()))
    given = set(Permission.objects.filter(group__isnull=False))

    assert given <= offered
    assert not [each for each in offered if ": " not in permission_name(each)]


def test_users_are_filtered_by_what_they_may(admin_client, make_user):
    make_user("ann", is_staff=True)
    make_user("bot")
    url = reverse("admin:auth_user_changelist")

    for state, name in {
        "console": "ann",
        "api": "bot",
        "administrator": "admin",
    }.items():
        shown = admin_client.get(f"{url}?state={state}").context["cl"].result_list
        assert [user.username for user in shown] == [name]
