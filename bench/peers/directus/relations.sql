-- What its data studio writes when somebody adds these fields to a table that was there before.
INSERT INTO directus_collections (collection) VALUES
    ('action'), ('jurisdiction'), ('agency'), ('entity'), ('source'), ('action_jurisdiction'),
    ('action_agency'), ('action_entity'), ('action_date'), ('figure'), ('relation'), ('note'),
    ('citation');
INSERT INTO directus_fields (collection, field, special) VALUES
    ('action', 'jurisdictions', 'm2m'), ('action', 'agencies', 'o2m'),
    ('action', 'entities', 'o2m'), ('action', 'dates', 'o2m'), ('action', 'figures', 'o2m'),
    ('action', 'relations', 'o2m'), ('action', 'notes', 'o2m'), ('action', 'citations', 'o2m'),
    ('action', 'penalty', 'cast-json'), ('action', 'activities', 'cast-json'),
    ('action', 'targets', 'cast-json'), ('action', 'identifiers', 'cast-json'),
    ('action', 'classifications', 'cast-json'), ('action', 'unknowns', 'cast-json'),
    ('action', 'evidence', 'cast-json'), ('action', 'review', 'cast-json'),
    ('citation', 'supports', 'cast-json');
INSERT INTO directus_relations
    (many_collection, many_field, one_collection, one_field, junction_field) VALUES
    ('action_jurisdiction', 'action_id', 'action', 'jurisdictions', 'jurisdiction_id'),
    ('action_jurisdiction', 'jurisdiction_id', 'jurisdiction', NULL, 'action_id'),
    ('action_agency', 'action_id', 'action', 'agencies', NULL),
    ('action_entity', 'action_id', 'action', 'entities', NULL),
    ('action_date', 'action_id', 'action', 'dates', NULL),
    ('figure', 'action_id', 'action', 'figures', NULL),
    ('relation', 'action_id', 'action', 'relations', NULL),
    ('note', 'action_id', 'action', 'notes', NULL),
    ('citation', 'action_id', 'action', 'citations', NULL);
