#include "suites/state/state.h"

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"
#include "harness/node_dialect.h"
#include "suites/mvp/mvp.h"
#include "suites/registration/registration.h"

const char *state_path(struct world *w, const char *node)
{
    return path(w, "/v1/nodes/%s/state", node);
}

const char *report_path(struct world *w, const char *node, const char *key)
{
    return path(w, "/v1/nodes/%s/state/reports/%s", node, key);
}

struct exchange *reading_state(struct world *w, const struct own_node *n, const char *node)
{
    return judged(get(w, state_path(w, node), .mvp = n->mvp, .bearer = n->nsk));
}

struct reply *own_state(struct world *w, const struct own_node *n)
{
    return accept(reading_state(w, n, n->id), 200);
}

const json_t *told_state(struct world *w, const struct own_node *n)
{
    const char *why = "";
    const json_t *state = node_state_read(w->arena, n->mvp, own_state(w, n)->json, &why);
    expect(w, state != NULL, "the state of the Node's dialect lacks %s", why);
    return state;
}

json_t *entry_of_key(const json_t *array, const char *key)
{
    size_t i;
    json_t *entry;
    json_array_foreach ((json_t *)(uintptr_t)array, i, entry)
        if (text_equal(json_text(entry, "key"), key))
            return entry;
    return NULL;
}

/* ---- reports ---- */

static struct exchange *posting_report(struct world *w, const struct own_node *n, const char *key,
                                       const char *text)
{
    json_t *entry =
        json_pack("{s:s, s:s, s:s, s:i, s:s}", "key", key, "content_type", "text/plain", "payload",
                  text, "version", 1, "updated_at", timestamp_format(w->arena, world_now(w)));
    return mvp_posting(w, n, "report", json_pack("{s:[o], s:n}", "entries", entry, "deleted"));
}

struct exchange *sending_report(struct world *w, const struct own_node *n, const char *key,
                                const char *text)
{
    return judged(n->mvp ? posting_report(w, n, key, text)
                         : putting(w, n, url_encode(w->arena, key), report(text, NULL)));
}

struct reply *accept_report(const struct own_node *n, struct exchange *x)
{
    return accept(x, n->mvp ? 204 : 200);
}

const char *reported(struct world *w, const struct own_node *n, const char *key)
{
    struct reply *r = accept(judged(get(w, state_path(w, n->id), .as = w->platform_manager)), 200);
    return json_text(entry_in(r, "reports", key), "value");
}

const char *as_reported(struct world *w, const struct own_node *n, const char *text)
{
    return n->mvp ? json_dump(w->arena, json_own(w->arena, json_string(text))) : text;
}

struct exchange *putting(struct world *w, const struct own_node *n, const char *key, json_t *body)
{
    return put(w, report_path(w, n->id, key), .bearer = n->nsk, .json = body);
}

json_t *report(const char *value, const char *tag)
{
    json_t *body = json_pack("{s:s}", "value", value);
    if (tag)
        json_object_set_new(body, "workload_tag", json_string(tag));
    return body;
}

json_t *entry_in(struct reply *r, const char *array, const char *key)
{
    return entry_of_key(json_member(json_member(r->json, "state"), array), key);
}

void expect_keys(struct world *w, struct reply *r, const char *array, const char *const *keys)
{
    json_t *list = expect_member(r, path(w, "/state/%s", array));
    size_t n = 0;
    for (; keys[n]; n++)
        expect(w, text_equal(json_text(json_array_get(list, n), "key"), keys[n]),
               "entry %zu of %s is not %s", n, array, keys[n]);
    expect(w, json_array_size(list) == n, "%s has %zu entries, expected %zu", array,
           json_array_size(list), n);
}

struct own_domain own_domain_here(struct world *w)
{
    const char *id = json_text(world_new_domain(w), "id");
    return (struct own_domain){ id, own_project_in(w, id) };
}
