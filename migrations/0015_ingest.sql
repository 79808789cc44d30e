-- The ingest buffer where PostgreSQL is the one that was chosen (SPEC ING-*): a table a signal, a
-- row a record. The tags are the server's and stand beside the record, so that nothing in a record
-- can pass for one. No foreign keys: a record outlives its Node until its hour is over.

-- +goose Up
CREATE TABLE plexsphere.ingest_metrics (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain_id   uuid        NOT NULL,
    project_id  uuid        NOT NULL,
    node_id     uuid        NOT NULL,
    received_at timestamptz NOT NULL,
    record      jsonb       NOT NULL CHECK (jsonb_typeof(record) = 'object')
);
CREATE INDEX ingest_metrics_age ON plexsphere.ingest_metrics (received_at);

CREATE TABLE plexsphere.ingest_logs (
    LIKE plexsphere.ingest_metrics INCLUDING IDENTITY INCLUDING CONSTRAINTS INCLUDING INDEXES
);

CREATE TABLE plexsphere.ingest_audit (
    LIKE plexsphere.ingest_metrics INCLUDING IDENTITY INCLUDING CONSTRAINTS INCLUDING INDEXES
);

-- +goose Down
DROP TABLE plexsphere.ingest_audit;
DROP TABLE plexsphere.ingest_logs;
DROP TABLE plexsphere.ingest_metrics;
