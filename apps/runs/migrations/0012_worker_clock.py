from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0011_ledger"),
    ]

    operations = [
        migrations.AddField(
            model_name="worker",
            name="clock_ahead_s",
            field=models.FloatField(
                editable=False, null=True, verbose_name="clock ahead by (s)"
            ),
        ),
    ]
