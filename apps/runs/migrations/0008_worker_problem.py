from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0007_list_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="worker",
            name="problem",
            field=models.TextField(
                blank=True, db_default="", default="", verbose_name="problem"
            ),
        ),
        migrations.AddField(
            model_name="instance",
            name="probed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
