/* problem_codes.gen.def: one row a (code, status) that can leave as a Problem. */
#include <ctype.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/generate/tables.h"

/* Reasons inside a 200 reply or inside PermissionDenied are no Problem codes, and `unnamed` marks a
 * status that the contract leaves without one (ruling 3). */
static bool is_answered(const json_t *row)
{
    static const char *const reasons[] = { "out_of_scope", "insufficient_relation",
                                           "caveat_violation", "unnamed" };
    const char *code = json_text(row, "code"), *kind = json_text(row, "kind");
    if (code == NULL || json_int(row, "status", 0) < 400)
        return false;
    if (text_equal(kind, "check_reason") || text_equal(kind, "import_outcome_reason"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (text_equal(code, reasons[i]))
            return json_flag(row, "problem", false); /* a plain Problem takes the reason as code */
    return true;
}

const struct problem_entry *problem_set_find(const struct problem_set *s, const char *code,
                                             int status)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].status == status && text_equal(s->entries[i].code, code))
            return &s->entries[i];
    return NULL;
}

static bool has_two_statuses(const struct problem_set *s, const struct problem_entry *entry)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].status != entry->status && text_equal(s->entries[i].code, entry->code))
            return true;
    return false;
}

static const char *enum_name(struct arena *a, const struct problem_set *s,
                             const struct problem_entry *entry)
{
    char *name = has_two_statuses(s, entry)
                     ? arena_printf(a, "PROBLEM_%s_%d", entry->code, entry->status)
                     : arena_printf(a, "PROBLEM_%s", entry->code);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    return name;
}

bool problem_set_of(struct arena *a, const struct contract *c, struct problem_set *out,
                    struct error *e)
{
    *out = (struct problem_set){ .n = 0 };
    out->entries = arena_alloc_array(a, json_array_size(c->problems), sizeof *out->entries);
    size_t i;
    json_t *row;
    json_array_foreach (c->problems, i, row) {
        const char *code = json_text(row, "code");
        int status = (int)json_int(row, "status", 0);
        if (is_answered(row) && problem_set_find(out, code, status) == NULL)
            out->entries[out->n++] = (struct problem_entry){ .code = code, .status = status };
    }
    for (i = 0; i < out->n; i++)
        out->entries[i].name = enum_name(a, out, &out->entries[i]);
    if (problem_set_find(out, "surface_not_provisioned", 501) == NULL)
        return error_set(e, "problem-codes.json: surface_not_provisioned with 501 is missing");
    return true;
}

static bool is_initialism(const char *word)
{
    static const char *const known[] = { "nsk", "csrf", "id", "cidr", "url", "idp", "oidc", "ttl" };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (text_equal(word, known[i]))
            return true;
    return false;
}

/* "nsk_invalid" → "NSK invalid". */
static const char *title_of(struct arena *a, const char *code)
{
    size_t n;
    char **words = text_split(a, text_replace_char(a, code, '-', '_'), '_', &n);
    char *title = NULL;
    for (size_t i = 0; i < n; i++) {
        if (is_initialism(words[i]))
            for (char *c = words[i]; *c != '\0'; c++)
                *c = (char)toupper((unsigned char)*c);
        title = title == NULL ? words[i] : arena_printf(a, "%s %s", title, words[i]);
    }
    if (title != NULL)
        title[0] = (char)toupper((unsigned char)title[0]);
    return title;
}

bool problems_write(struct arena *a, const struct problem_set *s, const char *path, struct error *e)
{
    struct buffer b;
    buffer_init_arena(&b, 1024 * 1024, a);
    buffer_text(&b, "/* Made from problem-codes.json by contract_tables. */\n");
    for (size_t i = 0; i < s->n; i++)
        buffer_printf(&b, "PROBLEM_ROW(%s, %d, \"%s\", \"%s\", \"%s\")\n", s->entries[i].name,
                      s->entries[i].status, s->entries[i].code,
                      text_replace_char(a, s->entries[i].code, '_', '-'),
                      title_of(a, s->entries[i].code));
    if (b.overflow)
        return error_set(e, "%s: longer than 1 MiB", path);
    return file_write_atomic(path, b.data, b.len, 0644, e);
}
