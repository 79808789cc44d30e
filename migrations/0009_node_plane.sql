-- What every part of the node plane leans on: the dialect a Node speaks, when it left, and events
-- that go to Nodes (SPEC EVT-*, MVP-*).

-- +goose Up
-- Ruling 1: the registering body decides, and the Node keeps its dialect.
ALTER TABLE plexsphere.nodes
    ADD COLUMN dialect text NOT NULL DEFAULT 'v1' CHECK (dialect IN ('v1', 'mvp')),
    ADD COLUMN drained_at timestamptz;

-- An event for Nodes is an outbox row with a recipient: one Node, or a whole Domain but one Node.
-- It is signed and numbered later, by one writer at a time; `published_at` says that this is done.
ALTER TABLE plexsphere.outbox_events
    ADD COLUMN for_nodes    boolean NOT NULL DEFAULT false,
    ADD COLUMN node_id      uuid,
    ADD COLUMN but_node_id  uuid,
    ADD COLUMN published_at timestamptz,
    ADD CHECK (NOT for_nodes OR domain_id IS NOT NULL),
    ADD CHECK (node_id IS NULL OR (for_nodes AND but_node_id IS NULL));
CREATE INDEX outbox_events_unpublished ON plexsphere.outbox_events (id)
    WHERE for_nodes AND published_at IS NULL;

-- +goose Down
DROP INDEX plexsphere.outbox_events_unpublished;
ALTER TABLE plexsphere.outbox_events
    DROP COLUMN published_at, DROP COLUMN but_node_id, DROP COLUMN node_id, DROP COLUMN for_nodes;
ALTER TABLE plexsphere.nodes DROP COLUMN drained_at, DROP COLUMN dialect;
