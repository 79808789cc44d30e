-- One sealed share a live Node in place of one sealed secret a pair: a pair's PSK comes of both
-- shares, so that whoever joins or rotates writes one row (SPEC MSH-061 to MSH-063).
--
-- What becomes of the rows there are: a share cannot be made of sealed pairs, and SQL has no key to
-- seal one with. The pairs' secrets end here; none was ever sent to anyone (MSH-047). A control
-- plane that starts gives each live Node without a share a new one, so that kids in previews change.

-- +goose Up
CREATE TABLE plexsphere.node_psk_shares (
    node_id          uuid NOT NULL REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    kid              uuid NOT NULL,
    -- The order of issue: of a pair's two shares the later one names the PSK.
    number           bigint GENERATED ALWAYS AS IDENTITY,
    wrap_key_version integer NOT NULL CHECK (wrap_key_version >= 0),
    wrapped          bytea NOT NULL,
    issued_at        timestamptz NOT NULL,
    retired_at       timestamptz,
    PRIMARY KEY (node_id, kid)
);
CREATE UNIQUE INDEX node_psk_shares_in_force
    ON plexsphere.node_psk_shares (node_id) WHERE retired_at IS NULL;
DROP TABLE plexsphere.peer_psks;

-- +goose Down
-- Shares end as pairs did: the older program issues a pair's secret when one of the two rotates.
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
DROP TABLE plexsphere.node_psk_shares;
