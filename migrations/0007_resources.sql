-- Resources (SPEC RES-*). A Resource's Domain is its Project's: the pair is what it refers to, so
-- the copy cannot go astray. Nothing but the id is unique: a create that is sent again makes a second
-- Resource.

-- +goose Up
CREATE TABLE plexsphere.resources (
    id           uuid        PRIMARY KEY,
    project_id   uuid        NOT NULL,
    domain_id    uuid        NOT NULL,
    origin       text        NOT NULL CHECK (origin IN ('adopted', 'provisioned')),
    kind         text        NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 64),
    external_ref text        CHECK (char_length(external_ref) BETWEEN 1 AND 256),
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    FOREIGN KEY (project_id, domain_id) REFERENCES plexsphere.projects (id, domain_id)
);
CREATE INDEX resources_of_project ON plexsphere.resources (project_id, id);
CREATE INDEX resources_by_external_ref ON plexsphere.resources (project_id, external_ref)
    WHERE external_ref IS NOT NULL;

-- +goose Down
DROP TABLE plexsphere.resources;
