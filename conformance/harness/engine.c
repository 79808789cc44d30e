#include "harness/engine.h"

#include <math.h>
#include <string.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "harness/events.h"
#include "harness/pool.h"
#include "harness/proof.h"

#define BUDGET_MS 20000
#define SLOW_BUDGET_MS (7u * 60 * 1000) /* ruling 26 */
#define SLOW_WORKERS 32
#define HEALTH_NANOS INT64_C(1000000000)

struct run {
    const struct engine_options *o;
    struct engine_totals *t;
    struct arena *arena;
    struct events *events;
    struct error stream_error;
    bool stream_failed;

    json_t *clauses; /* id: clause */
    bool *selected, *answered;
    enum verdict_kind *verdicts;
    struct worker_job *jobs; /* of the running batch */
    size_t n_jobs;

    struct pool *pool;
    struct proof proof;
    json_t *seen, *members;
    const char *stopped; /* why what is left was not run */
    bool error_noted;
    int64_t health_asked;
    bool doubt; /* something failed since the rig was last asked */
};

/* ---- the stream -------------------------------------------------------------------------- */

/* A person sees the event even when the disk is full. */
static void emit(struct run *r, json_t *event)
{
    if (r->o->progress != NULL)
        progress_event(r->o->progress, event);
    if (r->stream_failed)
        json_decref(event);
    else if (!events_write(r->events, event, &r->stream_error))
        r->stream_failed = true;
}

static void note(struct run *r, const char *level, const char *message)
{
    if (text_equal(level, "error"))
        r->error_noted = true;
    emit(r, json_pack("{s:s, s:s, s:s}", "type", "note", "level", level, "message", message));
}

static json_t *text_list(char *const *items)
{
    json_t *list = json_array();
    for (size_t i = 0; items != NULL && items[i] != NULL; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

static void emit_run(struct run *r)
{
    const struct engine_options *o = r->o;
    const struct profile *p = o->profile;
    json_t *target = json_pack("{s:s?, s:s?, s:s, s:o, s:b}", "name", p->name, "base_url",
                               p->base_url, "rig", o->rig, "features", text_list(p->features),
                               "rulings", profile_claims(p, "rulings"));
    json_t *event =
        json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:I, s:O?, s:b, s:I, s:i}", "type", "run", "at",
                  timestamp_format(r->arena, clock_wall_micros()), "id", o->run, "target", target,
                  "plexconf", PLEXCONF_VERSION, "contract", o->contract_digest, "selected",
                  (json_int_t)r->t->selected, "argv", o->argv, "prove", o->proving != PROVE_NEVER,
                  "seed", (json_int_t)o->seed, "rounds", o->rounds);
    emit(r, event);
}

static json_t *statuses_of(const json_t *operation)
{
    const char *status;
    json_t *response, *list = json_array();
    json_object_foreach (json_member(operation, "responses"), status, response) {
        if (text_glob("???", status) && status[0] >= '1' && status[0] <= '5')
            json_array_append_new(list, json_integer((status[0] - '0') * 100 +
                                                     (status[1] - '0') * 10 + (status[2] - '0')));
    }
    return list;
}

/* What coverage is measured against stands in the stream, so that a report needs nothing else. */
static void emit_contract(struct run *r)
{
    json_t *operations = json_array(), *clauses = json_array();
    size_t i;
    json_t *row;
    json_array_foreach (r->o->operations, i, row) {
        json_array_append_new(operations,
                              json_pack("{s:s?, s:s?, s:s?, s:o}", "id",
                                        json_text(row, "operationId"), "method",
                                        json_text(row, "method"), "path", json_text(row, "path"),
                                        "statuses", statuses_of(row)));
    }
    json_array_foreach (r->o->clauses, i, row) {
        json_array_append_new(clauses,
                              json_pack("{s:s?, s:s?, s:s?, s:s?}", "id", json_text(row, "id"),
                                        "level", json_text(row, "level"), "source",
                                        json_text(row, "source"), "text", json_text(row, "text")));
    }
    emit(r, json_pack("{s:s, s:o, s:o}", "type", "contract", "operations", operations, "clauses",
                      clauses));
}

/* ---- verdicts ---------------------------------------------------------------------------- */

