"""A run that retention deletes while somebody looks at it, or clicks on its page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.runs import services
from apps.runs.admin import artifacts, log, run_page
from apps.runs.models import Run
from tests.integration.runs.kept import keep
from tests.integration.runs.test_least_privileged import addresses, asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(make_run):
    before = make_run(status="completed")
    keep(before, "a.txt", "old")
    made = make_run(status="completed")
    keep(made, "a.txt", "new")
    return made


def prune(run):
    Run.objects.filter(pk=run.pk).delete()


@pytest.fixture
def pruned_before(monkeypatch, run):
    """Have the run deleted just before a function is called."""

    def at(module, name):
        real = getattr(module, name)

        def called(*args, **kwargs):
            prune(run)
            return real(*args, **kwargs)

        monkeypatch.setattr(module, name, called)

    return at


def test_every_address_of_it_is_an_answer(admin_client, run):
    prune(run)
    of_one = {name for name in addresses(run) if str(run.pk) in addresses(run)[name]}
    for name, answer in asked(admin_client, run):
        assert answer.status_code < 500, name
        if name in of_one and name.startswith("runs_run_"):
            assert answer.status_code in {302, 403, 404, 405}, name


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (run_page, "head_of"),
        (run_page, "timeline"),
        (run_page, "changes_of"),
        (run_page, "log_context"),
        (artifacts, "files_of_last_success"),
        (log.logs, "summarize"),
    ],
)
def test_its_page_is_shown_although_it_goes_meanwhile(
    admin_client, run, pruned_before, module, name
):
    pruned_before(module, name)
    for view in ("change", "live", "log_page"):
        kept = Run.objects.filter(pk=run.pk).exists()
        answer = admin_client.get(reverse(f"admin:runs_run_{view}", args=[run.pk]))
        assert answer.status_code in ({200} if kept else {302, 404})
    assert not Run.objects.filter(pk=run.pk).exists()


@pytest.mark.parametrize("view", ["artifact", "picture", "compare"])
def test_its_files_are_told_of_although_it_goes_meanwhile(
    admin_client, run, pruned_before, view
):
    pruned_before(artifacts.artifacts, "read_start")
    address = artifacts.address(view, run.artifacts.get())
    assert admin_client.get(address).status_code in {200, 404}


def test_cancel_and_run_again_are_answered_although_it_goes_meanwhile(
    admin_client, make_run, monkeypatch
):
    for button, verb in (("cancel", "cancel_run"), ("again", "run_again")):
        run = make_run(status="failed")
        real = getattr(services, verb)

        def called(real=real, gone=run, **about):
            prune(gone)
            return real(**about)

        monkeypatch.setattr(services, verb, called)
        address = reverse(f"admin:runs_run_{button}", args=[run.pk])
        assert admin_client.post(address).status_code == 302
