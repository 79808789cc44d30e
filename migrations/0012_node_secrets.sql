-- Secrets of Nodes (SPEC SEC-*): what is known of them, and the values as the Postgres backend keeps
-- them, sealed under a key derived from the Node's own NSK.

-- +goose Up
-- A key that was replaced stays valid for an overlap. NULL: no end is set.
ALTER TABLE plexsphere.node_secret_keys ADD COLUMN valid_until timestamptz;

CREATE TABLE plexsphere.node_secrets (
    id              uuid PRIMARY KEY,
    node_id         uuid NOT NULL REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    project_id      uuid NOT NULL REFERENCES plexsphere.projects (id),
    name            text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
    current_version integer NOT NULL CHECK (current_version >= 1),
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    UNIQUE (node_id, name)
);
CREATE INDEX node_secrets_by_project ON plexsphere.node_secrets (project_id, name);

-- The backend's own table: it may be ahead of what is known above.
CREATE TABLE plexsphere.node_secret_values (
    secret_id  uuid NOT NULL REFERENCES plexsphere.node_secrets (id) ON DELETE CASCADE,
    version    integer NOT NULL CHECK (version >= 1),
    nsk_id     uuid NOT NULL REFERENCES plexsphere.node_secret_keys (id),
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (secret_id, version)
);
CREATE INDEX node_secret_values_by_nsk ON plexsphere.node_secret_values (nsk_id);

-- At most one row. A sealed backend answers nothing until it is unsealed.
CREATE TABLE plexsphere.secret_backend (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    sealed boolean NOT NULL
);
INSERT INTO plexsphere.secret_backend (sealed) VALUES (false);

-- +goose Down
DROP TABLE plexsphere.secret_backend;
DROP TABLE plexsphere.node_secret_values;
DROP TABLE plexsphere.node_secrets;
ALTER TABLE plexsphere.node_secret_keys DROP COLUMN valid_until;
