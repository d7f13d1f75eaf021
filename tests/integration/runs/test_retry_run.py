from __future__ import annotations

import pytest

from apps.core.errors import NotFound
from apps.runs import services
from apps.runs.models import Run
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db


def test_a_run_that_was_deleted_meanwhile_cannot_be_retried(make_run):
    run = make_run(status="failed")
    Run.objects.filter(pk=run.pk).delete()

    with pytest.raises(NotFound, match=str(run.pk)):
        services.retry_run(run=run, user=None)

    assert not Run.objects.exists()


def test_a_run_that_is_run_again_is_one_of_the_same_task(make_run, hello, make_user):
    group = {"group": "db", "timeout_s": 7, "priority": 3}
    task = Task.objects.create(name="greet", script=hello, **group)
    run = make_run(task=task, status="failed", parameters={"times": 2})
    user = make_user("ann", "Operator")

    new = services.run_again(run=run, user=user, trigger="admin")

    assert (new.task, new.parameters) == (task, {"times": 2})
    assert (new.group, new.timeout_s, new.priority) == ("db", 7, 3)
    assert (new.retry_of, new.attempt, new.requested_by) == (None, 1, user)
