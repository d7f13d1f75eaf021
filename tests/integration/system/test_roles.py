from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

pytestmark = pytest.mark.django_db


def permissions(role):
    found = Permission.objects.filter(group__name=role)
    return {f"{p.content_type.app_label}.{p.codename}" for p in found}


def test_a_migration_makes_the_four_roles():
    assert set(Group.objects.values_list("name", flat=True)) == {
        *("Viewer", "Operator", "Editor", "Admin"),
    }


def test_each_role_may_all_that_the_one_before_it_may():
    viewer, operator = permissions("Viewer"), permissions("Operator")
    editor, admin = permissions("Editor"), permissions("Admin")

    assert viewer < operator < editor < admin
    assert operator - viewer == {"scripts.run_script", "runs.cancel_run"}


def test_a_viewer_changes_nothing():
    assert {
        name.partition(".")[2].partition("_")[0] for name in permissions("Viewer")
    } == {"view"}


def test_no_role_reaches_the_queues_own_tables():
    every = Permission.objects.filter(group__isnull=False)

    assert not every.filter(content_type__app_label="django_q").exists()


def test_permissions_exist_once():
    assert Permission.objects.filter(codename="run_script").count() == 1
