"""What http_check.py says of web addresses."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.ops_scripts.launch import (
    Done,
    command,
    environment,
    run_script,
)
from tests.integration.ops_scripts.local_site import Site, running_site

CERTIFICATES = Path(__file__).parent / "certificates"
NOWHERE = {
    "http://": "this is not a valid address",
    "http://[::1": "Invalid IPv6 URL",
    "http://a..b/": "this is not a valid address",
    "http://127.0.0.1:99999/": "Port out of range",
    "feed.xml": "only http and https addresses are checked",
    "file:///etc/passwd": "only http and https addresses are checked",
    "http://no-such-host.invalid/": "the host is not found",
}
AUTHORITY = CERTIFICATES / "authority-test-only.pem"


@dataclass(frozen=True)
class Checked(Done):
    """How http_check.py ended, with its report."""

    report: dict[str, Any]

    def problems(self, number: int = 0) -> str:
        return "; ".join(self.report["checks"][number]["problems"])


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Checked]:
    def check(*arguments: object, **variables: object) -> Checked:
        done = run_script("http_check.py", *arguments, cwd=tmp_path, **variables)
        report = json.loads((tmp_path / "http-check.json").read_text(encoding="utf-8"))
        return Checked(done.status, done.stdout, done.stderr, report)

    return check


@pytest.fixture
def secure_site() -> Iterator[Site]:
    with running_site(CERTIFICATES / "valid-test-only.pem") as site:
        yield site


@pytest.fixture
def expired_site() -> Iterator[Site]:
    with running_site(CERTIFICATES / "expired-test-only.pem") as site:
        yield site


@pytest.mark.parametrize("status", [200, 204, 301])
def test_any_status_from_200_to_399_passes(site, check, status):
    url = site.serve("/", status=status, Location="/elsewhere")
    done = check(url)
    assert (done.status, done.stderr) == (0, "")
    assert done.report["checks"][0]["status"] == status
    assert site.requests == [("GET", "/")]


def test_one_failure_fails_the_run_and_the_rest_is_checked(site, check):
    good, bad = site.serve("/good"), site.serve("/bad", status=503)
    done = check(bad, good)
    assert done.status == 1
    assert [entry["ok"] for entry in done.report["checks"]] == [False, True]
    assert done.problems(0) == "status 503 instead of 200 to 399"
    assert "1 of 2 checks passed" in done.stdout


def test_the_report_has_the_promised_shape(site, check):
    url = site.serve("/")
    report = check(url).report
    assert list(report) == ["checked_at", "ok", "passed", "failed", "checks"]
    assert (report["ok"], report["passed"], report["failed"]) == (True, 1, 0)
    entry = report["checks"][0]
    assert entry.pop("latency_ms") >= 0
    assert entry == {
        "url": url,
        "ok": True,
        "status": 200,
        "cert_expires_at": None,
        "cert_days_left": None,
        "problems": [],
    }


def test_expected_statuses_are_exactly_the_ones_named(site, check):
    gone, fine = site.serve("/gone", status=410), site.serve("/fine")
    done = check("--expect-status", 410, "--expect-status", 404, gone, fine)
    assert [entry["ok"] for entry in done.report["checks"]] == [True, False]
    assert done.problems(1) == "status 200 instead of 410 or 404"


def test_an_answer_that_comes_late_fails(site, check):
    site.serve("/quick")

    def answer_late(request):
        site.closing.wait(0.2)
        site.answers["/quick"](request)

    done = check(site.answer("/", answer_late), "--max-latency-ms", 100)
    assert done.status == 1
    assert "ms, the limit is 100" in done.problems()


def test_an_answer_in_time_passes(site, check):
    assert check(site.serve("/"), "--max-latency-ms", 30_000).status == 0


def test_the_method_is_the_one_asked_for(site, check):
    assert check(site.serve("/a?b=c d"), "--method", "HEAD").status == 1
    assert check(site.serve("/a?b=c"), "--method", "HEAD").status == 0
    assert site.requests == [("HEAD", "/a?b=c")]


def test_a_trusted_certificate_passes_with_its_expiry(secure_site, check):
    done = check(secure_site.serve("/"), "--ca-file", AUTHORITY)
    assert done.status == 0, done.stdout
    entry = done.report["checks"][0]
    assert entry["cert_expires_at"] == "2120-01-01T00:00:00+00:00"
    assert entry["cert_days_left"] > 30_000


def test_a_certificate_that_expires_too_soon_fails(secure_site, check):
    url = secure_site.serve("/")
    done = check(url, "--ca-file", AUTHORITY, "--min-cert-days", 50_000)
    assert done.status == 1
    assert "days, at least 50000 are asked" in done.problems()
    assert done.report["checks"][0]["status"] == 200


def test_an_expired_certificate_fails(expired_site, check):
    done = check(expired_site.serve("/"), "--ca-file", AUTHORITY)
    assert done.status == 1
    assert done.problems() == "the certificate is not valid: certificate has expired"


def test_a_certificate_of_an_unknown_authority_fails(secure_site, check):
    done = check(secure_site.serve("/"))
    assert done.status == 1
    assert done.problems().startswith("the certificate is not valid: ")


def test_a_port_that_does_not_speak_tls_fails(site, check):
    done = check(site.serve("/").replace("http:", "https:"))
    assert done.status == 1
    assert done.problems().startswith("the TLS connection failed: ")


def test_addresses_that_lead_nowhere_are_failed_checks(check):
    done = check(*NOWHERE)
    assert (done.status, done.stderr) == (1, "")
    for number, problem in enumerate(NOWHERE.values()):
        assert problem in done.problems(number)


def test_a_refused_connection_is_a_failed_check(check, unused_address):
    done = check(unused_address)
    assert (done.status, done.problems()) == (1, "Connection refused")


def test_an_answer_that_is_not_http_is_a_failed_check(check):
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_nonsense, args=[server])
        thread.start()
        done = check(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert (done.status, done.problems()) == (
        1,
        "the answer is not HTTP: BadStatusLine",
    )


def answer_nonsense(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"220 mail ready\r\n")


def test_a_server_that_trickles_cannot_outlast_the_timeout(site, check):
    def trickle(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not site.closing.wait(0.05):
            request.wfile.write(b"x")

    done = check(site.answer("/", trickle), "--timeout", 0.5)
    assert (done.status, done.problems()) == (1, "no answer within 0.5 s")


def test_checks_run_side_by_side_and_no_more_than_allowed(site, check):
    # Each of two answers waits for the other: one at a time would never end.
    both = threading.Barrier(2, timeout=10)

    def meet(request):
        both.wait()
        request.send_response(204)
        request.end_headers()

    urls = [site.answer(f"/{number}", meet) for number in range(4)]
    assert check(*urls, "--concurrency", 2).status == 0


def test_a_password_in_the_address_is_used_and_not_shown(site, check):
    done = check(site.serve("/").replace("://", "://ann:secret@"))
    assert site.headers[0]["Authorization"] == "Basic YW5uOnNlY3JldA=="
    assert "secret" not in done.stdout + str(done.report)


def test_the_report_is_listed_as_an_artifact(site, check, tmp_path):
    check(site.serve("/"), HUB_ARTIFACTS=tmp_path / "listing")
    listed = (tmp_path / "listing").read_text()
    assert listed == f"{tmp_path}/http-check.json\n"


def test_a_report_that_cannot_be_written(site, tmp_path):
    (tmp_path / "file").touch()
    arguments = [site.serve("/"), "--report", "file/report.json"]
    done = run_script("http_check.py", *arguments, cwd=tmp_path)
    assert done.status == 4
    assert done.stderr.startswith("http_check.py: cannot write ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the following arguments are required: URL"),
        (["http://a", "--expect-status", "99"], "99 is not from 100 to 599"),
        (["http://a", "--timeout", "0"], "0 is not from 0.1 to 300"),
        (["http://a", "--timeout", "nan"], "nan is not from 0.1 to 300"),
        (["http://a", "--concurrency", "33"], "33 is not from 1 to 32"),
        (["http://a", "--method", "POST"], "invalid choice: 'POST'"),
        (
            ["http://a", "--ca-file", "missing.pem"],
            "--ca-file missing.pem cannot be used",
        ),
    ],
)
def test_wrong_usage(tmp_path, arguments, sentence):
    done = run_script("http_check.py", *arguments, cwd=tmp_path)
    assert done.status == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_it_stops_on_a_signal_without_a_traceback(site, tmp_path):
    running = []

    def interrupt(request):
        running[0].send_signal(signal.SIGINT)
        site.closing.wait()

    arguments = command("http_check.py", site.answer("/", interrupt))
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        arguments, cwd=tmp_path, env=environment(), **pipes
    ) as process:
        running.append(process)
        _, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (130, "http_check.py: stopped by SIGINT.\n")


def test_help_is_there_by_hand(tmp_path):
    done = run_script("http_check.py", "--help", cwd=tmp_path)
    assert done.status == 0
    assert "--min-cert-days" in done.stdout
