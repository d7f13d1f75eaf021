"""`manage.py setup`: any number of services may call it, at once and again."""

from __future__ import annotations

import stat

import pytest

from tests.acceptance.ups import PASSWORD
from tests.servers.hub import MANAGE

pytestmark = pytest.mark.acceptance


def test_several_at_once_make_everything_once(make_hub):
    hub = make_hub()
    hub.copy_script("fetch_rss.py")

    services = [hub.spawn("setup", [*MANAGE, "setup"]) for _ in range(3)]

    assert [service.wait(60) for service in services] == [0, 0, 0]
    said = "".join(service.output() for service in services)
    assert len(PASSWORD.findall(said)) == 1
    assert said.count("migration(s) applied") == 1
    assert said.count("(1 new)") == 1
    assert stat.S_IMODE((hub.data_dir / "secret_key").stat().st_mode) == 0o600


def test_hosts_that_share_a_database_but_no_folder_take_turns(make_hub):
    first = make_hub(database="postgres")
    second = make_hub(DATABASE_URL=first.env["DATABASE_URL"])

    services = [hub.spawn("setup", [*MANAGE, "setup"]) for hub in (first, second)]

    assert [service.wait(60) for service in services] == [0, 0]
    said = "".join(service.output() for service in services)
    assert len(PASSWORD.findall(said)) == 1
    assert said.count("migration(s) applied") == 1


def test_without_a_key_a_worker_says_what_makes_one(make_hub):
    done = make_hub().manage("qcluster", check=False)
    assert done.returncode == 4
    assert done.stderr == (
        "There is no secret key. Run `manage.py setup`, which makes one in the data "
        "folder where there is none, or set SECRET_KEY.\n"
    )


def test_a_key_file_that_is_no_text_is_a_sentence(make_hub):
    hub = make_hub()
    hub.data_dir.mkdir()
    (hub.data_dir / "secret_key").write_bytes(b"\xff\xfe")
    done = hub.manage("setup", check=False)
    assert done.returncode == 1
    assert "secret_key does not hold a key: it is not plain ASCII" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret_key is empty or cannot be read." in (
        hub.manage("check", check=False).stderr
    )


def test_what_it_makes_in_an_open_folder_is_for_its_owner_alone(make_hub):
    hub = make_hub()
    hub.data_dir.mkdir()
    hub.data_dir.chmod(0o755)
    done = hub.manage("setup")
    database = hub.data_dir / "database.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert "(hub.W006) Other users of this host can read the data" in done.stderr


def test_an_image_can_collect_its_static_files_without_a_key(make_hub):
    hub = make_hub()
    hub.manage("collectstatic", "--noinput", "--dry-run")
    assert not hub.data_dir.exists()
