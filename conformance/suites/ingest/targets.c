/* suites/ingest/targets.c — what a target of its own shows: no backend, small budgets, a buffer
 * that is not there (ING-002, ING-020 to ING-027). Nodes are the world's: both have one database.
 */
#include <string.h>

#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "harness/case.h"
#include "suites/ingest/ingest.h"
#include "suites/posture/posture.h"
#include "suites/registration/registration.h"

#define SUITE "ingest"
#define OWN_TARGET                                                                                 \
    .needs = { "ingest", "posture", "registration", "bootstrap-tokens", "resources", "rulings" },  \
    .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000

static const char backend[] = "PLEXSPHERE_OBS_NATS_URL";
static const char of_node[] = "PLEXSPHERE_OBS_NODE_BUDGET";
static const char of_domain[] = "PLEXSPHERE_OBS_DOMAIN_BUDGET";

/* A budget of 2,000 bytes that takes hours to fill again, and one that no case spends. */
#define SMALL "1/2000"
#define AMPLE "1000000/1000000000"

CASE("ING-002", .clauses = { "ING-002", "ENV-036" }, OWN_TARGET,
     .title = "telemetry answers 501 while no backend is chosen, whoever asks")
{
    static const char *const blank[] = { NULL, "", "  " };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(blank); i++) {
        struct booted *b = posture_ready(w, (struct change[]){ { backend, blank[i] }, { 0 } });
        for (int j = 0; j < SIGNALS; j++) {
            struct bytes batch = batch_of(w, &signals[j], 1);
            refuse(sending(w, &n, &signals[j], batch, .bearer = "", .base_url = b->base_url), 501,
                   "observability_ingest_not_provisioned");
            refuse(sending(w, &n, &signals[j], batch, .base_url = b->base_url), 501,
                   "observability_ingest_not_provisioned");
            accept(sending(w, &n, &signals[j], batch), 202);
        }
    }
    posture_refused(w, (struct change[]){ { backend, "redis://x:1" }, { 0 } }, backend,
                    "redis://x:1");
}

CASE("ING-023", .clauses = { "ING-023", "ENV-038" }, OWN_TARGET,
     .title = "a budget is two numbers, and a malformed one refuses the boot")
{
    static const char *const names[] = { of_node, of_domain };
    static const char *const bad[] = { "plenty", "1000", "0/1000", "1000/0", "1/2/3" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        for (size_t j = 0; j < ARRAY_LEN(bad); j++)
            posture_refused(w, (struct change[]){ { names[i], bad[j] }, { 0 } }, names[i], bad[j]);
        posture_ready(w, (struct change[]){ { names[i], "1/1" }, { 0 } });
        posture_ready(w, (struct change[]){ { names[i], " " }, { 0 } });
    }
}

static int64_t retry_after(struct world *w, struct reply *r)
{
    int64_t seconds = -1;
    const char *text = reply_header(r, "Retry-After");
    expect(w, number_parse(text, 0, INT64_MAX, &seconds), "Retry-After is no whole number: %s",
           text ? text : "absent");
    return seconds;
}

/* Sends until the target refuses, which the budget makes it do after some twenty batches; the
 * refusal. */
static struct reply *spend(struct world *w, const struct own_node *n, const char *base_url)
{
    for (size_t i = 0; i < 60; i++) {
        const struct signal *s = &signals[i % SIGNALS];
        struct reply *r = send_and_judge(sending(w, n, s, batch_of(w, s, 1), .base_url = base_url));
        if (r->status != 202)
            return r;
    }
    fail_case(w, __FILE__, __LINE__, "60 batches did not spend a budget of 2,000 bytes");
}

static void refused_as(struct world *w, struct reply *r, const char *code, const char *dimension)
{
    expect(w, r->status == 429, "a spent budget answers %d", r->status);
    expect_equal(r, "/code", code);
    expect(w, retry_after(w, r) >= 1, "Retry-After says at once");
    if (dimension)
        expect_equal(r, "/dimension", dimension);
    else
        expect_absent(r, "/dimension");
}

