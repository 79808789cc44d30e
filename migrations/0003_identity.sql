-- Identities and their API tokens. A token is known by its SHA-256 alone.

-- +goose Up
CREATE TABLE plexsphere.identities (
    id         uuid        PRIMARY KEY,
    kind       text        NOT NULL CHECK (kind IN ('user', 'service-identity')),
    domain_id  uuid        REFERENCES plexsphere.domains (id), -- NULL: platform scope
    display    text,
    email      text,
    created_at timestamptz NOT NULL
);
CREATE INDEX identities_domain ON plexsphere.identities (domain_id, created_at DESC, id DESC);

CREATE TABLE plexsphere.api_tokens (
    id              uuid        PRIMARY KEY,
    identity_id     uuid        NOT NULL REFERENCES plexsphere.identities (id) ON DELETE CASCADE,
    env_prefix      text        NOT NULL CHECK (env_prefix ~ '^[a-z]{1,16}$'),
    digest          bytea       NOT NULL CHECK (length(digest) = 32),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    last_used_at    timestamptz,
    rotated_at      timestamptz,
    revoked_at      timestamptz,
    retiring_digest bytea       CHECK (length(retiring_digest) = 32),
    retiring_until  timestamptz,
    CONSTRAINT api_tokens_digest UNIQUE (digest),
    CONSTRAINT api_tokens_retiring CHECK ((retiring_digest IS NULL) = (retiring_until IS NULL))
);
CREATE INDEX api_tokens_of_identity ON plexsphere.api_tokens (identity_id, created_at, id);
CREATE UNIQUE INDEX api_tokens_retiring_digest ON plexsphere.api_tokens (retiring_digest)
    WHERE retiring_digest IS NOT NULL;

-- +goose Down
DROP TABLE plexsphere.api_tokens;
DROP TABLE plexsphere.identities;
