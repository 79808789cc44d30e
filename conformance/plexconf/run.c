#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/environment.h"
#include "common/file.h"
#include "common/json.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "harness/contract.h"
#include "harness/engine.h"
#include "harness/report_model.h"
#include "harness/reports.h"
#include "harness/rig.h"
#include "harness/world.h"
#include "plexconf/commands.h"

#define PROGRAM_CAP (512u * 1024 * 1024)
#define SEED_MAX 999999999 /* short enough to be typed */

struct run_options {
    const char *rig, *profile, *select, *out, *waivers, *rerun_failed;
    int64_t jobs, seed, rounds;
    bool slow, fail_fast, prove, no_prove, verbose;
    char **ids;
    int n_ids;
};

static const char footer[] =
    "What to run. EXPR joins suite:NAME, id:GLOB, clause:GLOB and feature:NAME with and, or, not\n"
    "and parentheses; words behind the options are id patterns. Both given: both must match.\n\n"
    "  plexconf run                                  the reference, everything\n"
    "  plexconf run REG-014 -v                       one case, with its requests and responses\n"
    "  plexconf run --select 'suite:registration and not feature:clock'\n"
    "  plexconf run --rig external --profile mine.yaml --out report-mine\n"
    "  plexconf run --rerun-failed report            only what failed there\n\n"
    "A waivers file is a list of {id, owner, reason, expires: YYYY-MM-DD}. A waiver that expired,\n"
    "names no case or waives a case that passes ends the run with 4.\n\n"
    "The last line of standard output is always\n"
    "  N passed, N failed, N skipped, N unsupported, N unprovisioned\n\n"
    "Exit codes: 0 conformant; 1 the target failed; 2 usage, or nothing selected; 3 the harness "
    "or\n"
    "rig is broken, or a case is vacuous; 4 a waiver is stale; 77 nothing applicable; 130\n"
    "interrupted. When several apply: 3 before 1 before 4.\n";

static int read_options(int argc, char **argv, struct run_options *o)
{
    struct error e = { .text = "" };
    const struct option_row rows[] = {
        { "rig", 0, OPTION_TEXT, &o->rig, "KIND",
          "process (default: private PostgreSQL and the reference) or external", 0, 0 },
        { "profile", 'p', OPTION_TEXT, &o->profile, "FILE",
          "what the target claims and how to reach it", 0, 0 },
        { "select", 's', OPTION_TEXT, &o->select, "EXPR", "which cases to run", 0, 0 },
        { "jobs", 'j', OPTION_NUMBER, &o->jobs, "N", "workers (default: four per core)", 1, 256 },
        { "out", 'o', OPTION_TEXT, &o->out, "DIR", "where the reports go (default: ./report)", 0,
          0 },
        { "waivers", 'w', OPTION_TEXT, &o->waivers, "FILE", "failures that somebody answers for", 0,
          0 },
        { "slow", 0, OPTION_FLAG, &o->slow, NULL, "also run cases that take real minutes", 0, 0 },
        { "seed", 0, OPTION_NUMBER, &o->seed, "N",
          "what cases that draw their decisions draw them from (default: a new one)", 1, SEED_MAX },
        { "rounds", 0, OPTION_NUMBER, &o->rounds, "N",
          "how many rounds such cases take (default: a few)", 1, 100000 },
        { "fail-fast", 0, OPTION_FLAG, &o->fail_fast, NULL, "stop at the first failure", 0, 0 },
        { "rerun-failed", 0, OPTION_TEXT, &o->rerun_failed, "DIR",
          "only the cases that failed in that report", 0, 0 },
        { "prove", 0, OPTION_FLAG, &o->prove, NULL,
          "show every passing case to the impostors again", 0, 0 },
        { "no-prove", 0, OPTION_FLAG, &o->no_prove, NULL, "show none; the report says not proven",
          0, 0 },
        { "verbose", 'v', OPTION_FLAG, &o->verbose, NULL,
          "requests and responses of passing cases too", 0, 0 },
        { 0 },
    };
    const struct option_table table = {
        .program = "plexconf run",
        .synopsis = "[options] [ID…]",
        .summary = "Judges a target against the contract and writes events.ndjson, report.json, "
                   "junit.xml, report.tap and report.html.",
        .rows = rows,
        .footer = footer,
    };
    enum options_result r = options_parse(&table, argc, argv, &o->ids, &o->n_ids, &e);
    if (r == OPTIONS_OK && o->prove && o->no_prove) {
        error_set(&e, "--prove and --no-prove contradict each other");
        r = OPTIONS_BAD;
    }
    if (r == OPTIONS_OK && !text_equal(o->rig, "process") && !text_equal(o->rig, "external")) {
        error_set(&e, "--rig: must be process or external, not '%s'", o->rig);
        r = OPTIONS_BAD;
    }
    return after_options(r, "plexconf run", &e);
}

