from django.db import migrations


def make_instance(apps, schema_editor):
    Instance = apps.get_model("runs", "Instance")
    if not Instance.objects.exists():
        Instance.objects.create()


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_run")]

    # Backwards there is nothing to do: the table goes with 0001.
    operations = [migrations.RunPython(make_instance, migrations.RunPython.noop)]
