"""All settings. Everything a place may need to differ in comes from the environment."""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from automation_hub import __version__
from automation_hub.env import (
    artifacts_storage,
    env_bool,
    env_int,
    env_language,
    env_list,
    env_name,
    env_number,
    env_path,
    env_str,
    env_time_zone,
    env_url,
    redis_options,
)
from automation_hub.logging import log_config

BASE_DIR = Path(__file__).resolve().parent.parent

# -- Folders ---------------------------------------------------------------------
WORKSPACE = env_path("WORKSPACE", BASE_DIR)
SCRIPTS_DIR = env_path("SCRIPTS_DIR", WORKSPACE / "scripts")
DATA_DIR = env_path("DATA_DIR", WORKSPACE / "var")

# -- Trust -----------------------------------------------------------------------
DEBUG = env_bool("DEBUG", False)
SECRET_KEY_PATH = DATA_DIR / "secret_key"
# Without one here, `manage.py setup` makes the file; check hub.E001 says so when
# neither is there, and so does `setup` of a file that cannot be read.
SECRET_KEY = env_str("SECRET_KEY")
if not SECRET_KEY:
    with suppress(OSError, UnicodeDecodeError):
        SECRET_KEY = SECRET_KEY_PATH.read_text(encoding="ascii").strip()

PUBLIC_URL = env_url("PUBLIC_URL")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = []
if PUBLIC_URL:
    public = urlsplit(PUBLIC_URL)
    ALLOWED_HOSTS.append(public.hostname or "")
    CSRF_TRUSTED_ORIGINS.append(f"{public.scheme}://{public.netloc}")
SERVED_SECURELY = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVED_SECURELY
SECURE_SSL_REDIRECT = SERVED_SECURELY
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SERVED_SECURELY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SERVED_SECURELY
# TLS ends in front of us when PUBLIC_URL is https; gunicorn itself speaks plain HTTP.
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if SERVED_SECURELY else None
)
SESSION_COOKIE_AGE = 8 * 3600
SESSION_SAVE_EVERY_REQUEST = False
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# CIDRs, or "gateway": who may read and run `anonymous = true` scripts unasked.
ANONYMOUS_API = env_list("ANONYMOUS_API")

# The first administrator, made by `manage.py setup` where there is none.
ADMIN_USERNAME = env_str("ADMIN_USERNAME", "admin")
ADMIN_PASSWORD = env_str("ADMIN_PASSWORD")

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]

# -- Parts -----------------------------------------------------------------------
INSTALLED_APPS = [
    # Before django_q, whose `qcluster` command apps.runs replaces, and before the
    # admin, whose templates apps.system may override.
    "apps.system",
    "apps.runs",
    "apps.tasks",
    "apps.scripts",
    "apps.accounts",
    "apps.core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
]
MIDDLEWARE = [
    # Outermost, since it is about every answer.
    "apps.system.middleware.HeadMiddleware",
    # Probes call by pod address, so health answers before the host check.
    "apps.system.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.UnreadableMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.system.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "automation_hub.urls"
WSGI_APPLICATION = "automation_hub.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# -- Database --------------------------------------------------------------------
DATABASE_URL = env_str("DATABASE_URL")
if DATABASE_URL:
    try:
        DATABASES: dict[str, dict[str, Any]] = {
            "default": dict(dj_database_url.parse(DATABASE_URL))
        }
    except (ValueError, dj_database_url.ParseError) as exc:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read; write it as "
            f"postgres://user:password@host:5432/name. ({exc})"
        ) from None
else:
    DATABASES = {
        "default": {
            "ENGINE": "apps.core.sqlite3",
            "NAME": env_path("DATABASE_PATH", DATA_DIR / "database.db"),
        }
    }
DATABASES["default"]["CONN_MAX_AGE"] = 60
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction that will write takes its turn at once, instead of
    # failing half-way with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": env_number("DATABASE_TIMEOUT_S", 20),
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # libpq waits for a host that does not answer until the kernel gives up.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Files -----------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = WORKSPACE / "staticfiles"
# A checkout serves static files from where the packages keep them; an image has
# collected them at build.
WHITENOISE_USE_FINDERS = not STATIC_ROOT.is_dir()
warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # s3://bucket/prefix?endpoint_url=…&region_name=…; unset: a folder of the data.
    "artifacts": artifacts_storage(
        env_str("ARTIFACTS_URL"),
        DATA_DIR / "artifacts",
        access_key=env_str("AWS_ACCESS_KEY_ID"),
        secret_key=env_str("AWS_SECRET_ACCESS_KEY"),
        security_token=env_str("AWS_SESSION_TOKEN"),
    ),
}