/* ---- what to run ------------------------------------------------------------------------- */

static bool read_failed_ids(struct arena *a, const char *directory, const struct selector **out,
                            struct error *e)
{
    struct report r;
    size_t i, n = 0;
    json_t *event;
    if (!report_read(a, directory, &r, e))
        return error_prefix(e, "--rerun-failed");
    char **ids = arena_alloc_array(a, json_array_size(r.cases) + 1, sizeof(*ids));
    json_array_foreach (r.cases, i, event) {
        enum standing s = report_standing(&r, event);
        const char *id = json_text(event, "id");
        if ((s == STANDING_FAILED || s == STANDING_BROKEN || s == STANDING_VACUOUS) &&
            case_find(id) != NULL)
            ids[n++] = arena_strdup(a, id);
    }
    if (n == 0)
        return error_set(e, "--rerun-failed %s: nothing failed there", directory);
    *out = selector_of_ids(a, ids, n);
    return true;
}

static bool choose_cases(struct arena *a, const struct run_options *o, const struct selector **out,
                         struct error *e)
{
    const struct selector *failed = NULL;
    if (!read_selection(a, o->select, o->ids, (size_t)o->n_ids, out, e))
        return false;
    if (o->rerun_failed != NULL && !read_failed_ids(a, o->rerun_failed, &failed, e))
        return false;
    *out = selector_both(a, *out, failed);
    return engine_selected(*out) > 0 ||
           error_set(e, "no case matches the selection; `plexconf list` shows what there is");
}

/* ---- the engine's options ---------------------------------------------------------------- */

/* Most cases wait, for an agent's timer or a target's answer: more workers than cores. */
static int default_jobs(void)
{
    long jobs = 4 * sysconf(_SC_NPROCESSORS_ONLN);
    return jobs < 4 ? 4 : jobs > 64 ? 64 : (int)jobs;
}

/* What was proven holds for this program and this contract. */
static const char *proof_digest(struct arena *a)
{
    struct bytes program;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct arena *scratch = arena_create();
    const char *text = contract()->digest;
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool ok = sha != NULL && file_read(scratch, "/proc/self/exe", PROGRAM_CAP, &program, NULL) &&
              EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(sha, text, strlen(text)) == 1 &&
              EVP_DigestUpdate(sha, program.data, program.len) == 1 &&
              EVP_DigestFinal_ex(sha, digest, &len) == 1;
    EVP_MD_CTX_free(sha);
    arena_destroy(scratch);
    return ok ? hex_encode(a, digest, len) : NULL;
}

static const char *quoted(struct arena *a, const char *word)
{
    if (strpbrk(word, " \t\n'\"\\$`*?[](){}<>|&;#~!") == NULL && *word != '\0')
        return word;
    struct buffer b;
    buffer_init_arena(&b, 65536, a);
    buffer_char(&b, '\'');
    for (const char *c = word; *c != '\0'; c++)
        buffer_printf(&b, *c == '\'' ? "'\\''" : "%c", *c);
    buffer_char(&b, '\'');
    return b.data;
}

