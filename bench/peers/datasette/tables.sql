CREATE TABLE jurisdiction (id TEXT PRIMARY KEY, name TEXT);
CREATE TABLE agency (id TEXT PRIMARY KEY, name TEXT);
CREATE TABLE entity (id TEXT PRIMARY KEY, name TEXT);
CREATE TABLE source (id TEXT PRIMARY KEY, name TEXT);
-- place_in_list is what the list is sorted by: Datasette sorts by one column
CREATE TABLE action (
    id TEXT PRIMARY KEY, revision INTEGER, published_at TEXT, title TEXT, summary TEXT,
    unit TEXT, type TEXT, status TEXT, legal_force TEXT, stance TEXT, attribution TEXT,
    instrument TEXT, provision TEXT, sort_date TEXT, licence TEXT, penalty TEXT, activities TEXT,
    targets TEXT, identifiers TEXT, classifications TEXT, unknowns TEXT, evidence TEXT, review TEXT,
    place_in_list TEXT GENERATED ALWAYS AS (sort_date || '_' || id) STORED, search_text TEXT
);
CREATE TABLE action_jurisdiction (
    action_id TEXT REFERENCES action(id), jurisdiction_id TEXT REFERENCES jurisdiction(id)
);
CREATE TABLE action_agency (
    action_id TEXT REFERENCES action(id), agency_id TEXT REFERENCES agency(id),
    key TEXT, role TEXT, naming TEXT, described_as TEXT
);
CREATE TABLE action_entity (
    action_id TEXT REFERENCES action(id), entity_id TEXT REFERENCES entity(id),
    key TEXT, role TEXT, naming TEXT, described_as TEXT
);
CREATE TABLE action_date (
    action_id TEXT REFERENCES action(id), kind TEXT, part TEXT, earliest TEXT,
    latest TEXT, precision TEXT, basis TEXT, resolution TEXT
);
CREATE TABLE figure (
    action_id TEXT REFERENCES action(id), kind TEXT, part TEXT, value NUMERIC,
    comparator TEXT, unit TEXT, claimed_by TEXT
);
CREATE TABLE relation (
    action_id TEXT REFERENCES action(id), target_id TEXT REFERENCES action(id), type TEXT,
    reason TEXT
);
CREATE TABLE note (action_id TEXT REFERENCES action(id), kind TEXT, field TEXT, text TEXT);
CREATE TABLE search (action_id TEXT PRIMARY KEY, text TEXT);
CREATE TABLE citation (
    action_id TEXT REFERENCES action(id), source_id TEXT REFERENCES source(id), start INTEGER,
    "end" INTEGER, sha256 TEXT, paragraph INTEGER, quote TEXT, note TEXT, supports TEXT
);
