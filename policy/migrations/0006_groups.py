"""The groups Curator, Reviewer and Administrator, with their permissions."""

from django.db import migrations

from policy.publishing.roles import ensure_groups


def create_groups(apps, schema_editor):
    ensure_groups()


class Migration(migrations.Migration):
    dependencies = [
        ("policy", "0005_edits_void_reviews"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