/* The command that reproduces a failure, up to the selection. */
static const char *again(struct arena *a, const struct run_options *o)
{
    char here[4096];
    const char *program = arena_printf(a, "%s/plexconf", path_of_executable(a));
    if (getcwd(here, sizeof(here)) != NULL && text_starts(program, here) &&
        program[strlen(here)] == '/')
        program += strlen(here) + 1;
    struct buffer b;
    buffer_init_arena(&b, 16384, a);
    buffer_printf(&b, "%s run", quoted(a, program));
    if (!text_equal(o->rig, "process"))
        buffer_printf(&b, " --rig %s", o->rig);
    if (o->profile != NULL)
        buffer_printf(&b, " --profile %s", quoted(a, o->profile));
    return b.data;
}

static json_t *words_of(struct arena *a, int argc, char **argv)
{
    json_t *list = json_own(a, json_pack("[s]", "plexconf"));
    for (int i = 0; i < argc; i++)
        json_array_append_new(list, json_string(argv[i]));
    return list;
}

static bool rig_alive(void *rig, struct error *e)
{
    return rig_healthy(rig, e);
}

/* ---- after the run ----------------------------------------------------------------------- */

static void print_count(size_t n, const char *what)
{
    if (n > 0)
        printf("%zu %s\n", n, what);
}

static void print_summary(const struct engine_totals *t, const char *out)
{
    print_count(t->waived, "waived");
    print_count(t->broken, "harness-broken");
    print_count(t->vacuous, "vacuous: an impostor satisfies the case");
    print_count(t->informational, "failed without deciding (provisional, or a ruling not claimed)");
    print_count(t->stale, "stale: a waiver does not hold any more");
    print_count(t->unproven, "not proven: passed, but not shown to the impostors");
    printf("report: %s/report.html\n", out);
    printf("%zu passed, %zu failed, %zu skipped, %zu unsupported, %zu unprovisioned\n", t->passed,
           t->failed, t->skipped, t->unsupported, t->unprovisioned);
    fflush(stdout);
}

static int judge(const struct run_options *o, struct engine_options *eo)
{
    struct error e = { .text = "" };
    struct engine_totals totals;
    struct environment env = environment_of_process();
    if (engine_draws(eo->selector)) {
        printf("seed: %llu\n", (unsigned long long)eo->seed);
        fflush(stdout);
    }
    eo->progress = progress_create(stderr, &env, o->verbose);
    bool ok = engine_run(eo, &totals, &e);
    progress_destroy(eo->progress);
    rig_down(eo->rig_handle);
    if (!ok || !reports_write(o->out, &e))
        return complain(&e, EXIT_BROKEN);
    print_summary(&totals, o->out);
    return totals.exit;
}

static int bring_up_and_judge(struct arena *a, const struct run_options *o, struct profile *profile,
                              struct engine_options *eo)
{
    struct error e = { .text = "" };
    struct rig *rig = NULL;
    if (engine_needs_agent(eo->selector, profile) && !profile_agent_is_there(a, profile, &e))
        return complain(&e, EXIT_BROKEN);
    watch_interrupts();
    world_shared_create();
    bool up = engine_needs_control_plane(eo->selector, profile)
                  ? rig_up(o->rig, profile, &rig, &e)
                  : rig_up_for_agents(profile, &rig, &e);
    if (!up)
        return was_interrupted ? EXIT_INTERRUPTED : complain(&e, EXIT_BROKEN);
    eo->profile = profile;
    eo->rig_handle = rig;
    eo->healthy = rig_alive;
    eo->interrupted = &was_interrupted;
    return judge(o, eo);
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (text_equal(word, words[i]))
            return true;
    return false;
}

