#include "suites/integrity/integrity.h"

#include <stdarg.h>

#include "common/json.h"
#include "common/text.h"

json_t *entry(const char *kind)
{
    bool host_key = text_equal(kind, "ssh_host_key");
    return json_pack("{s:s, s:s, s:s, s:s}", "kind", kind, "detected_by", "inotify", "artifact_id",
                     "plexd", host_key ? "observed_fingerprint" : "observed_checksum",
                     host_key ? FINGERPRINT_A : CHECKSUM_A);
}

json_t *batch(json_t *first, ...)
{
    va_list more;
    json_t *entries = json_array();
    va_start(more, first);
    for (json_t *one = first; one; one = va_arg(more, json_t *))
        json_array_append_new(entries, one);
    va_end(more);
    return json_pack("{s:o}", "violations", entries);
}

const char *violations_path(struct world *w, const char *node)
{
    return path(w, "/v1/nodes/%s/integrity-violations", node);
}

struct exchange *reporting_of(struct world *w, const struct own_node *n, json_t *body)
{
    return post(w, violations_path(w, n->id), .bearer = n->nsk, .json = body);
}

const char *list_of(struct world *w, const struct own_node *n, const char *more)
{
    return path(w, "/v1/integrity-violations?node_id=%s%s", n->id, more);
}

struct reply *listed_now(struct world *w, const char *list)
{
    return accept(judged(get(w, list, .as = w->platform_reader)), 200);
}

size_t listed_rows(struct world *w, const char *list)
{
    return json_array_size(expect_member(listed_now(w, list), "/items"));
}

const char *open_violation(struct world *w, const struct own_node *n)
{
    accept(reporting_of(w, n, batch(entry("hook_checksum"), NULL)), 200);
    json_t *items =
        expect_member(accept(get(w, list_of(w, n, "&status=open"), .as = w->platform_reader), 200),
                      "/items");
    size_t rows = json_array_size(items);
    expect(w, rows > 0, "the violation is not listed");
    return json_text(json_array_get(items, rows - 1), "id");
}

struct exchange *acknowledging(struct world *w, const struct credential *as, const char *id,
                               json_t *body)
{
    return post(w, path(w, "/v1/integrity-violations/%s/acknowledge", id), .as = as, .json = body);
}

json_t *because(const char *reason)
{
    return json_pack("{s:s}", "reason", reason);
}
