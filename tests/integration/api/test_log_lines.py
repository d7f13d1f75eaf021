"""GET /runs/runs/{id}/log: a range of lines, a tail and a search, as JSON."""

from __future__ import annotations

import pytest
from django.utils.dateparse import parse_datetime

from apps.runs.logs import LogWriter
from apps.runs.models import LogChunk


@pytest.fixture
def operator(api_as):
    return api_as("Operator")


@pytest.fixture
def log_of(make_run):
    """Write a log of so many lines, or of a text, and return its address."""

    def write(text, *, status="completed", limit_bytes=2**24):
        if isinstance(text, int):
            text = "".join(f"line {n}\n" for n in range(1, text + 1))
        run = make_run(status=status)
        log = LogWriter(run.pk, limit_bytes=limit_bytes)
        log.write("stdout", text.encode())
        log.close()
        return f"/runs/runs/{run.pk}/log"

    return write


def test_a_range_of_lines(operator, log_of):
    answer = operator.get(log_of(10) + "?first=3&last=4")

    assert answer.json() == {
        "results": [
            {"n": 3, "stream": "stdout", "text": "line 3"},
            {"n": 4, "stream": "stdout", "text": "line 4"},
        ],
        "lines": 10,
        "gap": None,
        "done": True,
    }


def test_a_tail(operator, log_of):
    found = operator.get(log_of(10) + "?tail=2").json()

    assert [line["n"] for line in found["results"]] == [9, 10]


def test_a_tail_of_a_shorter_log_is_all_of_it(operator, log_of):
    found = operator.get(log_of(3) + "?tail=5000").json()

    assert [line["n"] for line in found["results"]] == [1, 2, 3]


def test_a_tail_shows_what_a_progress_bar_says_now(operator, log_of):
    bar = "".join(f"\r{n} of 9999" for n in range(10_000))

    (line,) = operator.get(log_of(bar) + "?tail=1").json()["results"]

    assert line["text"].endswith("\r9999 of 9999")
    assert (len(line["text"]), line["cut"]) == (10_000, True)


@pytest.mark.parametrize("query", ["first=1&last=5", "tail=5", "search=x"])
def test_a_log_without_lines(operator, log_of, query):
    found = operator.get(f"{log_of('')}?{query}").json()

    assert (found["results"], found["lines"]) == ([], 0)


def test_a_long_line_says_that_it_is_cut(operator, log_of):
    found = operator.get(log_of("x" * 10_001) + "?tail=1").json()

    assert found["results"] == [
        {"n": 1, "stream": "stdout", "text": "x" * 10_000, "cut": True}
    ]


def test_a_search_says_where_to_go_on(operator, log_of):
    address = log_of(300)

    found = operator.get(f"{address}?search=LINE").json()
    assert (len(found["results"]), found["next"]) == (200, 200)

    found = operator.get(f"{address}?search=LINE&after_line=200").json()
    assert (len(found["results"]), found["next"]) == (100, None)
    assert found["results"][0] == {"n": 201, "stream": "stdout", "text": "line 201"}


def test_a_search_can_mind_the_case(operator, log_of):
    address = log_of("One\none\n")

    for case, numbers in (("0", [1, 2]), ("1", [2])):
        found = operator.get(f"{address}?search=one&case={case}").json()
        assert [line["n"] for line in found["results"]] == numbers


def test_a_search_goes_back_from_a_line(operator, log_of):
    found = operator.get(log_of(300) + "?search=LINE&before_line=250").json()

    assert [line["n"] for line in found["results"]] == list(range(50, 250))
    assert found["next"] == 50


def test_the_next_error(operator, log_of):
    address = log_of("fine\nValueError: x\nfine\n")

    found = operator.get(f"{address}?errors=0").json()
    assert [line["text"] for line in found["results"]] == ["ValueError: x"]
    assert found["next"] == 2

    found = operator.get(f"{address}?errors=2").json()
    assert (found["results"], found["next"]) == ([], None)


@pytest.mark.parametrize("query", ["first=1&last=2", "tail=2"])
def test_lines_tell_when_they_were_written_if_asked(operator, log_of, query):
    address = log_of("one\ntwo\n")
    chunk = LogChunk.objects.get()

    for line in operator.get(f"{address}?{query}&times=1").json()["results"]:
        assert parse_datetime(line["at"]) == chunk.at
    for line in operator.get(f"{address}?{query}").json()["results"]:
        assert "at" not in line


