from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0009_outbox_by_receiver"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="instance",
            constraint=models.UniqueConstraint(
                models.Value(1), name="runs_instance_only_one"
            ),
        ),
    ]
