from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0012_worker_clock"),
        ("tasks", "0005_least_lateness"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(
                condition=models.Q(("until__isnull", False)),
                fields=["task", "until"],
                name="runs_occurrence_ranges",
            ),
        ),
    ]
