-- +goose Up
ALTER TABLE app.nodes ADD COLUMN left_at timestamptz;
CREATE INDEX nodes_left ON app.nodes (left_at);

-- +goose Down
DELETE FROM app.nodes WHERE left_at IS NOT NULL;
DROP INDEX app.nodes_left;
ALTER TABLE app.nodes DROP COLUMN left_at;
