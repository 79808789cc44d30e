-- Everything of ours lives in the schema plexsphere, so that one DROP SCHEMA in a test, or one
-- GRANT in an installation, speaks of all of it. Only goose_db_version lies outside.

-- +goose Up
CREATE SCHEMA plexsphere;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA plexsphere;

-- +goose Down
-- An extension that was here before the first migration is not ours to drop.
-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
               WHERE e.extname = 'btree_gist' AND n.nspname = 'plexsphere') THEN
        DROP EXTENSION btree_gist;
    END IF;
END
$$;
-- +goose StatementEnd
DROP SCHEMA plexsphere;
