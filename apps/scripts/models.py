"""Scripts: what can be run, as the last look into the scripts folder found it."""

from __future__ import annotations

import zlib
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import models
from django.db.models import Exists, F, JSONField, OuterRef, Q, Value
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _


class ScriptState(models.TextChoices):
    """Whether a script can be run, as far as its file is concerned."""

    OK = "ok", _("ready")
    BROKEN = "broken", _("broken")
    MISSING = "missing", _("missing")


class ScriptQuerySet(models.QuerySet["Script"]):
    def visible_to(self, user: User | AnonymousUser) -> ScriptQuerySet:
        """Scripts that `user` may know of.

        A script limited to groups is there for their members and superusers. A caller
        without credentials sees what says `anonymous = true`.
        """
        if getattr(user, "is_superuser", False):
            return self
        if not user.is_authenticated:
            return self.filter(anonymous=True, groups=None)
        return self.visible_to_user(user.pk)

    def visible_to_user(self, user_id: Any) -> ScriptQuerySet:
        """Scripts that a user who is no superuser may know of."""
        limits = Script.groups.through.objects.filter(script=OuterRef("pk"))
        return self.filter(~Exists(limits) | Exists(limits.filter(group__user=user_id)))

    def in_folder(self, folder: str) -> ScriptQuerySet:
        """Scripts in a folder, such as `db`, and in its folders."""
        prefix = f"{folder.strip('/')}/"
        # Not LIKE: SQLite's does not tell capitals from small letters.
        return self.annotate(beginning=Left("name", len(prefix))).filter(
            beginning=prefix
        )


class Script(models.Model):
    """An executable file under SCRIPTS_DIR, named by its path relative to it.

    A row is never deleted: a script that vanishes is marked, since its runs stay.
    """

    name = models.CharField(_("name"), max_length=255, unique=True)
    state = models.CharField(
        _("state"), max_length=8, choices=ScriptState, default=ScriptState.OK
    )
    # What is wrong, in a sentence; empty while the state is ok.
    problem = models.TextField(_("problem"), blank=True, default="")
    enabled = models.BooleanField(_("enabled"), default=True)
    groups = models.ManyToManyField(
        Group,
        verbose_name=_("limited to roles"),
        blank=True,
        help_text=_("Empty: everybody whose role allows running scripts."),
    )
    sha256 = models.CharField(_("checksum"), max_length=64, blank=True, default="")
    size_bytes = models.PositiveIntegerField(_("size in bytes"), default=0)

    # What the header says; see manifest.py.
    title = models.CharField(_("title"), max_length=200, blank=True, default="")
    description = models.TextField(_("description"), blank=True, default="")
    tags = models.JSONField(_("tags"), default=list, blank=True)
    anonymous = models.BooleanField(_("open to anonymous callers"), default=False)
    timeout_s = models.FloatField(_("timeout in seconds"), null=True, blank=True)
    queue = models.CharField(_("queue"), max_length=64, blank=True, default="")
    max_running = models.PositiveSmallIntegerField(
        _("runs at once"), null=True, blank=True
    )
    group = models.CharField(
        _("concurrency group"), max_length=64, blank=True, default=""
    )
    artifacts = models.JSONField(_("artifact patterns"), default=list, blank=True)
    interpreter = models.CharField(
        _("interpreter"), max_length=255, blank=True, default=""
    )

    # The packages and the Python that it needs; see dependencies.py.
    dependencies = models.JSONField(
        _("dependencies"), default=list, db_default=Value([], JSONField()), blank=True
    )
    requires_python = models.CharField(
        _("Python versions"), max_length=500, default="", db_default="", blank=True
    )
    # Variables that each of its runs gets; null is none.
    environment = models.JSONField(_("environment"), null=True, blank=True)
    # A question that a person answers before it is run.
    confirm = models.TextField(
        _("question before a run"), blank=True, default="", db_default=""
    )
    # The dest of the switch that makes a rehearsal of a run.
    dry_run = models.CharField(
        _("dry-run switch"), max_length=64, blank=True, default="", db_default=""
    )

    # JSON Schema (draft 2020-12); see parameters.py.
    parameters_schema = models.JSONField(_("parameters"), default=dict, blank=True)
    # What could not be read of the parameters: [{"line", "code", "params"}]; see
    # problems.NOTES, whose sentences are translated when they are shown.
    notes = models.JSONField(_("reading notes"), default=list, blank=True)

    created_at = models.DateTimeField(_("first seen"), auto_now_add=True)
    synced_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = ScriptQuerySet.as_manager()

    class Meta:
        verbose_name = _("script")
        verbose_name_plural = _("scripts")
        ordering = ["name"]
        permissions = [("run_script", "Can run scripts")]
        constraints = [
            models.CheckConstraint(
                name="scripts_script_state_known",
                condition=Q(state__in=ScriptState.values),
            ),
            models.CheckConstraint(
                name="scripts_script_problem_iff_not_ok",
                condition=Q(state=ScriptState.OK, problem="")
                | (~Q(state=ScriptState.OK) & ~Q(problem="")),
            ),
            models.CheckConstraint(
                name="scripts_script_max_running_positive",
                condition=Q(max_running=None) | Q(max_running__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScriptVersionQuerySet(models.QuerySet["ScriptVersion"]):
    def current(self) -> ScriptVersionQuerySet:
        """Versions that are what their script's file holds, as far as is known."""
        return self.filter(sha256=F("script__sha256"))

    def light(self) -> ScriptVersionQuerySet:
        """Versions without their sources, which may be many megabytes together."""
        return self.defer("packed")


class ScriptVersion(models.Model):
    """One content that a script's file had. Numbers count from 1 for each script.

    A content that comes back is the version that it was. Pruned by retention, never
    while it is current or a run names it.
    """

    script = models.ForeignKey(
        Script,
        verbose_name=_("script"),
        on_delete=models.CASCADE,
        # The constraints below have indexes that begin with it.
        db_index=False,
        related_name="versions",
    )
    number = models.PositiveIntegerField(_("number"))
    sha256 = models.CharField(_("checksum"), max_length=64)
    size_bytes = models.PositiveIntegerField(_("size in bytes"))
    # The bytes, by zlib; null for what is no text, or too large to be a script.
    packed = models.BinaryField(null=True)
    # In which encoding the bytes are text; empty without them.
    encoding = models.CharField(max_length=40, blank=True, default="")
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    objects = ScriptVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="scripts_scriptversion_one_a_content", fields=["script", "sha256"]
            ),
            models.UniqueConstraint(
                name="scripts_scriptversion_one_a_number", fields=["script", "number"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.script_id}: {self.number}"

    @property
    def source(self) -> bytes | None:
        """The bytes of the file; None where they were not kept."""
        return None if self.packed is None else zlib.decompress(self.packed)

    @property
    def text(self) -> str | None:
        """The source as text; None where it was not kept."""
        source = self.source
        return None if source is None else source.decode(self.encoding)
