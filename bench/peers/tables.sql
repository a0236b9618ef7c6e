-- What every peer on PostgreSQL reads: one table a noun, keys as Django and SQLAlchemy make them.
CREATE TABLE jurisdiction (id text COLLATE "C" PRIMARY KEY, name text NOT NULL);
CREATE TABLE agency (id text COLLATE "C" PRIMARY KEY, name text NOT NULL);
CREATE TABLE entity (id text COLLATE "C" PRIMARY KEY, name text NOT NULL);
CREATE TABLE source (id text COLLATE "C" PRIMARY KEY, name text NOT NULL);
CREATE TABLE action (
    id text COLLATE "C" PRIMARY KEY,
    revision int NOT NULL, published_at timestamptz NOT NULL,
    title text NOT NULL, summary text NOT NULL, unit text NOT NULL,
    type text, status text, legal_force text, stance text, attribution text,
    instrument text NOT NULL, provision text NOT NULL, sort_date date, licence text NOT NULL,
    penalty jsonb NOT NULL, activities jsonb NOT NULL, targets jsonb NOT NULL,
    identifiers jsonb NOT NULL, classifications jsonb NOT NULL,
    unknowns jsonb NOT NULL, evidence jsonb NOT NULL, review jsonb NOT NULL,
    words tsvector
);
CREATE TABLE action_jurisdiction (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text COLLATE "C" NOT NULL, jurisdiction_id text COLLATE "C" NOT NULL
);
CREATE TABLE action_agency (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text COLLATE "C" NOT NULL, agency_id text COLLATE "C",
    key text NOT NULL, role text NOT NULL, naming text NOT NULL, described_as text NOT NULL
);
CREATE TABLE action_entity (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text COLLATE "C" NOT NULL, entity_id text COLLATE "C",
    key text NOT NULL, role text NOT NULL, naming text NOT NULL, described_as text NOT NULL
);
CREATE TABLE action_date (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text COLLATE "C" NOT NULL, kind text NOT NULL, part text NOT NULL,
    earliest date, latest date, precision text NOT NULL, basis text NOT NULL,
    resolution text NOT NULL
);
CREATE TABLE figure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text COLLATE "C" NOT NULL, kind text NOT NULL, part text NOT NULL,
    value numeric NOT NULL, comparator text NOT NULL, unit text NOT NULL,
    claimed_by text NOT NULL
);
CREATE TABLE relation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text COLLATE "C" NOT NULL, target_id text COLLATE "C" NOT NULL,
    type text NOT NULL, reason text NOT NULL
);
CREATE TABLE note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text COLLATE "C" NOT NULL, kind text NOT NULL, field text NOT NULL, text text NOT NULL
);
CREATE TABLE citation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id text COLLATE "C" NOT NULL, source_id text COLLATE "C" NOT NULL,
    start int NOT NULL, "end" int NOT NULL, sha256 text NOT NULL, paragraph int NOT NULL,
    quote text NOT NULL, note text NOT NULL, supports jsonb NOT NULL
);

-- What the physical limit reads: stored documents, and narrow rows in output order.
CREATE SCHEMA bare;
CREATE TABLE bare.document (
    number bigint PRIMARY KEY, record text COLLATE "C" NOT NULL, document text NOT NULL
);
CREATE TABLE bare.place (
    place text COLLATE "C" NOT NULL, date date NOT NULL, record text COLLATE "C" NOT NULL,
    number bigint NOT NULL
);
CREATE TABLE bare.words (
    number bigint NOT NULL, date date NOT NULL, record text COLLATE "C" NOT NULL, words tsvector
);
