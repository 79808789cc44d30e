-- What Nodes say they are and can do (SPEC CAP-*).

-- +goose Up
-- The manifest a Node reported last. Declared hooks are an object by name: two reports that differ
-- in their order alone are one and the same.
CREATE TABLE plexsphere.node_capabilities (
    node_id                  uuid        PRIMARY KEY REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    binary_version           text        NOT NULL,
    binary_checksum          bytea       NOT NULL CHECK (octet_length(binary_checksum) = 32),
    ssh_host_key_fingerprint text        CHECK (ssh_host_key_fingerprint <> ''),
    declared_hooks           jsonb       NOT NULL CHECK (jsonb_typeof(declared_hooks) = 'object'),
    reported_at              timestamptz NOT NULL
);

-- The hooks its agent discovered, numbered by name: a name may be longer than an index entry holds.
CREATE TABLE plexsphere.discovered_hooks (
    node_id         uuid     REFERENCES plexsphere.node_capabilities (node_id) ON DELETE CASCADE,
    position        smallint NOT NULL,
    name            text     NOT NULL,
    image_digest    text     NOT NULL CHECK (image_digest ~ '^sha256:[0-9a-f]{64}$'),
    parameters      jsonb    NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
    timeout_seconds bigint   CHECK (timeout_seconds >= 0),
    sandbox         boolean  NOT NULL,
    PRIMARY KEY (node_id, position)
);

-- The image a Domain declares for the hooks of a name. A declared hook of a manifest has no image,
-- so no operation writes here yet; whoever comes to declare images does.
CREATE TABLE plexsphere.declared_hook_images (
    domain_id    uuid NOT NULL REFERENCES plexsphere.domains (id) ON DELETE CASCADE,
    name         text NOT NULL,
    image_digest text NOT NULL CHECK (image_digest ~ '^sha256:[0-9a-f]{64}$')
);
CREATE INDEX declared_hook_images_of_domain ON plexsphere.declared_hook_images (domain_id);

-- Which checksums of a version are good. One version may have several: one a platform it is built for.
CREATE TABLE plexsphere.known_good_checksums (
    version  text  NOT NULL CHECK (char_length(version) BETWEEN 1 AND 256),
    checksum bytea NOT NULL CHECK (octet_length(checksum) = 32),
    PRIMARY KEY (version, checksum)
);

-- +goose Down
DROP TABLE plexsphere.known_good_checksums;
DROP TABLE plexsphere.declared_hook_images;
DROP TABLE plexsphere.discovered_hooks;
DROP TABLE plexsphere.node_capabilities;
