"""Which hub a database belongs to, also when somebody emptied its tables."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from apps.runs import preparing, worker
from apps.runs.models import Instance
from apps.runs.services import sweep_strays

pytestmark = pytest.mark.django_db


@pytest.fixture
def flushed(monkeypatch):
    """No row, as `manage.py flush` leaves it, and a worker that knows none yet."""
    Instance.objects.all().delete()
    monkeypatch.setattr(preparing, "_instance", [])


def test_a_run_needs_no_row_that_was_there_before(flushed, make_run):
    run = make_run()

    worker.look()

    run.refresh_from_db()
    assert (run.status, run.detail) == ("completed", "")
    assert str(Instance.objects.get().pk) == preparing.instance_id()


def test_a_sweep_needs_none_either(flushed):
    assert sweep_strays() == 0
    assert Instance.objects.count() == 1


def test_the_row_stays_the_same(db):
    assert Instance.objects.own().pk == Instance.objects.own().pk


def test_two_that_make_it_at_once_get_the_same_row(flushed):
    others = []

    def another_first(execute, sql, *how):
        if sql.startswith("SAVEPOINT") and not others:
            others.append(None)
            others[0] = Instance.objects.create()
        return execute(sql, *how)

    with connection.execute_wrapper(another_first):
        own = Instance.objects.own()

    assert [own] == others == list(Instance.objects.all())


def test_there_is_no_second_row(db):
    Instance.objects.own()
    with pytest.raises(IntegrityError), transaction.atomic():
        Instance.objects.create()
