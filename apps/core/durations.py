"""How long something took, as a person says it."""

from __future__ import annotations

from django.utils.translation import gettext as _


def duration_text(seconds: float) -> str:
    """Return "1.2 s", "1 m 20 s", "2 h 5 m" or "3 d 4 h"."""
    whole = round(max(seconds, 0))
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": f"{max(seconds, 0):.1f}"}
    if whole < 60:
        return _("%(seconds)s s") % {"seconds": whole}
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return _("%(minutes)d m %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return _("%(hours)d h %(minutes)d m") % {"hours": hours, "minutes": minutes}
    days, hours = divmod(hours, 24)
    return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
