/* suites/chaos/invariants.c — what holds after every kill, and between rounds. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/file.h"
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/agent.h"
#include "suites/chaos/chaos.h"
#include "suites/registration/registration.h"
#include "suites/state/state.h"

#define WAIT_NANOS (60 * NANOS_PER_SECOND) /* a working pair needs little of it */
#define FILE_CAP (64u << 20)

/* ---- what the agent serves ----------------------------------------------------------------- */

static void expect_said(struct chaos *c, struct reply *r, const char *pointer)
{
    const char *text = expect_text(r, pointer);
    int64_t number;
    expect(c->w,
           text_starts(text, "said-") && number_parse(text + strlen("said-"), 1, c->said, &number),
           "%s is \"%.80s\", which the control plane never said", pointer, text);
}

/* NULL: it is not there. */
static const char *local_report(struct chaos *c, int key)
{
    struct reply *r = send_and_judge(get(c->w, local_path(c->w, key), .agent = c->a));
    if (r->status == 404)
        return NULL;
    expect(c->w, r->status == 200, "report r%d is answered %d", key, r->status);
    return expect_text(r, "/payload");
}

void cache_is_readable(struct chaos *c)
{
    struct world *w = c->w;
    expect_said(c, accept(get(w, "/v1/state/metadata", .agent = c->a), 200), "/mark");
    expect_said(c, accept(get(w, "/v1/state/data/config", .agent = c->a), 200), "/payload");
    for (int i = 0; i < c->n_reports; i++) {
        const char *value = local_report(c, i);
        expect(w, doubt_allows(&c->reports[i], value), "report r%d is %s, acknowledged was %s", i,
               value == NULL ? "gone" : value,
               c->reports[i].values[0] == NULL ? "its delete" : c->reports[i].values[0]);
        doubt_settled(&c->reports[i], value);
    }
}

/* ---- what must not be on the disk ---------------------------------------------------------- */

struct needles {
    const char *secret[3], *nsk[2]; /* as spelled, and coded */
};

/* The marker begins every plaintext, and its first 33 bytes make 44 of base64 with no padding. */
static struct needles needles_of(const struct chaos *c, struct arena *a)
{
    const void *marker = c->marker, *nsk = c->nsk;
    return (struct needles){
        .secret = { c->marker, hex_encode(a, marker, strlen(marker)),
                    base64_encode(a, BASE64_STANDARD, marker, 33) },
        .nsk = { c->nsk, hex_encode(a, nsk, strlen(nsk)) },
    };
}

static bool holds(struct bytes text, const char *needle)
{
    return memmem(text.data, text.len, needle, strlen(needle)) != NULL;
}

static void judge_text(struct chaos *c, const struct needles *n, const char *name,
                       struct bytes text, bool may_hold_nsk)
{
    for (size_t i = 0; i < ARRAY_LEN(n->secret); i++)
        expect(c->w, !holds(text, n->secret[i]), "%s holds a secret's plaintext", name);
    for (size_t i = 0; i < ARRAY_LEN(n->nsk) && !may_hold_nsk; i++)
        expect(c->w, !holds(text, n->nsk[i]), "%s holds the node secret key", name);
}

static void judge_file(struct chaos *c, struct arena *a, const struct needles *n, const char *name)
{
    struct error e = { "" };
    char **names;
    size_t count;
    struct bytes text;
    const char *place = agent_data(c->a, name), *last = strrchr(name, '/');
    if (directory_list(a, place, &names, &count, &e)) {
        for (size_t i = 0; i < count; i++)
            judge_file(c, a, n, path_join(a, name, names[i]));
        return;
    }
    expect(c->w, !text_ends(name, ".corrupt"), "%s: a cache file was given up as damaged", name);
    /* What the agent writes beside it before it renames it is the same file. */
    bool is_key = text_starts(last == NULL ? name : last + 1, "node_secret_key");
    if (file_read(a, place, FILE_CAP, &text, NULL)) /* else it has gone meanwhile */
        judge_text(c, n, name, text, is_key);
}

void nothing_leaks(struct chaos *c)
{
    struct arena *a = arena_create();
    if (c->nsk != NULL) {
        struct needles n = needles_of(c, a);
        judge_file(c, a, &n, ".");
        judge_text(c, &n, "the control plane's log", BYTES_OF_TEXT(boot_log(a, c->cp)), false);
        expect(c->w, !agent_log_leaks(c->a, c->nsk), "the agent's log holds the node secret key");
        expect(c->w, !agent_log_leaks(c->a, c->marker), "the agent's log holds a plaintext");
    }
    arena_destroy(a);
}

/* ---- what the control plane has ------------------------------------------------------------ */

static bool is_value(const char *told, const char *value)
{
    size_t len = strlen(value);
    if (text_equal(told, value))
        return true;
    return told != NULL && strlen(told) == len + 2 && told[0] == '"' &&
           memcmp(told + 1, value, len) == 0; /* the payload's JSON */
}

