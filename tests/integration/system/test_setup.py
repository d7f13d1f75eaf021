"""What has to be there before the hub starts, made where it is missing."""

from __future__ import annotations

import io
import re
import stat

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.migrations.exceptions import InconsistentMigrationHistory

from apps.system import setup

PASSWORD = re.compile(r"Administrator: (\S+)  password: (\S+)  \(shown once\)")


@pytest.fixture(autouse=True)
def _folders(scripts_dir, settings):
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = "admin", ""


def run_setup() -> str:
    out = io.StringIO()
    call_command("setup", stdout=out)
    return out.getvalue()


def test_the_first_administrator_can_sign_in_with_what_was_printed(db):
    username, password = PASSWORD.search(run_setup()).groups()
    user = authenticate(username=username, password=password)
    assert user.username == "admin"
    assert user.is_superuser
    assert user.is_staff
    assert len(password) >= 20


def test_a_second_time_changes_nothing_and_prints_no_password(db):
    run_setup()
    before = User.objects.values_list().get()
    assert not PASSWORD.search(run_setup())
    assert User.objects.values_list().get() == before


def test_an_administrator_of_any_name_is_enough(db):
    User.objects.create_superuser("ann", is_active=False)
    assert not PASSWORD.search(run_setup())
    assert User.objects.count() == 1


def test_the_scripts_are_registered_and_counted(db, scripts_dir, settings):
    (scripts_dir / "a.sh").write_text("#!/bin/sh\n")
    (scripts_dir / "a.sh").chmod(0o755)
    assert f"Scripts: 1 in {scripts_dir} (1 new).\n" in run_setup()
    assert f"Scripts: 1 in {scripts_dir}.\n" in run_setup()


def test_a_given_password_is_used_and_never_printed(db, settings):
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = "ann", "correct horse battery"
    assert "correct horse" not in run_setup()
    assert authenticate(username="ann", password="correct horse battery")


def test_a_given_password_that_is_weak_is_refused(db, settings):
    settings.ADMIN_PASSWORD = "admin"
    with pytest.raises(
        CommandError, match=r"ADMIN_PASSWORD is not good enough: .*short"
    ):
        run_setup()
    assert not User.objects.exists()


def test_a_name_that_no_user_can_have_is_refused(db, settings):
    settings.ADMIN_USERNAME = "a b"
    with pytest.raises(CommandError, match="'a b' cannot become the first one: Enter"):
        run_setup()


def test_a_user_of_that_name_is_not_made_an_administrator(db, make_user):
    make_user("admin")
    said = run_setup()
    assert "There is no administrator, and the user admin is not one." in said
    assert not User.objects.get().is_superuser


def test_a_password_that_nobody_could_read_makes_nobody(db):
    def show(line):
        raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(setup.SetupFailed, match="could not be shown, so none was made"):
        setup.fill_database(show_password=show)
    assert not User.objects.exists()


def test_other_lines_may_go_unread(db):
    User.objects.create_superuser("ann")

    def show(line):
        raise BrokenPipeError(32, "Broken pipe")

    report = setup.set_up(check=lambda: None, show=show)
    assert report.administrator == "ann"


def test_the_data_folder_is_made_for_its_owner_alone(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "new" / "var"
    run_setup()
    assert stat.S_IMODE(settings.DATA_DIR.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("/dev/null", "/dev/null is a file"),
        ("/dev/null/var", "/dev/null is a file"),
        ("/dev/null/a/var", "written: Not a directory"),
        ("/sys", r"/sys cannot be made or written: .*\. Make it writable"),
    ],
)
def test_a_data_folder_that_cannot_be_had_is_named(settings, folder, sentence):
    settings.DATA_DIR = type(settings.DATA_DIR)(folder)
    with pytest.raises(CommandError, match=sentence):
        run_setup()


def test_a_lock_file_that_cannot_be_used_is_named(db, settings):
    (settings.DATA_DIR / "setup.lock").mkdir()
    with pytest.raises(
        CommandError, match=r"setup\.lock cannot be used: Is a directory"
    ):
        run_setup()


def test_a_scripts_folder_that_is_not_there_is_named(db, settings, tmp_path):
    settings.SCRIPTS_DIR = tmp_path / "nowhere"
    with pytest.raises(CommandError, match="nowhere cannot be read: No such file"):
        run_setup()


def test_a_dangerous_setting_is_refused_before_the_database_is_touched(settings):
    settings.LEASE_S = 1
    with pytest.raises(CommandError, match=r"hub\.E002"):
        run_setup()


@pytest.mark.django_db(transaction=True)
def test_a_history_that_contradicts_the_code_is_a_sentence(monkeypatch):
    def contradict():
        raise InconsistentMigrationHistory("b is applied before a.")

    monkeypatch.setattr(setup, "_migrate", contradict)
    with pytest.raises(CommandError, match="cannot be set up: b is applied before a"):
        run_setup()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"vendor": "sqlite", "NAME": "/nowhere/hub.db"},
            r"file /nowhere/hub\.db cannot be opened: .*DATABASE_PATH or DATA_DIR names",
        ),
        (
            {"vendor": "postgresql", "NAME": "hub", "HOST": "db", "PORT": 5432},
            r"\(hub on db:5432\) cannot be reached: .*Start it, or correct DATABASE_URL",
        ),
    ],
)
def test_a_database_that_cannot_be_reached_is_named(
    monkeypatch, settings, given, sentence
):
    class Unreachable:
        vendor = given["vendor"]
        settings_dict = given

        def ensure_connection(self):
            raise setup.OperationalError("no\nanswer")

        def close(self):
            pass

    monkeypatch.setattr(setup, "connection", Unreachable())
    settings.DATABASE_WAIT_S = 0.1
    with pytest.raises(CommandError, match=sentence):
        run_setup()


def test_nothing_is_migrated_when_all_is_applied(db):
    assert "migration" not in run_setup()