def test_what_is_searched_is_text_and_no_pattern(operator, log_of):
    address = log_of("a%b_c\naxbyc\n[.*]\n")

    for text, numbers in (("a%25b_c", [1]), ("[.*]", [3]), ("%E2%90%80", [])):
        found = operator.get(f"{address}?search={text}").json()
        assert [line["n"] for line in found["results"]] == numbers


def test_where_lines_were_cut_out_is_said(operator, log_of):
    found = operator.get(log_of(5000, limit_bytes=20_000) + "?tail=5000").json()

    gap, numbers = found["gap"], [line["n"] for line in found["results"]]
    assert 1 < gap["after_line"] < gap["next_line"] < 5000
    mark = numbers.index(None)
    assert numbers[mark - 1 : mark + 2] == [gap["after_line"], None, gap["next_line"]]
    assert numbers[-1] == found["lines"] == 5000


def test_a_running_script_is_not_done(operator, log_of):
    address = log_of("one\ntw", status="running")

    found = operator.get(address + "?tail=1").json()

    assert (found["done"], found["lines"]) == (False, 2)
    assert found["results"][0]["text"] == "tw"


def test_lines_of_a_script_that_is_not_to_be_seen_are_404(api_as, log_of, hello):
    address = log_of(3)
    hello.groups.create(name="others")

    assert api_as("Viewer").get(address + "?tail=1").status_code == 404


def test_without_these_parameters_the_log_is_still_text(operator, log_of):
    answer = operator.get(log_of(2))

    assert b"".join(answer.streaming_content) == b"line 1\nline 2\n"


def test_chunks_are_followed_as_before(operator, make_run):
    run = make_run(status="completed")
    LogChunk.objects.create(run=run, seq=1, stream="stdout", text="one\n")

    found = operator.get(f"/runs/runs/{run.pk}/log?after=0").json()

    assert set(found) == {"chunks", "next", "done"}


@pytest.mark.parametrize(
    ("query", "names", "sentence"),
    [
        ("first=1&last=2&tail=3", {"first", "last", "tail"}, "do not go together"),
        ("after=0&search=x", {"after", "search"}, "do not go together; ask for one of"),
        ("tail=3&case=1", {"case"}, "It goes with search"),
        ("after_line=3", {"after_line"}, "It goes with search"),
        ("first=1", {"first"}, "Give last too."),
        ("last=1", {"last"}, "Give first too."),
        ("first=5&last=4", {"first", "last"}, "last must not be before first"),
        ("first=1&last=5001", {"first", "last"}, "5001 lines; ask for at most 5000"),
        ("first=0&last=4", {"first"}, "whole number from 1 to"),
        ("first=x&last=4", {"first"}, "whole number from 1 to"),
        ("tail=0", {"tail"}, "whole number from 1 to 5000"),
        ("tail=5001", {"tail"}, "whole number from 1 to 5000"),
        ("search=", {"search"}, "Write the text to look for."),
        ("search=a%0Ab", {"search"}, "line break"),
        ("search=a%00b", {"search"}, "NUL"),
        ("search=" + "x" * 1001, {"search"}, "It has 1001 characters"),
        ("search=x&case=2", {"case"}, "whole number from 0 to 1"),
        ("search=x&after_line=-1", {"after_line"}, "whole number from 0 to"),
        ("search=x&before_line=0", {"before_line"}, "whole number from 1 to"),
        (
            "search=x&after_line=1&before_line=2",
            {"after_line", "before_line"},
            "goes on or goes back",
        ),
        ("tail=3&before_line=2", {"before_line"}, "It goes with search"),
        ("errors=-1", {"errors"}, "whole number from 0 to"),
        ("errors=1&tail=2", {"errors", "tail"}, "do not go together"),
        ("search=x&times=1", {"times"}, "It goes with first and last, or with tail."),
        ("times=1", {"times"}, "It goes with first and last, or with tail."),
        ("tail=1&times=2", {"times"}, "whole number from 0 to 1"),
        ("tails=1", {"tails"}, "Unknown query parameter"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    operator, make_run, query, names, sentence
):
    answer = operator.get(f"/runs/runs/{make_run().pk}/log?{query}")

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/json"
    assert set(answer.json()["fields"]) == names
    assert sentence in answer.json()["message"]


@pytest.mark.parametrize("query", ["first=999999999999999&last=999999999999999"])
def test_lines_behind_the_end_are_none(operator, log_of, query):
    found = operator.get(f"{log_of(3)}?{query}").json()

    assert (found["results"], found["lines"]) == ([], 3)
