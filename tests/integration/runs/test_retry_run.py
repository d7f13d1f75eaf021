from __future__ import annotations

import pytest

from apps.core.errors import NotFound
from apps.runs import services
from apps.runs.models import Run

pytestmark = pytest.mark.django_db


def test_a_run_that_was_deleted_meanwhile_cannot_be_retried(make_run):
    run = make_run(status="failed")
    Run.objects.filter(pk=run.pk).delete()

    with pytest.raises(NotFound, match=str(run.pk)):
        services.retry_run(run=run, user=None)

    assert not Run.objects.exists()
