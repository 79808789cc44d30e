#include "harness/proof.h"

#include <string.h>

#include "common/file.h"
#include "common/json.h"
#include "common/text.h"

#define FILE_CAP (16u * 1024 * 1024)

static void read_cases(struct proof *p)
{
    json_t *document = NULL;
    if (!json_parse_file(p->arena, p->path, FILE_CAP, &document, NULL) ||
        !text_equal(json_text(document, "digest"), p->digest))
        return;
    const char *id;
    json_t *names;
    json_object_foreach (json_member(document, "cases"), id, names) {
        if (json_is_array(names))
            json_object_set(p->cases, id, names);
    }
}

void proof_open(struct proof *p, struct arena *a, const char *directory, const char *digest,
                bool forget)
{
    *p = (struct proof){ .arena = a, .digest = digest };
    p->cases = json_own(a, json_object());
    p->pending = json_own(a, json_object());
    if (directory == NULL)
        return;
    p->path = path_join(a, directory, arena_printf(a, "impostors-%.32s.json", digest));
    if (!forget)
        read_cases(p);
}

const json_t *proof_of(const struct proof *p, const char *id)
{
    return json_object_get(p->cases, id);
}

/* {"n": impostors heard, "unclear": bool, "names": […]} */
static json_t *pending_of(struct proof *p, const char *id)
{
    json_t *row = json_object_get(p->pending, id);
    if (row == NULL) {
        row = json_pack("{s:i, s:b, s:[]}", "n", 0, "unclear", 0, "names");
        json_object_set_new(p->pending, id, row);
    }
    return row;
}

void proof_learn(struct proof *p, const char *id, enum impostor i, enum proof_result r)
{
    json_t *row = pending_of(p, id);
    json_t *names = json_object_get(row, "names");
    int64_t heard = json_int(row, "n", 0) + 1;
    json_object_set_new(row, "n", json_integer(heard));
    if (r == PROOF_SATISFIED)
        json_array_append_new(names, json_string(worker_impostor_name(i)));
    if (r == PROOF_UNCLEAR)
        json_object_set_new(row, "unclear", json_true());
    /* One satisfied impostor is proof enough of a vacuous case; being sound needs all of them. */
    bool all = heard == IMPOSTOR_LAST && !json_flag(row, "unclear", false);
    if (all || json_array_size(names) > 0) {
        json_object_set(p->cases, id, names);
        p->changed = true;
    }
}

/* Another program's or contract's file is of no use any more. */
static void write_file(struct proof *p, bool *ok, struct error *e)
{
    json_t *document =
        json_own(p->arena, json_pack("{s:s, s:O}", "digest", p->digest, "cases", p->cases));
    const char *text = json_dump_pretty(p->arena, document);
    *ok = file_write_atomic(p->path, text, strlen(text), 0644, e);
}

bool proof_save(struct proof *p, struct error *e)
{
    bool ok = true;
    if (p->path == NULL || !p->changed)
        return true;
    const char *slash = strrchr(p->path, '/');
    char *directory = arena_strndup(p->arena, p->path, (size_t)(slash - p->path));
    if (!directory_make(directory, 0755, e))
        return false;
    write_file(p, &ok, e);
    return ok;
}