CASE("ING-021", .clauses = { "ING-021", "ING-020" }, OWN_TARGET,
     .title = "a Node that has spent its budget is told when to come again; another has its own")
{
    struct own_node n = own_node(w), other = own_node(w);
    struct booted *b =
        posture_ready(w, (struct change[]){ { of_node, SMALL }, { of_domain, AMPLE }, { 0 } });
    refused_as(w, spend(w, &n, b->base_url), "per_node_rate_limited", NULL);
    /* Whatever the signal, and before anything is unpacked. */
    for (int i = 0; i < SIGNALS; i++)
        refuse(sending(w, &n, &signals[i], gzipped(w, batch_of(w, &signals[i], 400)),
                       .encoding = "gzip", .base_url = b->base_url),
               429, "per_node_rate_limited");
    refuse(sending(w, &n, &signals[METRICS], batch_of(w, &signals[METRICS], 9), .encoding = "gzip",
                   .base_url = b->base_url),
           429, "per_node_rate_limited");
    refuse(sending(w, &n, &signals[METRICS], batch_of(w, &signals[METRICS], 1), .encoding = "br",
                   .base_url = b->base_url),
           415, "ingest_encoding_unsupported");
    accept(sending(w, &other, &signals[LOGS], batch_of(w, &signals[LOGS], 1),
                   .base_url = b->base_url),
           202);
}

CASE("ING-022", .clauses = { "ING-022" }, OWN_TARGET,
     .title = "the Nodes of a Domain share its budget, and those of another do not")
{
    struct own_node a = own_node(w), c = own_node(w);
    struct own_node elsewhere = own_node_in(w, w->foreign_project_id);
    struct booted *b =
        posture_ready(w, (struct change[]){ { of_node, AMPLE }, { of_domain, SMALL }, { 0 } });
    refused_as(w, spend(w, &a, b->base_url), "capacity_exceeded", "observability_ingest");
    const struct own_node *const nodes[] = { &a, &c };
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
        refuse(sending(w, nodes[i], &signals[AUDIT], batch_of(w, &signals[AUDIT], 9),
                       .base_url = b->base_url),
               429, "capacity_exceeded");
    accept(sending(w, &elsewhere, &signals[AUDIT], batch_of(w, &signals[AUDIT], 1),
                   .base_url = b->base_url),
           202);
}

/* What the Domain could not pay comes back: a Node that lost it could not send the next batch. */
CASE("ING-024", .clauses = { "ING-024" }, OWN_TARGET,
     .title = "a Node is given back what its Domain could not pay")
{
    const struct signal *s = &signals[AUDIT];
    struct own_node a = own_node(w), c = own_node(w);
    struct booted *b =
        posture_ready(w, (struct change[]){ { of_node, SMALL }, { of_domain, SMALL }, { 0 } });
    struct bytes one = batch_of(w, s, 1);
    size_t fit = 2000 / one.len;
    expect(w, fit >= 6, "a record has %zu bytes", one.len);
    accept(sending(w, &a, s, batch_of(w, s, fit / 2), .base_url = b->base_url), 202);
    for (int i = 0; i < 3; i++)
        refuse(sending(w, &c, s, batch_of(w, s, fit - 1), .base_url = b->base_url), 429,
               "capacity_exceeded");
    accept(sending(w, &c, s, batch_of(w, s, fit / 2 - 1), .base_url = b->base_url), 202);
}

CASE("ING-025", .clauses = { "ING-025" }, OWN_TARGET,
     .title = "a full budget pays for a body heavier than itself, once")
{
    struct own_node n = own_node(w);
    const struct signal *s = &signals[LOGS];
    struct booted *b =
        posture_ready(w, (struct change[]){ { of_node, SMALL }, { of_domain, AMPLE }, { 0 } });
    struct bytes heavy = batch_of(w, s, 60);
    expect(w, heavy.len > 4000, "the heavy batch has %zu bytes", heavy.len);
    accept(sending(w, &n, s, heavy, .base_url = b->base_url), 202);
    struct reply *r = refuse(sending(w, &n, s, batch_of(w, s, 1), .base_url = b->base_url), 429,
                             "per_node_rate_limited");
    expect(w, retry_after(w, r) > (int64_t)heavy.len - 2000 - 60,
           "Retry-After does not count what is owed");
}

CASE("ING-026", .clauses = { "ING-026", "ING-027" }, OWN_TARGET,
     .title = "a buffer that is not there keeps no target from booting, and no batch is taken")
{
    struct own_node n = own_node(w);
    struct booted *b =
        posture_ready(w, (struct change[]){ { backend, "nats://127.0.0.1:1" }, { 0 } });
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        struct reply *r = refuse(sending(w, &n, s, batch_of(w, s, 1), .base_url = b->base_url), 503,
                                 "ingest_buffer_unavailable");
        retry_after(w, r);
        refuse(sending(w, &n, s, BYTES_OF_TEXT("x"), .base_url = b->base_url), 400,
               "ingest_batch_malformed");
        accept(sending(w, &n, s, batch_of(w, s, 1)), 202);
    }
}
