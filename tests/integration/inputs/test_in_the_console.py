"""Runs that list choices are in nobody's way."""

from __future__ import annotations

import pytest

from apps.runs.models import Trigger

pytestmark = pytest.mark.django_db
LIST = "/admin/runs/run/"


def test_the_list_of_runs_leaves_them_out_unless_they_are_looked_for(
    admin_client, make_run
):
    run = make_run(trigger=Trigger.CHOICES)
    other = make_run(trigger=Trigger.API)

    def shown(query):
        page = admin_client.get(LIST + query).content.decode()
        return str(run.pk)[-12:] in page, str(other.pk)[-12:] in page

    assert shown("") == (False, True)
    assert shown("?status__exact=queued") == (False, True)
    assert shown("?trigger__exact=choices") == (True, False)
    assert shown(f"?q={run.pk}") == (True, False)