# -- Language and time -----------------------------------------------------------
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LANGUAGE_CODE = env_language("LANGUAGE_CODE", "en", dict(LANGUAGES))
LOCALE_PATHS = [BASE_DIR / "automation_hub" / "locale"]
TIME_ZONE = env_time_zone("TIME_ZONE", "UTC")
# A time without its zone is no time.
FORMAT_MODULE_PATH = "automation_hub.formats"
USE_TZ = True

# -- Runs ------------------------------------------------------------------------
REDIS_URL = env_str("REDIS_URL")
QUEUE = env_name("QUEUE", "default")
WORKERS = env_int("WORKERS", 2, minimum=1)
RUN_TIMEOUT_S = env_number("RUN_TIMEOUT_S", 3600, minimum=0.1)
RUN_TIMEOUT_MAX_S = env_number("RUN_TIMEOUT_MAX_S", 86400, minimum=0.1)
LOG_LIMIT_BYTES = env_int("LOG_LIMIT_BYTES", 32 * 2**20, minimum=1024)
# A run that prints more is ended (0: it may print as much as it likes).
OUTPUT_LIMIT_BYTES = env_int("OUTPUT_LIMIT_BYTES", 0)
# How many days runs are kept after they ended (0: for ever), and how many of each
# script and task (0: no limit). A task may have its own figures.
KEEP_RUNS_DAYS = env_int("KEEP_RUNS_DAYS", 90)
KEEP_RUNS_COUNT = env_int("KEEP_RUNS_COUNT", 0)
# How many days the ledger tells of each planned fire (0: for ever); of what is older
# only the counts of each day are kept.
KEEP_LEDGER_DAYS = env_int("KEEP_LEDGER_DAYS", 90)
# A worker whose data folder has less left starts no new runs (0: it always does).
MIN_FREE_BYTES = env_int("MIN_FREE_BYTES", 200 * 2**20)
DRAIN_SECONDS = env_number("DRAIN_SECONDS", 240)
# Between SIGTERM and SIGKILL for a script that is told to end.
GRACE_S = env_number("GRACE_S", 10)
# The lease outlives the fence, so a script is dead before its run can be taken.
LEASE_S = env_number("LEASE_S", 30, minimum=0.1)
FENCE_S = env_number("FENCE_S", 15, minimum=0.1)
HEARTBEAT_S = env_number("HEARTBEAT_S", 5, minimum=0.05)
# How long a queued run's message may take before tick sends it again; doubles each
# time, up to the second figure.
RESEND_AFTER_S = env_number("RESEND_AFTER_S", 15, minimum=0.1)
RESEND_MAX_S = env_number("RESEND_MAX_S", 300, minimum=0.1)
TICK_S = env_number("TICK_S", 1, minimum=0.05)
# How often the table is asked for waiting runs when the broker says nothing.
LOOK_S = env_number("LOOK_S", 5, minimum=0.05)
# A part of a worker that says nothing for so long is killed; above what the longest
# wait for a database may take.
WEDGE_S = env_number("WEDGE_S", 60, minimum=1)
# A file whose time a worker renews every HEARTBEAT_S while it is well, for probes.
HEARTBEAT_FILE = (
    env_path("HEARTBEAT_FILE", DATA_DIR) if env_str("HEARTBEAT_FILE") else None
)
# Dotted paths of functions that are told of each run's end; see apps/runs/receivers.py.
RUN_RECEIVERS = env_list("RUN_RECEIVERS")

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
    Q_CLUSTER["redis"] = {
        **redis_options(REDIS_URL),
        # The client's own defaults hold a web request for a minute on a frozen Redis.
        # The read timeout stays above the second that a blocking pop waits.
        "socket_connect_timeout": 1,
        "socket_timeout": 2,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 15,
    }
else:
    Q_CLUSTER["orm"] = "default"

# -- API -------------------------------------------------------------------------
API_BODY_LIMIT_BYTES = 256 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = API_BODY_LIMIT_BYTES * 4
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.permissions.Access"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "apps.core.api.renderers.BrowsableRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.LimitedJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.api.negotiation.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.api.exceptions.handle",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
HUB_VERSION = __version__
HUB_COMMIT = env_str("HUB_COMMIT")
SPECTACULAR_SETTINGS = {
    "TITLE": "automation-hub",
    "DESCRIPTION": "Scripts, tasks and runs over HTTP. Send a token as "
    "`Authorization: Bearer …`; `manage.py token create` makes one.",
    "VERSION": __version__,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["automation_hub.api.documented_routes"],
}

# -- Logging ---------------------------------------------------------------------
LOGGING = log_config(
    level=env_str("LOG_LEVEL", "INFO").upper(), style=env_str("LOG_FORMAT", "text")
)
