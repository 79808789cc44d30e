-- Integrity violations as agents detect them and operators acknowledge them (SPEC INT-*).

-- +goose Up
-- A row's Domain and Project are its Node's, kept with it: lists ask for them first.
CREATE TABLE plexsphere.integrity_violations (
    id                      uuid        PRIMARY KEY,
    node_id                 uuid        NOT NULL REFERENCES plexsphere.nodes (id) ON DELETE CASCADE,
    domain_id               uuid        NOT NULL,
    project_id              uuid        NOT NULL,
    kind                    text        NOT NULL CHECK (kind IN ('binary', 'hook', 'host_key')),
    detected_by             text        NOT NULL
                            CHECK (detected_by IN ('startup_scan', 'inotify', 'pre_dispatch')),
    artifact_id             text        NOT NULL CHECK (artifact_id <> ''),
    observed                text        NOT NULL,
    expected                text,
    status                  text        NOT NULL DEFAULT 'open'
                            CHECK (status IN ('open', 'acknowledged', 'resolved')),
    detected_at             timestamptz NOT NULL,
    acknowledged_at         timestamptz,
    acknowledged_by_subject text,
    acknowledge_reason      text CHECK (char_length(acknowledge_reason) BETWEEN 1 AND 1024),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by_subject IS NULL)),
    CHECK ((acknowledged_at IS NULL) = (acknowledge_reason IS NULL)),
    CHECK (status <> 'open' OR acknowledged_at IS NULL),
    CHECK (status <> 'acknowledged' OR acknowledged_at IS NOT NULL)
);
CREATE INDEX integrity_violations_of_domain ON plexsphere.integrity_violations (domain_id, id);
CREATE INDEX integrity_violations_of_node ON plexsphere.integrity_violations (node_id, id);

-- +goose Down
DROP TABLE plexsphere.integrity_violations;
