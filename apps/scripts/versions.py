"""Keeping each content that a script's file had, and finding one again."""

from __future__ import annotations

import re
import zlib
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput, NotFound, WrongState
from apps.scripts.differences import MAX_LINES, Difference, TooLarge, compare
from apps.scripts.discovery import MAX_SCRIPT_BYTES, Content
from apps.scripts.models import Script, ScriptVersion
from apps.scripts.reading import Unreadable, decode, encoding_of

CHECKSUM = re.compile(r"[0-9a-f]{12,64}")
NUMBER = re.compile(r"[0-9]{1,9}")
CHECKSUM_BEGINNING = 12


def keep_version(script: Script, content: Content, moment: datetime) -> None:
    """Keep what a script's file holds, unless it is kept already.

    Called in a transaction in which the script's row was updated: that makes others who
    found the same content wait, so no number is given twice. A file too large for a
    checksum has no version; it cannot be run either.
    """
    if not content.sha256:
        return
    known = script.versions.filter(sha256=content.sha256)
    if known.update(last_seen_at=moment):
        return
    highest = script.versions.aggregate(highest=Max("number"))["highest"] or 0
    _version(script, content, moment, number=highest + 1).save(force_insert=True)


def keep_first_versions(new: list[tuple[Script, Content]], moment: datetime) -> None:
    """Keep what scripts hold that are new. Of one that somebody else recorded in the
    same moment, their version stays, and the next look adds what is missing."""
    versions = [
        _version(script, content, moment, number=1)
        for script, content in new
        if content.sha256
    ]
    ScriptVersion.objects.bulk_create(versions, ignore_conflicts=True)


def _version(
    script: Script, content: Content, moment: datetime, *, number: int
) -> ScriptVersion:
    packed, encoding = _packed(script.name, content)
    return ScriptVersion(
        script=script,
        number=number,
        sha256=content.sha256,
        size_bytes=content.size_bytes,
        packed=packed,
        encoding=encoding,
        first_seen_at=moment,
        last_seen_at=moment,
    )


def _packed(name: str, content: Content) -> tuple[bytes | None, str]:
    try:
        decode(name, content)
        encoding = encoding_of(name, content.source)
    except Unreadable:
        return None, ""
    return zlib.compress(content.source), encoding


def current_version(*, script: Script) -> ScriptVersion | None:
    """Return what the script's file holds; else what was seen of it last, if anything."""
    versions = script.versions.light()
    current = versions.filter(sha256=script.sha256).first() if script.sha256 else None
    return current or versions.order_by("-last_seen_at", "-number").first()


def find_version(*, script: Script, which: str = "") -> ScriptVersion:
    """Return a version by its number or the first 12 or more digits of its checksum.

    "" is the current one. Raises NotFound, or InvalidInput for what is neither or fits
    several.
    """
    if not which:
        found = current_version(script=script)
        if found is None:
            raise NotFound(_("No version of %(name)s is kept.") % {"name": script.name})
        return found
    text = which.lower()
    # From 12 digits on it is the beginning of a checksum, whatever the digits.
    fits: dict[str, Any]
    if NUMBER.fullmatch(text):
        fits = {"number": int(text)}
    elif CHECKSUM.fullmatch(text):
        fits = {"sha256__startswith": text}
    else:
        raise InvalidInput(
            _(
                "A version is named by its number or by at least %(count)d digits of "
                "its checksum; got %(value)s."
            )
            % {"count": CHECKSUM_BEGINNING, "value": ascii(which[:80])}
        )
    versions = list(script.versions.light().filter(**fits)[:2])
    if len(versions) > 1:
        raise InvalidInput(
            _("%(value)s is the beginning of several checksums; write more of it.")
            % {"value": text}
        )
    if not versions:
        raise NotFound(
            _("%(name)s has no version %(value)s; it may have been pruned.")
            % {"name": script.name, "value": text}
        )
    return versions[0]


def version_before(*, version: ScriptVersion) -> ScriptVersion | None:
    """Return the version with the next lower number that is kept."""
    return (
        ScriptVersion.objects.light()
        .filter(script=version.script_id, number__lt=version.number)
        .first()
    )


def find_two(
    *, script: Script, old: str = "", new: str = ""
) -> tuple[ScriptVersion, ScriptVersion]:
    """Return two versions to compare: unless named, the current one and the one before.

    Raises as `find_version` does, and NotFound where there is none before.
    """
    after = find_version(script=script, which=new)
    if old:
        return find_version(script=script, which=old), after
    before = version_before(version=after)
    if before is None:
        raise NotFound(
            _("No version before %(number)d is kept; name another one.")
            % {"number": after.number}
        )
    return before, after


def why_no_source(version: ScriptVersion) -> str:
    """Return why a version was kept without its source, as a sentence."""
    if version.size_bytes > MAX_SCRIPT_BYTES:
        return _("It has %(size)d bytes; of more than %(limit)d no source is kept.") % {
            "size": version.size_bytes,
            "limit": MAX_SCRIPT_BYTES,
        }
    return _("It is no text in a known encoding, so its source is not kept.")


def text_of(*, version: ScriptVersion) -> str:
    """Return the source of a version as text; raises NotFound where none is kept."""
    text = version.text
    if text is None:
        raise NotFound(
            _("Version %(number)d cannot be shown.") % {"number": version.number}
            + " "
            + why_no_source(version)
        )
    return text


class DifferenceTooLarge(WrongState):
    """Two versions differ in more lines than are compared."""

    code = "difference_too_large"


def difference(*, old: ScriptVersion, new: ScriptVersion) -> Difference:
    """Return what differs between two versions.

    Raises NotFound where one has no source, DifferenceTooLarge for too many lines.
    """
    try:
        return compare(text_of(version=old), text_of(version=new))
    except TooLarge as exc:
        raise DifferenceTooLarge(
            _(
                "Versions %(old)d and %(new)d differ in more than %(limit)d lines; "
                "fetch both sources and compare them there."
            )
            % {"old": old.number, "new": new.number, "limit": MAX_LINES}
        ) from exc
