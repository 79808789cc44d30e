#include <ctype.h>

#include "common/json.h"
#include "common/text.h"
#include "drift-gates/code_text.h"
#include "drift-gates/spec_ledger/ledger.h"
#include "drift-gates/lines.h"

static bool is_word(unsigned char c)
{
    return isalnum(c) || c == '_' || c == '-';
}

const char *ledger_id_at(struct arena *a, struct bytes t, size_t i)
{
    size_t end = i, digits;
    if (i > 0 && is_word(t.data[i - 1]))
        return NULL;
    while (end < t.len && isupper(t.data[end]))
        end++;
    digits = end + 1;
    if (end == i || digits + 3 > t.len || t.data[end] != '-')
        return NULL;
    for (size_t k = digits; k < digits + 3; k++) {
        if (!isdigit(t.data[k]))
            return NULL;
    }
    if (digits + 3 < t.len && (isalnum(t.data[digits + 3]) || t.data[digits + 3] == '_'))
        return NULL;
    return arena_strndup(a, (const char *)t.data + i, digits + 3 - i);
}

/* ---- literals of suites and gates ---- */

typedef void take_literal(struct ledger *l, struct bytes text, size_t from, size_t end);

/* The first argument of a macro that begins its line: AGENT_CASE("…", REFUSED("…. */
static bool names_a_case(struct bytes t, size_t from)
{
    size_t end = from;
    while (end > 0 && isspace(t.data[end - 1]))
        end--;
    if (end == 0 || t.data[--end] != '(')
        return false;
    size_t begin = end;
    while (begin > 0 &&
           (isupper(t.data[begin - 1]) || isdigit(t.data[begin - 1]) || t.data[begin - 1] == '_'))
        begin--;
    return begin < end && (begin == 0 || t.data[begin - 1] == '\n');
}

static void take_of_suite(struct ledger *l, struct bytes t, size_t from, size_t end)
{
    const char *text = arena_strndup(l->g->arena, (const char *)t.data + from + 1, end - from - 1);
    if (names_a_case(t, from)) {
        json_object_set_new(l->cases, text, json_true());
        return;
    }
    const char *id = ledger_id_at(l->g->arena, bytes_of_text(text), 0);
    if (text_equal(id, text))
        json_object_set_new(l->judged, text, json_true());
}

/* "SPEC GENV-001, ruling 16", "GLAY-001": the clauses that a rule has as its source. */
static void take_of_gate(struct ledger *l, struct bytes t, size_t from, size_t end)
{
    for (size_t i = from + 1; i < end; i++) {
        const char *id = ledger_id_at(l->g->arena, t, i);
        if (id != NULL)
            json_object_set_new(l->found, id, json_true());
    }
}

static void read_literals(struct ledger *l, const struct tree_file *file, take_literal *take)
{
    struct error e = { .text = "" };
    struct bytes text;
    if (!code_text_is_source(file->path) || text_ends(file->path, "_test.c"))
        return;
    if (!tree_map(l->g->tree, file, &text, &e)) {
        gate_unlooked(l->g, file->path, e.text);
        return;
    }
    struct arena *scratch = arena_create(); /* a large tree's sources are not kept */
    struct bytes t = code_text(scratch, file->path, text);
    tree_unmap(text);
    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] == '\'' && i + 2 < t.len)
            i += t.data[i + 1] == '\\' ? 3 : 2; /* '"' begins no text */
        if (i >= t.len || t.data[i] != '"')
            continue;
        size_t from = i++;
        while (i < t.len && t.data[i] != '"' && t.data[i] != '\n')
            i += t.data[i] == '\\' ? 2 : 1;
        if (i < t.len)
            take(l, t, from, i);
    }
    arena_destroy(scratch);
}

static void read_folders(struct ledger *l, const json_t *folders, const char *const *otherwise,
                         take_literal *take)
{
    size_t n, count = folders == NULL ? 0 : json_array_size(folders);
    for (size_t i = 0; folders == NULL ? otherwise[i] != NULL : i < count; i++) {
        const char *folder =
            folders == NULL ? otherwise[i] : json_string_value(json_array_get(folders, i));
        if (folder == NULL)
            continue;
        const struct tree_file *files = tree_below(l->g->tree, folder, &n);
        for (size_t k = 0; k < n; k++)
            read_literals(l, &files[k], take);
    }
}

void ledger_read_suites(struct ledger *l, const json_t *folders)
{
    static const char *const usual[] = { "conformance/suites", "conformance/harness", NULL };
    read_folders(l, folders, usual, take_of_suite);
}

void ledger_read_gates(struct ledger *l, const json_t *folders)
{
    static const char *const usual[] = { "drift-gates", NULL };
    read_folders(l, folders, usual, take_of_gate);
}

/* ---- every mention ---- */

static bool is_text(const char *path)
{
    static const char *const endings[] = { ".c",  ".h",    ".md",   ".sql",   ".sh",
                                           ".go", ".yaml", ".json", ".patch", ".rules" };
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    if (strchr(name, '.') == NULL)
        return true; /* scripts */
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        if (text_ends(path, endings[i]))
            return true;
    }
    return false;
}

static bool is_known(const struct ledger *l, const char *id)
{
    const char *area = arena_strndup(l->g->arena, id, strlen(id) - 4);
    return json_object_get(l->areas, area) == NULL || /* no id of ours: UTF-008, SHA-256 */
           json_object_get(l->lines, id) != NULL || json_object_get(l->cases, id) != NULL ||
           json_object_get(json_object_get(l->declared.value, "strangers"), id) != NULL;
}

static void judge_file(struct ledger *l, const char *path, struct bytes text)
{
    if (text.len > 0 && memchr(text.data, '\0', text.len < 8000 ? text.len : 8000) != NULL)
        return; /* a program */
    const unsigned char *at = text.data, *end = text.data + text.len;
    while (at < end && (at = memchr(at, '-', (size_t)(end - at))) != NULL) {
        size_t i = (size_t)(at++ - text.data);
        while (i > 0 && isupper(text.data[i - 1]))
            i--;
        const char *id =
            i < text.len && isupper(text.data[i]) ? ledger_id_at(l->g->arena, text, i) : NULL;
        l->mentions += id != NULL;
        if (id != NULL && !is_known(l, id))
            finding(l->g, "LEDG-03", (struct place){ .file = path, .line = line_at(text, i) },
                    "%s is neither a clause nor a case", id);
    }
}

void ledger_judge_mentions(struct ledger *l)
{
    for (size_t i = 0; i < l->g->tree->n; i++) {
        const struct tree_file *file = &l->g->tree->files[i];
        struct error e = { .text = "" };
        struct bytes text;
        if (!is_text(file->path) || text_equal(file->path, l->declared.path))
            continue;
        if (!tree_map(l->g->tree, file, &text, &e)) {
            gate_unlooked(l->g, file->path, e.text);
            continue;
        }
        judge_file(l, file->path, text);
        tree_unmap(text);
    }
}
