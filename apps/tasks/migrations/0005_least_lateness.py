from django.db import migrations, models
from django.db.models import Q


def raise_zeros(apps, schema_editor):
    """A run that may not be late at all never starts; nobody meant that."""
    schedules = apps.get_model("tasks", "Schedule").objects.using(
        schema_editor.connection.alias
    )
    schedules.filter(max_lateness_s=0).update(max_lateness_s=1)


class Migration(migrations.Migration):
    # The update and the constraint of one table cannot share PostgreSQL's transaction.
    atomic = False

    dependencies = [("tasks", "0004_schedules")]

    operations = [
        # Backwards there is nothing to do: the old rule allows the new figures.
        migrations.RunPython(raise_zeros, migrations.RunPython.noop),
        # contract: no version that was released writes what the new rule forbids.
        migrations.RemoveConstraint(
            model_name="schedule", name="tasks_schedule_lateness_range"
        ),
        migrations.AddConstraint(
            model_name="schedule",
            constraint=models.CheckConstraint(
                name="tasks_schedule_lateness_range",
                condition=Q(max_lateness_s=None)
                | Q(max_lateness_s__gte=1, max_lateness_s__lte=366 * 86400),
                violation_error_message=(
                    "A run may be late by a second or more, up to 366 days."
                ),
            ),
        ),
    ]
