"""Parts of acts, targets, identifiers, classifications, and wider figures."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

import policy.models.action_parts
from policy.publishing.roles import ensure_groups

# Editing targets voids an open review, as editing the other parts of an action does.
EVENTS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}


def create_triggers():
    return "".join(
        f"CREATE TRIGGER {event}_voids_review AFTER {event.upper()} ON policy_actiontarget {rows}"
        " FOR EACH STATEMENT EXECUTE FUNCTION policy_part_voids_review();"
        for event, rows in EVENTS.items()
    )


def drop_triggers():
    return "".join(f"DROP TRIGGER {event}_voids_review ON policy_actiontarget;" for event in EVENTS)


def create_permissions(apps, schema_editor):
    ensure_groups()


class Migration(migrations.Migration):
    dependencies = [
        ("policy", "0006_groups"),
    ]

    operations = [
        migrations.CreateModel(
            name="ActionTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "target of an action",
                "verbose_name_plural": "targets of actions",
                "ordering": ["pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="IndexVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="actiondate",
            name="action_date_once",
        ),
        migrations.RemoveConstraint(
            model_name="figure",
            name="figure_once",
        ),
        migrations.RemoveConstraint(
            model_name="interval",
            name="interval_once",
        ),
        migrations.AddField(
            model_name="action",
            name="classifications",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="What it is about: a scheme and a code, for example hs:8542.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="action",
            name="identifiers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="What others call it: a scheme and a value, for example celex:32024R1689.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="action",
            name="instrument",
            field=models.CharField(
                blank=True,
                help_text="The title of the law, rule or order, if the source names it.",
                max_length=300,
            ),
        ),
        migrations.AddField(
            model_name="action",
            name="provision",
            field=models.CharField(
                blank=True,
                help_text="The article or section, for example Article 5(1).",
                max_length=120,
            ),
        ),
        migrations.AddField(
            model_name="actiondate",
            name="part",
            field=models.CharField(
                blank=True,
                db_collation="C",
                help_text="The part of the act that it is about, for example list-1. Empty: the whole act.",
                max_length=60,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z0-9]+(-[a-z0-9]+)*$",
                        "Use lower-case letters, digits and single hyphens.",
                    )
                ],
            ),
        ),
        migrations.AddField(
            model_name="agency",
            name="classifications",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="What it is about: a scheme and a code, for example hs:8542.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="agency",
            name="identifiers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="What others call it: a scheme and a value, for example celex:32024R1689.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="entity",
            name="classifications",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="What it is about: a scheme and a code, for example hs:8542.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="entity",
            name="identifiers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="What others call it: a scheme and a value, for example celex:32024R1689.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="figure",
            name="part",
            field=models.CharField(
                blank=True,
                db_collation="C",
                help_text="The part of the act that it is about, for example list-1. Empty: the whole act.",
                max_length=60,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z0-9]+(-[a-z0-9]+)*$",
                        "Use lower-case letters, digits and single hyphens.",
                    )
                ],
            ),
        ),
        migrations.AddField(
            model_name="jurisdiction",
            name="iso3",
            field=models.CharField(
                blank=True, db_collation="C", help_text="ISO 3166-1 alpha-3 code.", max_length=3
            ),
        ),
        migrations.AddField(
            model_name="jurisdiction",
            name="m49",
            field=models.CharField(
                blank=True, db_collation="C", help_text="UN M49 code, three digits.", max_length=3
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="classifications",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="What it is about: a scheme and a code, for example hs:8542.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="identifiers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="What others call it: a scheme and a value, for example celex:32024R1689.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="term",
            name="pattern",
            field=models.CharField(
                blank=True,
                help_text="For a scheme: the regular expression that its values match.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="term",
            name="sum",
            field=models.BooleanField(
                default=True,
                help_text="For a figure: whether the values of several records may be added up.",
                verbose_name="may be added up",
            ),
        ),
        migrations.AddField(
            model_name="term",
            name="url_template",
            field=models.CharField(
                blank=True,
                help_text="For a scheme: the address of a value, with {value} in its place.",
                max_length=300,
            ),
        ),
        migrations.AlterField(
            model_name="figure",
            name="value",
            field=models.DecimalField(
                decimal_places=6,
                max_digits=24,
                validators=[policy.models.action_parts.validate_json_number],
            ),
        ),
        migrations.AlterField(
            model_name="interval",
            name="date",
            field=models.CharField(
                db_collation="C", help_text="Kind of date, or derived period.", max_length=60
            ),
        ),
        migrations.AddIndex(
            model_name="interval",
            index=models.Index(
                fields=["revision", "date"],
                include=("earliest", "latest"),
                name="interval_by_revision",
            ),
        ),
        migrations.AddConstraint(
            model_name="actiondate",
            constraint=models.UniqueConstraint(
                fields=("action", "kind", "part"),
                name="action_date_once",
                violation_error_message="This action already has a date of this kind for this part.",
            ),
        ),
        migrations.AddConstraint(
            model_name="actiondate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("part", ""), ("part__regex", "^[a-z0-9]+(-[a-z0-9]+)*$"), _connector="OR"
                ),
                name="action_date_part_form",
                violation_error_message="Use lower-case letters, digits and single hyphens.",
            ),
        ),
        migrations.AddConstraint(
            model_name="figure",
            constraint=models.UniqueConstraint(
                fields=("action", "kind", "part"),
                name="figure_once",
                violation_error_message="This action already has a figure of this kind for this part.",
            ),
        ),
        migrations.AddConstraint(
            model_name="figure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("part", ""), ("part__regex", "^[a-z0-9]+(-[a-z0-9]+)*$"), _connector="OR"
                ),
                name="figure_part_form",
                violation_error_message="Use lower-case letters, digits and single hyphens.",
            ),
        ),
        migrations.AddField(
            model_name="actiontarget",
            name="action",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="targets",
                to="policy.action",
            ),
        ),
        migrations.AddField(
            model_name="actiontarget",
            name="jurisdiction",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="targeted_by",
                to="policy.jurisdiction",
            ),
        ),
        migrations.AddField(
            model_name="actiontarget",
            name="role",
            field=models.ForeignKey(
                help_text="Whether it is aimed at the place or favours it.",
                limit_choices_to={"abstract": False, "vocabulary": "target_role"},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="policy.term",
            ),
        ),
        migrations.AddConstraint(
            model_name="actiontarget",
            constraint=models.UniqueConstraint(
                fields=("action", "jurisdiction", "role"),
                name="action_target_once",
                violation_error_message="This action already has this target in this role.",
            ),
        ),
        migrations.AddConstraint(
            model_name="actiontarget",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.text.Left(
                        "role", 12, output_field=models.CharField()
                    ),
                    models.Value("target_role."),
                ),
                name="action_target_role_vocabulary",
                violation_error_message="Choose a term of the vocabulary target_role.",
            ),
        ),
        migrations.RunSQL(create_triggers(), drop_triggers()),
        migrations.RunPython(create_permissions, migrations.RunPython.noop),
    ]
