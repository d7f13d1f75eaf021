"""What makes hubs of tests quick: tables that are there, calls without a start."""

from __future__ import annotations

import pytest

from tests.servers import Hub


@pytest.fixture(scope="module")
def hub(make_module_hub):
    hub = make_module_hub()
    hub.setup()
    return hub


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_hubs_begin_with_all_tables_and_each_is_its_own(make_hub, database):
    hubs = [make_hub(database=database) for _number in range(2)]

    said = [hub.setup().stdout for hub in hubs]

    assert "migration" not in "".join(said)
    identity = "str(Instance.objects.get().pk)"
    ids = {hub.inside("apps.runs.models", identity) for hub in hubs}
    assert len(ids) == 2


def test_a_database_that_is_there_is_left_as_it_is():
    with Hub() as hub:
        hub.data_dir.mkdir()
        (hub.data_dir / "database.db").write_bytes(b"")

        assert "migration(s) applied" in hub.setup().stdout


def test_a_call_finds_the_hub_as_it_is(hub):
    assert hub.inside("apps.scripts.services", "sync_scripts().total") == 0

    hub.add_script("one.sh", "#!/bin/sh\n")

    assert hub.inside("apps.scripts.services", "sync_scripts().total") == 1


def test_a_call_leaves_nothing_to_the_next(hub):
    hub.inside("os", "environ.update(LEFT='here')")
    assert hub.inside("os", "environ.get('LEFT')") is None


def test_a_call_that_fails_says_why_and_others_go_on(hub):
    with pytest.raises(AssertionError, match="division by zero"):
        hub.inside("math", "1 / 0")
    assert hub.inside("math", "floor(1.5)") == 1


def test_who_makes_the_calls_is_nothing_of_the_hubs_and_ends_with_it():
    with Hub() as hub:
        hub.setup()
        pid = hub.inside("os", "getppid()")
        assert pid == hub._hand.pid
        assert hub.survivors() == []
    assert hub._hand._popen.returncode is not None
