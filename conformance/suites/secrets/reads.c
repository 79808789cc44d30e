/* suites/secrets/reads.c — SEC-*: what a Node gets when it asks for a secret, and what is written
 * down of it. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "harness/hooks.h"
#include "harness/profile.h"
#include "suites/audit/audit.h"
#include "suites/posture/posture.h"
#include "suites/secrets/secrets.h"

#define SUITE "secrets"

/* X8 */
BOTH("SEC-001", .clauses = { "SEC-001", "SEC-002", "SEC-003", "SEC-032" }, SECRETS,
     .title = "a secret comes sealed under the Node's key, each time with a nonce of its own")
{
    struct own_node n = own_node(w), other = own_node(w);
    const char *plain, *value = "s3cret \xc3\xa9\n";
    give_secret(w, &n, "db-password", value);
    struct reply *first = expect_secret(w, &n, "db-password", "", value, "1");
    struct reply *second = expect_secret(w, &n, "db-password", "", value, "1");
    struct node_secret one = sealed_in(w, first, n.mvp), two = sealed_in(w, second, n.mvp);
    expect(w, one.ciphertext.len == strlen(value) + 16, "%zu bytes for a value of %zu",
           one.ciphertext.len, strlen(value));
    expect(w, memcmp(one.nonce, two.nonce, sizeof one.nonce) != 0, "a nonce came twice");
    expect(w, !opens(w, first, &n, other.nsk, &plain), "another Node's key opens it");
    expect(w, n.mvp || !text_blank(reply_header(first, "X-Plexsphere-Secret-KID")),
           "the KID is empty");
    refuse(get(w, path(w, "/v1/nodes/%s/secrets/db-password", n.id)), 401, "unauthorized");
}

BOTH("SEC-009", .clauses = { "SEC-008", "SEC-009", "SEC-012" }, SECRETS,
     .title = "a secret has its versions, and the newest is the one without a number")
{
    struct own_node n = own_node(w);
    give_secret(w, &n, "key", "one");
    give_secret(w, &n, "key", "two");
    expect_secret(w, &n, "key", "", "two", "2");
    expect_secret(w, &n, "key", "?version=1", "one", "1");
    expect_secret(w, &n, "key", "?version=2", "two", "2");
    refuse(asking_secret(w, &n, "key", "?version=3"), 404, "secret_version_not_found");
}

/* X9 */
BOTH("SEC-008", .clauses = { "SEC-008", "SEC-036" }, SECRETS,
     .title = "a version that the backend alone knows of is the one that is served")
{
    struct own_node n = own_node(w);
    give_secret(w, &n, "key", "one");
    world_given(w, "promoted_secret",
                json_pack("{s:s, s:s, s:s}", "node_id", n.id, "name", "key", "value", "ahead"));
    expect_secret(w, &n, "key", "", "ahead", "2");
    expect_secret(w, &n, "key", "?version=1", "one", "1");
    give_secret(w, &n, "key", "three");
    expect_secret(w, &n, "key", "", "three", "3");
}

BOTH("SEC-011", .clauses = { "SEC-010", "SEC-011" }, SECRETS,
     .title = "a name that is not there, or cannot be, is not found")
{
    struct own_node n = own_node(w), other = own_node(w);
    const char *const bad[] = { "Key", "1key", "k.y", "k%20y", "k%2Fy", path(w, "k%063d", 0) };
    give_secret(w, &n, "key", "v");
    refuse(asking_secret(w, &other, "key", ""), 404, "secret_not_found");
    refuse(asking_secret(w, &n, "other", ""), 404, "secret_not_found");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(asking_secret(w, &n, bad[i], ""), 404, "secret_not_found");
    expect_secret(w, &n, "key", "", "v", "1");
}

BOTH("SEC-013", .clauses = { "SEC-013" }, SECRETS,
     .title = "a version that is no number from 1 is not found")
{
    static const char *const bad[] = { "0", "-1", "1.0", "one", "", "99999999999999999999" };
    struct own_node n = own_node(w);
    give_secret(w, &n, "key", "v");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(asking_secret(w, &n, "key", path(w, "?version=%s", bad[i])), 404,
               "secret_version_not_found");
    expect_secret(w, &n, "key", "?version=1", "v", "1");
}

/* X2 */
BOTH("SEC-019", .clauses = { "SEC-019", "SEC-016" }, SECRETS,
     .title = "a revoked key reads nothing, nor a key on another Node's path")
{
    struct own_node n = own_node(w), other = own_node(w);
    struct own_node crossed = { .id = n.id, .nsk = other.nsk };
    give_secret(w, &n, "key", "v");
    refuse(asking_secret(w, &crossed, "key", ""), 403, "node_id_mismatch");
    refuse(asking_secret(w, &crossed, "nothing", "?version=0"), 403, "node_id_mismatch");
    expect_secret(w, &n, "key", "", "v", "1");
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", n.id));
    refuse(asking_secret(w, &n, "key", ""), 401, "nsk_revoked");
}

/* ---- rates ---- */

enum { NODE_BURST = 60, AT_ONCE = 16, BATCHES = 250 };

