"""The settings of what serves requests; gunicorn's own process reads them too."""

from __future__ import annotations

from automation_hub.env import declare, env_bool, env_int, env_str, section

section("Web server")
BIND = env_str(
    "BIND",
    "0.0.0.0:8000",
    help="Where gunicorn listens (`make up` listens on 127.0.0.1 and PORT).",
)
# `manage.py up` reads it itself: it may be wrong where nothing is served.
declare(
    "PORT",
    "whole number, 1 to 65535",
    8000,
    "The port of `make up`; it has no PORT_FILE.",
)
WEB_WORKERS = env_int(
    "WEB_WORKERS", 1, minimum=1, help="How many processes serve requests."
)
WEB_THREADS = env_int(
    "WEB_THREADS", 8, minimum=1, help="How many requests each of them serves at once."
)
WEB_TIMEOUT_S = env_int(
    "WEB_TIMEOUT_S",
    60,
    minimum=1,
    help="A serving process that hangs for so long is replaced.",
)
WEB_GRACE_S = env_int(
    "WEB_GRACE_S",
    25,
    help="How long requests may go on when the web server is told to stop. A "
    "container's grace must be longer.",
)
WEB_MAX_REQUESTS = env_int(
    "WEB_MAX_REQUESTS",
    20_000,
    help="After so many requests, give or take a tenth, a serving process makes room "
    "for a fresh one (0: never).",
)
ACCESS_LOG = env_bool(
    "ACCESS_LOG",
    True,
    help="Whether each request is a JSON line on standard output; probes that went "
    "well are left out.",
)
