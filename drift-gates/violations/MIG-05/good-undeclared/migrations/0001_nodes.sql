-- +goose Up
CREATE TABLE app.nodes (id uuid PRIMARY KEY);

-- +goose Down
-- +goose StatementBegin
DO $$
BEGIN
    RAISE EXCEPTION 'nodes are not thrown away' USING ERRCODE = '0A000';
END
$$;
-- +goose StatementEnd