/* A feature that no case needs would be claimed for nothing: it is a slip of the pen. */
static bool features_are_known(struct arena *a, const struct profile *p, struct error *e)
{
    const char **names = arena_alloc_array(a, case_count() * CASE_NEEDS_MAX + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < case_count(); i++)
        for (size_t k = 0; k < CASE_NEEDS_MAX; k++)
            if (case_at(i)->needs[k] != NULL && !is_one_of(case_at(i)->needs[k], names))
                names[n++] = case_at(i)->needs[k];
    for (size_t i = 0; p->features[i] != NULL; i++) {
        if (is_one_of(p->features[i], names))
            continue;
        const char *near = options_nearest(p->features[i], names);
        return error_set(e, "profile %s: features: no case needs '%s'%s%s%s", p->path,
                         p->features[i], near != NULL ? "; did you mean '" : "",
                         near != NULL ? near : "", near != NULL ? "'?" : "");
    }
    return true;
}

static bool prepare(struct arena *a, const struct run_options *o, struct engine_options *eo,
                    struct profile **profile, struct error *e)
{
    const char *path = o->profile;
    struct waivers *waivers = arena_alloc(a, sizeof(*waivers));
    if (path == NULL && text_equal(o->rig, "external"))
        return error_set(e, "--rig external needs --profile FILE");
    if (path == NULL && !find_reference_profile(a, &path, e))
        return false;
    if (!choose_cases(a, o, &eo->selector, e) || !profile_load(a, path, profile, e) ||
        !features_are_known(a, *profile, e))
        return false;
    if (o->waivers != NULL && !waivers_load(a, o->waivers, clock_wall_micros(), waivers, e))
        return false;
    eo->waivers = o->waivers == NULL ? NULL : waivers;
    return true;
}

static int run_in(struct arena *a, int argc, char **argv, const struct run_options *o)
{
    static const struct world_makers makers = { world_build, world_case_begin, world_case_end };
    struct error e = { .text = "" };
    struct profile *profile = NULL;
    if (!load_cases(&e))
        return complain(&e, EXIT_BROKEN);
    struct engine_options eo = {
        .rig = o->rig,
        .run = new_run_prefix(a),
        .out = o->out,
        .jobs = o->jobs == 0 ? default_jobs() : (int)o->jobs,
        .slow = o->slow,
        .fail_fast = o->fail_fast,
        .seed = o->seed != 0 ? (uint64_t)o->seed : 1 + random_below(SEED_MAX),
        .rounds = (int)o->rounds,
        .transcripts = o->verbose,
        .proving = o->prove      ? PROVE_ALWAYS
                   : o->no_prove ? PROVE_NEVER
                                 : PROVE_WHEN_NEW,
        .again = again(a, o),
        .argv = words_of(a, argc, argv),
        .makers = &makers,
        .contract_digest = contract()->digest,
        .operations = json_is_array(contract()->operations)
                          ? contract()->operations
                          : json_member(contract()->operations, "operations"),
        .clauses = contract()->clauses,
    };
    if (!prepare(a, o, &eo, &profile, &e))
        return complain(&e, EXIT_USAGE);
    if (eo.proving != PROVE_NEVER) {
        eo.cache = cache_directory(a);
        eo.proof_digest = proof_digest(a);
    }
    if (eo.proof_digest == NULL)
        eo.cache = NULL; /* nothing to tell one program from another by */
    /* Before minutes go by, not after them. */
    if (!directory_make(o->out, 0755, &e))
        return complain(&e, EXIT_BROKEN);
    return bring_up_and_judge(a, o, profile, &eo);
}

int command_run(struct environment env, int argc, char **argv)
{
    (void)env;
    struct run_options o = { .rig = "process", .out = "report" };
    int code = read_options(argc, argv, &o);
    if (code >= 0)
        return code;
    struct arena *a = arena_create();
    code = run_in(a, argc, argv, &o);
    arena_destroy(a);
    return code;
}
