-- What the platform and the workloads of a Node say of it (SPEC STA-*): metadata and data are the
-- platform's, reports are the Node's own.

-- +goose Up
CREATE TABLE plexsphere.node_state_entries (
    node_id      uuid NOT NULL REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('metadata', 'data', 'report')),
    -- Keys are ordered by their bytes, whatever the database's own collation.
    key          text COLLATE "C" NOT NULL CHECK (char_length(key) BETWEEN 1 AND 128),
    value        text NOT NULL,
    -- The value is JSON text, and not a text that happens to look like it.
    is_json      boolean NOT NULL DEFAULT false,
    content_type text NOT NULL CHECK (char_length(content_type) BETWEEN 1 AND 256),
    version      integer NOT NULL CHECK (version >= 1),
    workload_tag text,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (node_id, kind, key)
);

-- +goose Down
DROP TABLE plexsphere.node_state_entries;
