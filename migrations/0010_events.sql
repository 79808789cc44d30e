-- Signed events for Nodes: the keys that sign them, and what the Postgres bus keeps
-- (SPEC KEY-*, EVT-*).

-- +goose Up
-- One chain of keys for the platform (no Domain), and one for each Domain that has keys of its own.
-- A key signs the events that come after `since_event` in the outbox, until the next one of its
-- chain does.
CREATE TABLE plexsphere.signing_keys (
    id                 uuid PRIMARY KEY,
    domain_id          uuid REFERENCES plexsphere.domains (id) ON DELETE CASCADE,
    key_id             text NOT NULL CHECK (key_id <> ''),
    public_key         bytea NOT NULL CHECK (octet_length(public_key) = 32),
    sealed_seed        bytea NOT NULL,
    since_event        bigint NOT NULL,
    created_at         timestamptz NOT NULL,
    transition_expires timestamptz -- set when the next key took over
);
CREATE UNIQUE INDEX signing_keys_current
    ON plexsphere.signing_keys (COALESCE(domain_id, '00000000-0000-0000-0000-000000000000'))
    WHERE transition_expires IS NULL;
CREATE UNIQUE INDEX signing_keys_names
    ON plexsphere.signing_keys (COALESCE(domain_id, '00000000-0000-0000-0000-000000000000'), key_id);

-- What is retained, as signed; a dialect in which an event was not published is NULL.
CREATE TABLE plexsphere.node_events (
    seq         bigint PRIMARY KEY,
    domain_id   uuid NOT NULL,
    node_id     uuid,
    but_node_id uuid,
    type        text NOT NULL,
    v1          text,
    mvp         text,
    issued_at   timestamptz NOT NULL,
    CHECK (v1 IS NOT NULL OR mvp IS NOT NULL)
);
CREATE INDEX node_events_recipient ON plexsphere.node_events (domain_id, node_id, seq);
CREATE INDEX node_events_age ON plexsphere.node_events (issued_at);

-- The highest number given. A sequence would tell of numbers whose events are not committed yet.
CREATE TABLE plexsphere.node_events_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO plexsphere.node_events_head (seq) VALUES (0);

-- Which dialects a Domain's Nodes speak.
CREATE INDEX nodes_by_dialect ON plexsphere.nodes (domain_id, dialect, id);

-- +goose Down
DROP INDEX plexsphere.nodes_by_dialect;
DROP TABLE plexsphere.node_events_head;
DROP TABLE plexsphere.node_events;
DROP TABLE plexsphere.signing_keys;
