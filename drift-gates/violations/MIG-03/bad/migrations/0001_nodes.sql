-- +goose Up
CREATE FUNCTION app.f() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1;
END
$$;
CREATE TABLE app.nodes (id uuid PRIMARY KEY);

-- +goose Down
DROP TABLE app.nodes;
