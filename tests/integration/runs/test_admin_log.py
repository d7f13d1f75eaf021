"""The log's own page in the console, page by page, and its downloads."""

from __future__ import annotations

import gzip
import re

import pytest
from django.urls import reverse

from apps.runs.logs import LogWriter, summarize
from tests.integration.runs.kept import keep

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(make_run):
    return make_run(status="completed")


@pytest.fixture
def write(run):
    def write_text(text, *, stream="stdout", limit_bytes=2**24):
        log = LogWriter(run.pk, limit_bytes=limit_bytes)
        log.write(stream, text.encode())
        log.close()

    return write_text


def numbered(count):
    return "".join(f"line {n}\n" for n in range(1, count + 1))


def page(client, run, query=""):
    answer = client.get(reverse("admin:runs_run_log_page", args=[run.pk]) + query)
    assert answer.status_code == 200
    return answer


def shown(answer):
    return [line.number for line in answer.context["log"]["lines"]]


def test_the_last_page_comes_first(admin_client, run, write):
    write(numbered(1200))

    assert shown(page(admin_client, run)) == list(range(1001, 1201))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("?first=1", 1),
        ("?first=777", 501),
        ("?first=9999", 1001),
        ("?first=x", 1001),
        ("?first=²", 1001),
        ("?first=٣", 1001),
    ],
)
def test_a_page_has_500_lines(admin_client, run, write, query, first):
    write(numbered(1200))

    assert shown(page(admin_client, run, query))[0] == first


def test_the_pages_lead_to_each_other(admin_client, run, write):
    write(numbered(1200))

    log = page(admin_client, run, "?first=501").context["log"]

    assert (log["previous_page"], log["next_page"], log["last_page"]) == (1, 1001, 1001)


def test_a_gap_takes_one_step(admin_client, run, write):
    write(numbered(20_000), limit_bytes=30_000)
    gap = summarize(run.pk).gap

    log = page(admin_client, run, f"?first={gap.after_line}").context["log"]
    assert log["next_page"] <= gap.next_line < log["next_page"] + 500
    log = page(admin_client, run, f"?first={log['next_page']}").context["log"]
    assert log["previous_page"] <= gap.after_line < log["previous_page"] + 500


def test_a_log_without_lines_says_so(admin_client, run):
    assert "Nothing was printed." in page(admin_client, run).content.decode()


def test_what_was_printed_is_text(admin_client, run, write):
    write("</pre><script>alert(1)</script>", stream="stderr")

    text = page(admin_client, run).content.decode()

    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_downloads_are_files_with_all_of_it(admin_client, run, write):
    write(numbered(3000))

    for name, unpack in (
        ("runs_run_log_raw", bytes),
        ("runs_run_log_gz", gzip.decompress),
    ):
        answer = admin_client.get(reverse(f"admin:{name}", args=[run.pk]))
        body = b"".join(answer.streaming_content)
        assert unpack(body).decode() == numbered(3000)
        assert answer["Content-Disposition"].startswith(
            'attachment; filename="hello.py-'
        )
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_without_scripts_a_line_is_what_a_terminal_would_show(admin_client, run, write):
    link = "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07"
    write(f"\x1b[31mred\x1b[0m {link}\n1 %\r2 %\n")

    lines = page(admin_client, run).context["log"]["lines"]

    assert [line.text for line in lines] == ["red link", "2 %"]


def test_without_scripts_a_line_that_is_cut_says_so(admin_client, run, write):
    write("short\n" + "x" * 300_000 + "\n")

    lines = page(admin_client, run).context["log"]["lines"]

    assert [line.is_cut for line in lines] == [False, True]
    assert (
        "Only a part of this line is shown." in page(admin_client, run).content.decode()
    )


def test_on_its_runs_page_stands_the_end_of_a_log_and_of_a_long_line(
    admin_client, run, write
):
    write(numbered(300) + "x" * 300_000 + " is wrong")

    answer = admin_client.get(reverse("admin:runs_run_change", args=[run.pk]))

    log = answer.context["log"]
    assert [line.number for line in log["lines"]] == list(range(102, 302))
    assert log["lines"][-1].text.endswith(" is wrong")
    assert log["is_tail"]
    assert "All of it, page by page" in answer.content.decode()


def test_a_short_log_is_all_there(admin_client, run, write):
    write(numbered(200))

    answer = admin_client.get(reverse("admin:runs_run_change", args=[run.pk]))

    assert not answer.context["log"]["is_tail"]
    assert "The log on a page of its own" in answer.content.decode()


@pytest.mark.parametrize("name", ["log_page", "log_raw", "log_gz", "log"])
def test_who_may_not_see_runs_reads_no_log(client, make_user, run, write, name):
    write("hush\n")
    client.force_login(make_user("eve", is_staff=True))

    answer = client.get(reverse(f"admin:runs_run_{name}", args=[run.pk]))

    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["artifact", "picture", "compare"])
def test_who_may_not_see_runs_sees_no_file(client, make_user, run, name):
    keep(run, "a.png", b"x")
    client.force_login(make_user("eve", is_staff=True))

    answer = client.get(reverse(f"admin:runs_run_{name}", args=[run.pk, "a.png"]))

    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["log_page", "log_raw", "log_gz", "log"])
def test_a_run_that_is_not_to_be_seen_is_404(client, make_user, run, hello, name):
    hello.groups.create(name="others")
    client.force_login(make_user("ann", "Viewer", is_staff=True))

    answer = client.get(reverse(f"admin:runs_run_{name}", args=[run.pk]))

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "name", ['db/a"; b.sh', "a\r\nX-Other: y.sh", "备份 é.sh", '"']
)
@pytest.mark.parametrize("kind", ["raw", "gz"])
def test_no_name_of_a_script_says_more_in_a_header(admin_client, make_run, name, kind):
    run = make_run(status="completed", script_name=name)

    answer = admin_client.get(reverse(f"admin:runs_run_log_{kind}", args=[run.pk]))

    b"".join(answer.streaming_content)
    told = answer["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]+\.log(\.gz)?"', told)
    assert "X-Other" not in answer
