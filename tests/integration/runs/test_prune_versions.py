"""Which versions of scripts are kept for how long."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from apps.runs import services
from apps.runs.services import versions
from apps.scripts.models import ScriptVersion

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - datetime.timedelta(days=30)


@pytest.fixture
def make_versions(hello):
    """Give hello.py so many versions beside its own, which is the first."""

    def make(count):
        for number in range(2, count + 2):
            ScriptVersion.objects.create(
                script=hello,
                number=number,
                sha256=f"{number:064}",
                size_bytes=1,
                first_seen_at=LONG_AGO,
                last_seen_at=LONG_AGO,
            )
        ScriptVersion.objects.update(last_seen_at=LONG_AGO)

    return make


def numbers():
    found = ScriptVersion.objects.order_by("number")
    return list(found.values_list("number", flat=True))


def test_the_newest_stay_and_so_does_the_current_one(make_versions):
    make_versions(60)

    services.prune()

    assert numbers() == [1, *range(12, 62)]


def test_what_a_run_names_stays_as_long_as_the_run(make_versions, make_run):
    make_versions(60)
    run = make_run(version=ScriptVersion.objects.get(number=5), status="completed")

    services.prune()
    assert numbers() == [1, 5, *range(12, 62)]

    run.delete()
    services.prune()
    assert 5 not in numbers()


def test_what_was_seen_a_moment_ago_stays(make_versions):
    make_versions(60)
    ScriptVersion.objects.filter(number=3).update(last_seen_at=timezone.now())

    services.prune()

    assert 3 in numbers()


def test_few_versions_all_stay(make_versions):
    make_versions(49)

    services.prune()

    assert len(numbers()) == 50


def test_a_dry_run_deletes_none(make_versions):
    make_versions(60)

    services.prune(dry_run=True)

    assert len(numbers()) == 61


def test_deleting_takes_small_steps(make_versions, monkeypatch):
    monkeypatch.setattr(versions, "BATCH", 4)
    make_versions(60)

    assert list(versions.prune_versions(now=timezone.now())) == [4, 4, 2]


def test_runs_of_versions_are_counted(hello, make_run):
    version = hello.versions.get()
    make_run(version=version)
    make_run(version=version, status="failed")
    make_run()

    assert versions.count_runs([version]) == {version.pk: 2}