/* Guesses names until one is refused for the rate, and returns that refusal; *guesses is how many
 * were not. Buckets fill while the requests are made, so many are under way at once. */
static struct reply *use_up(struct world *w, const struct own_node *n, int *guesses)
{
    struct exchange *batch[AT_ONCE];
    struct reply *refused = NULL;
    *guesses = 0;
    for (int i = 0; i < BATCHES && !refused; i++) {
        for (int k = 0; k < AT_ONCE; k++)
            batch[k] = asking_secret(w, n, path(w, "guess-%d-%d", i, k), "");
        send_together(batch, AT_ONCE);
        for (int k = 0; k < AT_ONCE; k++) {
            struct reply *r = send_and_judge(batch[k]);
            *guesses += r->status == 404;
            refused = r->status == 429 ? r : refused;
        }
    }
    expect(w, refused, "%d guesses were answered, and none refused", *guesses);
    return refused;
}

/* X7 */
BOTH("SEC-005", .clauses = { "SEC-005", "SEC-006" }, SECRETS,
     .title = "guessing names uses up the Node's rate, and nobody else's")
{
    struct own_node n = own_node(w), other = own_node(w);
    int guesses;
    give_secret(w, &n, "key", "v");
    give_secret(w, &other, "key", "v");
    expect_secret(w, &n, "key", "", "v", "1");
    struct reply *r = use_up(w, &n, &guesses);
    expect_equal(r, "/code", "per_node_rate_limited");
    expect(w, text_equal(reply_header(r, "Retry-After"), "1"), "Retry-After is not 1 second");
    expect(w, guesses >= NODE_BURST - 1, "the rate was used up after %d guesses", guesses);
    expect_secret(w, &other, "key", "", "v", "1");
}

/* ---- what is written down ---- */

#define AUDITED                                                                                    \
    .needs = { "node-secrets", "audit", "registration", "bootstrap-tokens", "resources" },         \
    .budget_ms = BUDGET_MS

/* How many entries of the chain are about secrets and have that reason. */
static size_t written(struct world *w, const struct chain *c, const char *reason)
{
    size_t i, n = 0;
    json_t *entry;
    json_array_foreach (all_entries(w, c), i, entry) {
        const char *type = json_text(json_member(entry, "object"), "type");
        n += text_equal(type, "secret") && text_equal(json_text(entry, "reason"), reason);
    }
    return n;
}

static void expect_written(struct world *w, const struct chain *c, size_t granted, size_t denied)
{
    size_t g = written(w, c, "granted"), d = written(w, c, "insufficient_relation");
    expect(w, g == granted && d == denied, "%zu granted and %zu denied rows, expected %zu and %zu",
           g, d, granted, denied);
}

/* X3, X5, X8 */
BOTH("SEC-018", .clauses = { "SEC-018", "SEC-010", "SEC-012", "SEC-031" }, AUDITED,
     .title = "each authorised read leaves one row, and a name that is not there none")
{
    struct chain c = new_chain(w);
    struct own_node n = own_node_in(w, own_project_in(w, c.domain));
    give_secret(w, &n, "key", "v");
    expect_written(w, &c, 0, 0);
    refuse(asking_secret(w, &n, "nothing", ""), 404, "secret_not_found");
    expect_written(w, &c, 0, 0);
    expect_secret(w, &n, "key", "", "v", "1");
    expect_written(w, &c, 1, 0);
    refuse(asking_secret(w, &n, "key", "?version=999"), 404, "secret_version_not_found");
    refuse(asking_secret(w, &n, "key", "?version=0"), 404, "secret_version_not_found");
    expect_written(w, &c, 3, 0);
    expect_clean(w, &c, 0, 0);
}

/* X4 */
BOTH("SEC-014", .clauses = { "SEC-014", "SEC-015" }, AUDITED,
     .title = "a secret that the Node may not read is denied, and the denial written down")
{
    struct chain c = new_chain(w);
    struct own_node n = own_node_in(w, own_project_in(w, c.domain));
    world_given(w, "node_secret",
                json_pack("{s:s, s:s, s:s, s:b}", "node_id", n.id, "name", "key", "value", "v",
                          "readable", 0));
    struct reply *r = refuse_permission(asking_secret(w, &n, "key", ""), "insufficient_relation");
    json_t *entry = entry_of(w, &c, expect_text(r, "/correlation_id"));
    expect(w, text_equal(json_text(entry, "reason"), "insufficient_relation"),
           "the row has another reason");
    refuse_permission(asking_secret(w, &n, "key", "?version=999"), "insufficient_relation");
    expect_written(w, &c, 0, 2);
    give_secret(w, &n, "key", "now");
    expect_secret(w, &n, "key", "", "now", "2");
    expect_written(w, &c, 1, 2);
}