/* The first report that is not (yet) there as it must be, in words; NULL: all are. */
static const char *missing(struct chaos *c, struct reply *r)
{
    struct world *w = c->w;
    if (r->status != 200)
        return path(w, "its state is answered %d", r->status);
    for (int i = 0; i < c->n_reports; i++) {
        const char *value = c->reports[i].values[0];
        json_t *entry = entry_in(r, "reports", path(w, "r%d", i));
        if (value == NULL ? entry != NULL : !is_value(json_text(entry, "value"), value))
            return path(w, "report r%d is %s, acknowledged was %s", i,
                        entry == NULL ? "not there" : json_text(entry, "value"),
                        value == NULL ? "its delete" : value);
    }
    return NULL;
}

static void reports_arrive(struct chaos *c)
{
    struct world *w = c->w;
    int64_t until = clock_monotonic_nanos() + WAIT_NANOS;
    for (;;) {
        struct reply *r;
        bool came = send_quietly(get(w, state_path(w, c->node_id), .as = w->platform_manager,
                                     .base_url = c->base_url),
                                 &r);
        const char *wrong = came ? missing(c, r) : "it does not answer";
        if (wrong == NULL)
            return;
        expect(w, clock_monotonic_nanos() < until, "at the control plane %s; the agent said: %s",
               wrong, agent_log(c->a));
        poll(NULL, 0, 20);
    }
}

static void tokens_are_there(struct chaos *c)
{
    struct world *w = c->w;
    for (int i = 0; i < c->n_tokens; i++)
        accept(get(w, token_path(w, c->project, c->tokens[i]), .as = w->platform_manager,
                   .base_url = c->base_url),
               200);
    c->n_tokens = 0;
}

static void secrets_are_read(struct chaos *c)
{
    struct world *w = c->w;
    for (int i = 0; i < PLAN_SECRETS; i++) {
        const char *where = path(w, "/v1/state/secrets/s%d", i);
        struct doubt *d = &c->secrets[i];
        if (d->n == 1 && d->values[0] == NULL)
            continue;
        if (!doubt_allows(d, NULL))
            agent_until(c->a, where, "", "200");
        struct reply *r = send_and_judge(get(w, where, .agent = c->a));
        const char *value = r->status == 200 ? expect_text(r, "/value") : NULL;
        expect(w, (r->status == 200 || r->status == 404) && doubt_allows(d, value),
               "secret s%d is answered %d, and not what was given last", i, r->status);
        doubt_settled(d, value);
    }
}

/* The newest word comes through: the stream is there again. */
static void newest_arrives(struct chaos *c)
{
    static const struct step steps[] = { { STEP_DATA, 0 }, { STEP_METADATA, 0 } };
    static const char *const where[] = { "/v1/state/data/config", "/v1/state/metadata" };
    static const char *const pointer[] = { "/payload", "/mark" };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        take_step(c, &steps[i]);
        agent_until(c->a, where[i], pointer[i], path(c->w, "said-%d", c->said));
    }
}

/* From here on a kill finds a cache: an agent may serve before it has written. */
static void first_state_is_kept(struct chaos *c)
{
    const char *newest = path(c->w, "said-%d", c->said);
    int64_t until = clock_monotonic_nanos() + WAIT_NANOS;
    while (agent_file_holding(c->a, newest) == NULL ||
           !agent_has_file(c->a, "state/data/config.json")) {
        expect(c->w, clock_monotonic_nanos() < until, "its metadata is on no file");
        poll(NULL, 0, 5);
    }
}

void chaos_settles(struct chaos *c)
{
    newest_arrives(c);
    if (c->rounds++ == 0)
        first_state_is_kept(c);
    cache_is_readable(c);
    reports_arrive(c);
    tokens_are_there(c);
    secrets_are_read(c);
    nothing_leaks(c);
}

void chaos_end(struct chaos *c)
{
    struct world *w = c->w;
    const struct credential *auditor = world_credential(w, "domain auditor", c->domain, NULL);
    struct reply *r = accept(post(w, path(w, "/v1/domains/%s/audit/verify", c->domain),
                                  .as = auditor, .base_url = c->base_url),
                             200);
    expect(w, json_is_true(expect_member(r, "/ok")), "the audit chain diverges at %lld",
           (long long)json_int(r->json, "divergent_seq", 0));
    expect(w, expect_int(r, "/segment_to") > 1, "the audit chain has no entries");
    if (w->rounds > 0)
        fprintf(stderr,
                "%s: %d rounds, %d kills of the agent, %d of the control plane, %d acknowledged "
                "changes, %d unanswered\n",
                w->row->id, c->rounds - 1, c->agent_kills, c->cp_kills, c->kept, c->unanswered);
}