/* RUN-016: rulings bind the reference and whoever claims them, nobody else. */
static bool is_informational(const struct run *r, const struct case_row *row)
{
    if (profile_claims(r->o->profile, "rulings"))
        return false;
    for (size_t i = 0; i < CASE_CLAUSES_MAX && row->clauses[i] != NULL; i++) {
        const json_t *clause = json_object_get(r->clauses, row->clauses[i]);
        if (!text_equal(json_text(clause, "source"), "ruling"))
            return false;
    }
    return true;
}

static void count_failure(struct run *r, const struct case_row *row, enum verdict_kind v,
                          const struct waiver *waiver, bool informational)
{
    r->doubt = true;
    if ((row->flags & CASE_PROVISIONAL) || (v == VERDICT_FAILED && informational))
        r->t->informational++;
    else if (v == VERDICT_BROKEN)
        r->t->broken++;
    else if (waiver != NULL)
        r->t->waived++;
    else
        r->t->failed++;
}

static void count_verdict(struct run *r, const struct case_row *row, enum verdict_kind v,
                          const struct waiver *waiver, bool informational)
{
    switch (v) {
    case VERDICT_PASSED:
        r->t->passed++;
        if (waiver != NULL) {
            r->t->stale++;
            note(r, "warn",
                 arena_printf(r->arena, "%s passed but is waived: take the waiver of %s out",
                              row->id, waiver->owner));
        }
        break;
    case VERDICT_FAILED:
    case VERDICT_BROKEN: count_failure(r, row, v, waiver, informational); break;
    case VERDICT_SKIPPED: r->t->skipped++; break;
    case VERDICT_UNSUPPORTED: r->t->unsupported++; break;
    case VERDICT_UNPROVISIONED: r->t->unprovisioned++; break;
    }
}

static json_t *clause_ids(const struct case_row *row)
{
    json_t *list = json_array();
    for (size_t i = 0; i < CASE_CLAUSES_MAX && row->clauses[i] != NULL; i++)
        json_array_append_new(list, json_string(row->clauses[i]));
    return list;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, key, json_string(text));
}

/* What makes the case do the same again, beside its id. */
static const char *options_again(const struct run *r, const struct case_row *row)
{
    if (!(row->flags & CASE_SEEDED))
        return (row->flags & CASE_SLOW) && r->o->slow ? " --slow" : "";
    const char *rounds =
        r->o->rounds > 0 ? arena_printf(r->arena, " --rounds %d", r->o->rounds) : "";
    return arena_printf(r->arena, " --seed %llu%s", (unsigned long long)r->o->seed, rounds);
}

static json_t *case_event(struct run *r, const struct case_row *row, enum verdict_kind v,
                          int worker, const json_t *result)
{
    double ms = json_number_value(json_object_get(result, "ms"));
    json_t *event =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:f, s:i}", "type", "case", "id", row->id,
                  "suite", row->suite, "title", row->title, "clauses", clause_ids(row), "verdict",
                  verdict_text(v), "ms", round(ms * 1000) / 1000, "worker", worker);
    set_text(event, "message", json_text(result, "message"));
    set_text(event, "where", json_text(result, "where"));
    if (v == VERDICT_FAILED || v == VERDICT_BROKEN)
        set_text(event, "again",
                 arena_printf(r->arena, "%s --select id:%s%s -v", r->o->again, row->id,
                              options_again(r, row)));
    if (json_member(result, "exchanges") != NULL)
        json_object_set(event, "exchanges", json_member(result, "exchanges"));
    return event;
}

/* Every case of the run comes through here exactly once. */
static void answer_case(struct run *r, size_t index, enum verdict_kind v, int worker,
                        const json_t *result)
{
    const struct case_row *row = case_at(index);
    const struct waiver *waiver = waivers_for(r->o->waivers, row->id);
    bool informational = is_informational(r, row);
    json_t *event = case_event(r, row, v, worker, result);
    if (waiver != NULL && v == VERDICT_FAILED)
        json_object_set_new(event, "waived",
                            json_pack("{s:s, s:s, s:s}", "owner", waiver->owner, "reason",
                                      waiver->reason, "expires", waiver->expires));
    if (row->flags & CASE_PROVISIONAL)
        json_object_set_new(event, "provisional", json_true());
    if (informational)
        json_object_set_new(event, "informational", json_true());
    r->answered[index] = true;
    r->verdicts[index] = v;
    emit(r, event);
    count_verdict(r, row, v, waiver, informational);
}

static void answer_unrun(struct run *r, size_t index, enum verdict_kind v, const char *message)
{
    json_t *result = json_own(r->arena, json_pack("{s:f, s:s}", "ms", 0.0, "message", message));
    answer_case(r, index, v, -1, result);
}

