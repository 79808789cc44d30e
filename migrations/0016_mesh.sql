-- Endpoints, pairwise keys and rotations of the mesh, and what Nodes of the MVP dialect report
-- (SPEC MSH-*, MVP-*).

-- +goose Up
-- Where a Node was last seen from outside. No row: never, or it left the mesh.
CREATE TABLE plexsphere.node_endpoints (
    node_id     uuid PRIMARY KEY REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    address     text NOT NULL CHECK (address <> ''), -- canonical, without brackets
    port        integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    nat_type    text NOT NULL,
    reported_at timestamptz NOT NULL,
    accepted_at timestamptz NOT NULL,
    stale_after timestamptz NOT NULL,
    stale_at    timestamptz -- when its end was announced; NULL: it was not
);
CREATE INDEX node_endpoints_due ON plexsphere.node_endpoints (stale_after) WHERE stale_at IS NULL;

-- One secret a pair of live Nodes, sealed. `kid` names the batch it was made in: a join, or a
-- rotation.
CREATE TABLE plexsphere.peer_psks (
    low_node_id      uuid NOT NULL REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    high_node_id     uuid NOT NULL REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    kid              uuid NOT NULL,
    wrap_key_version integer NOT NULL CHECK (wrap_key_version >= 0),
    wrapped          bytea NOT NULL,
    issued_at        timestamptz NOT NULL,
    retired_at       timestamptz,
    PRIMARY KEY (low_node_id, high_node_id, kid),
    CHECK (low_node_id < high_node_id)
);
CREATE UNIQUE INDEX peer_psks_in_force
    ON plexsphere.peer_psks (low_node_id, high_node_id) WHERE retired_at IS NULL;
CREATE INDEX peer_psks_of_high_node
    ON plexsphere.peer_psks (high_node_id) WHERE retired_at IS NULL;

-- What a completed rotation brought, kept so that its repeat is answered alike.
ALTER TABLE plexsphere.peer_key_rotations
    ADD COLUMN public_key       bytea CHECK (octet_length(public_key) = 32),
    ADD COLUMN kid              uuid,
    ADD COLUMN wrap_key_version integer;
CREATE INDEX peer_key_rotations_completed
    ON plexsphere.peer_key_rotations (node_id, completed_at) WHERE completed_at IS NOT NULL;

-- An agent of the MVP dialect sends heartbeats without a checksum.
ALTER TABLE plexsphere.node_heartbeats ALTER COLUMN binary_checksum DROP NOT NULL;

CREATE TABLE plexsphere.node_drifts (
    id          uuid PRIMARY KEY,
    node_id     uuid NOT NULL REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    observed_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    corrections jsonb NOT NULL CHECK (jsonb_typeof(corrections) = 'array')
);
CREATE INDEX node_drifts_by_node ON plexsphere.node_drifts (node_id, id);

-- +goose Down
DROP TABLE plexsphere.node_drifts;
DELETE FROM plexsphere.node_heartbeats WHERE binary_checksum IS NULL;
ALTER TABLE plexsphere.node_heartbeats ALTER COLUMN binary_checksum SET NOT NULL;
DROP INDEX plexsphere.peer_key_rotations_completed;
ALTER TABLE plexsphere.peer_key_rotations
    DROP COLUMN wrap_key_version, DROP COLUMN kid, DROP COLUMN public_key;
DROP TABLE plexsphere.peer_psks;
DROP TABLE plexsphere.node_endpoints;
