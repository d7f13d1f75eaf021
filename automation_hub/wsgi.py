"""The WSGI entry point that gunicorn serves."""

from __future__ import annotations

import os

import django
from django.core.wsgi import get_wsgi_application

from apps.system.secret import require_secret_key
from automation_hub.routes import load_routes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automation_hub.settings")
require_secret_key()

django.setup(set_prefix=False)
# Before the middleware, which imports some of the same.
load_routes()
application = get_wsgi_application()
