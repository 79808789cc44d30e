-- +goose Up
CREATE TABLE app.nodes (id uuid PRIMARY KEY);

-- +goose Down
-- nothing to do
