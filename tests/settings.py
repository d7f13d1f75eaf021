"""Settings of the tests: the real ones, in a folder of their own."""

from __future__ import annotations

from tests.environment import prepare

prepare()

from automation_hub.settings import *  # noqa: E402, F403
from automation_hub.settings import DATA_DIR, DATABASES  # noqa: E402

# What a password costs is for login forms to feel, not for every test with a user.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: threads and child processes open it too.
    DATABASES["default"]["TEST"] = {"NAME": str(DATABASES["default"]["NAME"])}

# An empty folder: whitenoise warns about one that is not there.
STATIC_ROOT = DATA_DIR / "staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)
