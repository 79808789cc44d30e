#include "drift-gates/env_contract/catalogue.h"

#include "common/file.h"
#include "common/json.h"
#include "common/text.h"

/* JSON keeps no lines: the one on which `"name": "NAME"` stands. */
static int line_of(struct bytes text, const char *name, struct arena *a)
{
    const char *quoted = arena_printf(a, "\"%s\"", name);
    size_t n = strlen(quoted);
    const unsigned char *at = text.data, *end = text.data + text.len;
    while ((at = memmem(at, (size_t)(end - at), quoted, n)) != NULL) {
        const unsigned char *before = at - text.data < 10 ? text.data : at - 10;
        if (memmem(before, (size_t)(at - before), "\"name\"", 6) != NULL)
            return line_at(text, (size_t)(at - text.data));
        at += n;
    }
    return 0;
}

static const char *stated_value(const json_t *row)
{
    const char *encoded = json_text(row, "dev_value_encoded");
    if (!json_flag(row, "dev_value_exact", false))
        return NULL;
    return encoded != NULL ? encoded : json_text(row, "dev_value");
}

/* Ruling 15: a URL that the contract writes without its scheme has https:// in an overlay. */
static const char *with_scheme(struct arena *a, const char *value, const char *parse)
{
    if (value == NULL || !text_equal(parse, "url") || text_contains(value, "://"))
        return value;
    return arena_printf(a, "https://%s", value);
}

static struct env_row read_row(struct gate_run *g, const json_t *row, struct bytes text,
                               const char *file)
{
    const char *dev = json_text(row, "dev_value"), *parse = json_text(row, "parse");
    struct env_row out = {
        .name = json_text(row, "name"),
        .reader = json_text(row, "reader"),
        .component = json_text(row, "component"),
        .class = json_text(row, "class"),
        .parse = parse == NULL ? "string" : parse,
        .source = json_text(row, "source_kind"),
        .source_name = json_text(row, "source_name"),
        .source_key = json_text(row, "source_key"),
        .dev_value = with_scheme(g->arena, stated_value(row), parse),
        .hex_fixture = text_starts(dev, "dec0deNN"),
        .secret = json_flag(row, "secret_material", false),
        .own = text_equal(json_text(row, "class"), "reference-own"),
        .optional = json_array_has_text(json_member(row, "tables"), "optional"),
        .words = json_member(row, "words"),
        .makes_required = json_member(row, "makes_required"),
    };
    if (out.reader == NULL)
        out.reader = "plexsphere";
    out.where =
        (struct place){ .file = file, .line = line_of(text, out.name, g->arena), .path = out.name };
    return out;
}

static bool read_rows(struct gate_run *g, struct catalogue *c, const char *member,
                      struct bytes text, struct error *e)
{
    const json_t *row;
    size_t i;
    json_array_foreach (json_object_get(c->root, member), i, row) {
        if (text_blank(json_text(row, "name")))
            return error_set(e, "%s: %s[%zu] has no name", c->file, member, i);
        if (catalogue_row(c, json_text(row, "name")) != NULL)
            return error_set(e, "%s: %s is there twice", c->file, json_text(row, "name"));
        c->rows[c->n++] = read_row(g, row, text, c->file);
    }
    return true;
}

static const char *prefix_of(struct arena *a, const struct catalogue *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const char *end = strchr(c->rows[i].name, '_');
        if (text_equal(c->rows[i].reader, "plexsphere") && end != NULL)
            return arena_strndup(a, c->rows[i].name, (size_t)(end - c->rows[i].name) + 1);
    }
    return "";
}

bool catalogue_open(struct gate_run *g, struct catalogue *out, struct error *e)
{
    const struct settings *s = g->settings;
    struct bytes text = contract_file_bytes(CONTRACT_ENV);
    *out = (struct catalogue){ .file = contract_file_name(CONTRACT_ENV) };
    if (!settings_contract(s, CONTRACT_ENV, &out->root, e))
        return false;
    const char *own = s->contract == NULL ? NULL : path_join(g->arena, s->contract, out->file);
    if (own != NULL && tree_find(s->tree, own) != NULL) {
        if (!tree_read(s->tree, own, &text, e))
            return false;
        out->file = own;
    }
    size_t room = json_array_size(json_object_get(out->root, "env")) +
                  json_array_size(json_object_get(out->root, "reference_own"));
    out->rows = arena_alloc_array(g->arena, room + 1, sizeof(*out->rows));
    if (!read_rows(g, out, "env", text, e) || !read_rows(g, out, "reference_own", text, e))
        return false;
    out->prefix = prefix_of(g->arena, out);
    return true;
}

const struct env_row *catalogue_row(const struct catalogue *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++) {
        if (text_equal(c->rows[i].name, name))
            return &c->rows[i];
    }
    return NULL;
}

bool env_row_is_unset(const struct env_row *row)
{
    return text_equal(row->source, "unset");
}
