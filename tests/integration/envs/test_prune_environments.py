"""Environments that nobody uses any more are deleted; what is in use stays."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.executor.envs.store import Store
from apps.runs import environments, services
from tests.packages import block

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uv")]

ALPHA = block("alpha") + "import alpha\n"
BETA = block("beta") + "import beta\n"
MONTH = timedelta(days=30)


def key_of(folder):
    return folder.parent.name


def test_what_no_run_used_for_long_goes(execute, envs, settings):
    execute(ALPHA)

    report = services.prune(now=timezone.now() + MONTH)

    assert report.environments == 1
    assert report.environment_bytes > 0
    assert list((settings.DATA_DIR / "envs").glob("[!.]*")) == []


def test_what_was_used_lately_stays(execute, envs):
    execute(ALPHA, name="old.py")
    execute(BETA, name="new.py")
    used = next(f for f in envs() if list(f.rglob("beta.py")))
    later = (timezone.now() + MONTH).timestamp()
    os.utime(used.with_name(f"{used.name}.use"), (later, later))

    services.prune(now=timezone.now() + MONTH)

    assert envs() == [used]


def test_each_use_counts(execute, envs):
    execute(ALPHA)
    [folder] = envs()
    use = folder.with_name(f"{folder.name}.use")
    os.utime(use, (0, 0))

    execute(ALPHA)

    assert use.stat().st_mtime > 0
    assert services.prune().environments == 0


def test_what_a_run_uses_stays_however_old(execute, envs):
    execute(ALPHA)
    [folder] = envs()
    env = environments.store().use(key_of(folder))

    report = services.prune(now=timezone.now() + MONTH)

    env.close()
    assert report.environments == 0
    assert envs() == [folder]


def test_what_is_being_built_stays(execute, envs):
    execute(ALPHA)
    [folder] = envs()

    with environments.store().try_lock(key_of(folder)):
        services.prune(now=timezone.now() + MONTH)

    assert envs() == [folder]


def test_what_a_killed_build_left_goes_at_once(execute, envs):
    execute(ALPHA)
    [folder] = envs()
    (folder.parent / "0123456789ab" / "lib").mkdir(parents=True)

    services.prune()

    assert envs() == [folder]


def test_a_dry_run_deletes_nothing(execute, envs):
    execute(ALPHA)

    report = services.prune(now=timezone.now() + MONTH, dry_run=True)

    assert report.environments == 1
    assert len(envs()) == 1


def test_zero_days_keep_for_ever(execute, envs, settings):
    settings.ENV_KEEP_DAYS = 0
    execute(ALPHA)

    services.prune(now=timezone.now() + timedelta(days=10_000))

    assert len(envs()) == 1


def test_after_pruning_the_next_run_builds_again(execute, envs):
    execute(ALPHA)
    services.prune(now=timezone.now() + MONTH)

    run, _log = execute(ALPHA)

    assert run.status == "completed"
    assert len(envs()) == 1


def test_a_cache_that_has_grown_too_large_goes(execute, settings):
    execute(ALPHA)
    cache = settings.DATA_DIR / "envs" / ".cache"
    assert cache.exists()
    settings.ENV_CACHE_BYTES = 0

    services.prune()

    assert not cache.exists()
    assert not list(cache.parent.glob(".cache-*"))


def test_a_cache_stays_while_somebody_builds(execute, settings):
    execute(ALPHA)
    settings.ENV_CACHE_BYTES = 0

    with environments.store().share_cache():
        services.prune()

    assert (settings.DATA_DIR / "envs" / ".cache").exists()


def test_the_command_says_what_went(execute, capsys, settings):
    execute(ALPHA)
    [use] = (settings.DATA_DIR / "envs").glob("*/*.use")
    os.utime(use, (0, 0))

    call_command("prune")

    assert "Deleted 1 environment(s) of scripts, " in capsys.readouterr().out


def test_environments_are_listed(execute, envs, capsys):
    execute(ALPHA)
    [folder] = envs()

    call_command("envs")

    line, total = capsys.readouterr().out.splitlines()
    assert line.startswith(key_of(folder))
    assert line.endswith("alpha")
    assert "last used 20" in line
    assert total.startswith("1 environment(s), ")


def test_one_in_use_is_listed_as_such(execute, envs, capsys):
    execute(block("alpha", python=">=3.8") + "import alpha\n")
    env = environments.store().use(key_of(envs()[0]))

    call_command("envs")

    env.close()
    assert "in use now  alpha (Python >=3.8)" in capsys.readouterr().out


def test_nothing_is_there_before_the_first_build(scripts_dir, capsys):
    call_command("envs")
    services.prune()

    assert capsys.readouterr().out == "0 environment(s), 0 bytes in all.\n"


def test_one_that_cannot_be_cleared_up_keeps_no_other_from_it(
    execute, envs, monkeypatch, caplog
):
    execute(ALPHA, name="a.py")
    execute(BETA, name="b.py")
    first = min(map(key_of, envs()))
    honest = Store.try_lock

    def refuse(self, key):
        if key == first:
            raise OSError("no locks available")
        return honest(self, key)

    monkeypatch.setattr(Store, "try_lock", refuse)

    report = services.prune(now=timezone.now() + MONTH)

    assert report.environments == 1
    assert f"The environment {first} could not be cleared up: no locks" in caplog.text