/* ---- what the pool asks and tells -------------------------------------------------------- */

static void add_seen(struct run *r, const json_t *result)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_member(result, "seen"), i, row) {
        const char *code = json_string_value(json_array_get(row, 2));
        json_int_t count = json_integer_value(json_array_get(row, 3));
        char *key =
            arena_printf(r->arena, "%s %03d %s", json_string_value(json_array_get(row, 0)),
                         (int)json_integer_value(json_array_get(row, 1)), code == NULL ? "" : code);
        json_t *known = json_object_get(r->seen, key);
        if (known == NULL)
            json_object_set(r->seen, key, row);
        else
            json_array_set_new(known, 3,
                               json_integer(count + json_integer_value(json_array_get(known, 3))));
    }
    json_array_foreach (json_member(result, "members"), i, row) {
        const char *schema = json_string_value(json_array_get(row, 0));
        json_t *known = json_object_get(r->members, schema);
        if (known == NULL)
            json_object_set_new(r->members, schema, known = json_object());
        json_object_set_new(known, json_string_value(json_array_get(row, 1)), json_true());
    }
}

static void learn(struct run *r, const struct worker_job *job, enum verdict_kind v)
{
    const struct case_row *row = case_at(job->row);
    enum impostor impostor = (enum impostor)job->impostor;
    enum proof_result result = v == VERDICT_FAILED   ? PROOF_NOTICED
                               : v == VERDICT_PASSED ? PROOF_SATISFIED
                                                     : PROOF_UNCLEAR;
    proof_learn(&r->proof, row->id, impostor, result);
}

static void job_done(void *arg, const struct worker_job *job, int worker, const json_t *result)
{
    struct run *r = arg;
    enum verdict_kind v = VERDICT_BROKEN;
    if (!verdict_parse(json_text(result, "verdict"), &v))
        v = VERDICT_BROKEN;
    if (r->o->progress != NULL)
        progress_step(r->o->progress);
    if (job->impostor != IMPOSTOR_NONE) {
        learn(r, job, v);
        return;
    }
    add_seen(r, result);
    answer_case(r, job->row, v, worker, result);
}

static void ask_health(struct run *r)
{
    struct error e = { .text = "" };
    int64_t now = clock_monotonic_nanos();
    if (r->o->healthy == NULL || (!r->doubt && now - r->health_asked < HEALTH_NANOS))
        return;
    r->health_asked = now;
    r->doubt = false;
    if (r->o->healthy(r->o->rig_handle, &e))
        return;
    note(r, "error", e.text);
    r->stopped = arena_printf(r->arena, "not run: %s", e.text);
}

static void worker_replaced(void *arg, const char *why)
{
    struct error e = { .text = "" };
    error_set(&e, "a worker was lost before its first case and replaced: %s", why);
    note(arg, "warn", e.text);
}

static enum pool_order job_order(void *arg)
{
    struct run *r = arg;
    if (r->stream_failed)
        return POOL_STOP;
    if (r->o->interrupted != NULL && *r->o->interrupted != 0) {
        r->t->interrupted = true;
        r->stopped = "not run: interrupted";
        return POOL_STOP;
    }
    ask_health(r);
    if (r->stopped != NULL)
        return POOL_STOP;
    if (r->o->fail_fast && r->t->failed + r->t->broken > 0)
        return POOL_DRAIN;
    return POOL_GO;
}

static bool has_clock(const struct run *r)
{
    return r->o->profile->advance.argv != NULL;
}

static bool is_slow(const struct run *r, const struct case_row *row)
{
    return (row->flags & CASE_SLOW) && !has_clock(r);
}

static unsigned job_budget(void *arg, const struct worker_job *job)
{
    const struct run *r = arg;
    const struct case_row *row = case_at(job->row);
    if (is_slow(r, row))
        return SLOW_BUDGET_MS;
    return row->budget_ms == 0 ? BUDGET_MS : row->budget_ms;
}

/* ---- batches ----------------------------------------------------------------------------- */

static void run_jobs(struct run *r, const char *phase, int workers)
{
    struct error e = { .text = "" };
    if (r->n_jobs == 0 || r->stopped != NULL || r->stream_failed)
        return;
    if (r->o->fail_fast && r->t->failed + r->t->broken > 0)
        return;
    if (r->o->progress != NULL)
        progress_phase(r->o->progress, phase, r->n_jobs);
    if (!pool_run(r->pool, r->jobs, r->n_jobs, workers, &e)) {
        /* The rig may know better why nothing works any more. */
        r->doubt = true;
        ask_health(r);
        if (r->stopped == NULL) {
            note(r, "error", e.text);
            r->stopped = arena_printf(r->arena, "not run: %s", e.text);
        }
    }
}

