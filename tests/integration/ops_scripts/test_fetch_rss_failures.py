"""How fetch_rss.py fails: one line on stderr, an exit status, nothing written."""

from __future__ import annotations

import gzip
import re
import signal
import subprocess
import sys

import pytest

from tests.integration.ops_scripts.launch import FEEDS, command, environment

MIB = 1024 * 1024
FEED = (FEEDS / "rss20.xml").read_bytes()
BOMB = '<rss version="2.0"><channel><title>&b;</title></channel></rss>'


def assert_failed(done, status: int, sentence: str) -> None:
    assert re.fullmatch(rf"fetch_rss\.py: {sentence}\n", done.stderr), done.stderr
    assert (done.status, done.stdout) == (status, "")
    assert not done.out_dir.exists()


def test_a_missing_page(site, fetch):
    done = fetch(site.serve("/feed", status=404))
    assert_failed(
        done, 2, r"cannot fetch \S+/feed: the server answered 404 Not Found\."
    )
    assert len(site.requests) == 1


def test_a_server_error_is_tried_three_times(site, fetch):
    done = fetch(site.serve("/feed", status=500))
    answer = "the server answered 500 Internal Server Error"
    assert_failed(done, 2, rf"cannot fetch \S+: {answer} \(3 attempts\)\.")
    assert len(site.requests) == 3


def test_a_server_error_that_passes_is_no_failure(site, fetch):
    def recover(request):
        site.serve("/feed", FEED)
        request.send_error(503)

    assert fetch(site.answer("/feed", recover)).status == 0
    assert len(site.requests) == 2


def test_a_port_at_which_nothing_listens(fetch, unused_address):
    done = fetch(unused_address)
    assert_failed(done, 2, r"cannot fetch \S+: Connection refused \(3 attempts\)\.")


def test_a_host_that_does_not_exist(fetch):
    done = fetch("http://no-such-host.invalid/feed")
    assert_failed(done, 2, r"cannot fetch \S+: .*(not known|resolution).* attempts\)\.")


def test_a_connection_that_breaks_off_is_tried_again(site, fetch):
    def break_off(request):
        site.serve("/feed", FEED)
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b"<rss")

    assert fetch(site.answer("/feed", break_off)).status == 0
    assert len(site.requests) == 2


def test_a_server_that_never_answers(site, fetch):
    url = site.answer("/feed", lambda request: site.closing.wait())
    done = fetch(url, FETCH_RSS_TIMEOUT_S=0.5)
    assert_failed(done, 2, r"cannot fetch \S+: it was not complete within 0\.5 s\.")


def test_a_server_that_trickles_cannot_outlast_the_limit(site, fetch):
    def trickle(request):
        request.send_response(200)
        request.end_headers()
        while not site.closing.wait(0.05):
            request.wfile.write(b" ")

    done = fetch(site.answer("/feed", trickle), FETCH_RSS_TIMEOUT_S=0.5)
    assert_failed(done, 2, r"cannot fetch \S+: it was not complete within 0\.5 s\.")


def test_a_time_limit_that_is_none(site, fetch):
    done = fetch(site.serve("/feed", FEED), FETCH_RSS_TIMEOUT_S="soon")
    assert_failed(done, 2, r"cannot fetch \S+: FETCH_RSS_TIMEOUT_S is 'soon', not .*")


def test_a_body_that_is_too_large(site, fetch):
    done = fetch(site.serve("/feed", FEED + b" " * 10 * MIB))
    assert_failed(done, 2, r"cannot fetch \S+: it is larger than 10 MiB\.")


def test_a_body_that_is_just_small_enough(site, fetch):
    body = FEED + b" " * (10 * MIB - len(FEED))
    assert fetch(site.serve("/feed", body)).status == 0


def test_a_body_that_is_too_large_once_decompressed(site, fetch):
    bomb = gzip.compress(b" " * 200 * MIB, 1)
    url = site.serve("/feed", bomb, Content_Encoding="gzip")
    assert_failed(fetch(url), 2, r"cannot fetch \S+: it is larger than 10 MiB\.")


def test_a_body_that_cannot_be_decompressed(site, fetch):
    done = fetch(site.serve("/feed", b"no gzip", Content_Encoding="gzip"))
    assert_failed(done, 2, r"cannot fetch \S+: .*incorrect header check.*")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/feed", "javascript:alert(1)"]
)
def test_only_http_and_https_are_fetched(fetch, url):
    done = fetch(url)
    assert_failed(done, 2, r"cannot fetch \S+: only http and https addresses are .*")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/feed"])
def test_a_redirect_cannot_leave_http(site, fetch, target):
    done = fetch(site.serve("/feed", status=302, Location=target))
    assert_failed(done, 2, r"cannot fetch \S+: only http and https addresses are .*")


def test_a_redirect_is_followed(site, fetch):
    site.serve("/new feed".replace(" ", "%20"), FEED)
    url = site.serve("/old", status=301, Location="/new feed")
    assert fetch(url).document["feed"]["url"] == url


