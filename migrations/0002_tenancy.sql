-- Domains, Projects and the mesh ranges that Projects reserve (SPEC DOM-*, PRJ-*). Lengths are
-- bounded here as well, so that no writer beside the service can store what the service would
-- refuse. Order matters: of two constraints that a row breaks, Postgres reports the one whose index
-- is older, and a Domain that breaks both must hear of its slug (DOM-005).

-- +goose Up
CREATE TABLE plexsphere.domains (
    id                    uuid        PRIMARY KEY,
    name                  text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    slug                  text        COLLATE "C" NOT NULL
                                      CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 64),
    description           text        NOT NULL CHECK (char_length(description) <= 1024),
    region                text        NOT NULL -- '': unpinned
                                      CHECK (region ~ '^([a-z0-9]+(-[a-z0-9]+)*)?$' AND char_length(region) <= 64),
    mesh_cidr             cidr        NOT NULL,
    heartbeat_interval_ns bigint      NOT NULL CHECK (heartbeat_interval_ns >= 10000000000),
    stale_after_ns        bigint      NOT NULL CHECK (stale_after_ns >= 3 * heartbeat_interval_ns),
    unreachable_after_ns  bigint      NOT NULL
                                      CHECK (unreachable_after_ns >= 2 * stale_after_ns
                                             AND unreachable_after_ns <= 3600000000000),
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL
);
ALTER TABLE plexsphere.domains ADD CONSTRAINT domains_slug UNIQUE (slug);
ALTER TABLE plexsphere.domains ADD CONSTRAINT domains_mesh_cidr EXCLUDE USING gist (mesh_cidr inet_ops WITH &&);

CREATE TABLE plexsphere.projects (
    id          uuid        PRIMARY KEY,
    domain_id   uuid        NOT NULL REFERENCES plexsphere.domains (id),
    name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    slug        text        COLLATE "C" NOT NULL
                            CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 64),
    description text        NOT NULL CHECK (char_length(description) <= 1024),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT projects_slug UNIQUE (domain_id, slug),
    CONSTRAINT projects_of_domain UNIQUE (id, domain_id) -- what a reservation refers to
);
CREATE INDEX projects_by_slug ON plexsphere.projects (slug, id);

CREATE TABLE plexsphere.project_mesh_ip_reservations (
    project_id uuid PRIMARY KEY,
    domain_id  uuid NOT NULL,
    sub_range  cidr NOT NULL,
    FOREIGN KEY (project_id, domain_id) REFERENCES plexsphere.projects (id, domain_id) ON DELETE CASCADE,
    CONSTRAINT reservations_disjoint EXCLUDE USING gist (domain_id WITH =, sub_range inet_ops WITH &&)
);

-- +goose Down
DROP TABLE plexsphere.project_mesh_ip_reservations;
DROP TABLE plexsphere.projects;
DROP TABLE plexsphere.domains;
