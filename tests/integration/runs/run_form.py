"""What the tests of the run form share."""

from __future__ import annotations

import re
from html import unescape

from django.urls import reverse

EVERYTHING = """#!/usr/bin/env python3
# /// script
# [tool.automation-hub]
# title = "Everything"
# [tool.automation-hub.parameters.url]
# label = "Feed URL"
# format = "uri"
# [tool.automation-hub.parameters.day]
# format = "date"
# [tool.automation-hub.parameters.mail]
# format = "email"
# [tool.automation-hub.parameters.limit]
# label = "Items"
# minimum = 1
# maximum = 50
# [tool.automation-hub.parameters.code]
# pattern = "^[A-Z]{3}$"
# ///
import argparse

p = argparse.ArgumentParser()
p.add_argument("--text", default="<b>so</b>", help="Anything")
p.add_argument("--limit", type=int, default=5, help="How many")
p.add_argument("url", help="Where it is fetched from")
p.add_argument("--ratio", type=float)
p.add_argument("--day")
p.add_argument("--mail")
p.add_argument("--code")
p.add_argument("--format", choices=["json", "yaml", "xml"], default="json")
p.add_argument("--region", choices=["a1", "a2", "b1", "b2", "c1", "c2"])
p.add_argument("-v", action="count", default=0)
p.add_argument("--force", action="store_true")
p.add_argument("--color", action=argparse.BooleanOptionalAction, default=True)
p.add_argument("--debug", help=argparse.SUPPRESS)
out = p.add_argument_group("Output")
out.add_argument("--tag", action="append")
out.add_argument("--pick", nargs="*", choices=["a", "b", "c"])
one = p.add_mutually_exclusive_group()
one.add_argument("--all", action="store_true")
one.add_argument("--only")
"""
NEEDED = """#!/usr/bin/env python3
import argparse

p = argparse.ArgumentParser()
p.add_argument("--level", choices=["low", "high"], required=True)
one = p.add_mutually_exclusive_group(required=True)
one.add_argument("--from-file")
one.add_argument("--from-url")
p.add_argument("--note")
"""


def address(script, name="runs_script_run", *args):
    return reverse(f"admin:{name}", args=[script.pk, *args])


def fields(**values):
    """Return values as the form sends them."""
    return {f"parameter-{name}": value for name, value in values.items()}


def text_of(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def token(answer):
    """Return what tells the form on a page from others that are opened."""
    found = re.search(r'name="once" value="([0-9a-f]{32})"', answer.content.decode())
    assert found
    return found[1]


def tag(html, name):
    """Return the first start tag of the control of a parameter."""
    found = re.search(rf'<(\w+)[^>]*\bname="parameter-{name}"[^>]*>', html)
    assert found, name
    return unescape(found.group())


def line(html, kind):
    """Return one of the lines below the form, such as `curl`."""
    found = re.search(rf'<pre [^>]*id="line-{kind}"[^>]*>(.*?)</pre>', html, re.S)
    return unescape(found.group(1)) if found else None