def test_redirects_in_a_circle_end(site, fetch):
    done = fetch(site.serve("/feed", status=302, Location="/feed"))
    assert_failed(done, 2, r"cannot fetch \S+: there are more than 5 redirects\.")
    assert len(site.requests) == 6


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed.xml",
        "http:///feed",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://a..b/",
    ],
)
def test_an_address_that_is_none(fetch, url):
    done = fetch(url)
    assert_failed(done, 2, r"cannot fetch .*: .*([Ii]nvalid|Failed to parse).*\.")


def test_a_password_in_the_address_is_used_and_not_shown(site, fetch):
    # This feed has links that are taken from its own address.
    feed = (FEEDS / "atom10.xml").read_bytes()
    url = site.serve("/feed", feed).replace("://", "://ann:secret@")
    done = fetch(url)
    assert site.headers[0]["Authorization"] == "Basic YW5uOnNlY3JldA=="
    assert "secret" not in done.stdout + done.markdown + str(done.document)
    assert "secret" not in fetch(f"{url}/missing").stderr


def test_passwords_kept_for_other_programs_are_not_sent(site, fetch, tmp_path):
    (tmp_path / ".netrc").write_text("default login ann password secret\n")
    assert fetch(site.serve("/feed", FEED), HOME=tmp_path).status == 0
    assert "Authorization" not in site.headers[0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<!DOCTYPE html><html><head><title>x</title></head><body>hi</body></html>",
        b'{"version": "https://jsonfeed.org/version/1", "items": []}',
        bytes(range(256)) * 10,
    ],
    ids=["empty", "text", "html", "json", "bytes"],
)
def test_what_is_not_a_feed(site, fetch, body):
    done = fetch(site.serve("/feed", body, content_type="text/html"))
    assert_failed(done, 3, r"\S+/feed is not a feed: it is neither RSS nor Atom\.")


def test_a_body_that_names_a_file_is_not_taken_for_it(site, fetch):
    done = fetch(site.serve("/feed", str(FEEDS / "rss20.xml")))
    assert_failed(done, 3, r"\S+/feed is not a feed: it is neither RSS nor Atom\.")


@pytest.mark.parametrize(
    ("prolog", "encoding"),
    [
        ('<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', "utf-8"),
        ('<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', "utf-16"),
        ('<!DOCTYPE rss [<!-- <rss> --><!ENTITY b "x">]>', "utf-8"),
        (
            "<!DOCTYPE rss SYSTEM '<!--' [<!ENTITY % p \"<!ENTITY b 'x'>\">%p;]>",
            "utf-8",
        ),
        ('<!DOCTYPE rss [\n<!entity b SYSTEM "file:///etc/passwd">]>', "utf-8"),
    ],
)
def test_declared_entities_are_refused(site, fetch, prolog, encoding):
    done = fetch(site.serve("/feed", (prolog + BOMB).encode(encoding)))
    assert_failed(done, 3, r"\S+ is not a feed: it declares entities, which no feed .*")


def test_a_feed_that_writes_about_entities_is_read(site, fetch):
    body = FEED.replace(b"Quiet night", b"<![CDATA[<!ENTITY a 'b'>]]>")
    assert fetch(site.serve("/feed", body)).status == 0


def test_a_document_that_takes_for_ever_to_parse_is_given_up(site, fetch):
    attributes = " ".join(f'a{n}="1"' for n in range(100_000))
    url = site.serve("/feed", f'<rss version="2.0" {attributes}></rss>')
    done = fetch(url, FETCH_RSS_TIMEOUT_S=2)
    assert_failed(done, 3, r"\S+ is not a feed: it could not be read within 2 s\.")


def test_a_folder_that_cannot_be_written(site, fetch, tmp_path):
    (tmp_path / "file").touch()
    done = fetch(site.serve("/feed", FEED), "--out-dir", tmp_path / "file" / "rss")
    assert_failed(done, 4, r"cannot write: \S+/file/rss\S*: Not a directory\.")


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_that_is_none(fetch, limit):
    done = fetch("http://127.0.0.1/", "--limit", limit)
    assert done.status == 2
    assert "fetch_rss.py: error: argument --limit: " in done.stderr


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_on_a_signal_without_a_traceback(site, tmp_path, signum):
    running = []

    def interrupt(request):
        running[0].send_signal(signum)
        site.closing.wait()

    url = site.answer("/feed", interrupt)
    arguments = command("fetch_rss.py", "--url", url, "--out-dir", tmp_path)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(arguments, env=environment(), **pipes) as process:
        running.append(process)
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (128 + signum, "")
    assert stderr == f"fetch_rss.py: stopped by {signum.name}.\n"


def test_help_is_there_by_hand(tmp_path):
    arguments = [sys.executable, "scripts/fetch_rss.py", "--help"]
    root = FEEDS.parents[3]
    text = subprocess.check_output(arguments, cwd=root, text=True, env=environment())
    assert {"--url", "--limit", "--out-dir"} < set(text.split())
