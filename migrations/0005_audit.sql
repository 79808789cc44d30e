-- The tamper-evident chains. Nothing here refers to Domains: a chain outlives its Domain.

-- +goose Up
CREATE TABLE plexsphere.audit_heads (
    chain      uuid   PRIMARY KEY,
    seq        bigint NOT NULL CHECK (seq >= 0), -- 0: no entry yet
    entry_hash bytea  NOT NULL CHECK (length(entry_hash) = 32)
);

CREATE TABLE plexsphere.audit_entries (
    chain          uuid        NOT NULL,
    seq            bigint      NOT NULL CHECK (seq >= 1),
    occurred_at    timestamptz NOT NULL,
    reason         text        NOT NULL,
    subject        bytea       NOT NULL, -- pseudonym
    relation       text        NOT NULL,
    object_type    text        NOT NULL,
    object_id      text        NOT NULL,
    caveat_context text        NOT NULL, -- JSON as it was hashed: caveat name to parameter names
    relation_path  text        NOT NULL, -- JSON as it was hashed: array of usersets
    correlation_id text        NOT NULL,
    ip             text,
    user_agent     text,
    prev_hash      bytea       NOT NULL,
    entry_hash     bytea       NOT NULL,
    archive_etag   text,
    archived_at    timestamptz,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_entries_by_subject ON plexsphere.audit_entries (chain, subject, seq);
CREATE INDEX audit_entries_by_correlation ON plexsphere.audit_entries (correlation_id);

-- The only place that knows who a pseudonym is.
CREATE TABLE plexsphere.audit_subject_pii (
    pseudonym   bytea PRIMARY KEY,
    kind        text  NOT NULL,
    identity_id uuid  NOT NULL
);

-- Pseudonyms that were erased: they are never resolved again, whoever acts later.
CREATE TABLE plexsphere.audit_erasures (
    pseudonym bytea       PRIMARY KEY,
    erased_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE plexsphere.audit_erasures;
DROP TABLE plexsphere.audit_subject_pii;
DROP TABLE plexsphere.audit_entries;
DROP TABLE plexsphere.audit_heads;
