-- +goose Up
CREATE TABLE app.nodes (id uuid PRIMARY KEY);

-- +goose Down
-- +goose StatementBegin
DROP TABLE app.nodes;
