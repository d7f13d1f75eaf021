"""Each address of runs in the console, for those who may do little or nothing."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from apps.runs.models import Run
from apps.scripts.models import Script
from tests.integration.runs.kept import keep

pytestmark = pytest.mark.django_db

RUN_FORM = ["runs_script_run", "runs_script_commands", "runs_script_offers"]
STARTING = {"runs_run_cancel", "runs_run_again"}


@pytest.fixture
def run(make_run):
    made = make_run(status="failed")
    keep(made, "a.txt", "hello.py left this")
    return made


@pytest.fixture
def as_role(make_user):
    def client_for(*roles, **more):
        client = Client()
        client.force_login(make_user("eve", *roles, **{"is_staff": True, **more}))
        return client

    return client_for


def addresses(run):
    """Return every address of the admin of runs, and those that run its script."""
    values = {"run_id": run.pk, "object_id": run.pk, "name": "a.txt"}
    found = {}
    for url in admin.site._registry[Run].get_urls():
        if url.name:
            names = url.pattern.converters
            args = {name: values[name] for name in names}
            found[url.name] = reverse(f"admin:{url.name}", kwargs=args)
    of_script = {n: reverse(f"admin:{n}", args=[run.script_id]) for n in RUN_FORM}
    delete = reverse("admin:runs_preset_delete", args=[run.script_id, 1])
    return found | of_script | {"runs_preset_delete": delete}


def asked(client, run):
    """Ask for each address in both ways, as a form and without; what was answered."""
    forms = [{"action": "run_again_selected", "_selected_action": [str(run.pk)]}]
    forms += [{"only": f"run_again_selected:{run.pk}"}, {"post": "yes"}]
    for name, address in addresses(run).items():
        yield name, client.get(address)
        for form in forms:
            yield name, client.post(address, form)


def body(answer):
    parts = answer.streaming_content if answer.streaming else [answer.content]
    return b"".join(parts).decode()


def test_all_addresses_are_asked_for(run):
    assert len(addresses(run)) > 20
    assert addresses(run).keys() > STARTING


def test_staff_without_any_right_get_nothing(as_role, run):
    for name, answer in asked(as_role(), run):
        assert answer.status_code in {403, 405}, name
        assert "hello.py" not in body(answer), name
    assert Run.objects.count() == 1


def test_who_is_no_staff_is_asked_to_sign_in(as_role, run):
    client = as_role("Admin", is_staff=False)
    for name, answer in asked(client, run):
        assert answer.status_code in {302, 405}, name
        if answer.status_code == 302:
            assert answer["Location"].startswith("/admin/login/"), name
    assert Run.objects.count() == 1


def test_who_may_only_look_changes_nothing(as_role, run, make_run):
    active = make_run()
    client = as_role("Viewer")
    for one in (run, active):
        for name, answer in asked(client, one):
            if name in {*STARTING, *RUN_FORM, "runs_preset_delete"}:
                assert answer.status_code in {403, 405}, name
    assert Run.objects.count() == 2
    active.refresh_from_db()
    assert (active.status, active.cancel_requested_at) == ("queued", None)


def test_a_script_for_others_is_there_for_nobody_else(as_role, run):
    run.script.groups.add(Group.objects.create(name="night shift"))
    client = as_role("Operator")
    for name, answer in asked(client, run):
        assert answer.status_code in {200, 302, 403, 404, 405}, name
        assert "hello.py" not in body(answer), name
    assert Run.objects.count() == 1
    assert Script.objects.get().groups.count() == 1
