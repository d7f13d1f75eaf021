"""A minute in which anything may happen at any moment."""

from __future__ import annotations

import os
import random
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable

import psutil
import pytest
import redis

from tests.faults.site import Site, lives
from tests.servers import RedisServer, create_database, redis_server
from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing

RUNS = 60
CHAOS_S = float(os.environ.get("HUB_CHAOS_S", "60"))
SEED = "HUB_CHAOS_SEED"
SCRIPTS = ("quick.sh", "short.sh", "fails.sh", "daemon_then_exit.py", "short.sh")
ROLES = (
    *("hub-cluster", "hub-sentinel", "hub-tick", "hub-launcher"),
    *("hub-slot-1", "hub-slot-2", "hub-spare", "hub-supervisor", "sh"),
)
# Beyond the leases, the fence and a restart or two.
SETTLED_S = 60.0


@pytest.fixture(scope="module")
def server():
    try:
        with redis_server() as server:
            yield server
    except ServerMissing as exc:
        missing(exc)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def installed(request, make_site, server):
    url = {}
    if request.param == "postgres":
        url["DATABASE_URL"] = create_database(request.getfixturevalue("postgres_url"))
        number = 2
    else:
        number = 1
    return make_site(REDIS_URL=server.url_of(number), **url)


class Chaos:
    """Random faults, each of which ends before `settle` returns."""

    def __init__(self, site: Site, server: RedisServer, dice: random.Random) -> None:
        self.site, self.server, self.dice = site, server, dice
        self.counts: Counter[str] = Counter()
        self._thaw_at: dict[psutil.Process, float] = {}
        self._redis_at = 0.0

    def strike(self) -> None:
        """Do one thing to somebody."""
        faults: list[Callable[[], None]] = [
            *[self.kill] * 6,
            *[self.freeze] * 3,
            *[self.flush, self.stop_redis],
        ]
        fault = self.dice.choice(faults)
        self.counts[fault.__name__] += 1
        fault()
        self.heal()

    def kill(self) -> None:
        if victim := self._victim():
            _signal(victim, signal.SIGKILL)

    def freeze(self) -> None:
        if victim := self._victim():
            _signal(victim, signal.SIGSTOP)
            self._thaw_at[victim] = time.monotonic() + self.dice.uniform(0.2, 5)

    def flush(self) -> None:
        with redis.Redis.from_url(self.server.url, socket_timeout=2) as client:
            try:
                client.flushall()
            except redis.RedisError:
                self.counts["flush refused"] += 1

    def stop_redis(self) -> None:
        if not self._redis_at:
            self.server.kill()
            self._redis_at = time.monotonic() + self.dice.uniform(0.5, 4)

    def heal(self, *, everything: bool = False) -> None:
        """Let go on what has stood still for long enough."""
        now = time.monotonic()
        for victim, at in list(self._thaw_at.items()):
            if everything or now >= at:
                _signal(victim, signal.SIGCONT)
                del self._thaw_at[victim]
        if self._redis_at and (everything or now >= self._redis_at):
            self.server.restart()
            self._redis_at = 0.0

    def _victim(self) -> psutil.Process | None:
        role = self.dice.choice(ROLES)
        self.counts[role] += 1
        found = []
        for keeper in self.site.keepers:
            for candidate in keeper.cluster.tree():
                try:
                    if candidate.name() == role and lives(candidate):
                        found.append(candidate)
                except psutil.NoSuchProcess:
                    continue
        return self.dice.choice(found) if found else None


def _signal(victim: psutil.Process, number: signal.Signals) -> None:
    try:
        victim.send_signal(number)
    except psutil.NoSuchProcess:
        return


@pytest.mark.fault(65, folders=False)
def test_a_minute_of_chaos_doubles_nothing_and_leaves_nothing(site, server):
    seed = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"{SEED}={seed}")
    chaos = Chaos(site, server, random.Random(seed))
    for _ in range(2):
        site.keep_cluster()
    runs, began = [], time.monotonic()

    while (passed := time.monotonic() - began) < CHAOS_S:
        while len(runs) < RUNS * passed / CHAOS_S:
            runs.append(site.start(chaos.dice.choice(SCRIPTS)))
        chaos.strike()
        time.sleep(chaos.dice.uniform(0.1, 1.0))
    chaos.heal(everything=True)

    ends = Counter(site.ended(run_id, SETTLED_S) for run_id in runs)
    print(f"{dict(chaos.counts)}\n{dict(ends)}")
    assert set(ends) <= ENDS, f"{SEED}={seed}: {ends}"
    assert max(Counter(run_id for run_id, _pid in site.starts()).values()) == 1


# How a run may end under fire. "spawn": its worker died four times before the go.
ENDS = {
    ("completed", "exit"),
    ("failed", "exit"),
    ("failed", "signal"),
    ("failed", "lost"),
    ("failed", "spawn"),
}
