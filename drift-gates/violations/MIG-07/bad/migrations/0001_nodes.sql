-- +goose Up
CREATE TABLE app.nodes (id uuid PRIMARY KEY);

-- +goose Down
SELECT 1;
