/* suites/agent/agent_suite.h — what the cases about agents share.
 *
 * AGENT_CASE is one body and two rows: `<id>` for the published contract's dialect and `<id>/mvp`
 * for seed 002's. Inside it, `w` is the world and `d` the dialect. The facts' own numbers (§13) are
 * mapped to ids in SPEC.md, section JAG. */
#ifndef SUITES_AGENT_SUITE_H
#define SUITES_AGENT_SUITE_H

#include "common/json.h"
#include "harness/agent.h"
#include "harness/case.h"
#include "harness/fake_cp.h"
#include "harness/judge.h"

#define SUITE "agent"
#define AGENT_BUDGET_MS 90000

#define AGENT_ROW(name, tail, row_id, dialect, ...)                                                \
    static void CASE_JOIN(name, CASE_JOIN(_run, tail))(struct world * w)                           \
    {                                                                                              \
        CASE_JOIN(name, _body)(w, dialect);                                                        \
    }                                                                                              \
    static const struct case_row CASE_JOIN(name,                                                   \
                                           tail) = { .id = row_id,                                 \
                                                     .suite = SUITE,                               \
                                                     .run =                                        \
                                                         CASE_JOIN(name, CASE_JOIN(_run, tail)),   \
                                                     .flags = CASE_AGENT,                          \
                                                     .budget_ms = AGENT_BUDGET_MS,                 \
                                                     .file = __FILE__,                             \
                                                     .line = __LINE__,                             \
                                                     __VA_ARGS__ };                                \
    __attribute__((constructor)) static void CASE_JOIN(name, CASE_JOIN(_register, tail))(void)     \
    {                                                                                              \
        case_register(&CASE_JOIN(name, tail));                                                     \
    }

#define AGENT_DECLARE(name)                                                                        \
    static void CASE_JOIN(name, _body)(struct world * w, enum agent_dialect d);
#define AGENT_DEFINE(name)                                                                         \
    static void CASE_JOIN(name, _body)(struct world * w UNUSED, enum agent_dialect d UNUSED)

#define AGENT_CASE_(name, case_id, extra, ...)                                                     \
    AGENT_DECLARE(name)                                                                            \
    AGENT_ROW(name, _v1, case_id, AGENT_V1, .needs = { "agent", "agent-v1", extra }, __VA_ARGS__)  \
    AGENT_ROW(name, _mvp, case_id "/mvp", AGENT_MVP, .needs = { "agent", "agent-mvp", extra },     \
              __VA_ARGS__)                                                                         \
    AGENT_DEFINE(name)
#define MVP_CASE_(name, case_id, extra, ...)                                                       \
    AGENT_DECLARE(name)                                                                            \
    AGENT_ROW(name, _mvp, case_id "/mvp", AGENT_MVP, .needs = { "agent", "agent-mvp", extra },     \
              __VA_ARGS__)                                                                         \
    AGENT_DEFINE(name)

#define V1_CASE_(name, case_id, extra, ...)                                                        \
    AGENT_DECLARE(name)                                                                            \
    AGENT_ROW(name, _v1, case_id, AGENT_V1, .needs = { "agent", "agent-v1", extra }, __VA_ARGS__)  \
    AGENT_DEFINE(name)

#define AGENT_NAME CASE_JOIN(agent_case_, __LINE__)
#define AGENT_CASE(case_id, ...) AGENT_CASE_(AGENT_NAME, case_id, NULL, __VA_ARGS__)
#define AGENT_CASE_NEEDS(case_id, feature, ...)                                                    \
    AGENT_CASE_(AGENT_NAME, case_id, feature, __VA_ARGS__)
/* What only seed 002's dialect has: drift, envelopes with a nonce, keys rotated by an event. */
#define MVP_CASE(case_id, ...) MVP_CASE_(AGENT_NAME, case_id, NULL, __VA_ARGS__)
#define MVP_CASE_NEEDS(case_id, feature, ...) MVP_CASE_(AGENT_NAME, case_id, feature, __VA_ARGS__)
/* What only the published dialect has: rotated mesh keys, values that are texts. */
#define V1_CASE(case_id, ...) V1_CASE_(AGENT_NAME, case_id, NULL, __VA_ARGS__)
#define V1_CASE_NEEDS(case_id, feature, ...) V1_CASE_(AGENT_NAME, case_id, feature, __VA_ARGS__)

/* An agent that has registered, follows the stream and has pulled its state once. */
struct joined {
    struct world *w;
    struct fake_cp *cp;
    struct agent *a;
};
struct joined joined(struct world *w, enum agent_dialect d);
struct joined joined_with(struct world *w, enum agent_dialect d, struct agent_options o);
/* The same for a control plane that has been scripted already. */
struct joined joined_to(struct world *w, struct fake_cp *cp, struct agent_options o);
/* No pull of state is under way whose answer could undo what an event says: after each stream. */
void settled(const struct joined *j);
/* Stops it and starts it again on the same data; waits for its node API. */
void restarted(const struct joined *j);

/* {"metadata":{key: value}} and nothing else. */
json_t *state_with(const char *key, const char *value);
/* An event that says so; `event` brings its faults. Where it is meant to be believed, the state
 * behind it says the same. */
void push_metadata(const struct joined *j, const char *key, const char *value,
                   struct cp_event event);
void push_good(const struct joined *j, const char *key, const char *value);
/* Sends a good event and waits until its mark shows: whatever came before it has been judged. It
 * replaces the metadata: where a trace must stay to be seen, use push_secrets_sentinel(). */
void sentinel(const struct joined *j);
/* The index of secrets becomes this one, by an event. */
void push_secret_index(const struct joined *j, const char *key, int version);
/* As sentinel(), by another event: the metadata stays as it is. */
void push_secrets_sentinel(const struct joined *j);
/* What came before was passed over and the stream stayed: one more event, sent when those before it
 * have been read, comes over the same stream. */
void stream_stayed(const struct joined *j);
/* The text on one line: a frame's data ends at a line feed. */
const char *one_line(struct world *w, const char *text);
/* Metadata `key` is not there (or is not `value`), asked once: use after a sentinel. */
void never_believed(const struct joined *j, const char *key, const char *value);

#endif
