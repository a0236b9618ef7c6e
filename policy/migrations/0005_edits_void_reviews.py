"""Triggers that void an open review when the record that it covers is edited."""

from django.db import migrations

VOID = """
CREATE FUNCTION policy_void(reviews bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    review policy_review;
    slug text;
BEGIN
    FOR review IN
        UPDATE policy_review SET outcome = 'voided', closed_at = clock_timestamp()
        WHERE id = ANY(reviews) AND outcome = '' RETURNING *
    LOOP
        EXECUTE format('SELECT slug FROM policy_%I WHERE id = $1', review.kind)
            INTO slug USING review."row";
        INSERT INTO policy_auditevent (id, at, kind, "row", record, what, detail, previous, hash)
        VALUES (0, now(), review.kind, review."row", coalesce(slug, ''), 'voided',
            jsonb_build_object('review', review.id), '', '');
    END LOOP;
END $$;

CREATE FUNCTION policy_record_voids_review() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unasserted text[] := '{note,created_at,edited_at,edited_by_id}';
    edited bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM policy_review WHERE outcome = '') THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        SELECT array_agg(r.id) INTO edited FROM policy_review r JOIN old_rows o ON o.id = r."row"
        WHERE r.kind = TG_ARGV[0] AND r.outcome = '';
    ELSE
        SELECT array_agg(r.id) INTO edited FROM policy_review r
        JOIN old_rows o ON o.id = r."row" JOIN new_rows n ON n.id = o.id
        WHERE r.kind = TG_ARGV[0] AND r.outcome = ''
            AND to_jsonb(o) - unasserted <> to_jsonb(n) - unasserted;
    END IF;
    PERFORM policy_void(edited);
    RETURN NULL;
END $$;

CREATE FUNCTION policy_part_voids_review() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    edited bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM policy_review WHERE outcome = '' AND kind = 'action') THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(r.id) INTO edited FROM policy_review r
        WHERE r.kind = 'action' AND r.outcome = ''
            AND r."row" IN (SELECT action_id FROM new_rows);
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(r.id) INTO edited FROM policy_review r
        WHERE r.kind = 'action' AND r.outcome = ''
            AND r."row" IN (SELECT action_id FROM old_rows);
    ELSE
        SELECT array_agg(r.id) INTO edited FROM policy_review r
        WHERE r.kind = 'action' AND r.outcome = '' AND EXISTS (
            SELECT FROM old_rows o JOIN new_rows n USING (id)
            WHERE r."row" IN (o.action_id, n.action_id) AND to_jsonb(o) <> to_jsonb(n));
    END IF;
    PERFORM policy_void(edited);
    RETURN NULL;
END $$;
"""
NO_VOID = """
DROP FUNCTION policy_part_voids_review();
DROP FUNCTION policy_record_voids_review();
DROP FUNCTION policy_void(bigint[]);
"""

# Nothing is compared unless a review is open, so loading many rows costs nothing more.
KINDS = ("agency", "entity", "source", "action")
PARTS = [
    f"policy_{name}"
    for name in (
        *("action_penalties", "action_jurisdictions", "action_activities"),
        *("actionagency", "actionentity", "actiondate", "figure", "relation"),
        *("unknown", "note", "citation"),
    )
]
# A trigger that sees the rows of a statement is for one event.
ROWS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}


def triggers():
    """(table, event, call) of everything that a record asserts."""
    for kind in KINDS:
        for event in ("update", "delete"):
            yield f"policy_{kind}", event, f"policy_record_voids_review('{kind}')"
    for table in PARTS:
        for event in ROWS:
            yield table, event, "policy_part_voids_review()"


def create_triggers():
    return "".join(
        f"CREATE TRIGGER {event}_voids_review AFTER {event.upper()} ON {table} {ROWS[event]}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {call};"
        for table, event, call in triggers()
    )


def drop_triggers():
    return "".join(
        f"DROP TRIGGER {event}_voids_review ON {table};" for table, event, _ in triggers()
    )


class Migration(migrations.Migration):
    dependencies = [("policy", "0004_review_triggers")]

    operations = [
        migrations.RunSQL(VOID, NO_VOID),
        migrations.RunSQL(create_triggers(), drop_triggers()),
    ]
