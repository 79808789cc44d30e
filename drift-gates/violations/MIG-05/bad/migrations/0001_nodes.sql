-- +goose Up
CREATE TABLE app.nodes (id uuid PRIMARY KEY);

-- +goose Down
-- +goose StatementBegin
DO $$
BEGIN
    RAISE EXCEPTION 'nodes are not thrown away' USING ERRCODE = 'P0001';
END
$$;
-- +goose StatementEnd
