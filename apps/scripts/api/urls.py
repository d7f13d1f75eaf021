from __future__ import annotations

from apps.core.api.views import route
from apps.scripts.api.views import ScriptDetail, ScriptList

urlpatterns = [
    route("scripts", ScriptList.as_view(), "script-list"),
    route("scripts/(?P<path>.+?)", ScriptDetail.as_view(), "script-detail"),
]
