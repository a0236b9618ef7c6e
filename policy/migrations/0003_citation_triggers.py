"""Triggers that check citations and terms, and note broken citations and new names."""

from django.db import migrations

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
        RAISE EXCEPTION 'A citation of this source ends after its last character, %.',
            NEW.characters USING ERRCODE = 'check_violation';
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
        RAISE EXCEPTION 'The term % does not belong to the vocabulary %.', NEW.term_id, TG_ARGV[0]
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BROKEN_CITATIONS = """
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
"""
NO_BROKEN_CITATIONS = """
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
NOT_RENAMED = """
DROP TRIGGER record_is_renamed ON policy_revision;
DROP TRIGGER place_is_renamed ON policy_jurisdiction;
DROP FUNCTION policy_record_is_renamed();
DROP FUNCTION policy_name_of(text);
DROP FUNCTION policy_place_is_renamed();
DROP FUNCTION policy_note_name(text, text, text, bigint);
DELETE FROM policy_renamed;
"""

LINKS = {"policy_action_penalties": "penalty", "policy_action_activities": "activity"}


def each_link(template):
    return "".join(template.format(table=t, vocabulary=v) for t, v in LINKS.items())


class Migration(migrations.Migration):
    dependencies = [("policy", "0002_revision_triggers")]

    operations = [
        migrations.RunSQL(PASSAGE, NO_PASSAGE),
        migrations.RunSQL(
            VOCABULARY
            + each_link(
                "CREATE TRIGGER term_is_of_vocabulary BEFORE INSERT OR UPDATE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION policy_term_is_of_vocabulary('{vocabulary}');"
            ),
            each_link("DROP TRIGGER term_is_of_vocabulary ON {table};")
            + "DROP FUNCTION policy_term_is_of_vocabulary();",
        ),
        migrations.RunSQL(BROKEN_CITATIONS, NO_BROKEN_CITATIONS),
        migrations.RunSQL(RENAMED, NOT_RENAMED),
    ]
