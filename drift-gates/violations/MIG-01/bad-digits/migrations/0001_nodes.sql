-- +goose Up
CREATE TABLE app.nodes (id uuid PRIMARY KEY);

-- +goose Down
DROP TABLE app.nodes;
