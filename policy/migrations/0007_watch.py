"""What the desk watches: passages that no longer hold, and new names. Triggers keep both."""

from django.db import migrations, models

HOLDS = """
CREATE FUNCTION policy_passage_holds(
    body text, first integer, last integer, digest text, words text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT last <= length(body)
        AND digest
            = encode(sha256(convert_to(substr(body, first + 1, last - first), 'UTF8')), 'hex')
        AND strpos(substr(body, first + 1, last - first), words) > 0
$$;
CREATE FUNCTION policy_check_citations(cited bigint[], sources bigint[]) RETURNS void
LANGUAGE sql AS $$
    DELETE FROM policy_brokencitation
    WHERE citation = ANY(cited)
        OR citation IN (SELECT id FROM policy_citation WHERE source_id = ANY(sources));
    INSERT INTO policy_brokencitation (citation)
    SELECT c.id FROM policy_citation c JOIN policy_sourcetext t ON t.source_id = c.source_id
    WHERE (c.id = ANY(cited) OR c.source_id = ANY(sources))
        AND NOT policy_passage_holds(t.text, c.start, c."end", c.sha256, c.quote)
    ON CONFLICT DO NOTHING
$$;
CREATE FUNCTION policy_citation_is_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM policy_brokencitation WHERE citation IN (SELECT id FROM old_rows);
    ELSIF EXISTS (SELECT FROM policy_sourcetext) THEN
        PERFORM policy_check_citations((SELECT array_agg(id) FROM new_rows), NULL);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION policy_text_is_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM policy_check_citations(NULL, ARRAY[OLD.source_id]);
    ELSE
        PERFORM policy_check_citations(NULL, ARRAY[NEW.source_id]);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER insert_is_checked AFTER INSERT ON policy_citation REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION policy_citation_is_checked();
CREATE TRIGGER update_is_checked AFTER UPDATE ON policy_citation REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION policy_citation_is_checked();
CREATE TRIGGER delete_is_checked AFTER DELETE ON policy_citation REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION policy_citation_is_checked();
CREATE TRIGGER text_is_checked AFTER INSERT OR UPDATE OF text OR DELETE ON policy_sourcetext
    FOR EACH ROW EXECUTE FUNCTION policy_text_is_checked();
INSERT INTO policy_brokencitation (citation)
SELECT c.id FROM policy_citation c JOIN policy_sourcetext t ON t.source_id = c.source_id
WHERE NOT policy_passage_holds(t.text, c.start, c."end", c.sha256, c.quote);
"""
UNHELD = """
DROP TRIGGER text_is_checked ON policy_sourcetext;
DROP TRIGGER delete_is_checked ON policy_citation;
DROP TRIGGER update_is_checked ON policy_citation;
DROP TRIGGER insert_is_checked ON policy_citation;
DROP FUNCTION policy_text_is_checked();
DROP FUNCTION policy_citation_is_checked();
DROP FUNCTION policy_check_citations(bigint[], bigint[]);
DROP FUNCTION policy_passage_holds(text, integer, integer, text, text);
DELETE FROM policy_brokencitation;
"""

RENAMED = """
CREATE FUNCTION policy_note_name(of_kind text, id text, new_name text, at_version bigint)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO policy_renamed (kind, record, name, version)
    VALUES (of_kind, id, new_name, at_version)
    ON CONFLICT (kind, record) DO UPDATE SET name = excluded.name, version = excluded.version
$$;
CREATE FUNCTION policy_place_is_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM policy_note_name('jurisdiction', NEW.code, NEW.name,
        coalesce((SELECT max(id) FROM policy_revision), 0));
    RETURN NULL;
END $$;
CREATE FUNCTION policy_name_of(body text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(body::jsonb ->> 'title', body::jsonb ->> 'name')
$$;
CREATE FUNCTION policy_record_is_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text;
BEGIN
    SELECT policy_name_of(document) INTO before FROM policy_revision
    WHERE kind = NEW.kind AND record = NEW.record AND number < NEW.number
        AND event IN ('publish', 'revise')
    ORDER BY number DESC LIMIT 1;
    IF before <> policy_name_of(NEW.document) THEN
        PERFORM policy_note_name(NEW.kind, NEW.record, policy_name_of(NEW.document), NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER place_is_renamed AFTER UPDATE ON policy_jurisdiction
    FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION policy_place_is_renamed();
CREATE TRIGGER record_is_renamed AFTER INSERT ON policy_revision
    FOR EACH ROW WHEN (NEW.number > 1 AND NEW.event IN ('publish', 'revise'))
    EXECUTE FUNCTION policy_record_is_renamed();
"""
NAMED = """
DROP TRIGGER record_is_renamed ON policy_revision;
DROP TRIGGER place_is_renamed ON policy_jurisdiction;
DROP FUNCTION policy_record_is_renamed();
DROP FUNCTION policy_name_of(text);
DROP FUNCTION policy_place_is_renamed();
DROP FUNCTION policy_note_name(text, text, text, bigint);
DELETE FROM policy_renamed;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("policy", "0006_review_promises"),
    ]

    operations = [
        migrations.CreateModel(
            name="BrokenCitation",
            fields=[
                ("citation", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="Renamed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(db_collation="C", max_length=60)),
                ("record", models.CharField(db_collation="C", max_length=120)),
                ("name", models.CharField(help_text="Its name now.", max_length=300)),
                (
                    "version",
                    models.BigIntegerField(help_text="The dataset's when it was renamed last."),
                ),
            ],
            options={
                "verbose_name_plural": "renamed",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "record"),
                        name="renamed_once",
                        violation_error_message="It was renamed already.",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="revision",
            index=models.Index(
                fields=["published_at"],
                condition=models.Q(event__in=["publish", "revise"], kind="action"),
                name="revision_of_actions",
            ),
        ),
        migrations.RunSQL(HOLDS, UNHELD),
        migrations.RunSQL(RENAMED, NAMED),
    ]
