"""All settings. Everything a place may need to differ in comes from the environment."""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from automation_hub import __version__
from automation_hub.addresses import artifacts_storage, database, host_name
from automation_hub.env import (
    VARIABLES,
    env_bool,
    env_language,
    env_list,
    env_number,
    env_path,
    env_secret,
    env_str,
    env_time_zone,
    env_url,
    section,
)
from automation_hub.logging import log_config

BASE_DIR = Path(__file__).resolve().parent.parent

# -- Folders ---------------------------------------------------------------------
section("Folders")
WORKSPACE = env_path(
    "WORKSPACE", BASE_DIR, shown="the checkout", help="The folder that has the others."
)
SCRIPTS_DIR = env_path(
    "SCRIPTS_DIR",
    WORKSPACE / "scripts",
    shown="$WORKSPACE/scripts",
    help="The scripts that can be run.",
)
DATA_DIR = env_path(
    "DATA_DIR",
    WORKSPACE / "var",
    shown="$WORKSPACE/var",
    help="What the hub writes: the secret key, SQLite's database, artifacts, the work "
    "folders of runs, what scripts keep. Shared by all services of a hub.",
)

# -- Trust -----------------------------------------------------------------------
section("Trust")
DEBUG = env_bool("DEBUG", False, help="Error pages with details, for developing only.")
SECRET_KEY_PATH = DATA_DIR / "secret_key"
# Without one here, `manage.py setup` makes the file; check hub.E001 says so when
# neither is there, and so does `setup` of a file that cannot be read.
SECRET_KEY = env_secret(
    "SECRET_KEY",
    help="Signs sessions and tokens. Unset: `manage.py setup` makes one, once, in "
    "$DATA_DIR/secret_key.",
)
REQUIRE_SECRET_KEY = env_bool(
    "REQUIRE_SECRET_KEY",
    False,
    help="Refuse to start without SECRET_KEY in the environment. For hosts that share "
    "no data folder: each would make a key of its own.",
)
if REQUIRE_SECRET_KEY and not SECRET_KEY:
    raise ImproperlyConfigured(
        "REQUIRE_SECRET_KEY is true and there is no SECRET_KEY; give every service of "
        "this hub the same one, as SECRET_KEY or in a file that SECRET_KEY_FILE names."
    )
if not SECRET_KEY:
    with suppress(OSError, UnicodeDecodeError):
        SECRET_KEY = SECRET_KEY_PATH.read_text(encoding="ascii").strip()
SECRETS_KEY_PATH = DATA_DIR / "secrets_key"
SECRETS_KEY = env_secret(
    "SECRETS_KEY",
    kind="Fernet keys, parted by commas or line ends",
    help="Encrypts the secrets among parameters: the first key encrypts, all decrypt. "
    "The same for portal and workers. Unset: `manage.py setup` makes one, once, in "
    "$DATA_DIR/secrets_key, unless REQUIRE_SECRET_KEY is true.",
)
if not SECRETS_KEY:
    with suppress(OSError, UnicodeDecodeError):
        SECRETS_KEY = SECRETS_KEY_PATH.read_text(encoding="ascii").strip()

PUBLIC_URL = env_url(
    "PUBLIC_URL",
    help="The address that people use. With https:// cookies are for TLS only, HSTS is "
    "on and plain HTTP is redirected; a proxy in front ends TLS.",
)
ALLOWED_HOSTS = env_list(
    "ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"],
    help="The Host headers that are answered, besides PUBLIC_URL's; health answers any.",
)
CSRF_TRUSTED_ORIGINS: list[str] = []
if PUBLIC_URL:
    public = urlsplit(PUBLIC_URL)
    ALLOWED_HOSTS.append(public.hostname or "")
    CSRF_TRUSTED_ORIGINS.append(f"{public.scheme}://{public.netloc}")
# Pods are told their own address and their node's without brackets.
ALLOWED_HOSTS = [host_name(host) for host in ALLOWED_HOSTS]
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

ANONYMOUS_API = env_list(
    "ANONYMOUS_API",
    kind="CIDRs, or gateway",
    help="Whence the API may be called without credentials, to list, to read, and to "
    "run scripts marked `anonymous = true` (`make up`: this host).",
)

