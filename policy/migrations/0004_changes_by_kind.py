from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policy", "0003_groups")]

    operations = [
        migrations.AddIndex(
            model_name="revision",
            index=models.Index(fields=["kind", "id"], name="revision_by_kind"),
        ),
    ]
