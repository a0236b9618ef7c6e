ALTER TABLE action_jurisdiction
    ADD FOREIGN KEY (action_id) REFERENCES action, ADD UNIQUE (action_id, jurisdiction_id),
    ADD FOREIGN KEY (jurisdiction_id) REFERENCES jurisdiction;
ALTER TABLE action_agency
    ADD FOREIGN KEY (action_id) REFERENCES action, ADD FOREIGN KEY (agency_id) REFERENCES agency;
ALTER TABLE action_entity
    ADD FOREIGN KEY (action_id) REFERENCES action, ADD FOREIGN KEY (entity_id) REFERENCES entity;
ALTER TABLE action_date ADD FOREIGN KEY (action_id) REFERENCES action;
ALTER TABLE figure ADD FOREIGN KEY (action_id) REFERENCES action;
ALTER TABLE relation
    ADD FOREIGN KEY (action_id) REFERENCES action, ADD FOREIGN KEY (target_id) REFERENCES action;
ALTER TABLE note ADD FOREIGN KEY (action_id) REFERENCES action;
ALTER TABLE citation
    ADD FOREIGN KEY (action_id) REFERENCES action, ADD FOREIGN KEY (source_id) REFERENCES source;
-- every foreign key, as Django makes them; the list's order; the words
CREATE INDEX ON action_jurisdiction (action_id);
CREATE INDEX ON action_jurisdiction (jurisdiction_id);
CREATE INDEX ON action_agency (action_id);
CREATE INDEX ON action_agency (agency_id);
CREATE INDEX ON action_entity (action_id);
CREATE INDEX ON action_entity (entity_id);
CREATE INDEX ON action_date (action_id);
CREATE INDEX ON figure (action_id);
CREATE INDEX ON relation (action_id);
CREATE INDEX ON relation (target_id);
CREATE INDEX ON note (action_id);
CREATE INDEX ON citation (action_id);
CREATE INDEX ON citation (source_id);
CREATE INDEX ON action (sort_date DESC, id DESC);
CREATE INDEX ON action USING gin (words);

CREATE UNIQUE INDEX ON bare.document (record);
CREATE INDEX ON bare.place (place, date DESC, record DESC) INCLUDE (number);
CREATE UNIQUE INDEX ON bare.words (date DESC, record DESC);
CREATE INDEX ON bare.words USING gin (words);
