"""The roles: four groups, each with all that the one before it may."""

from django.db import migrations

VIEWER = [
    "scripts.script.view",
    "tasks.task.view",
    "runs.run.view",
    "runs.artifact.view",
]
VIEWER += ["runs.worker.view"]
OPERATOR = [*VIEWER, "scripts.script.run", "runs.run.cancel"]
EDITOR = [
    *OPERATOR,
    "scripts.script.change",
    "tasks.task.add",
    "tasks.task.change",
    "tasks.task.delete",
]
ADMIN = [
    *EDITOR,
    *(
        f"{model}.{verb}"
        for model in ("auth.user", "auth.group", "accounts.token")
        for verb in ("view", "add", "change", "delete")
    ),
]
ROLES = {"Viewer": VIEWER, "Operator": OPERATOR, "Editor": EDITOR, "Admin": ADMIN}


def make_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name, codes in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.add(*(_permission(apps, code) for code in codes))


def _permission(apps, code):
    """Permission rows come after all migrations; those needed here are made now, and
    found there later."""
    app, model, verb = code.split(".")
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    content_type, _created = ContentType.objects.get_or_create(
        app_label=app, model=model
    )
    permission, _created = Permission.objects.get_or_create(
        content_type=content_type,
        codename=f"{verb}_{model}",
        defaults={"name": f"Can {verb} {model}s"[:255]},
    )
    return permission


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("accounts", "0001_token"),
        ("scripts", "0001_script"),
        ("tasks", "0001_task"),
        ("runs", "0001_run"),
    ]

    # Backwards the groups stay: people are in them.
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
