from django.db import migrations

KNOWN = "SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
ALTER = "ALTER TABLE runs_logchunk ALTER COLUMN text SET COMPRESSION {}"


def compress_with(method: str):
    def change(apps, schema_editor):
        """PostgreSQL's own way is slower to write and to read. A server that is built
        without lz4 keeps to it."""
        if schema_editor.connection.vendor != "postgresql":
            return
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(KNOWN)
            found = cursor.fetchone()
            if found and method in found[0]:
                # Of rows to come: none is written anew.
                cursor.execute(ALTER.format(method))

    return change


class Migration(migrations.Migration):
    dependencies = [("runs", "0018_home")]

    operations = [
        migrations.RunPython(compress_with("lz4"), compress_with("pglz")),
    ]