enum batch { BATCH_PARALLEL, BATCH_SLOW, BATCH_SERIAL };

static enum batch batch_of(const struct run *r, const struct case_row *row)
{
    if (row->flags & CASE_SERIAL)
        return BATCH_SERIAL;
    return is_slow(r, row) ? BATCH_SLOW : BATCH_PARALLEL;
}

static void run_batch(struct run *r, enum batch batch)
{
    static const char *const names[] = { "cases", "slow cases", "serial cases" };
    r->n_jobs = 0;
    for (size_t i = 0; i < case_count(); i++) {
        if (r->selected[i] && !r->answered[i] && batch_of(r, case_at(i)) == batch)
            r->jobs[r->n_jobs++] = (struct worker_job){ .row = (uint32_t)i };
    }
    int workers = batch == BATCH_SERIAL ? 1 : batch == BATCH_SLOW ? SLOW_WORKERS : r->o->jobs;
    run_jobs(r, names[batch], workers);
}

/* Why this target is not asked, or NULL. */
static const char *why_unsupported(struct run *r, const struct case_row *row)
{
    const struct profile *p = r->o->profile;
    for (size_t i = 0; i < CASE_NEEDS_MAX && row->needs[i] != NULL; i++) {
        if (row->needs[i][0] != '!' && !profile_claims(p, row->needs[i]))
            return arena_printf(r->arena, "the profile does not claim '%s'", row->needs[i]);
    }
    if (is_slow(r, row) && !r->o->slow)
        return "takes real minutes: give the profile an 'advance' hook, or run with --slow";
    if ((row->flags & CASE_AGENT) && p->agent.argv == NULL)
        return "judges an agent: the profile has no 'agent'";
    if (!(row->flags & CASE_AGENT) && p->base_url == NULL)
        return "judges a control plane: the profile has neither 'base_url' nor 'boot'";
    if ((row->flags & CASE_OWN_TARGET) && p->boot.argv == NULL)
        return "boots a target of its own: the profile has no 'boot' hook";
    return NULL;
}

/* An arm for targets without a feature is no case at all where the feature is claimed. */
static bool is_left_out(const struct run *r, const struct case_row *row)
{
    for (size_t i = 0; i < CASE_NEEDS_MAX && row->needs[i] != NULL; i++) {
        if (row->needs[i][0] == '!' && profile_claims(r->o->profile, row->needs[i] + 1))
            return true;
    }
    return false;
}

static void select_rows(struct run *r)
{
    for (size_t i = 0; i < case_count(); i++) {
        const struct case_row *row = case_at(i);
        r->selected[i] = selector_matches(r->o->selector, row) && !is_left_out(r, row);
        r->t->selected += r->selected[i];
    }
}

static void answer_unsupported(struct run *r)
{
    for (size_t i = 0; i < case_count(); i++) {
        const char *why = r->selected[i] ? why_unsupported(r, case_at(i)) : NULL;
        if (why != NULL)
            answer_unrun(r, i, VERDICT_UNSUPPORTED, why);
    }
}

static void answer_the_rest(struct run *r)
{
    const char *why =
        r->stopped != NULL ? r->stopped : "not run: an earlier case failed (--fail-fast)";
    for (size_t i = 0; i < case_count(); i++) {
        if (r->selected[i] && !r->answered[i])
            answer_unrun(r, i, VERDICT_SKIPPED, why);
    }
}

/* ---- impostors --------------------------------------------------------------------------- */

static bool wants_proof(const struct run *r, size_t index)
{
    const struct case_row *row = case_at(index);
    return r->selected[index] && r->verdicts[index] == VERDICT_PASSED &&
           !(row->flags & (CASE_UNJUDGED | CASE_UNPROVISIONED | CASE_PROVISIONAL));
}

