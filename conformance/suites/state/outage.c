/* suites/state/outage.c — STA-017 to STA-019: what a Node is told while the datastore is gone. */
#include <string.h>

#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "suites/posture/posture.h"
#include "suites/registration/registration.h"
#include "suites/state/relay.h"
#include "suites/state/state.h"

#define SUITE "state"
#define SOCKET_NAME ".s.PGSQL.5432"

/* Where the DSN's socket lies; a database behind anything else cannot be taken away from here. */
static const char *socket_folder(struct world *w, const char *dsn)
{
    const char *host = dsn ? strstr(dsn, "host=/") : NULL;
    if (!host)
        unsupported(w, "the profile's PLEXSPHERE_DSN names no socket's folder (host=/…)");
    host += strlen("host=");
    return arena_strndup(w->arena, host, strcspn(host, "& "));
}

static void remove_folder(void *path)
{
    struct error e = { "" };
    if (!directory_remove(path, &e))
        return; /* an empty folder in /var/tmp is no verdict */
}

/* A target whose way to the database is ours to cut. */
static struct booted *behind_a_relay(struct world *w, struct relay **relay)
{
    struct error e = { "" };
    const char *dsn = json_text(w->profile->boot_env, "PLEXSPHERE_DSN");
    const char *real = socket_folder(w, dsn), *after = strstr(dsn, real) + strlen(real);
    char *ours;
    if (!directory_make_temporary(w->arena, "/var/tmp/plexconf-relay", &ours, &e))
        broken(w, "%s", e.text);
    world_defer(w, remove_folder, ours);
    if (!relay_start(w->arena, path_join(w->arena, ours, SOCKET_NAME),
                     path_join(w->arena, real, SOCKET_NAME), relay, &e))
        broken(w, "%s", e.text);
    world_defer(w, relay_cut, *relay);
    const char *through = path(w, "%.*s%s%s", (int)(strstr(dsn, real) - dsn), dsn, ours, after);
    return posture_ready(w, (struct change[]){ { "PLEXSPHERE_DSN", through }, { 0 } });
}

static struct exchange *asking(struct world *w, const struct booted *b, const struct own_node *n)
{
    return get(w, state_path(w, n->id), .bearer = n->nsk, .base_url = b->base_url);
}

/* S5, S6 */
CASE("STA-017", .clauses = { "STA-017", "STA-018", "STA-019" },
     .needs = { "node-state", "posture", "rulings", "registration", "bootstrap-tokens",
                "resources" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title = "with the datastore gone a Node is told again what it was told, and nobody else")
{
    struct relay *relay;
    struct booted *b = behind_a_relay(w, &relay);
    struct own_node n = own_node(w), cold = own_node(w);
    struct reply *told = accept(asking(w, b, &n), 200);
    accept(get(w, state_path(w, cold.id), .as = w->platform_manager, .base_url = b->base_url), 200);
    relay_cut(relay);
    struct reply *again = accept(asking(w, b, &n), 200);
    expect(w,
           again->body.len == told->body.len &&
               memcmp(again->body.data, told->body.data, told->body.len) == 0,
           "the Node is told something else than before");
    struct reply *r = refuse(asking(w, b, &cold), 503, "datastore_unavailable");
    const char *detail = expect_text(r, "/detail");
    struct own_node crossed = { .id = n.id, .nsk = cold.nsk };
    refuse(asking(w, b, &crossed), 503, "datastore_unavailable");
    r = refuse(get(w, state_path(w, n.id), .as = w->platform_manager, .base_url = b->base_url), 503,
               "datastore_unavailable");
    expect_equal(r, "/detail", detail);
    refuse(get(w, state_path(w, n.id), .base_url = b->base_url), 401, "unauthenticated");
}
