"""Facets come by the dozen with each revision: what they refer to is looked up once a statement.

A foreign key looks it up twice a row, which was a quarter of the time of a load. The promise is
the same: no facet without its revision and its value. Revisions are never deleted; values that
facets stand for are not either, and facets never move.
"""

import django.db.models.deletion
from django.db import migrations, models

WHOLE = """
CREATE FUNCTION policy_facets_are_of_something() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT revision_id AS id FROM written) w WHERE NOT EXISTS (
            SELECT 1 FROM policy_revision r WHERE r.id = w.id OFFSET 0)
    ) OR EXISTS (
        SELECT 1 FROM (SELECT DISTINCT value_id AS id FROM written) w WHERE NOT EXISTS (
            SELECT 1 FROM policy_facetvalue v WHERE v.id = w.id OFFSET 0)
    ) THEN
        RAISE EXCEPTION 'A facet needs its revision and its value.'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER facets_are_of_something AFTER INSERT ON policy_facet
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION policy_facets_are_of_something();

CREATE FUNCTION policy_facet_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A facet stays with its revision and its value.'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER facet_stays BEFORE UPDATE OF revision_id, value_id ON policy_facet
    FOR EACH ROW EXECUTE FUNCTION policy_facet_stays();

CREATE FUNCTION policy_facet_value_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM policy_facet WHERE value_id = OLD.id) THEN
        RAISE EXCEPTION 'Facets refer to the value % %.', OLD.facet, OLD.value
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER facet_value_is_kept BEFORE DELETE OR UPDATE OF id ON policy_facetvalue
    FOR EACH ROW EXECUTE FUNCTION policy_facet_value_is_kept();
"""
BARE = """
DROP TRIGGER facet_value_is_kept ON policy_facetvalue;
DROP FUNCTION policy_facet_value_is_kept();
DROP TRIGGER facet_stays ON policy_facet;
DROP FUNCTION policy_facet_stays();
DROP TRIGGER facets_are_of_something ON policy_facet;
DROP FUNCTION policy_facets_are_of_something();
"""


def without_key(name, target):
    return migrations.AlterField(
        model_name="facet",
        name=name,
        field=models.ForeignKey(
            db_constraint=False,
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="facets",
            to=target,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("policy", "0008_taken_down")]

    operations = [
        without_key("value", "policy.facetvalue"),
        without_key("revision", "policy.revision"),
        migrations.RunSQL(WHOLE, BARE),
    ]
