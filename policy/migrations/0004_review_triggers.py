"""Triggers for review by a second person, and for an audit log that only grows."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION policy_appended_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND policy_may_take_down()
        AND to_jsonb(NEW) - '{detail,field,text}'::text[]
          = to_jsonb(OLD) - '{detail,field,text}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The % % cannot be changed or deleted.',
        TG_ARGV[0], OLD.id USING ERRCODE = 'restrict_violation';
END $$;
"""
CHAIN = """
CREATE FUNCTION policy_auditevent_hash(d policy_auditevent) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        d.id, to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), d.by_id,
        d.kind, d."row", d.record, d.what, d.detail, d.previous)::text, 'UTF8')), 'hex')
$$;
CREATE FUNCTION policy_auditevent_is_chained() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last policy_auditevent;
BEGIN
    PERFORM pg_advisory_xact_lock(1145390404);  -- "DEED": one after another, without gaps
    SELECT * INTO last FROM policy_auditevent ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous := coalesce(last.hash, repeat('0', 64));
    NEW.hash := policy_auditevent_hash(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER auditevent_is_chained BEFORE INSERT ON policy_auditevent
    FOR EACH ROW EXECUTE FUNCTION policy_auditevent_is_chained();
"""
NO_CHAIN = """
DROP TRIGGER auditevent_is_chained ON policy_auditevent;
DROP FUNCTION policy_auditevent_is_chained();
DROP FUNCTION policy_auditevent_hash(policy_auditevent);
"""
CLOSES_ONCE = """
CREATE FUNCTION policy_review_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.outcome = ''
        AND to_jsonb(NEW) - '{outcome,closed_by_id,closed_at}'::text[]
          = to_jsonb(OLD) - '{outcome,closed_by_id,closed_at}'::text[]
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND policy_may_take_down()
        AND to_jsonb(NEW) - '{remark}'::text[] = to_jsonb(OLD) - '{remark}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Review % cannot be changed or deleted. Request another review instead.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER review_ends_once BEFORE UPDATE OR DELETE ON policy_review
    FOR EACH ROW EXECUTE FUNCTION policy_review_ends_once();
"""
CLOSES_OFTEN = """
DROP TRIGGER review_ends_once ON policy_review;
DROP FUNCTION policy_review_ends_once();
"""
SECOND_PERSON = """
CREATE FUNCTION policy_acceptance_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    review policy_review;
    editor integer;
BEGIN
    SELECT * INTO review FROM policy_review WHERE id = NEW.review_id FOR SHARE;
    IF review.outcome <> '' THEN
        RAISE EXCEPTION 'This review is closed (%). Reload the page.', review.outcome
            USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('SELECT edited_by_id FROM policy_%I WHERE id = $1', review.kind)
        INTO editor USING review."row";
    IF editor = NEW.by_id THEN
        RAISE EXCEPTION
            'The last editor of a record cannot accept it. Another person must review it.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER acceptance_is_anothers BEFORE INSERT ON policy_acceptance
    FOR EACH ROW EXECUTE FUNCTION policy_acceptance_is_anothers();

-- Checks that the revision names the last editor. The constraint revision_four_eyes then requires
-- that the reviewer is someone else.
CREATE FUNCTION policy_revision_is_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_row bigint;
    editor integer;
    accepted integer;
BEGIN
    EXECUTE format('SELECT id, edited_by_id FROM policy_%I WHERE slug = $1', NEW.kind)
        INTO found_row, editor USING NEW.record;
    IF found_row IS NULL OR editor IS DISTINCT FROM NEW.edited_by_id THEN
        RAISE EXCEPTION
            'Someone else edited the % % in the meantime. Reload the page and review it again.',
            NEW.kind, NEW.record USING ERRCODE = 'check_violation';
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
        RAISE EXCEPTION 'The % % states more reviewers than accepted its current content.',
            NEW.kind, NEW.record USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER revision_is_reviewed AFTER INSERT ON policy_revision FOR EACH ROW
    WHEN (NEW.review = 'reviewed' AND NEW.published_by_id IS NOT NULL)
    EXECUTE FUNCTION policy_revision_is_reviewed();
"""
NO_SECOND_PERSON = """
DROP TRIGGER revision_is_reviewed ON policy_revision;
DROP FUNCTION policy_revision_is_reviewed();
DROP TRIGGER acceptance_is_anothers ON policy_acceptance;
DROP FUNCTION policy_acceptance_is_anothers();
"""

KEPT = {
    "policy_auditevent": "audit event",
    "policy_comment": "comment",
    "policy_acceptance": "acceptance",
}


def append_only():
    return APPEND_ONLY + "".join(
        f"CREATE TRIGGER appended_only BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION policy_appended_only('{noun}');"
        for table, noun in KEPT.items()
    )


def not_append_only():
    drops = "".join(f"DROP TRIGGER appended_only ON {table};" for table in KEPT)
    return drops + "DROP FUNCTION policy_appended_only();"


class Migration(migrations.Migration):
    dependencies = [("policy", "0003_citation_triggers")]

    operations = [
        migrations.RunSQL(append_only(), not_append_only()),
        migrations.RunSQL(CHAIN, NO_CHAIN),
        migrations.RunSQL(CLOSES_ONCE, CLOSES_OFTEN),
        migrations.RunSQL(SECOND_PERSON, NO_SECOND_PERSON),
    ]
