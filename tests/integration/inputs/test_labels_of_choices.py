"""What choices are called, on the page of a run that was given them."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from apps.runs import services

pytestmark = pytest.mark.django_db

HOSTS = r"""#!/bin/sh
printf 'eu1\tFrankfurt <b>\nus1\tOhio\nsame\tsame\n'
"""
USES = """#!/usr/bin/env python3
# /// script
# [tool.automation-hub.parameters.host]
# choices_from = "hosts.sh"
# [tool.automation-hub.parameters.hosts]
# choices_from = "hosts.sh"
# ///
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--host")
parser.add_argument("--hosts", nargs="*")
commands = parser.add_subparsers(dest="command")
commands.add_parser("add", help="Adds <one>")
commands.add_parser("list")
parser.parse_args()
"""


@pytest.fixture
def hosts(add_script):
    return add_script("hosts.sh", HOSTS)


@pytest.fixture
def uses(add_script, hosts, ann, perform):
    """A script whose choices were listed for somebody's form."""
    script = add_script("uses.py", USES)
    about = {"script": script, "dest": "host", "values": {}, "user": ann}
    perform(services.choices_state(**about).run)
    assert services.choices_state(**about).ready
    return script


@pytest.fixture
def signed_in(make_user):
    def browser_for(role):
        client = Client()
        client.force_login(make_user(role.lower(), role, is_staff=True))
        return client

    return browser_for


def shown(client, run):
    """The pairs of a value and what it is called."""
    answer = client.get(reverse("admin:runs_run_change", args=[run.pk]))
    text = answer.content.decode()
    value = r'<span class="hub-value">([^<]*)</span>'
    return re.findall(rf'{value} <span class="hub-quiet">([^<]*)</span>', text)


def test_a_choice_stands_with_its_label(admin_client, make_run, uses):
    run = make_run(script=uses, parameters={"host": "eu1"})
    assert shown(admin_client, run) == [("eu1", "Frankfurt &lt;b&gt;")]


def test_each_item_of_a_list_has_its_own(admin_client, make_run, uses):
    run = make_run(script=uses, parameters={"hosts": ["us1", "gone", "eu1"]})
    assert shown(admin_client, run) == [
        ("us1", "Ohio"),
        ("eu1", "Frankfurt &lt;b&gt;"),
    ]
    address = reverse("admin:runs_run_change", args=[run.pk])
    assert ">gone</span>" in admin_client.get(address).content.decode()


def test_a_label_that_says_nothing_more_is_left_out(admin_client, make_run, uses):
    assert shown(admin_client, make_run(script=uses, parameters={"host": "same"})) == []


def test_a_sub_command_has_its_help(admin_client, make_run, uses):
    run = make_run(script=uses, parameters={"command": "add"})
    assert shown(admin_client, run) == [("add", "Adds &lt;one&gt;")]


def test_labels_are_for_who_may_have_the_list(make_run, uses, hosts, signed_in):
    run = make_run(script=uses, parameters={"host": "eu1"})
    operator = signed_in("Operator")
    assert shown(operator, run)
    assert shown(signed_in("Viewer"), run) == []

    hosts.groups.add(Group.objects.create(name="few"))
    assert shown(operator, run) == []


def test_without_a_list_the_value_stands_alone(admin_client, make_run, uses, hosts):
    run = make_run(script=uses, parameters={"host": "eu1"})
    hosts.delete()
    assert shown(admin_client, run) == []
