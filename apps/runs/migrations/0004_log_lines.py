from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0003_retention"),
    ]

    operations = [
        # Rows that are there stay without: whoever reads them counts. Filling them in
        # would rewrite every log, and a worker of the last version writes them so too.
        migrations.AddField(
            model_name="logchunk",
            name="lines_before",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="logchunk",
            index=models.Index(
                condition=models.Q(("stream", "hub")),
                fields=["run", "seq"],
                name="runs_logchunk_hub",
            ),
        ),
    ]
