"""What the roles may do with concurrency groups: see them, or set their sizes."""

from django.db import migrations

VERBS = {
    "Viewer": ["view"],
    "Operator": ["view"],
    "Editor": ["view", "add", "change", "delete"],
    "Admin": ["view", "add", "change", "delete"],
}


def allow(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    # Permission rows come after all migrations; those needed here are made now, and
    # found there later.
    content_type, _created = ContentType.objects.get_or_create(
        app_label="tasks", model="concurrencygroup"
    )
    for role, verbs in VERBS.items():
        # A role that somebody deleted stays deleted.
        for group in Group.objects.filter(name=role):
            for verb in verbs:
                permission, _created = Permission.objects.get_or_create(
                    content_type=content_type,
                    codename=f"{verb}_concurrencygroup",
                    defaults={"name": f"Can {verb} concurrency group"},
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("system", "0001_roles"), ("tasks", "0003_run_control")]

    # Backwards the permissions go with their table's content type.
    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
