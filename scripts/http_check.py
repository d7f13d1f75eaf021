#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
#
# [tool.automation-hub]
# title = "Check web addresses"
# description = "Ask many URLs and compare status, latency and certificate with limits."
# tags = ["monitoring"]
# timeout_s = 600
#
# [tool.automation-hub.parameters.urls]
# label = "URLs"
# format = "uri"
# [tool.automation-hub.parameters.expect_status]
# label = "Expected status"
# minimum = 100
# maximum = 599
# [tool.automation-hub.parameters.timeout]
# label = "Time-out (s)"
# minimum = 0.1
# maximum = 300
# [tool.automation-hub.parameters.max_latency_ms]
# label = "Latency at most (ms)"
# minimum = 1
# [tool.automation-hub.parameters.min_cert_days]
# label = "Certificate valid for at least (days)"
# minimum = 0
# [tool.automation-hub.parameters.concurrency]
# label = "Checks at once"
# minimum = 1
# maximum = 32
# [tool.automation-hub.parameters.ca_file]
# label = "Certificate authorities"
# [tool.automation-hub.parameters.report]
# label = "Report file"
# ///
"""Check web addresses: expected status, latency and expiry of the certificate.

Each URL is asked once, directly (no proxy), and its own answer counts: redirects are
not followed. The latency is the time from the first step, finding the host, to the
header of the answer; the body is not read. The certificate is the one of that very
connection; https is checked against the system's authorities, or those of --ca-file.

Prints a table and writes a JSON report, whose path is appended to the file named by
$HUB_ARTIFACTS.

Exit status: 0 every check passed; 1 one failed; 2 wrong usage; 4 the report cannot be
written.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import math
import os
import re
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

USER_AGENT = "automation-hub http_check.py"
ONE_FAILED, CANNOT_WRITE = 1, 4


@dataclass
class Check:
    """What one URL answered, and what is wrong with that."""

    url: str
    ok: bool = False
    status: int | None = None
    latency_ms: int | None = None
    # When the certificate expires (ISO 8601, UTC), and the whole days until then.
    cert_expires_at: str | None = None
    cert_days_left: int | None = None
    problems: list[str] = field(default_factory=list)


def integer(text: str, least: int, most: int) -> int:
    if not least <= (number := int(text)) <= most:
        raise argparse.ArgumentTypeError(f"{number} is not from {least} to {most}")
    return number


def http_status(text: str) -> int:
    return integer(text, 100, 599)


def positive_int(text: str) -> int:
    return integer(text, 1, 10**9)


def days(text: str) -> int:
    return integer(text, 0, 10**6)


def slots(text: str) -> int:
    return integer(text, 1, 32)


def seconds(text: str) -> float:
    if not 0.1 <= (number := float(text)) <= 300:
        raise argparse.ArgumentTypeError(f"{text} is not from 0.1 to 300")
    return number


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Check web addresses: status, latency and certificate.",
        epilog="Exit status: 0 all passed, 1 one failed, 2 wrong usage, 4 no report.",
    )
    parser.add_argument("urls", nargs="+", metavar="URL", help="http or https address")
    parser.add_argument(
        "--method",
        choices=["GET", "HEAD"],
        default="GET",
        help="how to ask (default: %(default)s)",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=10.0,
        metavar="SECONDS",
        help="for each URL, from start to answer (default: %(default)s)",
    )
    parser.add_argument(
        "--concurrency",
        type=slots,
        default=4,
        metavar="N",
        help="how many to check at once, 1 to 32 (default: %(default)s)",
    )
    parser.add_argument(
        "--report",
        type=Path,
        default=Path("http-check.json"),
        metavar="FILE",
        help="where to write the JSON report (default: %(default)s)",
    )
    add_limits(parser)
    args = parser.parse_args()
    args.tls = ssl.create_default_context()
    if args.ca_file:
        try:
            args.tls = ssl.create_default_context(cafile=args.ca_file)
        except OSError as exc:
            parser.error(f"--ca-file {args.ca_file} cannot be used: {exc.strerror}")
    return args


def add_limits(parser: argparse.ArgumentParser) -> None:
    """The options that say what passes."""
    parser.add_argument(
        "--expect-status",
        type=http_status,
        action="append",
        metavar="CODE",
        help="a status that passes, may be repeated (default: any from 200 to 399)",
    )
    parser.add_argument(
        "--max-latency-ms",
        type=positive_int,
        metavar="MS",
        help="fail what answers later than this (default: no limit)",
    )
    parser.add_argument(
        "--min-cert-days",
        type=days,
        default=0,
        metavar="DAYS",
        help="fail a certificate that expires sooner (default: %(default)s)",
    )
    parser.add_argument(
        "--ca-file",
        type=Path,
        metavar="PEM",
        help="certificate authorities to trust instead of the system's",
    )


def one_line(text: str) -> str:
    """The text on one line, without control characters, user names and passwords."""
    text = re.sub(r"(?<=//)[^/?#\s]*@", "", text)
    return re.sub(r"[\0- \x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", text).strip()


def split_url(url: str) -> SplitResult:
    """The parts of an http or https address that names a host; raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError("only http and https addresses are checked")
    if not parts.hostname or parts.port == 0 or not url.isprintable() or " " in url:
        raise ValueError("this is not a valid address")
    return parts


def headers_for(parts: SplitResult) -> dict[str, str]:
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Connection": "close"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return headers


