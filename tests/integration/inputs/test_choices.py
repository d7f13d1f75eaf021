"""Choices that another script lists: one run for all who ask, and values checked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.runs import services
from apps.runs.models import ChoiceList, Run, RunStatus, Trigger
from apps.tasks.models import Schedule, Task

pytestmark = pytest.mark.django_db

HOSTS = """#!/bin/sh
# /// script
# [tool.automation-hub.parameters.env]
# required = true
# choices = ["dev", "prod"]
# ///
env="${1#--env=}"
echo "noise on stderr" >&2
printf '%s1\\tFirst of %s\\n\\n%s2\\n' "$env" "$env" "$env"
"""
USES = """#!/bin/sh
# /// script
# [tool.automation-hub.parameters.env]
# choices = ["dev", "prod"]
# [tool.automation-hub.parameters.host]
# choices_from = {script = "hosts.sh", parameters = {env = "{env}"}, timeout_s = 7}
# [tool.automation-hub.parameters.number]
# type = "integer"
# choices_from = "numbers.sh"
# [tool.automation-hub.parameters.free]
# choices_from = {script = "hosts.sh", parameters = {env = "dev"}, strict = false}
# ///
echo "$@"
"""
DEV = {"env": "dev"}


@pytest.fixture
def hosts(add_script):
    return add_script("hosts.sh", HOSTS)


@pytest.fixture
def uses(add_script, hosts):
    return add_script("uses.sh", USES)


@pytest.fixture
def ask(uses, ann):
    def ask(dest="host", values=DEV, user=ann, **how):
        return services.choices_state(
            script=uses, dest=dest, values=values, user=user, **how
        )

    return ask


@pytest.fixture
def listed(ask, perform):
    """Have choices listed by a run; the run."""

    def listed(*args, **how):
        return perform(ask(*args, **how).run)[0]

    return listed


@pytest.fixture
def start(uses, ann):
    def start(user=ann, **parameters):
        return services.start_run(
            script=uses, parameters=parameters, user=user, trigger=Trigger.API
        )

    return start


def refused(start, **parameters):
    with pytest.raises(InvalidInput) as raised:
        start(**parameters)
    [(key, [sentence])] = raised.value.fields.items()
    return key, sentence


def shown(state):
    return [(choice.value, choice.label) for choice in state.choices]


def age(seconds):
    past = timezone.now() - timedelta(seconds=seconds)
    ChoiceList.objects.exclude(listed_at=None).update(listed_at=past)
    Run.objects.exclude(finished_at=None).update(finished_at=past)


def test_a_run_lists_them(ask, ann, perform):
    state = ask()
    assert (state.ready, state.error) == (False, "")
    run = state.run
    assert (run.trigger, run.script_name, run.parameters) == (
        "choices",
        "hosts.sh",
        DEV,
    )
    assert (run.requested_by, run.timeout_s, run.priority) == (ann, 7, 100)

    perform(run)

    state = ask()
    assert (state.ready, state.run) == (True, None)
    assert shown(state) == [("dev1", "First of dev"), ("dev2", "dev2")]
    assert Run.objects.count() == 1


def test_all_who_ask_for_the_same_wait_for_one_run(ask, bob, perform):
    first = ask()
    second = ask(user=bob)
    other = ask(values={"env": "prod"})

    assert first.run == second.run != other.run
    perform(first.run)
    assert ask(user=bob).ready
    assert Run.objects.count() == 2


def test_two_at_the_same_moment_start_one_run(ask, monkeypatch):
    """The second comes between the first one's look and its start."""
    honest = services.choices._found
    looks = []

    def found(asked, refresh):
        state = honest(asked, refresh)
        if not looks:
            looks.append(None)
            looks.append(ask().run)
        return state

    monkeypatch.setattr(services.choices, "_found", found)
    assert ask().run == looks[1]
    assert Run.objects.count() == 1


def test_a_list_is_as_good_as_new_for_a_while(ask, listed):
    listed()
    age(59)
    assert ask().ready
    age(61)
    assert ask().run is not None


def test_it_can_be_listed_anew(ask, listed, perform):
    listed()
    state = ask(refresh=True)
    assert not state.ready
    assert ask().run == state.run
    perform(state.run)
    assert ask().ready
    assert Run.objects.count() == 2


def test_another_content_of_the_script_is_another_list(ask, listed, add_script):
    listed()
    add_script("hosts.sh", HOSTS + "echo another\n")
    assert not ask().ready


def test_what_they_depend_on_comes_first(ask, uses):
    state = ask(values={})
    assert (state.needs, state.run) == (("env",), None)
    assert "env" in state.error
    assert not Run.objects.exists()


def test_a_default_is_passed_on(ask, uses, add_script):
    line = '# choices = ["dev", "prod"]\n'
    add_script("uses.sh", USES.replace(line, line + '# default = "prod"\n'))
    uses.refresh_from_db()
    assert ask(values={}).run.parameters == {"env": "prod"}


def test_what_the_lister_refuses_is_told(ask):
    state = ask(values={"env": "$(id)"})
    assert "must be one of" in state.error
    assert not Run.objects.exists()


@pytest.mark.parametrize("state", ["missing", "broken", "disabled", "closed", "none"])
def test_who_may_not_run_the_lister_gets_no_choices(
    ask, uses, hosts, scripts_dir, state
):
    path = scripts_dir / "hosts.sh"
    if state == "missing":
        path.unlink()
    elif state == "broken":
        path.write_text("# /// script\n# [tool.automation-hub]\n# nope = 1\n# ///\n")
    elif state == "disabled":
        hosts.enabled = False
        hosts.save()
    elif state == "closed":
        hosts.groups.add(Group.objects.create(name="others"))
    else:
        hosts.delete()
        path.unlink()
    answer = ask()
    assert "hosts.sh" in answer.error
    assert not Run.objects.exists()