static void prove_batch(struct run *r, bool serial)
{
    r->n_jobs = 0;
    for (size_t i = 0; i < case_count(); i++) {
        const struct case_row *row = case_at(i);
        /* Six times seven minutes prove too little: slow cases are proven where a clock hook
         * exists. */
        if (!wants_proof(r, i) || proof_of(&r->proof, row->id) != NULL || is_slow(r, row) ||
            !!(row->flags & CASE_SERIAL) != serial)
            continue;
        for (int impostor = 1; impostor <= IMPOSTOR_LAST; impostor++)
            r->jobs[r->n_jobs++] =
                (struct worker_job){ .row = (uint32_t)i, .impostor = (uint32_t)impostor };
    }
    run_jobs(r, serial ? "impostors, serial" : "impostors", serial ? 1 : r->o->jobs);
}

static void tell_proof(struct run *r)
{
    for (size_t i = 0; i < case_count(); i++) {
        if (!wants_proof(r, i))
            continue;
        const char *id = case_at(i)->id;
        const json_t *names = r->o->proving == PROVE_NEVER ? NULL : proof_of(&r->proof, id);
        size_t n;
        json_t *name;
        r->t->unproven += names == NULL;
        r->t->proven += names != NULL && json_array_size(names) == 0;
        r->t->vacuous += names != NULL && json_array_size(names) > 0;
        json_array_foreach (names, n, name) {
            emit(r, json_pack("{s:s, s:s, s:O}", "type", "impostor", "id", id, "impostor", name));
        }
    }
}

static void prove(struct run *r)
{
    struct error e = { .text = "" };
    proof_open(&r->proof, r->arena, r->o->cache,
               r->o->proof_digest == NULL ? "none" : r->o->proof_digest,
               r->o->proving == PROVE_ALWAYS);
    if (r->o->proving != PROVE_NEVER) {
        prove_batch(r, false);
        prove_batch(r, true);
        if (!proof_save(&r->proof, &e))
            note(r, "warn", e.text); /* costs time next run, nothing else */
    }
    tell_proof(r);
}

/* ---- the whole --------------------------------------------------------------------------- */

static void note_bad_waivers(struct run *r)
{
    for (size_t i = 0; r->o->waivers != NULL && i < r->o->waivers->n; i++) {
        if (r->o->waivers->rows[i].fault == NULL)
            continue;
        r->t->stale++;
        note(r, "warn", r->o->waivers->rows[i].fault);
    }
}

static void emit_seen(struct run *r)
{
    const char *key;
    json_t *row;
    json_object_foreach (r->seen, key, row) {
        json_t *event = json_pack("{s:s, s:O, s:O}", "type", "seen", "operation",
                                  json_array_get(row, 0), "status", json_array_get(row, 1));
        if (json_is_string(json_array_get(row, 2)))
            json_object_set(event, "code", json_array_get(row, 2));
        json_object_set(event, "count", json_array_get(row, 3));
        emit(r, event);
    }
    json_object_foreach (r->members, key, row) {
        const char *member;
        json_t *value, *names = json_array();
        json_object_foreach (row, member, value)
            json_array_append_new(names, json_string(member));
        emit(r,
             json_pack("{s:s, s:s, s:o}", "type", "seen_members", "schema", key, "members", names));
    }
}

/* Ruling 30: broken before failed before stale. An interrupted run says so whatever else it found.
 */
static int exit_of(const struct run *r)
{
    const struct engine_totals *t = r->t;
    if (r->stream_failed)
        return EXIT_BROKEN;
    if (t->interrupted)
        return EXIT_INTERRUPTED;
    if (t->selected == 0)
        return EXIT_USAGE;
    if (r->error_noted || t->broken > 0 || t->vacuous > 0)
        return EXIT_BROKEN;
    if (t->failed > 0)
        return EXIT_TARGET_FAILED;
    if (t->stale > 0)
        return EXIT_STALE;
    return t->passed + t->waived + t->informational == 0 ? EXIT_NOTHING : EXIT_CONFORMANT;
}

static void emit_end(struct run *r, int64_t start)
{
    const struct engine_totals *t = r->t;
    double seconds = (double)(clock_monotonic_nanos() - start) / 1e9;
    json_t *event = json_pack("{s:s, s:s}", "type", "end", "at",
                              timestamp_format(r->arena, clock_wall_micros()));
    const struct {
        const char *name;
        size_t n;
    } counts[] = {
        { "passed", t->passed },
        { "failed", t->failed },
        { "skipped", t->skipped },
        { "unsupported", t->unsupported },
        { "unprovisioned", t->unprovisioned },
        { "waived", t->waived },
        { "broken", t->broken },
        { "vacuous", t->vacuous },
        { "informational", t->informational },
        { "stale", t->stale },
        { "proven", t->proven },
        { "unproven", t->unproven },
    };
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        json_object_set_new(event, counts[i].name, json_integer((json_int_t)counts[i].n));
    json_object_set_new(event, "interrupted", json_boolean(t->interrupted));
    json_object_set_new(event, "exit", json_integer(t->exit));
    json_object_set_new(event, "seconds", json_real(round(seconds * 1000) / 1000));
    emit(r, event);
}

