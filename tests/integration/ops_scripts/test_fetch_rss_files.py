"""The files that fetch_rss.py leaves, and what it says of them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.integration.ops_scripts.launch import FEEDS, command, environment

FEED = (FEEDS / "rss20.xml").read_text(encoding="utf-8")
NAME = r"127\.0\.0\.1-Ops-diary-\d{8}T\d{6}Z"


def titled(title: str) -> str:
    return FEED.replace("Ops diary", title)


def test_files_are_named_after_host_title_and_time(site, fetch):
    done = fetch(site.serve("/feed", FEED))
    (folder,) = done.out_dir.iterdir()
    assert re.fullmatch(r"127\.0\.0\.1-Ops-diary-[0-9a-f]{8}", folder.name)
    names = sorted(path.name for path in done.own_files)
    assert re.fullmatch(rf"{NAME}\.json {NAME}\.md", " ".join(names))


def test_the_latest_files_repeat_the_last_run(site, fetch):
    fetch(site.serve("/feed", titled("Ops diary") + "<!-- first -->"))
    done = fetch(site.serve("/feed", FEED.replace("Disk", "Lamp")))
    own_json, _, latest_md, latest_json = written(done.stdout, (0, 1, 3, 2))
    assert latest_json.read_text() == own_json.read_text()
    assert "Lamp replaced" in latest_md.read_text()
    assert len(done.own_files) == 4


def written(stdout: str, order: tuple[int, ...] = (0, 1, 2, 3)) -> list[Path]:
    """The paths of the lines that say "Wrote"."""
    paths = [Path(line) for line in re.findall(r"^Wrote (.+)$", stdout, re.M)]
    return [paths[number] for number in order]


def test_it_prints_what_it_wrote(site, fetch):
    done = fetch(site.serve("/feed", FEED))
    names = [path.name for path in written(done.stdout)]
    assert re.fullmatch(rf"{NAME}\.json {NAME}\.md", " ".join(names[:2]))
    assert names[2:] == ["latest.json", "latest.md"]
    assert all(path.is_file() for path in written(done.stdout))


def test_only_this_runs_own_files_are_listed_as_artifacts(site, fetch, tmp_path):
    listing = tmp_path / "listing"
    listing.write_text("/before\n")
    done = fetch(site.serve("/feed", FEED), HUB_ARTIFACTS=listing)
    assert listing.read_text().splitlines() == ["/before", *map(str, done.own_files)]
    assert all(path.is_absolute() for path in done.own_files)


def test_a_relative_folder_is_listed_by_its_absolute_path(site, fetch, tmp_path):
    listing = tmp_path / "listing"
    fetch(site.serve("/feed", FEED), "--out-dir", "here", HUB_ARTIFACTS=listing)
    paths = [Path(line) for line in listing.read_text().splitlines()]
    assert [path.suffix for path in paths] == [".json", ".md"]
    assert all(path.is_relative_to(tmp_path / "here") for path in paths)


def test_runs_at_the_same_moment_keep_their_own_files(site, tmp_path):
    url = site.serve("/feed", FEED)
    arguments = command("fetch_rss.py", "--url", url, "--out-dir", tmp_path / "rss")
    listings = [tmp_path / f"listing{number}" for number in range(4)]
    running = [
        subprocess.Popen(arguments, env=environment(HUB_ARTIFACTS=path), stdout=-3)
        for path in listings
    ]
    assert [process.wait(timeout=30) for process in running] == [0] * 4
    listed = [line for path in listings for line in path.read_text().splitlines()]
    assert len(listed) == len(set(listed)) == 8
    assert all(Path(path).stat().st_size > 100 for path in listed)


def test_feeds_that_share_host_and_title_do_not_share_files(site, fetch):
    fetch(site.serve("/a", FEED.replace("Disk", "Lamp")))
    done = fetch(site.serve("/b", FEED))
    latest = [path.read_text() for path in sorted(done.out_dir.glob("*/latest.json"))]
    assert len(latest) == 2
    assert sum("Lamp replaced" in text for text in latest) == 1


def test_nothing_half_written_is_left(site, fetch):
    done = fetch(site.serve("/feed", FEED))
    endings = {path.suffix for path in done.out_dir.rglob("*") if path.is_file()}
    assert endings - {""} == {".json", ".md"}
    assert not list(done.out_dir.rglob("*.part")) + list(done.out_dir.rglob(".part"))


@pytest.mark.parametrize("kib", [1, 10], ids=["the JSON", "only the Markdown"])
def test_a_disk_that_is_full_leaves_neither_file(site, tmp_path, kib):
    # Escaped, these titles are five times as long in the Markdown as in the JSON.
    item = f"<item><title>{'&amp;' * 400}</title></item>"
    url = site.serve(
        "/feed", f'<rss version="2.0"><channel>{item * 10}</channel></rss>'
    )
    script = command("fetch_rss.py", "--url", url, "--out-dir", tmp_path)
    limited = ["bash", "-c", f'ulimit -f {kib}; exec "$@"', "-", *script]
    pipes = {"capture_output": True, "text": True, "check": False}
    done = subprocess.run(limited, env=environment(), **pipes)
    assert done.returncode == 4
    assert re.fullmatch(
        r"fetch_rss.py: cannot write: \S+: File too large\.\n", done.stderr
    )
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("港口快讯", "港口快讯"),
        ("../../etc/passwd", "etc-passwd"),
        ("a/b\\c:d\n\te", "a-b-c-d-e"),
        (".hidden", ".hidden"),
        ("&lt;img onerror&gt;", "img-onerror"),
    ],
)
def test_a_title_makes_a_safe_name(site, fetch, title, expected):
    done = fetch(site.serve("/feed", titled(title)))
    (folder,) = done.out_dir.iterdir()
    assert re.fullmatch(
        rf"127\.0\.0\.1-{re.escape(expected)}-[0-9a-f]{{8}}", folder.name
    )


@pytest.mark.parametrize("title", ["长" * 3000, "x" * 3000, "."])
def test_names_stay_within_what_file_systems_take(site, fetch, title):
    done = fetch(site.serve("/feed", titled(title)))
    assert done.status == 0
    names = [path.name for path in done.out_dir.rglob("*")]
    assert max(len(os.fsencode(name)) for name in names) < 230
    assert len(done.markdown) < 3000


def test_the_files_have_the_permissions_of_the_umask(site, fetch):
    done = fetch(site.serve("/feed", FEED))
    plain = os.umask(0)
    os.umask(plain)
    assert {path.stat().st_mode & 0o777 for path in done.own_files} == {0o666 & ~plain}


def test_a_reader_that_has_seen_enough_is_no_error(site, tmp_path):
    url = site.serve("/feed", FEED)
    script = command("fetch_rss.py", "--url", url, "--out-dir", tmp_path)
    closing = ["bash", "-c", '"$@" | exec 0<&-', "-", *script]
    done = subprocess.run(closing, env=environment(), capture_output=True, check=False)
    assert done.stderr == b""
    assert list(tmp_path.glob("*/latest.md"))
