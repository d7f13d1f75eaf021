from __future__ import annotations

from apps.core.api.views import route
from apps.system.api.views import HealthView, MetaView

urlpatterns = [
    route("health", HealthView.as_view(), "health"),
    route("meta", MetaView.as_view(), "meta"),
]
