-- The outbox: what happened, written in the transaction in which it happened. A reader must not
-- take the highest id it saw as "all before it is read": ids are given at insert, rows appear at
-- commit. No foreign keys: an event about a deleted Domain outlives the Domain.

-- +goose Up
CREATE TABLE plexsphere.outbox_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type       text NOT NULL CHECK (type <> ''),
    domain_id  uuid,
    subject_id uuid,
    payload    jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    created_at timestamptz NOT NULL
);
CREATE INDEX outbox_events_domain ON plexsphere.outbox_events (domain_id, id);

-- +goose Down
DROP TABLE plexsphere.outbox_events;
