"""Lines of CSV beside revisions. The next migration makes those of what was published before."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policy", "0009_facets_in_bulk")]

    operations = [
        migrations.CreateModel(
            name="Line",
            fields=[
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="policy.revision",
                    ),
                ),
                (
                    "text",
                    models.TextField(
                        help_text="All cells; the address in the last begins at the list."
                    ),
                ),
            ],
        ),
    ]
