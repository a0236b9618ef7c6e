from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Knock",
            fields=[
                (
                    "who",
                    models.CharField(
                        help_text="A keyed digest.",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField(db_index=True, help_text="The last one.")),
                ("until", models.DateTimeField(help_text="No password is looked at before.")),
            ],
            options={"default_permissions": ()},
        ),
    ]
