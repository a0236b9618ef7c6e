"""Triggers that keep published revisions, their facets and public ids unchanged."""

from django.db import migrations

MAY_TAKE_DOWN = """
CREATE FUNCTION policy_may_take_down() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('policy.take_down', true), '') = 'on'
        AND pg_has_role(current_user, (
            SELECT relowner FROM pg_class WHERE oid = 'policy_revision'::regclass), 'USAGE')
$$;
"""
IMMUTABLE = """
CREATE FUNCTION policy_revision_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
        AND to_jsonb(NEW) - 'superseded_at' = to_jsonb(OLD) - 'superseded_at'
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND policy_may_take_down()
        AND NEW.event IN (OLD.event, 'takedown')
        AND to_jsonb(NEW) - '{event,reason,merged_into,document,digest}'::text[]
          = to_jsonb(OLD) - '{event,reason,merged_into,document,digest}'::text[]
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
            RAISE EXCEPTION 'The % % is published and cannot be deleted.', TG_ARGV[0], OLD.slug
                USING ERRCODE = 'restrict_violation', HINT = 'Withdraw it instead.';
        END IF;
        RAISE EXCEPTION
            'The id % of this % is published and cannot be changed to %, because others cite it.',
            OLD.slug, TG_ARGV[0], NEW.slug USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
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
FACETS = """
CREATE FUNCTION policy_facets_are_of_something() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT revision_id AS id FROM written) w WHERE NOT EXISTS (
            SELECT 1 FROM policy_revision r WHERE r.id = w.id OFFSET 0)
    ) OR EXISTS (
        SELECT 1 FROM (SELECT DISTINCT value_id AS id FROM written) w WHERE NOT EXISTS (
            SELECT 1 FROM policy_facetvalue v WHERE v.id = w.id OFFSET 0)
    ) THEN
        RAISE EXCEPTION 'A facet must refer to an existing revision and an existing value.'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER facets_are_of_something AFTER INSERT ON policy_facet
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION policy_facets_are_of_something();

CREATE FUNCTION policy_facet_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The revision and the value of a facet cannot be changed.'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER facet_stays BEFORE UPDATE OF revision_id, value_id ON policy_facet
    FOR EACH ROW EXECUTE FUNCTION policy_facet_stays();

CREATE FUNCTION policy_facet_value_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM policy_facet WHERE value_id = OLD.id) THEN
        RAISE EXCEPTION 'Facets still refer to the value % %.', OLD.facet, OLD.value
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER facet_value_is_kept BEFORE DELETE OR UPDATE OF id ON policy_facetvalue
    FOR EACH ROW EXECUTE FUNCTION policy_facet_value_is_kept();
"""
NO_FACETS = """
DROP TRIGGER facet_value_is_kept ON policy_facetvalue;
DROP FUNCTION policy_facet_value_is_kept();
DROP TRIGGER facet_stays ON policy_facet;
DROP FUNCTION policy_facet_stays();
DROP TRIGGER facets_are_of_something ON policy_facet;
DROP FUNCTION policy_facets_are_of_something();
"""

KINDS = ("agency", "entity", "source", "action")


def each_kind(template):
    return "".join(template.format(kind=kind) for kind in KINDS)


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial")]

    operations = [
        migrations.RunSQL(MAY_TAKE_DOWN, "DROP FUNCTION policy_may_take_down();"),
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
        migrations.RunSQL(REFERENCE, NO_REFERENCE),
        migrations.RunSQL(FACETS, NO_FACETS),
    ]
