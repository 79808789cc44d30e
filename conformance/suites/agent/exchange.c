/* suites/agent/exchange.c — how it asks and what it takes for an answer (plexd-facts 2.1 to 2.4).
 */
#include <string.h>

#include "common/text.h"
#include "suites/agent/agent_suite.h"

static const char *run_of(struct world *w, size_t len)
{
    char *text = arena_alloc(w->arena, len + 1);
    memset(text, 'p', len);
    return text;
}

V1_CASE_NEEDS("AGT-173", "rulings", .clauses = { "AGT-023" },
              .title = "in the published dialect a long body goes out plain")
{
    struct joined j = joined(w, d);
    accept(put(w, "/v1/state/report/large", .agent = j.a,
               .json = json_pack("{s:s, s:s}", "content_type", "text/plain", "payload",
                                 run_of(w, 2000))),
           200);
    const struct cp_request *r = cp_wait(j.cp, "PUT", "@/state/reports/large", 1);
    expect(w, r->body.len > 1024 && !r->compressed, "%zu bytes went out compressed", r->body.len);
    (void)cp_wait_reports(j.cp, 200, 1);
}

/* A token, a key or a report must not follow where somebody points. */
AGENT_CASE_NEEDS("AGT-174", "rulings", .clauses = { "AGT-021" },
                 .title = "a redirect is followed by nothing")
{
    static const int statuses[] = { 301, 302, 307, 308 };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct cp_answer away = { .headers = { { "Location", path(w, "%s/elsewhere", cp_url(cp)) } } };
    away.status = 307;
    cp_once(cp, "POST", "/v1/register", away);
    struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = 1000 });
    expect(w, cp_count(cp, "POST", "/v1/register") == 2, "it registered %zu times, expected 2",
           cp_count(cp, "POST", "/v1/register"));
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        away.status = statuses[i];
        cp_once(cp, "GET", "@/state", away);
    }
    size_t pulls = cp_count(cp, "GET", "@/state");
    (void)cp_wait(cp, "GET", "@/state", pulls + ARRAY_LEN(statuses) + 1);
    sentinel(&j);
    expect(w, cp_count(cp, "*", "/elsewhere") == 0, "it followed a redirect");
}

static const char *state_of_size(struct world *w, enum agent_dialect d, const char *mark,
                                 size_t pad)
{
    const json_t *state = json_own(w->arena, state_with("size", mark));
    json_t *answer = json_own(w->arena, dialect_state_answer(w->arena, d, state, 0));
    json_object_set_new(answer, "pad", json_string(run_of(w, pad)));
    return json_dump(w->arena, answer);
}

AGENT_CASE_NEEDS("AGT-175", "rulings", .clauses = { "AGT-024", "ARC-011" },
                 .title = "an answer of more than 10 MiB, decoded, is none")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    const char *large = state_of_size(w, d, "large", 9u << 20),
               *huge = state_of_size(w, d, "huge", 11u << 20);
    cp_always(cp, "GET", "@/state",
              (struct cp_answer){ .status = 200, .body = large, .gzip = true });
    struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = 1000 });
    agent_until(j.a, "/v1/state/metadata", "/size", "large");
    size_t pulls = cp_count(cp, "GET", "@/state");
    cp_always(cp, "GET", "@/state", (struct cp_answer){ .status = 200, .body = huge });
    (void)cp_wait(cp, "GET", "@/state", pulls + 2);
    cp_always(cp, "GET", "@/state",
              (struct cp_answer){ .status = 200, .body = huge, .gzip = true });
    (void)cp_wait(cp, "GET", "@/state", pulls + 5);
    expect_equal(accept(get(w, "/v1/state/metadata", .agent = j.a), 200), "/size", "large");
    cp_state(cp, state_with("size", "small"));
    agent_until(j.a, "/v1/state/metadata", "/size", "small");
}