static void unseal(void *world)
{
    struct error e = { "" };
    json_t *answer;
    const struct world *w = world;
    const struct hook *any = &w->profile->given_any;
    const struct hook *hook = profile_given(w->profile, "sealed_secrets");
    json_t *input = json_own(w->arena, json_pack("{s:b}", "sealed", 0));
    if (hook == any)
        input =
            json_own(w->arena, json_pack("{s:s, s:O}", "name", "sealed_secrets", "input", input));
    if (hook && !hook_run(w->arena, w->profile, hook, "given.sealed_secrets", input, &answer, &e))
        return; /* the next case that reads a secret says so */
}

/* X6. However the case ends, the backend is unsealed. */
BOTH("SEC-017", .clauses = { "SEC-017", "SEC-018" }, AUDITED, .flags = CASE_SERIAL,
     .title = "a sealed backend is 503 after the read was granted and written down")
{
    struct chain c = new_chain(w);
    struct own_node n = own_node_in(w, own_project_in(w, c.domain));
    give_secret(w, &n, "key", "v");
    world_defer(w, unseal, w);
    world_given(w, "sealed_secrets", json_pack("{s:b}", "sealed", 1));
    refuse(asking_secret(w, &n, "key", ""), 503, "openbao_unavailable");
    expect_written(w, &c, 1, 0);
    refuse(asking_secret(w, &n, "nothing", ""), 404, "secret_not_found");
    world_given(w, "sealed_secrets", json_pack("{s:b}", "sealed", 0));
    expect_secret(w, &n, "key", "", "v", "1");
    expect_written(w, &c, 2, 0);
}

/* ---- another key ---- */

BOTH("SEC-023", .clauses = { "SEC-004", "SEC-023" }, SECRETS,
     .title = "after a rotation each of the Node's keys is served under itself")
{
    struct own_node n = own_node(w), after = n;
    const char *plain;
    give_secret(w, &n, "one", "first");
    give_secret(w, &n, "one", "second");
    give_secret(w, &n, "two", "other");
    struct reply *before = expect_secret(w, &n, "one", "", "second", "2");
    after.nsk =
        arena_strdup(w->arena,
                     json_text(world_given(w, "rotated_nsk", json_pack("{s:s}", "node_id", n.id)),
                               "nsk"));
    expect_secret(w, &after, "one", "?version=1", "first", "1");
    expect_secret(w, &after, "two", "", "other", "1");
    struct reply *now = expect_secret(w, &after, "one", "", "second", "2");
    expect(w, !opens(w, now, &n, n.nsk, &plain), "the old key opens what was sealed for the new");
    struct reply *old = expect_secret(w, &n, "one", "", "second", "2");
    if (!n.mvp) { /* MVP has no headers, and so no KID */
        const char *kid = reply_header(before, "X-Plexsphere-Secret-KID");
        expect(w, !text_equal(reply_header(now, "X-Plexsphere-Secret-KID"), kid),
               "another key has the same KID");
        expect_header(old, "X-Plexsphere-Secret-KID", kid);
    }
    give_secret(w, &n, "one", "third");
    expect_secret(w, &n, "one", "", "third", "3");
    expect_secret(w, &after, "one", "", "third", "3");
}

BOTH("SEC-024", .clauses = { "SEC-024" },
     .needs = { "node-secrets", "clock", "registration", "bootstrap-tokens", "resources" },
     .flags = CASE_SERIAL, .budget_ms = BUDGET_MS,
     .title = "a replaced key is accepted for five minutes, and then revoked")
{
    struct own_node n = own_node(w), after = n;
    give_secret(w, &n, "key", "v");
    after.nsk =
        arena_strdup(w->arena,
                     json_text(world_given(w, "rotated_nsk", json_pack("{s:s}", "node_id", n.id)),
                               "nsk"));
    world_advance(w, 240);
    expect_secret(w, &n, "key", "", "v", "1");
    world_advance(w, 60);
    refuse(asking_secret(w, &n, "key", ""), 401, "nsk_revoked");
    expect_secret(w, &after, "key", "", "v", "1");
}

/* ---- 501 ---- */

/* X1 */
CASE("SEC-020", .clauses = { "SEC-020", "SEC-021", "SEC-035" },
     .needs = { "node-secrets", "project-secrets", "posture", "rulings" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title = "without a backend secrets answer 501 before anybody looks at the credential")
{
    static const char *const without[] = { NULL, "openbao" };
    const char *target = path(w, "/v1/nodes/%s/secrets/key", NO_SUCH_ID);
    const char *inventory = path(w, "/v1/projects/%s/secrets", NO_SUCH_ID);
    for (size_t i = 0; i < ARRAY_LEN(without); i++) {
        struct booted *b =
            posture_ready(w,
                          (struct change[]){ { "PLEXSPHERE_SECRETS_BACKEND", without[i] }, { 0 } });
        refuse(get(w, target, .base_url = b->base_url), 501, "secrets_not_provisioned");
        refuse(get(w, inventory, .base_url = b->base_url), 501,
               "secrets_inventory_not_provisioned");
        if (without[i])
            expect(w, text_contains(boot_log(w->arena, b), "openbao"),
                   "no line says that openbao has no adapter");
    }
    refuse(get(w, target), 401, "unauthorized");
    refuse(get(w, inventory), 401, "unauthenticated");
}
