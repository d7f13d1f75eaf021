from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django_q.models import OrmQ

from apps.core.errors import CredentialsNeeded, InvalidInput
from apps.runs import dispatch, services
from apps.runs.models import Run, RunStatus, Trigger
from apps.scripts.services import ScriptNotRunnable
from apps.tasks.models import Task
from tests.servers.process import free_port


def start(script, user=None, **parameters):
    return services.start_run(
        script=script, parameters=parameters, user=user, trigger=Trigger.API
    )


@pytest.mark.django_db(transaction=True)
def test_a_started_run_is_queued_and_its_message_is_only_its_id(hello, redis_broker):
    run = start(hello, name="you")

    assert run.status == RunStatus.QUEUED
    sent = redis_broker.connection.lrange(redis_broker.list_key, 0, -1)
    assert sent == [str(run.pk).encode()]


@pytest.mark.django_db(transaction=True)
def test_without_redis_the_row_is_the_message(hello):
    run = start(hello)

    assert dispatch.send(run.pk, run.queue)
    assert (run.status, OrmQ.objects.count()) == (RunStatus.QUEUED, 0)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_fails_does_not_fail_the_run(hello, redis_broker, monkeypatch):
    redis_broker.connection.connection_pool.connection_kwargs["port"] = free_port()
    redis_broker.connection.close()
    monkeypatch.setattr(dispatch, "_broken_until", 0.0)

    assert start(hello).status == RunStatus.QUEUED
    assert Run.objects.count() == 1
    assert not dispatch.send(Run.objects.get().pk, "default")


@pytest.mark.django_db(transaction=True)
def test_a_message_that_fails_in_any_way_does_not_fail_the_run(hello, monkeypatch):
    def fail(run_id, queue):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(dispatch, "send", fail)

    assert start(hello).status == RunStatus.QUEUED
    assert Run.objects.count() == 1


@pytest.mark.django_db
def test_wrong_parameters_are_named_and_nothing_is_recorded(hello):
    with pytest.raises(InvalidInput, match="times") as caught:
        start(hello, times="5")

    assert list(caught.value.fields) == ["parameters.times"]
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_parameters_are_checked_against_the_file_as_it_is_now(hello, scripts_dir):
    (scripts_dir / "hello.py").write_text("print('I take nothing now')\n")

    with pytest.raises(InvalidInput, match="name"):
        start(hello, name="you")


@pytest.mark.django_db
def test_a_script_that_has_gone_cannot_be_run(hello, scripts_dir):
    (scripts_dir / "hello.py").unlink()

    with pytest.raises(ScriptNotRunnable, match=r"no longer in the scripts folder"):
        start(hello)


@pytest.mark.django_db
def test_a_header_that_stopped_to_be_open_is_asked_again(hello, scripts_dir):
    path = scripts_dir / "hello.py"
    path.write_text(path.read_text().replace("anonymous = true", "anonymous = false"))

    with pytest.raises(CredentialsNeeded, match="not open to anonymous callers"):
        start(hello, user=AnonymousUser())

    assert not Run.objects.exists()


@pytest.mark.django_db
def test_a_disabled_script_cannot_be_run(hello):
    hello.enabled = False
    hello.save()

    with pytest.raises(ScriptNotRunnable, match="disabled"):
        start(hello)


@pytest.mark.django_db
def test_a_task_brings_parameters_and_limits(hello):
    task = Task.objects.create(
        name="greet", script=hello, parameters={"name": "you"}, timeout_s=7, priority=3
    )

    run = services.start_task(task=task, user=None, trigger=Trigger.CLI)

    assert run.task == task
    assert (run.parameters, run.timeout_s, run.priority) == ({"name": "you"}, 7, 3)


@pytest.mark.django_db
def test_a_disabled_task_cannot_be_run(hello):
    task = Task.objects.create(name="greet", script=hello, enabled=False)

    with pytest.raises(services.RunNotPossible, match="disabled"):
        services.start_task(task=task, user=None, trigger=Trigger.CLI)


@pytest.mark.django_db
def test_no_run_may_take_longer_than_the_hub_allows(hello, settings):
    settings.RUN_TIMEOUT_MAX_S = 10

    assert start(hello).timeout_s == 10
