from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0008_worker_problem")]

    operations = [
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                fields=["receiver", "due_at"],
                name="runs_outbox_due_by_receiver",
                condition=models.Q(due_at__isnull=False),
            ),
        ),
    ]
