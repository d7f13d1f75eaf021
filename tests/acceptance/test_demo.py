"""`manage.py demo`: the main job end to end, with no internet."""

from __future__ import annotations

import signal

import pytest

from apps.system import demo
from tests.servers import wait_until
from tests.servers.hub import MANAGE

pytestmark = pytest.mark.acceptance
DEMO_S = 60


@pytest.fixture
def place(make_hub, tmp_path):
    """A hub whose settings must not matter to the demo."""
    return make_hub(
        TMPDIR=str(tmp_path),
        SECRET_KEY="the user's own",
        DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing",
        SCRIPTS_DIR="/nowhere",
        ANONYMOUS_API="",
        PORT="1",
    )


def test_it_prints_the_markdown_and_leaves_nothing(place, tmp_path):
    child = place.spawn("demo", [*MANAGE, "demo"])
    assert child.wait(DEMO_S) == 0, child.output()
    output = child.output()
    for line in ("\nqueued: ", "\ncompleted", "# [Operations notes · 运维日志](https:"):
        assert line in output
    assert "## 5. [数据库升级窗口" in output
    assert "## 6." not in output
    assert list(tmp_path.iterdir()) == []
    assert not place.data_dir.exists()


def test_a_request_to_stop_ends_it_whole(place, tmp_path):
    child = place.spawn("demo", [*MANAGE, "demo"])
    wait_until(
        lambda: len(child.tree()) > 2, timeout_s=DEMO_S, what="its hub is starting"
    )
    tree = child.tree()
    child.send_signal(signal.SIGINT)
    assert child.wait(15) == 130
    assert child.output().endswith("Stopped.\n")
    assert not [process for process in tree if process.is_running()]
    assert list(tmp_path.iterdir()) == []


def test_a_hub_that_does_not_start_shows_what_it_said(monkeypatch, tmp_path):
    program = tmp_path / "manage.py"
    program.write_text("raise SystemExit('no room left')")
    monkeypatch.setattr(demo, "MANAGE", program)
    with pytest.raises(demo.DemoFailed, match=r"did not start\. It said:\nno room"):
        demo.run_demo(say=print)


def test_a_run_that_fails_shows_its_message_and_log(monkeypatch, tmp_path):
    (tmp_path / "feed.xml").write_text("<html>not a feed</html>")
    monkeypatch.setattr(demo, "FEED", tmp_path / "feed.xml")
    with pytest.raises(demo.DemoFailed) as caught:
        demo.run_demo(say=print)
    assert caught.value.message.startswith("The run ended failed: ")
    assert "Its log:\nfetch_rss.py: " in caught.value.message
