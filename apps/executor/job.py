"""A spec on its way to the supervisor, and the sentence when it cannot start."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from apps.executor.protocol import Message, encode_job
from apps.executor.spec import ExecutionSpec, SpecError

_RLIMITS = {
    "core_bytes": "RLIMIT_CORE",
    "open_files": "RLIMIT_NOFILE",
    "file_bytes": "RLIMIT_FSIZE",
    "memory_bytes": "RLIMIT_AS",
    "processes": "RLIMIT_NPROC",
}


def encode_spec(spec: ExecutionSpec) -> bytes:
    """What the supervisor is to be told of `spec`.

    Strings become bytes the way Python made them from bytes: a name that is not UTF-8
    and was read with `surrogateescape` is the same again. Raises SpecError for what no
    command line or environment can carry; values are not quoted, they may be secrets.
    """
    argv = [_bytes(f"Argument {n}", text) for n, text in enumerate(spec.argv)]
    env = {}
    for name, value in spec.env.items():
        if not name or "=" in name:
            raise SpecError(f"{name!r} cannot be the name of an environment variable.")
        env[_bytes(f"The name {name!r}", name)] = _bytes(f"Variable {name!r}", value)
    limits = {
        rlimit: getattr(spec.limits, name)
        for name, rlimit in _RLIMITS.items()
        if getattr(spec.limits, name) is not None
    }
    return encode_job(
        {
            "argv": argv,
            "cwd": _bytes("The work directory", str(spec.cwd)),
            "env": env,
            "stdin": spec.stdin,
            "timeout_s": spec.timeout_s,
            "grace_s": spec.grace_s,
            "fence_s": spec.fence_s,
            "umask": spec.umask,
            "limits": limits,
        }
    )


def describe_spawn_error(spec: ExecutionSpec, event: Message) -> str:
    """The sentence for a `spawn_error` of the supervisor."""
    number = event["errno"]
    reason = os.strerror(number) if number else event["detail"]
    if event["stage"] == "chdir":
        return f"{reason}: '{spec.cwd}' (the work directory)"
    if event["stage"] == "exec":
        return _describe_exec_error(spec, number, reason)
    return f"{reason} (while it was being started: {event['stage']})"


def _describe_exec_error(spec: ExecutionSpec, number: int | None, reason: str) -> str:
    program = spec.argv[0]
    if number == errno.ENOEXEC:
        return f"{reason}: '{program}' (no #! line?)"
    if number == errno.E2BIG:
        return f"{reason}: {_size(spec)}"
    if number == errno.EACCES:
        return f"{reason}: '{program}' (not executable?)"
    if number == errno.ENOENT and Path(program).exists():
        return f"{reason}: {_first_line(program)}, which names the interpreter"
    return f"{reason}: '{program}'"


def _size(spec: ExecutionSpec) -> str:
    arguments = sum(len(os.fsencode(text)) + 1 for text in spec.argv)
    variables = sum(
        len(os.fsencode(name)) + len(os.fsencode(value)) + 2
        for name, value in spec.env.items()
    )
    return (
        f"{arguments} bytes of arguments and {variables} bytes of environment "
        "(Linux allows 131071 bytes for one of them, and about 2 MB for all)"
    )


def _first_line(program: str) -> str:
    """The #! line of a program that exists and whose interpreter does not."""
    try:
        with Path(program).open("rb") as file:
            line = file.readline(200)
    except OSError:
        return f"'{program}'"
    text = line.rstrip(b"\n").decode("utf-8", "replace")
    if not text.startswith("#!"):
        return f"'{program}'"
    hint = " with Windows line endings" if text.endswith("\r") else ""
    return f"the line {text!r}{hint} of '{program}'"


def _bytes(what: str, text: str) -> bytes:
    if "\0" in text:
        raise SpecError(f"{what} has a NUL character, which no process can be given.")
    try:
        return os.fsencode(text)
    except UnicodeEncodeError as exc:
        code = ord(text[exc.start])
        raise SpecError(
            f"{what} has the character U+{code:04X}, which cannot be encoded."
        ) from exc
