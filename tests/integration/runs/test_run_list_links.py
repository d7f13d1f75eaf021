"""From the page of a script or a task to all of its runs."""

from __future__ import annotations

import re
from html import unescape

import pytest

from apps.tasks.models import Task
from tests.integration.runs.test_run_list import shown

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["scripts/script", "tasks/task"])
def test_its_page_leads_to_its_runs_alone(admin_client, make_run, add_script, kind):
    script = add_script("a&b/c d.sh", "#!/bin/sh\n")
    task = Task.objects.create(name="x & y/z", script=script)
    run, _other = make_run(script=script, task=task), make_run()
    pk = (script if kind == "scripts/script" else task).pk

    text = admin_client.get(f"/admin/{kind}/{pk}/change/").content.decode()

    link = re.search(r'href="/admin/runs/run/(\?(?:script|task)=[^"]*)"', text)
    assert shown(admin_client, unescape(link[1])) == [run.pk]
