"""What a court forbids can leave: one narrow way past the triggers, for the tables' owner alone."""

from django.db import migrations, models

from policy import audit

KINDS = ("publish", "revise", "withdraw", "merge", "takedown")
DEEDS = (
    *("created", "edited", "deleted", "loaded"),
    *("asked", "recalled", "accepted", "returned", "commented", "voided"),
    *(*KINDS, "sealed"),
)

MAY = """
CREATE FUNCTION policy_may_take_down() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('policy.take_down', true), '') = 'on'
        AND pg_has_role(current_user, (
            SELECT relowner FROM pg_class WHERE oid = 'policy_revision'::regclass), 'USAGE')
$$;
"""
WAY = """
    IF TG_OP = 'UPDATE' AND policy_may_take_down() {more}
        AND to_jsonb(NEW) - '{{{words}}}'::text[] = to_jsonb(OLD) - '{{{words}}}'::text[]
    THEN
        RETURN NEW;
    END IF;
"""
REVISION = """
CREATE OR REPLACE FUNCTION policy_revision_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
        AND to_jsonb(NEW) - 'superseded_at' = to_jsonb(OLD) - 'superseded_at'
    THEN
        RETURN NEW;
    END IF;
    {way}
    RAISE EXCEPTION 'Revision % (% %) was published and cannot be changed or deleted.',
        OLD.id, OLD.kind, OLD.record USING ERRCODE = 'restrict_violation',
        HINT = 'Publish, withdraw or merge the record instead.';
END $$;
"""
APPENDED = """
CREATE OR REPLACE FUNCTION policy_appended_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {way}
    RAISE EXCEPTION 'What was done or said stays: % % cannot be changed or deleted.',
        TG_ARGV[0], OLD.id USING ERRCODE = 'restrict_violation';
END $$;
"""
REVIEW = """
CREATE OR REPLACE FUNCTION policy_review_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.outcome = ''
        AND to_jsonb(NEW) - '{{outcome,closed_by_id,closed_at}}'::text[]
          = to_jsonb(OLD) - '{{outcome,closed_by_id,closed_at}}'::text[]
    THEN
        RETURN NEW;
    END IF;
    {way}
    RAISE EXCEPTION 'Review % is kept as it was: ask for another one.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
"""
BECOMES = "AND NEW.event IN (OLD.event, 'takedown')"
WORDS = {
    REVISION: WAY.format(more=BECOMES, words="event,reason,merged_into,document,digest"),
    APPENDED: WAY.format(more="", words="detail,field,text"),  # of deeds; of comments
    REVIEW: WAY.format(more="", words="remark"),
}
OPENED = MAY + "".join(form.format(way=way) for form, way in WORDS.items())
CLOSED = "".join(form.format(way="") for form in WORDS) + "DROP FUNCTION policy_may_take_down();"


def seal(apps, schema_editor):
    """What was published before revisions were chained is sealed as it stands, in one deed."""
    last = ""
    schema_editor.execute("ALTER TABLE policy_revision DISABLE TRIGGER revision_is_immutable")
    rows = apps.get_model("policy", "Revision").objects.defer("document", "seal")
    for row in rows.order_by("id").iterator(500):
        last = audit.seal(last or audit.INITIAL_HASH, row)
        schema_editor.execute("UPDATE policy_revision SET seal = %s WHERE id = %s", [last, row.pk])
    schema_editor.execute("ALTER TABLE policy_revision ENABLE TRIGGER revision_is_immutable")
    if last:
        detail = {"versions": [1, row.pk], "seal": last}
        apps.get_model("policy", "Deed").objects.create(what="sealed", detail=detail)


def replaced(model, constraint):
    return [
        migrations.RemoveConstraint(model_name=model, name=constraint.name),
        migrations.AddConstraint(model_name=model, constraint=constraint),
    ]


def one_of(field, values, name):
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": list(values)}),
        name=name,
        violation_error_message=f"Must be one of: {', '.join(values)}.",
    )


class Migration(migrations.Migration):
    dependencies = [("policy", "0007_watch")]

    operations = [
        migrations.AlterField(
            model_name="revision",
            name="reason",
            field=models.TextField(
                blank=True, help_text="Why it was revised, withdrawn, merged or taken down."
            ),
        ),
        *replaced("revision", one_of("event", KINDS, "revision_event")),
        *replaced(
            "revision",
            models.CheckConstraint(
                condition=~models.Q(event__in=["withdraw", "merge", "takedown"])
                | ~models.Q(reason=""),
                name="revision_says_why",
                violation_error_message="Say why the record is withdrawn, merged or taken down.",
            ),
        ),
        *replaced("deed", one_of("what", DEEDS, "deed_what")),
        migrations.RunSQL(OPENED, CLOSED),
        migrations.AddField(
            model_name="revision",
            name="seal",
            field=models.CharField(
                default="", help_text="SHA-256 of this one and the one before.", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
