-- +goose Up
ALTER TABLE app.nodes ADD COLUMN left_at timestamptz;
CREATE INDEX nodes_left ON app.nodes (left_at);

-- +goose Down
ALTER TABLE app.nodes DROP COLUMN left_at;
