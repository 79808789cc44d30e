-- +goose Up
-- Bootstrap tokens, Nodes and their keys, mesh addresses (SPEC BST-*, REG-*, HBT-*, NOD-*).

CREATE TABLE plexsphere.bootstrap_tokens (
    id                    uuid PRIMARY KEY,
    project_id            uuid NOT NULL REFERENCES plexsphere.projects (id) ON DELETE CASCADE,
    kind                  text NOT NULL CHECK (kind IN ('node', 'bridge')),
    env_prefix            text NOT NULL CHECK (env_prefix ~ '^[a-z]{1,32}$'),
    lookup_digest         bytea NOT NULL UNIQUE CHECK (octet_length(lookup_digest) = 32),
    hash                  text NOT NULL,
    issued_at             timestamptz NOT NULL,
    expires_at            timestamptz NOT NULL CHECK (expires_at > issued_at),
    issued_by_user_id     uuid NOT NULL,
    consumed_at           timestamptz,
    consumed_nonce_digest bytea,
    revoked_at            timestamptz,
    CHECK ((consumed_at IS NULL) = (consumed_nonce_digest IS NULL)),
    CHECK (consumed_at IS NULL OR revoked_at IS NULL)
);
CREATE INDEX bootstrap_tokens_by_project ON plexsphere.bootstrap_tokens (project_id, id);
-- A nonce may be 4,096 characters long, more than an index entry holds: its digest is kept.
CREATE UNIQUE INDEX bootstrap_tokens_nonce
    ON plexsphere.bootstrap_tokens (project_id, consumed_nonce_digest)
    WHERE consumed_nonce_digest IS NOT NULL;

CREATE TABLE plexsphere.nodes (
    id            uuid PRIMARY KEY,
    domain_id     uuid NOT NULL REFERENCES plexsphere.domains (id),
    project_id    uuid NOT NULL REFERENCES plexsphere.projects (id),
    resource_id   uuid REFERENCES plexsphere.resources (id) ON DELETE SET NULL,
    kind          text NOT NULL CHECK (kind IN ('node', 'bridge')),
    public_key    bytea NOT NULL CHECK (octet_length(public_key) = 32),
    mesh_ip       inet NOT NULL,
    registered_at timestamptz NOT NULL
);
CREATE INDEX nodes_by_domain ON plexsphere.nodes (domain_id, id);
CREATE INDEX nodes_by_project ON plexsphere.nodes (project_id);
CREATE INDEX nodes_by_resource ON plexsphere.nodes (resource_id);

CREATE TABLE plexsphere.node_secret_keys (
    id         uuid PRIMARY KEY,
    node_id    uuid NOT NULL REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    digest     bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    wrapped    bytea NOT NULL,
    issued_at  timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX node_secret_keys_by_node ON plexsphere.node_secret_keys (node_id);

-- The latest accepted heartbeat of each Node. No index beside the key and room in each page, so
-- that an update stays on its page.
CREATE TABLE plexsphere.node_heartbeats (
    node_id         uuid PRIMARY KEY REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    accepted_at     timestamptz NOT NULL,
    client_now      timestamptz NOT NULL,
    binary_checksum bytea NOT NULL CHECK (octet_length(binary_checksum) = 32),
    binary_version  text NOT NULL,
    nat_summary     jsonb NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE plexsphere.peer_key_rotations (
    id           uuid PRIMARY KEY,
    node_id      uuid NOT NULL REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    requested_at timestamptz NOT NULL,
    completed_at timestamptz
);
CREATE UNIQUE INDEX peer_key_rotations_pending
    ON plexsphere.peer_key_rotations (node_id) WHERE completed_at IS NULL;

-- Addresses are kept without a prefix length, so that they compare by value alone.
CREATE TABLE plexsphere.mesh_ip_allocations (
    domain_id uuid NOT NULL REFERENCES plexsphere.domains (id),
    address   inet NOT NULL CHECK (address = host(address)::inet),
    node_id   uuid NOT NULL UNIQUE REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    PRIMARY KEY (domain_id, address)
);

-- Where the search for the lowest free address starts; it goes round once. One row per Domain pool
-- and per Project sub-range (scope_id). `held` closes the pool: it gives nothing.
CREATE TABLE plexsphere.mesh_pools (
    scope_id    uuid PRIMARY KEY,
    domain_id   uuid NOT NULL REFERENCES plexsphere.domains (id) ON DELETE CASCADE,
    search_from inet,
    held        boolean NOT NULL DEFAULT false
);

-- +goose Down
DROP TABLE plexsphere.mesh_pools;
DROP TABLE plexsphere.mesh_ip_allocations;
DROP TABLE plexsphere.peer_key_rotations;
DROP TABLE plexsphere.node_heartbeats;
DROP TABLE plexsphere.node_secret_keys;
DROP TABLE plexsphere.nodes;
DROP TABLE plexsphere.bootstrap_tokens;
