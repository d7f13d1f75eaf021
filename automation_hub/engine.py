"""The settings of what executes runs: queue, limits, times, retention."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from automation_hub.env import (
    env_choice,
    env_int,
    env_list,
    env_name,
    env_number,
    env_optional_path,
    env_secret,
    section,
)

section("Workers")
REDIS_URL = env_secret(
    "REDIS_URL",
    kind="address",
    help="The broker: redis://:password@host:6379/0 (rediss:// for TLS). Unset: messages "
    "go through the database.",
)
QUEUE = env_name("QUEUE", "default", help="The queue that a worker serves.")
WORKERS = env_int(
    "WORKERS", 2, minimum=1, help="How many runs a worker runs at once (its slots)."
)
DRAIN_SECONDS = env_number(
    "DRAIN_SECONDS",
    240,
    help="What running scripts get when a worker is told to stop (`make up`: 3). A "
    "container's grace must be longer.",
)
HEARTBEAT_FILE = env_optional_path(
    "HEARTBEAT_FILE",
    help="A file whose time a worker renews every HEARTBEAT_S while it is well, for "
    "probes.",
)
MIN_FREE_BYTES = env_int(
    "MIN_FREE_BYTES",
    200 * 2**20,
    help="A worker whose data folder has less left starts no new runs (0: it always "
    "does).",
)

section("Runs")
RUN_TIMEOUT_S = env_number(
    "RUN_TIMEOUT_S",
    3600,
    minimum=0.1,
    help="How many seconds a run may take where neither script nor task says so.",
)
RUN_TIMEOUT_MAX_S = env_number(
    "RUN_TIMEOUT_MAX_S", 86400, minimum=0.1, help="The longest time limit of a run."
)
GRACE_S = env_number(
    "GRACE_S",
    10,
    help="Between SIGTERM and SIGKILL for a script that is told to end.",
)
LOG_LIMIT_BYTES = env_int(
    "LOG_LIMIT_BYTES",
    32 * 2**20,
    minimum=1024,
    help="What is kept of a run's output; of more, the middle is cut out.",
)
OUTPUT_LIMIT_BYTES = env_int(
    "OUTPUT_LIMIT_BYTES",
    0,
    help="A run that prints more is ended (0: it may print as much as it likes).",
)
KEEP_RUNS_DAYS = env_int(
    "KEEP_RUNS_DAYS",
    90,
    help="How many days runs are kept after they ended (0: for ever). A task may have "
    "its own figure.",
)
KEEP_RUNS_COUNT = env_int(
    "KEEP_RUNS_COUNT",
    0,
    help="How many runs of each script and task are kept (0: no limit). A task may have "
    "its own figure.",
)
KEEP_LEDGER_DAYS = env_int(
    "KEEP_LEDGER_DAYS",
    90,
    help="How many days the ledger tells of each planned fire (0: for ever); of what is "
    "older only the counts of each day are kept.",
)
RUN_RECEIVERS = env_list(
    "RUN_RECEIVERS",
    help="Dotted paths of functions that are told of each run's end; the same for "
    "portal and workers.",
)

section("Environments of scripts")
ENV_BUILDER = env_choice(
    "ENV_BUILDER",
    "auto",
    ("auto", "uv", "pip"),
    help="What builds the environment of a script with dependencies: uv where it is on "
    "a worker's PATH (auto), or always one of the two.",
)
BUILD_TIMEOUT_S = env_number(
    "BUILD_TIMEOUT_S",
    600,
    minimum=0.1,
    help="How long building an environment may take; a run's own time limit begins "
    "afterwards.",
)
ENV_KEEP_DAYS = env_int(
    "ENV_KEEP_DAYS",
    14,
    help="After how many days without a run an environment is deleted (0: never).",
)
ENV_CACHE_BYTES = env_int(
    "ENV_CACHE_BYTES",
    2 * 2**30,
    help="How much of what builders fetched is kept for the next build; of more, all is "
    "deleted.",
)
section("Uploads")
UPLOAD_LIMIT_BYTES = env_int(
    "UPLOAD_LIMIT_BYTES",
    100 * 2**20,
    minimum=1,
    help="How large a file may be that is sent for a parameter.",
)
UPLOAD_QUOTA_BYTES = env_int(
    "UPLOAD_QUOTA_BYTES",
    1024 * 2**20,
    minimum=1,
    help="How much the files of one user may hold together that nothing uses yet.",
)
UPLOAD_KEEP_S = env_number(
    "UPLOAD_KEEP_S",
    86400,
    minimum=1,
    help="How long a file is kept that neither a run nor a task uses.",
)

section("Leases and intervals")
# The lease outlives the fence, so a script is dead before its run can be taken.
LEASE_S = env_number(
    "LEASE_S",
    30,
    minimum=0.1,
    help="For so long a run is its slot's; at least twice FENCE_S.",
)
FENCE_S = env_number(
    "FENCE_S",
    15,
    minimum=0.1,
    help="A supervisor that hears nothing for so long kills its script.",
)
HEARTBEAT_S = env_number(
    "HEARTBEAT_S",
    5,
    minimum=0.05,
    help="How often a slot renews its lease and a worker reports itself; below FENCE_S.",
)
RESEND_AFTER_S = env_number(
    "RESEND_AFTER_S",
    15,
    minimum=0.1,
    help="How long a queued run's message may take before it is sent again; doubles "
    "each time.",
)
RESEND_MAX_S = env_number(
    "RESEND_MAX_S", 300, minimum=0.1, help="The most that RESEND_AFTER_S doubles to."
)
TICK_S = env_number(
    "TICK_S", 1, minimum=0.05, help="How often each worker looks after the tables."
)
LOOK_S = env_number(
    "LOOK_S",
    5,
    minimum=0.05,
    help="How often the table is asked for waiting runs when the broker says nothing.",
)
# Above what the longest wait for a database may take.
WEDGE_S = env_number(
    "WEDGE_S",
    60,
    minimum=1,
    help="A part of a worker that says nothing for so long is killed.",
)

Q_CLUSTER: dict[str, Any] = {
    "name": "automation-hub",
    "cluster_name": QUEUE,
    # django-q2 looks this key up when Q_CLUSTER_NAME is set, and fails without it.
    "ALT_CLUSTERS": {},
    "workers": WORKERS,
    # Unused by our slots; without them django-q2 warns of its own defaults.
    "timeout": 60,
    "retry": 120,
    # tick rings the alarms.
    "scheduler": False,
    "catch_up": False,
    "log_level": "WARNING",
}
if REDIS_URL:
    # Its client is loaded only where it is used.
    Q_CLUSTER["redis"] = import_module("automation_hub.redis_address").broker_options(
        REDIS_URL
    )
else:
    Q_CLUSTER["orm"] = "default"
