"""A run that fails keeps what tells its error from others."""

from __future__ import annotations

import pytest

from apps.runs import services, worker
from apps.runs.models import Trigger

pytestmark = pytest.mark.django_db(transaction=True)

NOISY = "#!/bin/sh\necho fine\necho 'no host 10.0.0.7' >&2\necho later\nexit {}\n"


@pytest.fixture
def run(add_script):
    def made(source: str, name: str):
        script = add_script(name, source)
        run = services.start_run(
            script=script, parameters={}, user=None, trigger=Trigger.CLI
        )
        worker.look()
        run.refresh_from_db()
        return run

    return made


def test_it_is_the_last_line_of_stderr_without_numbers(run):
    assert run(NOISY.format(3), "a.sh").fingerprint == "no host #.#"


def test_a_silent_failure_has_its_reason(run):
    assert run("#!/bin/sh\nexit 1\n", "b.sh").fingerprint == "exit"


def test_a_run_that_completed_has_none(run):
    assert run(NOISY.format(0), "c.sh").fingerprint is None