ADMIN_USERNAME = env_str(
    "ADMIN_USERNAME",
    "admin",
    help="The first administrator, made by `manage.py setup` where there is none.",
)
ADMIN_PASSWORD = env_secret(
    "ADMIN_PASSWORD",
    help="The first administrator's password. Unset: a random one, shown once.",
)

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
    "apps.system.apps.SystemConfig",
    "apps.runs",
    "apps.tasks",
    "apps.scripts",
    "apps.accounts",
    "apps.core",
    "apps.system.apps.ConsoleConfig",
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
    # Outermost, since they are about every answer.
    "apps.system.middleware.RequestIdMiddleware",
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
    "apps.core.middleware.ContentPolicyMiddleware",
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
section("Database")
DATABASE_URL = env_secret(
    "DATABASE_URL",
    kind="address",
    help="postgres://user:password@host:5432/name. Unset: SQLite.",
)
DATABASE_PATH = env_path(
    "DATABASE_PATH",
    DATA_DIR / "database.db",
    shown="$DATA_DIR/database.db",
    help="SQLite's file, where DATABASE_URL is not set.",
)
DATABASE_TIMEOUT_S = env_number(
    "DATABASE_TIMEOUT_S",
    20,
    help="How long a writer waits for others on SQLite (a worker: 5 at most).",
)
DATABASE_WAIT_S = env_number(
    "DATABASE_WAIT_S",
    10,
    help="How long `manage.py setup` waits for a database that starts beside it.",
)
SETUP_WAIT_S = env_number(
    "SETUP_WAIT_S",
    300,
    help="How long `manage.py setup --wait` waits for another service's setup.",
)
DATABASES: dict[str, dict[str, Any]] = {
    "default": database(DATABASE_URL)
    if DATABASE_URL
    else {"ENGINE": "apps.core.sqlite3", "NAME": DATABASE_PATH}
}
DATABASES["default"]["CONN_MAX_AGE"] = 60
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction that will write takes its turn at once, instead of
    # failing half-way with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_TIMEOUT_S,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # libpq waits for a host that does not answer until the kernel gives up.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Files -----------------------------------------------------------------------
section("Artifacts")
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
    "artifacts": artifacts_storage(
        env_str(
            "ARTIFACTS_URL",
            kind="address",
            help="s3://bucket/prefix?endpoint_url=https://host&region_name=name. Unset: "
            "artifacts are kept in $DATA_DIR/artifacts.",
        ),
        DATA_DIR / "artifacts",
        access_key=env_secret(
            "AWS_ACCESS_KEY_ID",
            help="Who reads and writes the bucket. Unset: as the S3 client finds it.",
        ),
        secret_key=env_secret("AWS_SECRET_ACCESS_KEY", help="Belongs to the key id."),
        security_token=env_secret(
            "AWS_SESSION_TOKEN", help="Of credentials that end by themselves."
        ),
    ),
}

# -- Language and time -----------------------------------------------------------
section("Language and time")
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LANGUAGE_CODE = env_language(
    "LANGUAGE_CODE",
    "en",
    dict(LANGUAGES),
    help="The language of those who ask for none.",
)
LOCALE_PATHS = [BASE_DIR / "automation_hub" / "locale"]
TIME_ZONE = env_time_zone(
    "TIME_ZONE",
    "UTC",
    help="In which times are shown, and schedules reckoned that name none.",
)
# A time without its zone is no time.
FORMAT_MODULE_PATH = "automation_hub.formats"
USE_TZ = True

# -- Runs ------------------------------------------------------------------------
from automation_hub.engine import *  # noqa: E402, F403

# -- API -------------------------------------------------------------------------
API_BODY_LIMIT_BYTES = 256 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = API_BODY_LIMIT_BYTES * 4
# Files in forms go to the data folder, bounded; a container's /tmp is small.
FILE_UPLOAD_HANDLERS = ["apps.core.incoming.IncomingHandler"]
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
section("About this build")
HUB_COMMIT = env_str("HUB_COMMIT", help="The commit that /meta names; images set it.")
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
from automation_hub.web import *  # noqa: E402, F403

section("Logs")
LOGGING = log_config(
    level=env_str(
        "LOG_LEVEL",
        "INFO",
        kind="DEBUG, INFO, WARNING, ERROR or CRITICAL",
        help="From which level on the hub's own processes log.",
    ).upper(),
    style=env_str(
        "LOG_FORMAT",
        "text",
        kind="text or json",
        help="One JSON object a line in images, with run and request ids; text for "
        "people.",
    ),
)

# What check hub.W007 knows of.
HUB_VARIABLES = tuple(VARIABLES)
