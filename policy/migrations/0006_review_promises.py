"""Four eyes, and what was done, as the database itself keeps them: triggers with messages."""

from django.db import migrations

from policy.publishing.roles import ensure_groups

APPENDED = """
CREATE FUNCTION policy_appended_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was done or said stays: % % cannot be changed or deleted.',
        TG_ARGV[0], OLD.id USING ERRCODE = 'restrict_violation';
END $$;
"""
KEPT = {"policy_deed": "deed", "policy_comment": "comment", "policy_acceptance": "acceptance"}

CHAIN = """
CREATE FUNCTION policy_deed_hash(d policy_deed) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        d.id, to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), d.by_id,
        d.kind, d."row", d.record, d.what, d.detail, d.previous)::text, 'UTF8')), 'hex')
$$;
CREATE FUNCTION policy_deed_is_chained() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last policy_deed;
BEGIN
    PERFORM pg_advisory_xact_lock(1145390404);  -- "DEED": one after another, without gaps
    SELECT * INTO last FROM policy_deed ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous := coalesce(last.hash, repeat('0', 64));
    NEW.hash := policy_deed_hash(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER deed_is_chained BEFORE INSERT ON policy_deed
    FOR EACH ROW EXECUTE FUNCTION policy_deed_is_chained();
"""
NO_CHAIN = """
DROP TRIGGER deed_is_chained ON policy_deed;
DROP FUNCTION policy_deed_is_chained();
DROP FUNCTION policy_deed_hash(policy_deed);
"""

ENDS_ONCE = """
CREATE FUNCTION policy_review_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.outcome = ''
        AND to_jsonb(NEW) - '{outcome,closed_by_id,closed_at}'::text[]
          = to_jsonb(OLD) - '{outcome,closed_by_id,closed_at}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Review % is kept as it was: ask for another one.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER review_ends_once BEFORE UPDATE OR DELETE ON policy_review
    FOR EACH ROW EXECUTE FUNCTION policy_review_ends_once();
"""
ENDS_OFTEN = """
DROP TRIGGER review_ends_once ON policy_review;
DROP FUNCTION policy_review_ends_once();
"""

FOUR_EYES = """
CREATE FUNCTION policy_acceptance_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    review policy_review;
    editor integer;
BEGIN
    SELECT * INTO review FROM policy_review WHERE id = NEW.review_id FOR SHARE;
    IF review.outcome <> '' THEN
        RAISE EXCEPTION 'This review is over (%): look again.', review.outcome
            USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('SELECT edited_by_id FROM policy_%I WHERE id = $1', review.kind)
        INTO editor USING review."row";
    IF editor = NEW.by_id THEN
        RAISE EXCEPTION 'Whoever edited a record last cannot accept it: someone else must review.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER acceptance_is_anothers BEFORE INSERT ON policy_acceptance
    FOR EACH ROW EXECUTE FUNCTION policy_acceptance_is_anothers();

-- That the editor is the true one; revision_four_eyes then holds it apart from the reviewer.
CREATE FUNCTION policy_revision_is_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_row bigint;
    editor integer;
    accepted integer;
BEGIN
    EXECUTE format('SELECT id, edited_by_id FROM policy_%I WHERE slug = $1', NEW.kind)
        INTO found_row, editor USING NEW.record;
    IF found_row IS NULL OR editor IS DISTINCT FROM NEW.edited_by_id THEN
        RAISE EXCEPTION 'Somebody else edited the % % meanwhile: look again.', NEW.kind, NEW.record
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.event IN ('withdraw', 'merge') THEN
        RETURN NULL;
    END IF;
    PERFORM FROM policy_review
        WHERE kind = NEW.kind AND "row" = found_row AND outcome = '' FOR SHARE;
    SELECT count(DISTINCT a.by_id) INTO accepted
        FROM policy_review r JOIN policy_acceptance a ON a.review_id = r.id
        WHERE r.kind = NEW.kind AND r."row" = found_row AND r.outcome = ''
            AND a.by_id IS DISTINCT FROM editor;
    IF accepted < greatest(1, (NEW.document::jsonb #>> '{review,reviewers}')::integer) THEN
        RAISE EXCEPTION 'The % % says it was reviewed, but not so many accepted it as it stands.',
            NEW.kind, NEW.record USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER revision_is_reviewed AFTER INSERT ON policy_revision FOR EACH ROW
    WHEN (NEW.review = 'reviewed' AND NEW.published_by_id IS NOT NULL)
    EXECUTE FUNCTION policy_revision_is_reviewed();
"""
TWO_EYES = """
DROP TRIGGER revision_is_reviewed ON policy_revision;
DROP FUNCTION policy_revision_is_reviewed();
DROP TRIGGER acceptance_is_anothers ON policy_acceptance;
DROP FUNCTION policy_acceptance_is_anothers();
"""

# Nothing is compared unless a review is open: loading many rows costs nothing more.
VOIDING = """
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
        INSERT INTO policy_deed (id, at, kind, "row", record, what, detail, previous, hash)
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
UNVOIDING = """
DROP FUNCTION policy_part_voids_review();
DROP FUNCTION policy_record_voids_review();
DROP FUNCTION policy_void(bigint[]);
"""

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


def watched():
    """(table, event, call) of everything that a record asserts."""
    for kind in KINDS:
        for event in ("update", "delete"):
            yield f"policy_{kind}", event, f"policy_record_voids_review('{kind}')"
    for table in PARTS:
        for event in ROWS:
            yield table, event, "policy_part_voids_review()"


def watch():
    return "".join(
        f"CREATE TRIGGER {event}_voids_review AFTER {event.upper()} ON {table} {ROWS[event]}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {call};"
        for table, event, call in watched()
    )


def unwatch():
    return "".join(
        f"DROP TRIGGER {event}_voids_review ON {table};" for table, event, _ in watched()
    )


def keep():
    return APPENDED + "".join(
        f"CREATE TRIGGER appended_only BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION policy_appended_only('{noun}');"
        for table, noun in KEPT.items()
    )


def let_go():
    drops = "".join(f"DROP TRIGGER appended_only ON {table};" for table in KEPT)
    return drops + "DROP FUNCTION policy_appended_only();"


def grant(apps, schema_editor):
    ensure_groups()


class Migration(migrations.Migration):
    dependencies = [("policy", "0005_review")]

    operations = [
        migrations.RunSQL(keep(), let_go()),
        migrations.RunSQL(CHAIN, NO_CHAIN),
        migrations.RunSQL(ENDS_ONCE, ENDS_OFTEN),
        migrations.RunSQL(FOUR_EYES, TWO_EYES),
        migrations.RunSQL(VOIDING, UNVOIDING),
        migrations.RunSQL(watch(), unwatch()),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
