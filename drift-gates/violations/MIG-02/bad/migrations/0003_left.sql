-- +goose Up
ALTER TABLE app.nodes ADD COLUMN left_at timestamptz;
CREATE INDEX nodes_left ON app.nodes (left_at);

-- +goose Down
DROP INDEX app.nodes_left;
ALTER TABLE app.nodes DROP COLUMN left_at;
