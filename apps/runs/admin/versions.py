"""Which version of its script a run ran, as its page shows it."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.runs.models import Run
from apps.runs.services.versions import version_of_last_success
from apps.scripts.models import ScriptVersion
from apps.scripts.version_pages import diff_url, version_url


def version_html(run: Run) -> SafeString | None:
    """Return links to what ran and to what changed since the last success; None for a
    run that has not begun."""
    if not run.script_sha256:
        return None
    checksum = run.script_sha256[:12]
    found = ScriptVersion.objects.light().filter(pk=run.version_id or 0)
    version = found.first()
    if version is None:
        return format_html("<code>{}</code>", checksum)
    name = _("Version %(number)d") % {"number": version.number}
    parts = format_html(
        '<a href="{}">{}</a> <code>{}</code>', version_url(version), name, checksum
    )
    before = version_of_last_success(run=run)
    if before is None or before.pk == version.pk:
        return parts
    url = diff_url(version.script_id, before.number, version.number)
    text = _("Changes since the last success (version %(number)d)")
    return format_html(
        '{} · <a href="{}">{}</a>', parts, url, text % {"number": before.number}
    )
