"""Environments on the disk: who may use, build and delete which. No process."""

from __future__ import annotations

import pytest

from apps.executor.envs.store import Store

KEY = "k" * 32


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "envs")


@pytest.fixture
def built(store):
    """Pretend to have built one; returns its folder."""

    def build(key=KEY):
        with store.try_lock(key):
            env = store.begin(key)
            (env.path / "bin").mkdir(parents=True)
            env.python.write_text("#!/bin/sh\n")
            env.python.chmod(0o755)
            store.publish(env, note="mine")
            env.close()
        return env.path

    return build


def test_what_was_published_is_used(store, built):
    path = built()

    env = store.use(KEY)

    assert (env.path, env.facts["note"]) == (path, "mine")


def test_what_was_never_published_is_not_there(store):
    with store.try_lock(KEY):
        env = store.begin(KEY)
        env.path.mkdir()
        env.close()

    assert store.use(KEY) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"build": "../../etc"}', "{}"])
def test_a_ready_file_that_says_nothing_sensible_counts_as_none(store, built, text):
    built()
    (store.root / KEY / "ready.json").write_text(text)

    assert store.use(KEY) is None


def test_one_builds_at_a_time_and_says_who(store):
    with store.try_lock(KEY) as lock:
        lock.write("run 1")
        assert store.try_lock(KEY) is None
        assert store.builder_of(KEY) == "run 1"

    store.try_lock(KEY).close()


def test_builds_of_different_keys_do_not_wait_for_each_other(store):
    with store.try_lock(KEY):
        store.try_lock("other").close()


def test_what_is_in_use_is_not_retired(store, built):
    built()
    env = store.use(KEY)

    assert store.is_in_use(KEY)
    assert not store.retire(KEY, unused_since=float("inf"))
    env.close()
    assert store.retire(KEY, unused_since=float("inf"))
    assert store.use(KEY) is None


def test_what_was_used_since_is_not_retired(store, built):
    built()

    assert not store.retire(KEY, unused_since=0.0)


def test_one_that_is_being_deleted_cannot_be_used(store, built):
    path = built()
    assert store.retire(KEY, unused_since=float("inf"))

    with store.try_lock(KEY):
        [(dead, _lock)] = [(found, lock) for found, lock in store.dead(KEY)]

    assert dead == path
    assert store.use(KEY) is None


def test_an_older_one_that_a_run_still_uses_is_not_dead(store, built):
    first = built()
    env = store.use(KEY)
    second = built()

    assert list(store.dead(KEY)) == []
    env.close()
    assert [path for path, _ in store.dead(KEY)] == [first]
    assert store.use(KEY).path == second


def test_a_build_that_goes_on_is_not_dead(store):
    with store.try_lock(KEY):
        env = store.begin(KEY)
        env.path.mkdir()
        assert list(store.dead(KEY)) == []
        env.close()
        assert [path for path, _ in store.dead(KEY)] == [env.path]


def test_an_empty_folder_goes_and_comes_again(store, built):
    path = built()
    store.retire(KEY, unused_since=float("inf"))
    with store.try_lock(KEY):
        for dead, _lock in store.dead(KEY):
            (dead / "bin" / "python").unlink()
            (dead / "bin").rmdir()
            dead.rmdir()
            store.forget(dead)
        assert store.drop(KEY)

    assert not path.parent.exists()
    assert store.names() == []
    built()
    assert store.use(KEY)


def test_a_folder_with_something_in_it_is_not_dropped(store, built):
    built()

    with store.try_lock(KEY):
        assert not store.drop(KEY)


def test_the_cache_moves_aside_only_while_nobody_builds(store):
    store.cache.mkdir(parents=True)
    with store.share_cache():
        assert not store.put_cache_aside()

    assert store.put_cache_aside()
    assert not store.cache.exists()
    assert len(store.old_caches()) == 1
    assert store.names() == []
