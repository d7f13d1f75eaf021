"""The memory of a process that writes a log does not grow with the log."""

from __future__ import annotations

import pytest

from tests.servers import Hub

pytestmark = pytest.mark.acceptance

# Pumps 300 MB through a writer of the shipped limit, as a slot does, and prints by how
# many bytes the most that the process ever had grew meanwhile.
PUMP = """
import resource
from django.conf import settings
from apps.runs.logs import LogWriter
from apps.runs.models import Run

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

run = Run.objects.create(script_name="loud.sh", trigger="api", timeout_s=60)
log = LogWriter(run.pk, limit_bytes=settings.LOG_LIMIT_BYTES)
block = {block}
for stream in ("stdout", "stderr"):
    log.write(stream, block)
    log.flush()
before = peak()
for number in range(300_000_000 // len(block)):
    log.write({stream}, block)
log.close()
print(peak() - before)
"""


@pytest.fixture(scope="module")
def hub():
    with Hub() as hub:
        hub.setup()
        yield hub


@pytest.mark.parametrize(
    ("block", "stream"),
    [
        ("(b'x' * 80 + b'\\n') * 800", "'stdout'"),
        ("b'x' * 65536", "'stdout'"),
        ("bytes([0, 255]) * 32768", "'stdout'"),
        ("b'x' * 2000 + b'\\n'", "('stdout', 'stderr')[number % 2]"),
    ],
    ids=["lines", "one line", "no text", "two streams in turn"],
)
def test_a_loud_script_leaves_the_memory_flat(hub, block, stream):
    code = PUMP.format(block=block, stream=stream)

    done = hub.manage("shell", "--no-imports", "-c", code, timeout_s=120)

    assert 0 <= int(done.stdout) < 40_000_000
