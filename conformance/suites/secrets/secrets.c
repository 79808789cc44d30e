#include "suites/secrets/secrets.h"

#include "common/text.h"

void give_secret(struct world *w, const struct own_node *n, const char *name, const char *value)
{
    world_given(w, "node_secret",
                json_pack("{s:s, s:s, s:s}", "node_id", n->id, "name", name, "value", value));
}

struct exchange *asking_secret(struct world *w, const struct own_node *n, const char *name,
                               const char *query)
{
    return judged(
        get(w, path(w, "/v1/nodes/%s/secrets/%s%s", n->id, name, query), .bearer = n->nsk));
}

struct reply *expect_secret(struct world *w, const struct own_node *n, const char *name,
                            const char *query, const char *value, const char *version)
{
    struct reply *r = accept(asking_secret(w, n, name, query), 200);
    expect(w, text_equal(opened(w, r, n->nsk), value), "the value is another");
    expect_header(r, "X-Plexsphere-Secret-Version", version);
    return r;
}