size_t engine_selected(const struct selector *s)
{
    size_t n = 0;
    for (size_t i = 0; i < case_count(); i++)
        n += selector_matches(s, case_at(i));
    return n;
}

bool engine_needs_control_plane(const struct selector *s, const struct profile *p)
{
    bool describes_one = p->base_url != NULL || p->boot.argv != NULL;
    for (size_t i = 0; describes_one && i < case_count(); i++)
        if (!(case_at(i)->flags & CASE_AGENT) && selector_matches(s, case_at(i)))
            return true;
    return p->agent.argv == NULL;
}

bool engine_draws(const struct selector *s)
{
    for (size_t i = 0; i < case_count(); i++)
        if ((case_at(i)->flags & CASE_SEEDED) && selector_matches(s, case_at(i)))
            return true;
    return false;
}

bool engine_needs_agent(const struct selector *s, const struct profile *p)
{
    for (size_t i = 0; p->agent.argv != NULL && i < case_count(); i++)
        if ((case_at(i)->flags & CASE_AGENT) && selector_matches(s, case_at(i)))
            return true;
    return false;
}

static void prepare(struct run *r)
{
    size_t n = case_count(), i;
    json_t *clause;
    r->selected = arena_alloc_array(r->arena, n + 1, sizeof(*r->selected));
    r->answered = arena_alloc_array(r->arena, n + 1, sizeof(*r->answered));
    r->verdicts = arena_alloc_array(r->arena, n + 1, sizeof(*r->verdicts));
    r->jobs = arena_alloc_array(r->arena, n * IMPOSTOR_LAST + 1, sizeof(*r->jobs));
    r->clauses = json_own(r->arena, json_object());
    r->seen = json_own(r->arena, json_object());
    r->members = json_own(r->arena, json_object());
    json_array_foreach (r->o->clauses, i, clause) {
        if (json_text(clause, "id") != NULL)
            json_object_set(r->clauses, json_text(clause, "id"), clause);
    }
}

static void run_everything(struct run *r)
{
    int64_t start = clock_monotonic_nanos();
    select_rows(r);
    emit_run(r);
    emit_contract(r);
    note_bad_waivers(r);
    if (r->t->selected == 0)
        note(r, "warn",
             "no case is left for this target: the selected ones are for targets that do "
             "not claim their features");
    answer_unsupported(r);
    run_batch(r, BATCH_PARALLEL);
    run_batch(r, BATCH_SLOW);
    run_batch(r, BATCH_SERIAL);
    answer_the_rest(r);
    prove(r);
    emit_seen(r);
    r->t->exit = exit_of(r);
    emit_end(r, start);
}

bool engine_run(const struct engine_options *o, struct engine_totals *out, struct error *e)
{
    *out = (struct engine_totals){ .exit = EXIT_BROKEN };
    struct run r = { .o = o, .t = out };
    if (!events_open(o->out, &r.events, e))
        return false;
    r.arena = arena_create();
    struct worker_setup setup = { .profile = o->profile,
                                  .makers = o->makers,
                                  .run = o->run,
                                  .transcripts = o->transcripts,
                                  .seed = o->seed,
                                  .rounds = o->rounds,
                                  .histories = path_join(r.arena, o->out, "histories") };
    /* Records of an earlier run would be taken for this one's. */
    if (!directory_remove(setup.histories, e)) {
        arena_destroy(r.arena);
        return false;
    }
    r.pool = pool_create(&(struct pool_options){ .setup = &setup,
                                                 .done = job_done,
                                                 .order = job_order,
                                                 .replaced = worker_replaced,
                                                 .budget = job_budget,
                                                 .arg = &r });
    prepare(&r);
    run_everything(&r);
    pool_destroy(r.pool);
    arena_destroy(r.arena);
    if (!events_close(r.events, r.stream_failed ? NULL : &r.stream_error))
        r.stream_failed = true;
    if (!r.stream_failed)
        return true;
    out->exit = EXIT_BROKEN;
    return error_set(e, "%s", r.stream_error.text);
}
