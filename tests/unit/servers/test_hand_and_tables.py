"""What makes hubs of tests quick: tables that are there, calls without a start."""

from __future__ import annotations

import pytest

from tests.servers import Hub


@pytest.fixture(scope="module")
def hub(make_module_hub):
    hub = make_module_hub(SECRET_KEY="tests")
    hub.lay_tables()
    return hub


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_hubs_begin_with_all_tables_and_each_is_its_own(make_hub, database):
    ids = set()
    for _number in range(2):
        hub = make_hub(database=database, SECRET_KEY="tests")
        hub.lay_tables()
        # It ends with an error if a migration is missing.
        call = "call_command('migrate', check_unapplied=True, verbosity=0)"
        hub.inside("django.core.management", call)
        ids.add(hub.inside("apps.runs.models", "str(Instance.objects.get().pk)"))
    assert len(ids) == 2


def test_a_database_that_is_there_is_left_as_it_is():
    with Hub() as hub:
        hub.data_dir.mkdir()
        file = hub.data_dir / "database.db"
        file.write_bytes(b"there")
        hub.lay_tables()
        assert file.read_bytes() == b"there"


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
    with Hub(SECRET_KEY="tests") as hub:
        pid = hub.inside("os", "getppid()")
        assert pid == hub._hand.pid
        assert hub.survivors() == []
    assert hub._hand._popen.returncode is not None
