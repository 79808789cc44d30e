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
    return judged(get(w, path(w, "/v1/nodes/%s/secrets/%s%s", n->id, name, query), .mvp = n->mvp,
                      .bearer = n->nsk));
}

static void expect_version(struct world *w, struct reply *r, const struct own_node *n,
                           const char *name, const char *version)
{
    if (!n->mvp) {
        expect_header(r, "X-Plexsphere-Secret-Version", version);
        return;
    }
    struct node_secret secret = sealed_in(w, r, true);
    expect(w, text_equal(secret.key, name), "the secret calls itself %s", secret.key);
    expect(w, text_equal(path(w, "%lld", (long long)secret.version), version),
           "the version is %lld, expected %s", (long long)secret.version, version);
}

struct reply *expect_secret(struct world *w, const struct own_node *n, const char *name,
                            const char *query, const char *value, const char *version)
{
    struct reply *r = accept(asking_secret(w, n, name, query), 200);
    expect(w, text_equal(opened(w, r, n), value), "the value is another");
    expect_version(w, r, n, name, version);
    expect_header(r, "Cache-Control", "no-store");
    return r;
}
