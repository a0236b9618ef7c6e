"""What constraints cannot say: triggers, each with a message for people."""

from django.db import migrations

IMMUTABLE = """
CREATE FUNCTION policy_revision_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
        AND to_jsonb(NEW) - 'superseded_at' = to_jsonb(OLD) - 'superseded_at'
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Revision % (% %) was published and cannot be changed or deleted.',
        OLD.id, OLD.kind, OLD.record USING ERRCODE = 'restrict_violation',
        HINT = 'Publish, withdraw or merge the record instead.';
END $$;
CREATE TRIGGER revision_is_immutable BEFORE UPDATE OR DELETE ON policy_revision
    FOR EACH ROW EXECUTE FUNCTION policy_revision_is_immutable();

ALTER TABLE policy_revision ADD CONSTRAINT revision_digest_is_true
    CHECK (digest = encode(sha256(convert_to(document, 'UTF8')), 'hex'));
"""
CHANGEABLE = """
ALTER TABLE policy_revision DROP CONSTRAINT revision_digest_is_true;
DROP TRIGGER revision_is_immutable ON policy_revision;
DROP FUNCTION policy_revision_is_immutable();
"""

FIXED_SLUG = """
CREATE FUNCTION policy_slug_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM policy_revision WHERE kind = TG_ARGV[0] AND record = OLD.slug) THEN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'The % % was published and cannot be deleted.', TG_ARGV[0], OLD.slug
                USING ERRCODE = 'restrict_violation', HINT = 'Withdraw it instead.';
        END IF;
        RAISE EXCEPTION 'The id % of this % is public and cannot become %: others cite it.',
            OLD.slug, TG_ARGV[0], NEW.slug USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""

PASSAGE = """
CREATE FUNCTION policy_passage_is_inside() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    characters integer;
BEGIN
    SELECT s.characters INTO characters FROM policy_source s WHERE s.id = NEW.source_id FOR SHARE;
    IF NEW."end" > characters THEN
        RAISE EXCEPTION 'The passage ends at %, but the source has % characters.',
            NEW."end", characters USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER passage_is_inside BEFORE INSERT OR UPDATE ON policy_citation
    FOR EACH ROW EXECUTE FUNCTION policy_passage_is_inside();

CREATE FUNCTION policy_source_holds_passages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM policy_citation c WHERE c.source_id = NEW.id AND c."end" > NEW.characters
    ) THEN
        RAISE EXCEPTION 'A citation of this source ends behind its % characters.', NEW.characters
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER source_holds_passages AFTER UPDATE OF characters ON policy_source
    FOR EACH ROW EXECUTE FUNCTION policy_source_holds_passages();
"""
NO_PASSAGE = """
DROP TRIGGER source_holds_passages ON policy_source;
DROP FUNCTION policy_source_holds_passages();
DROP TRIGGER passage_is_inside ON policy_citation;
DROP FUNCTION policy_passage_is_inside();
"""

VOCABULARY = """
CREATE FUNCTION policy_term_is_of_vocabulary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.term_id NOT LIKE TG_ARGV[0] || '.%' THEN
        RAISE EXCEPTION 'The term % is not of the vocabulary %.', NEW.term_id, TG_ARGV[0]
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
LINKS = {"policy_action_penalties": "penalty", "policy_action_activities": "activity"}
KINDS = ("agency", "entity", "source", "action")

REFERENCE = """
INSERT INTO policy_referenceversion (id, number, changed_at) VALUES (1, 0, clock_timestamp());
CREATE FUNCTION policy_reference_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE policy_referenceversion SET number = number + 1, changed_at = clock_timestamp();
    RETURN NULL;
END $$;
CREATE TRIGGER reference_changed AFTER INSERT OR UPDATE OR DELETE ON policy_term
    FOR EACH STATEMENT EXECUTE FUNCTION policy_reference_changed();
CREATE TRIGGER reference_changed AFTER INSERT OR UPDATE OR DELETE ON policy_jurisdiction
    FOR EACH STATEMENT EXECUTE FUNCTION policy_reference_changed();
"""
NO_REFERENCE = """
DROP TRIGGER reference_changed ON policy_term;
DROP TRIGGER reference_changed ON policy_jurisdiction;
DROP FUNCTION policy_reference_changed();
DELETE FROM policy_referenceversion;
"""


def each_kind(template):
    return "".join(template.format(kind=kind) for kind in KINDS)


def each_link(template):
    return "".join(template.format(table=t, vocabulary=v) for t, v in LINKS.items())


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial")]

    operations = [
        migrations.RunSQL(IMMUTABLE, CHANGEABLE),
        migrations.RunSQL(
            FIXED_SLUG
            + each_kind(
                "CREATE TRIGGER slug_is_fixed BEFORE UPDATE OF slug ON policy_{kind}"
                " FOR EACH ROW WHEN (OLD.slug <> NEW.slug)"
                " EXECUTE FUNCTION policy_slug_is_fixed('{kind}');"
                "CREATE TRIGGER published_is_kept BEFORE DELETE ON policy_{kind}"
                " FOR EACH ROW EXECUTE FUNCTION policy_slug_is_fixed('{kind}');"
            ),
            each_kind(
                "DROP TRIGGER published_is_kept ON policy_{kind};"
                "DROP TRIGGER slug_is_fixed ON policy_{kind};"
            )
            + "DROP FUNCTION policy_slug_is_fixed();",
        ),
        migrations.RunSQL(PASSAGE, NO_PASSAGE),
        migrations.RunSQL(REFERENCE, NO_REFERENCE),
        migrations.RunSQL(
            VOCABULARY
            + each_link(
                "CREATE TRIGGER term_is_of_vocabulary BEFORE INSERT OR UPDATE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION policy_term_is_of_vocabulary('{vocabulary}');"
            ),
            each_link("DROP TRIGGER term_is_of_vocabulary ON {table};")
            + "DROP FUNCTION policy_term_is_of_vocabulary();",
        ),
    ]