def connect(
    parts: SplitResult, options: argparse.Namespace
) -> http.client.HTTPConnection:
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, port, timeout=options.timeout, context=options.tls
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=options.timeout)
    connection.connect()
    return connection


def ask(check: Check, url: str, options: argparse.Namespace) -> None:
    """Ask the URL and note the answer; raises OSError, HTTPException or ValueError."""
    parts = split_url(url)
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    if parts.query:
        target += "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~")
    start = time.monotonic()
    connection = connect(parts, options)
    try:
        if isinstance(connection.sock, ssl.SSLSocket):
            expiry = (connection.sock.getpeercert() or {})["notAfter"]
            moment = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(expiry)), UTC)
            check.cert_expires_at = moment.isoformat()
            check.cert_days_left = (moment - datetime.now(UTC)).days
        connection.request(options.method, target, headers=headers_for(parts))
        check.status = connection.getresponse().status
        check.latency_ms = math.ceil((time.monotonic() - start) * 1000)
    finally:
        connection.close()


def within(limit_s: float, work: Callable[[], None]) -> None:
    """Do `work`; TimeoutError if it takes longer, whatever holds it up.

    The time-out of a socket is for each step of many, and finding a host has none.
    """
    future: Future[None] = Future()

    def carry() -> None:
        try:
            future.set_result(work())
        except BaseException as exc:  # noqa: BLE001 - it is raised again by the waiter
            future.set_exception(exc)

    threading.Thread(target=carry, daemon=True).start()
    future.result(limit_s)


def explain(error: Exception, timeout_s: float) -> str:
    """What went wrong, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"the TLS connection failed: {error.reason or error}"
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    if isinstance(error, socket.gaierror):
        return f"the host is not found: {error.strerror}"
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        return f"the answer is not HTTP: {type(error).__name__}"
    if isinstance(error, UnicodeError):
        return "this is not a valid address"
    return getattr(error, "strerror", None) or str(error)


def shortcomings(check: Check, options: argparse.Namespace) -> list[str]:
    """In what an answer differs from what the options ask."""
    found = []
    expected = options.expect_status or range(200, 400)
    if check.status not in expected:
        wanted = " or ".join(map(str, options.expect_status or ["200 to 399"]))
        found.append(f"status {check.status} instead of {wanted}")
    limit = options.max_latency_ms
    if limit is not None and check.latency_ms is not None and check.latency_ms > limit:
        found.append(f"answered after {check.latency_ms} ms, the limit is {limit}")
    left = check.cert_days_left
    if left is not None and left < options.min_cert_days:
        wanted = f"at least {options.min_cert_days} are asked"
        found.append(f"the certificate expires in {left} days, {wanted}")
    return found


def check_url(url: str, options: argparse.Namespace) -> Check:
    check = Check(one_line(url))
    # Filled by a thread that may outlive its time: taken over only when finished.
    answer = Check(check.url)
    try:
        within(options.timeout, partial(ask, answer, url, options))
    except (OSError, http.client.HTTPException, ValueError) as exc:
        check.problems = [one_line(explain(exc, options.timeout))]
        return check
    answer.problems = shortcomings(answer, options)
    answer.ok = not answer.problems
    return answer


def row(check: Check) -> str:
    latency = "-" if check.latency_ms is None else f"{check.latency_ms} ms"
    left = "-" if check.cert_days_left is None else f"{check.cert_days_left} d"
    verdict = "ok" if check.ok else "FAIL"
    line = f"{verdict:<6}{check.status or '-':>6}{latency:>10}{left:>9}  {check.url}"
    return "\n".join([line, *(f"{'':33}{problem}" for problem in check.problems)])


def write_report(path: Path, checks: list[Check], started: datetime) -> None:
    """Write the report whole or not at all and list it for the hub; raises OSError."""
    passed = sum(check.ok for check in checks)
    report: dict[str, Any] = {
        "checked_at": started.isoformat(timespec="seconds"),
        "ok": passed == len(checks),
        "passed": passed,
        "failed": len(checks) - passed,
        "checks": [asdict(check) for check in checks],
    }
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if listing := os.environ.get("HUB_ARTIFACTS"):
        with Path(listing).open("ab") as file:
            file.write(os.fsencode(path) + b"\n")


def stop(signum: int, frame: object) -> None:
    """End on SIGINT or SIGTERM at once: the checks under way have nothing to save."""
    print(f"http_check.py: stopped by {signal.Signals(signum).name}.", file=sys.stderr)
    os._exit(128 + signum)


def main() -> int:
    options = parse_arguments()
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, stop)
    started = datetime.now(UTC)
    print(f"{'':<6}{'status':>6}{'latency':>10}{'cert':>9}  url")
    with ThreadPoolExecutor(options.concurrency) as pool:
        checks = []
        for check in pool.map(partial(check_url, options=options), options.urls):
            checks.append(check)
            print(row(check), flush=True)
    passed = sum(check.ok for check in checks)
    print(f"{passed} of {len(checks)} checks passed")
    try:
        write_report(options.report, checks, started)
    except OSError as exc:
        where = f"{exc.filename or options.report}: {exc.strerror}"
        print(f"http_check.py: cannot write {where}.", file=sys.stderr)
        return CANNOT_WRITE
    return 0 if passed == len(checks) else ONE_FAILED


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        # The reader of the table has seen enough (head): end as quietly as it does.
        os._exit(128 + signal.SIGPIPE)
