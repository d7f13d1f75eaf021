"""What the console's templates show alike everywhere: moments and durations."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core.durations import duration_text

register = template.Library()

# What time.js knows as well, by these names.
STYLES = {
    "full": "%Y-%m-%d %H:%M:%S",
    "minute": "%Y-%m-%d %H:%M",
    "short": "%m-%d %H:%M",
    "time": "%H:%M",
}
ZONED = {"full", "minute"}
# The field by which a form that is sent twice is known.
ONCE = "once"


@register.simple_tag
def moment(value: datetime | None, style: str = "full") -> SafeString | str:
    """Return a moment in the hub's zone, with UTC on hover.

    static/hub/time.js puts it into the viewer's zone. `full` and `minute` name the
    zone; a page with `short` ones or `time`s says it once: `<span data-zone>`.
    """
    if value is None:
        return "-"
    local = value.astimezone(timezone.get_default_timezone())
    zone = f" {local.tzname()}" if style in ZONED else ""
    utc = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}" data-show="{}">{}</time>',
        f"{utc:%Y-%m-%dT%H:%M:%S}Z",
        f"{utc:%Y-%m-%d %H:%M:%S} UTC",
        style,
        f"{local.strftime(STYLES[style])}{zone}",
    )


@register.simple_tag
def hub_zone() -> str:
    """Return the name of the hub's zone."""
    return timezone.get_default_timezone_name()


@register.filter
def duration(seconds: float | None) -> str:
    """Return how long something took in words, "-" where that is not known."""
    return "-" if seconds is None else duration_text(seconds)


def new_token() -> str:
    """Return what no form has been sent with."""
    return uuid.uuid4().hex


@register.simple_tag
def once() -> SafeString:
    """Return the field by which a form that is sent twice is known."""
    # Filled in anew each time: a browser that is told to reload keeps what was typed.
    field = '<input type="hidden" name="{}" value="{}" autocomplete="off">'
    return format_html(field, ONCE, new_token())
