"""The real argparse, in a process of its own, to compare with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# Runs a script once for each command line, as __main__, up to where it parses.
CHILD = r"""
import argparse, contextlib, io, json, runpy, sys

class Parsed(BaseException):
    pass

def describe(action):
    named = {int: "integer", float: "number", bool: "boolean"}
    return {
        "dest": action.dest,
        "flags": list(action.option_strings),
        "type": named.get(action.type, "string"),
        "required": action.required and action.nargs not in ("*", "..."),
        "choices": list(action.choices) if action.choices is not None else None,
        "kind": type(action).__name__,
    }

# A sub-command's parser parses within its parent's.
within = []

def parse(self, *args, **kwargs):
    if within:
        return original(self, *args, **kwargs)
    within.append(self)
    try:
        namespace, extra = original(self, *args, **kwargs)
    finally:
        within.pop()
    if extra:
        self.error(f"unrecognized: {extra}")
    actions = [describe(action) for action in self._actions]
    raise Parsed({"values": vars(namespace), "actions": actions})

original = argparse.ArgumentParser.parse_known_args
argparse.ArgumentParser.parse_known_args = parse
path, answers = sys.argv[1], []
if len(sys.argv) > 2:
    # Texts as they came, whatever the script makes of them.
    argparse.ArgumentParser._get_value = lambda self, action, text: text
    argparse.ArgumentParser._check_value = lambda self, action, value: None
for argv in json.load(sys.stdin):
    sys.argv = [path, *argv]
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            runpy.run_path(path, run_name="__main__")
    except Parsed as parsed:
        answers.append(parsed.args[0])
    except SystemExit:
        answers.append({"refused": said.getvalue()})
    except Exception as crash:
        answers.append({"refused": repr(crash)})
json.dump(answers, sys.stdout, default=str)
"""


def parse_for_real(
    source: str, command_lines: list[list[str]], folder: Path, *, raw: bool = False
) -> list[dict[str, Any]]:
    """Return what the script's own parser makes of each command line.

    With `raw`, types and choices are not applied: values are the texts that arrived.
    Each answer has `values` (the namespace) and `actions` (what argparse knows of its
    arguments), or `refused` with what argparse printed.
    """
    script = folder / "sample.py"
    script.write_text(source, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-c", CHILD, str(script), *(["raw"] if raw else [])],
        input=json.dumps(command_lines),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answers: list[dict[str, Any]] = json.loads(finished.stdout)
    return answers
