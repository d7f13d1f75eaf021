"""What the roles may do with schedules, pauses, freeze windows and the ledger."""

from django.db import migrations

SEE = ["view"]
CHANGE = ["view", "add", "change", "delete"]
VERBS = {"Viewer": SEE, "Operator": SEE, "Editor": CHANGE, "Admin": CHANGE}
MODELS = {
    "schedule": "schedule",
    "pause": "pause",
    "freezewindow": "freeze window",
}
# Nobody changes the ledger by hand.
LEDGER = {"occurrence": "planned fire", "daycount": "fires of a day"}


def allow(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for role, verbs in VERBS.items():
        # A role that somebody deleted stays deleted.
        for group in Group.objects.filter(name=role):
            for model, name in MODELS.items():
                for verb in verbs:
                    _add(apps, group, "tasks", model, verb, name)
            for model, name in LEDGER.items():
                _add(apps, group, "runs", model, "view", name)


def _add(apps, group, app, model, verb, name):
    """Permission rows come after all migrations; those needed here are made now, and
    found there later."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    content_type, _created = ContentType.objects.get_or_create(
        app_label=app, model=model
    )
    permission, _created = Permission.objects.get_or_create(
        content_type=content_type,
        codename=f"{verb}_{model}",
        defaults={"name": f"Can {verb} {name}"},
    )
    group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("system", "0002_group_permissions"),
        ("tasks", "0004_schedules"),
        ("runs", "0011_ledger"),
    ]

    # Backwards the permissions go with their tables' content types.
    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
