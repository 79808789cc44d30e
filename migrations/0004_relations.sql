-- Relation tuples of the embedded adapter. The platform object has the nil id.

-- +goose Up
CREATE TABLE plexsphere.relation_tuples (
    object_type      text        NOT NULL,
    object_id        uuid        NOT NULL,
    relation         text        NOT NULL,
    subject_type     text        NOT NULL,
    subject_id       uuid        NOT NULL,
    subject_relation text        NOT NULL DEFAULT '',
    caveat_name      text,
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (object_type, object_id, relation, subject_type, subject_id, subject_relation)
);
CREATE INDEX relation_tuples_of_subject ON plexsphere.relation_tuples
    (subject_type, subject_id, relation, object_type, object_id);

-- +goose Down
DROP TABLE plexsphere.relation_tuples;
