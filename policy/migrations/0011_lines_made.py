"""The lines of what was published before. On its own: COPY into a table that is made in the same
transaction leaves four of ten pages empty.
"""

from django.db import migrations

from policy.publishing.index import rebuild_csv_rows


def make(apps, schema_editor):
    rebuild_csv_rows()


class Migration(migrations.Migration):
    dependencies = [("policy", "0010_lines")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
