from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE, SET_NULL, ForeignKey, Q
from django.utils import timezone

import apps.core.ids

AUTO = models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
)


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0015_secrets"),
        ("scripts", "0005_header_keys"),
        ("tasks", "0006_secrets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChoiceList",
            fields=[
                ("id", AUTO),
                ("key", models.CharField(max_length=64, unique=True)),
                ("choices", models.JSONField(null=True)),
                ("listed_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(db_index=True)),
                ("run_id", models.UUIDField(null=True)),
                (
                    "script",
                    ForeignKey(
                        on_delete=CASCADE, related_name="+", to="scripts.script"
                    ),
                ),
            ],
            options={"verbose_name": "list of choices"},
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="upload id",
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                ("path", models.CharField(editable=False, max_length=255)),
                ("size_bytes", models.BigIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="checksum")),
                (
                    "created_at",
                    models.DateTimeField(default=timezone.now, verbose_name="created"),
                ),
                (
                    "expires_at",
                    models.DateTimeField(db_index=True, verbose_name="expires"),
                ),
                (
                    "owner",
                    ForeignKey(
                        null=True,
                        on_delete=SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "upload",
                "verbose_name_plural": "uploads",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="UploadUse",
            fields=[
                ("id", AUTO),
                (
                    "upload",
                    ForeignKey(
                        on_delete=CASCADE, related_name="uses", to="runs.upload"
                    ),
                ),
                (
                    "run",
                    ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=CASCADE,
                        related_name="+",
                        to="runs.run",
                    ),
                ),
                (
                    "task",
                    ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=CASCADE,
                        related_name="+",
                        to="tasks.task",
                    ),
                ),
                (
                    "schedule",
                    ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=CASCADE,
                        related_name="+",
                        to="tasks.schedule",
                    ),
                ),
            ],
            options={
                "verbose_name": "use of an upload",
                "constraints": [
                    models.CheckConstraint(
                        name="runs_uploaduse_one_user",
                        condition=Q(run__isnull=False, task=None, schedule=None)
                        | Q(run=None, task__isnull=False, schedule=None)
                        | Q(run=None, task=None, schedule__isnull=False),
                    ),
                    models.UniqueConstraint(
                        name="runs_uploaduse_once_a_run", fields=["run", "upload"]
                    ),
                    models.UniqueConstraint(
                        name="runs_uploaduse_once_a_task", fields=["task", "upload"]
                    ),
                    models.UniqueConstraint(
                        name="runs_uploaduse_once_a_schedule",
                        fields=["schedule", "upload"],
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=Q(trigger="choices"),
                fields=["id"],
                name="runs_run_of_choices",
            ),
        ),
    ]
