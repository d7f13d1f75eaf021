from __future__ import annotations

from apps.core.api.views import route
from apps.scripts.api.sources import ScriptDiff, ScriptSource, ScriptVersions
from apps.scripts.api.views import ScriptDetail, ScriptList

urlpatterns = [
    route("scripts", ScriptList.as_view(), "script-list"),
    route("scripts/(?P<path>.+?)/source", ScriptSource.as_view(), "script-source"),
    route(
        "scripts/(?P<path>.+?)/versions", ScriptVersions.as_view(), "script-versions"
    ),
    route("scripts/(?P<path>.+?)/diff", ScriptDiff.as_view(), "script-diff"),
    route("scripts/(?P<path>.+?)", ScriptDetail.as_view(), "script-detail"),
]