def test_a_list_is_not_shown_to_who_may_not_run_the_lister(ask, listed, hosts, bob):
    listed()
    hosts.groups.add(Group.objects.create(name="others"))
    assert not ask(user=bob).choices


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("exit 3", "exit code 3"),
        ("i=0; while [ $i -lt 1001 ]; do echo $i; i=$((i+1)); done", "at most 1000"),
        ("head -c 65537 /dev/zero | tr '\\0' x", "64 KiB"),
    ],
)
def test_a_list_that_cannot_be_had_is_told_and_not_tried_at_once(
    ask, listed, add_script, end, sentence
):
    add_script("hosts.sh", HOSTS + end + "\n")
    run = listed()
    state = ask()
    assert (state.ready, sentence in state.error) == (False, True), state.error
    assert not ask(refresh=True).ready
    assert Run.objects.count() == 1
    age(11)
    assert ask().run not in (None, run)


def test_a_value_that_the_parameter_refuses_spoils_the_list(ask, listed, add_script):
    add_script("numbers.sh", "#!/bin/sh\nprintf '1\\tone\\n2\\n'\n")
    listed("number")
    assert shown(ask("number")) == [(1, "one"), (2, "2")]
    add_script("numbers.sh", "#!/bin/sh\necho many\n")
    listed("number")
    assert "whole number" in ask("number").error


def test_bytes_that_are_no_text_are_replaced(ask, listed, add_script):
    add_script("hosts.sh", HOSTS + "printf 'a\\377b\\n'\n")
    listed()
    assert shown(ask())[-1][0] == "a\ufffdb"


def test_nobody_there_to_list_them_is_told(ask):
    run = ask().run
    Run.objects.filter(pk=run.pk).update(start_by=timezone.now() - timedelta(seconds=1))
    state = ask()
    assert "No worker took hosts.sh within 7 seconds" in state.error
    assert Run.objects.count() == 1
    services.expire()
    assert "hosts.sh" in ask().error
    age(11)
    assert ask().run.pk != run.pk


def test_a_value_has_to_be_one_of_the_list(start, listed):
    listed()
    assert start(env="dev", host="dev1")
    key, sentence = refused(start, env="dev", host="dev3")
    assert key == "parameters.host"
    assert '"dev1", "dev2"' in sentence
    assert '"dev3"' in sentence


def test_without_a_list_a_value_is_not_taken(start, uses):
    key, sentence = refused(start, env="dev", host="dev1")
    assert key == "parameters.host"
    assert "POST /scripts/uses.sh/choices" in sentence
    assert not Run.objects.exists()


def test_a_value_is_checked_against_the_list_of_its_own_parameters(start, listed):
    listed()
    assert "POST /scripts" in refused(start, env="prod", host="dev1")[1]
    assert "env" in refused(start, host="dev1")[1]


def test_whoever_fills_in_a_form_may_take_an_hour(start, listed):
    listed()
    age(3590)
    assert start(env="dev", host="dev1")
    age(3610)
    assert "cannot be checked" in refused(start, env="dev", host="dev1")[1]


def test_where_the_list_is_a_suggestion_any_value_is_taken(start):
    assert start(free="whatever")


def test_a_lister_that_is_gone_says_so_at_the_field(start, listed, scripts_dir):
    listed()
    (scripts_dir / "hosts.sh").unlink()
    key, sentence = refused(start, env="dev", host="dev1")
    assert (key, "no longer in the scripts folder" in sentence) == (
        "parameters.host",
        True,
    )


def test_what_was_chosen_once_is_repeated_without_a_list(uses, listed, start, bob):
    listed()
    run = start(env="dev", host="dev1")
    task = Task(name="t", script=uses, parameters={"env": "dev", "host": "dev1"})
    services.save_task(task=task)
    schedule = Schedule(task=task, cron="0 0 * * *", timezone="UTC")
    schedule.parameters = {"host": "dev2"}
    services.save_schedule(schedule=schedule)
    ChoiceList.objects.all().delete()

    Run.objects.filter(pk=run.pk).update(
        status=RunStatus.COMPLETED, reason="exit", finished_at=timezone.now()
    )
    run.refresh_from_db()
    assert services.retry_run(run=run, user=bob)
    assert services.start_task(task=task, user=bob, trigger=Trigger.API)
    planned = services.start.Planned(schedule, timezone.now(), None)
    assert services.start_run(
        script=uses,
        parameters=schedule.parameters_of_run(),
        user=None,
        trigger=Trigger.SCHEDULE,
        task=task,
        planned=planned,
    )
    task.notes = "changed"
    services.save_task(task=task, user=bob)


def test_a_task_with_a_new_value_needs_a_list(uses, listed):
    task = Task(name="t", script=uses, parameters={"env": "dev", "host": "dev1"})
    with pytest.raises(InvalidInput, match="ask for them first"):
        services.save_task(task=task)
    listed()
    services.save_task(task=task)
    # The same host, of another environment.
    task.parameters = {"env": "prod", "host": "dev1"}
    with pytest.raises(InvalidInput):
        services.save_task(task=task)


def test_what_listed_them_goes_soon_and_their_list_stays(ask, listed):
    run = listed()
    assert ask().ready
    later = timezone.now() + timedelta(hours=25)
    services.prune(now=later)
    assert not Run.objects.filter(pk=run.pk).exists()
    assert ChoiceList.objects.count() == 1
    services.prune(now=later + timedelta(days=1))
    assert not ChoiceList.objects.exists()


def test_a_run_that_was_deleted_before_it_was_read_is_asked_again(ask, listed):
    listed().delete()
    assert ask().run is not None
