#include "suites/state/state.h"

#include "common/json.h"
#include "common/text.h"
#include "suites/registration/registration.h"

const char *state_path(struct world *w, const char *node)
{
    return path(w, "/v1/nodes/%s/state", node);
}

const char *report_path(struct world *w, const char *node, const char *key)
{
    return path(w, "/v1/nodes/%s/state/reports/%s", node, key);
}

struct reply *own_state(struct world *w, const struct own_node *n)
{
    return accept(judged(get(w, state_path(w, n->id), .bearer = n->nsk)), 200);
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
    size_t i;
    json_t *entry;
    json_array_foreach (json_member(json_member(r->json, "state"), array), i, entry)
        if (text_equal(json_text(entry, "key"), key))
            return entry;
    return NULL;
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
