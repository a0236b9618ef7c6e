"""Leaves and public seals of revisions, and the fields that each publication changed.

Before, the seal of a revision covered the ids of users, so that a copy of the dataset had other
seals. All seals are computed again; an audit event of the kind `sealed` states the last one, who
edited and published each revision, and the content of revisions that a takedown had changed.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

from policy.audit import seal_detail
from policy.documents.build import strip_envelope
from policy.documents.diff import changed_fields
from policy.documents.stored import read_document
from policy.models.revision import LIVE_EVENTS
from policy.seals import compute_seal, revision_leaf
from policy.versions import INITIAL_SEAL

IMMUTABLE = """
CREATE OR REPLACE FUNCTION policy_revision_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
        AND to_jsonb(NEW) - 'superseded_at' = to_jsonb(OLD) - 'superseded_at'
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND policy_may_take_down()
        AND NEW.event IN (OLD.event, 'takedown') AND NEW.redacted
        AND to_jsonb(NEW) - '{event,reason,merged_into,document,digest,redacted}'::text[]
          = to_jsonb(OLD) - '{event,reason,merged_into,document,digest,redacted}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Revision % (% %) was published and cannot be changed or deleted.',
        OLD.id, OLD.kind, OLD.record USING ERRCODE = 'restrict_violation',
        HINT = 'Publish, withdraw or merge the record instead.';
END $$;
"""
BATCH_SIZE = 500  # revisions


def seal_history(apps, schema_editor):
    """Set the new columns of every revision, and its seal."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # ALTER TABLE fails while checks are due
        cursor.execute("ALTER TABLE policy_revision DISABLE TRIGGER revision_is_immutable")
    revisions = apps.get_model("policy", "Revision").objects
    set_changed_fields(revisions, schema_editor.connection)
    if set_seals(revisions, ids_of_redacted_revisions(apps), schema_editor.connection):
        detail = seal_detail(revisions.defer("document").order_by("id").iterator(BATCH_SIZE))
        apps.get_model("policy", "AuditEvent").objects.create(what="sealed", detail=detail)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE policy_revision ENABLE TRIGGER revision_is_immutable")


def set_changed_fields(revisions, connection):
    key, before, rows = None, {}, []
    live = revisions.filter(event__in=LIVE_EVENTS).order_by("kind", "record", "number")
    for row in live.only("kind", "record", "document").iterator(BATCH_SIZE):
        if key != (row.kind, row.record):
            key, before = (row.kind, row.record), {}
        content = strip_envelope(read_document(row.document))
        rows.append((changed_fields(before, content), row.pk))
        before = content
        if len(rows) == BATCH_SIZE:
            update(connection, "changed = %s", rows)
    update(connection, "changed = %s", rows)


def set_seals(revisions, redacted, connection):
    seal, rows = INITIAL_SEAL, []
    for row in revisions.defer("document").order_by("id").iterator(BATCH_SIZE):
        leaf = revision_leaf(row)
        seal = compute_seal(seal, leaf)
        rows.append((leaf, seal, row.pk in redacted, row.pk))
        if len(rows) == BATCH_SIZE:
            update(connection, "leaf = %s, seal = %s, redacted = %s", rows)
    update(connection, "leaf = %s, seal = %s, redacted = %s", rows)
    return seal != INITIAL_SEAL


def update(connection, columns, rows):
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE policy_revision SET {columns} WHERE id = %s", rows)  # noqa: S608
    rows.clear()


def ids_of_redacted_revisions(apps):
    """Return the ids of the revisions that takedowns changed."""
    events = apps.get_model("policy", "AuditEvent").objects.filter(what="takedown")
    details = events.filter(detail__has_key="redacted").values_list("detail", flat=True)
    return {int(id) for detail in details for id in detail["redacted"]["revisions"]}


class Migration(migrations.Migration):
    dependencies = [("policy", "0007_parts_targets_and_identifiers")]

    operations = [
        migrations.AddField(
            "revision",
            "leaf",
            models.CharField(
                default="",
                help_text="SHA-256 of this revision as it was published. See policy.seals.",
                max_length=64,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "revision",
            "redacted",
            models.BooleanField(
                default=False,
                help_text="Whether a takedown changed it, so that the leaf is not that of its "
                "content.",
            ),
        ),
        migrations.AddField(
            "revision",
            "changed",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60),
                default=list,
                help_text="The fields of the document that differ from the publication before it.",
                size=None,
            ),
        ),
        migrations.AlterField(
            "revision",
            "seal",
            models.CharField(
                help_text="SHA-256 of the seal of the previous revision and of the leaf.",
                max_length=64,
            ),
        ),
        migrations.RunPython(seal_history, migrations.RunPython.noop),
        migrations.RunSQL(IMMUTABLE, migrations.RunSQL.noop),
    ]
