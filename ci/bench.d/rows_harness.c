/* The harness's own speed: start, one derived case, the whole run, one boot of the posture suite.
 */
#include <stdio.h>
#include <string.h>

#include "ci/bench.d/bench.h"
#include "common/file.h"
#include "common/text.h"

enum { ROUNDS = 9, DERIVED_ROUNDS = 25, RUN_ROUNDS = 3 };

#define DERIVED "id:derived/*/unprovisioned"

struct bench {
    struct arena *a;
    char *directory, *out, *plexconf;
};

static bool run(struct bench *b, char *const *argv, struct watched *w, struct error *e)
{
    struct arena *scratch = arena_create();
    bool ok = watch_run(scratch, b->out, argv, w, e);
    arena_destroy(scratch);
    return ok;
}

static void tell_wrong(const char *what, const struct watched *w)
{
    if (w->wrong > 0)
        printf("  %s: %zu of %zu cases failed\n", what, w->wrong, w->cases);
}

/* The database template is there after the first run, which is not counted. */
static bool start_row(struct bench *b, struct error *e)
{
    char *argv[] = { b->plexconf, "run", "--no-prove", "--select", "id:META-001", NULL };
    struct samples s = { .n = 0 }, cpu = { .n = 0 };
    struct watched w;
    for (int i = -1; i < ROUNDS; i++) {
        if (!run(b, argv, &w, e))
            return false;
        if (i < 0)
            continue;
        samples_add(&s, w.first_case * 1e3);
        samples_add(&cpu, w.cpu * 1e3);
    }
    row_print("plexconf start to first case, process rig warm", &s, "ms", 150, false);
    note_print("  CPU of all processes, clean-up included", &cpu, "ms");
    return true;
}

/* ---- derived cases against nothing ---- */

static bool write_profile(struct bench *b, int port, char **path, struct error *e)
{
    static const char text[] = "name: nothing\n"
                               "base_url: \"http://127.0.0.1:%d\"\n"
                               "features: [answers-501]\n"
                               "credentials:\n"
                               "  lines: true\n"
                               "  command: [sh, -c, \"while read -r line; do echo "
                               "'{\\\"token\\\":\\\"nobody-nowhere-0000\\\",\\\"identity_ref\\\":"
                               "\\\"user:nobody\\\"}'; done\"]\n";
    char *filled = arena_printf(b->a, text, port);
    *path = path_join(b->a, b->directory, "nothing.yaml");
    return file_write_atomic(*path, filled, strlen(filled), 0600, e);
}

/* What n - few more cases cost, so that start, worlds and an empty report cancel out. */
static bool derived_rounds(struct bench *b, char *profile, char *jobs, const char *few_ids,
                           struct samples *cpu_ms, struct samples *rate, struct error *e)
{
    char *all[] = { b->plexconf, "run",    "--no-prove", "--rig",    "external", "--profile",
                    profile,     "--jobs", jobs,         "--select", DERIVED,    NULL };
    char *few[] = { b->plexconf,
                    "run",
                    "--no-prove",
                    "--rig",
                    "external",
                    "--profile",
                    profile,
                    "--jobs",
                    jobs,
                    "--select",
                    arena_strdup(b->a, few_ids),
                    NULL };
    struct watched w, base;
    for (int i = 0; i < DERIVED_ROUNDS; i++) {
        if (!run(b, few, &base, e) || !run(b, all, &w, e))
            return false;
        if (w.wrong + base.wrong > 0)
            return error_set(e, "%zu cases failed against the null server", w.wrong + base.wrong);
        double more = (double)(w.cases - base.cases);
        samples_add(cpu_ms, (w.cpu - base.cpu) * 1e3 / more);
        if (w.wall > base.wall)
            samples_add(rate, more / (w.wall - base.wall));
    }
    return rate->n > 0 || error_set(e, "the machine is too noisy to tell");
}

/* One for each of the eight workers: they build their worlds in both runs. */
static const char few_ids[] =
    "id:derived/ListClouds/unprovisioned or id:derived/CreateCloud/unprovisioned or "
    "id:derived/GetDomain/unprovisioned or id:derived/ListDomains/unprovisioned or "
    "id:derived/GetProject/unprovisioned or id:derived/ListProjects/unprovisioned or "
    "id:derived/ListNodes/unprovisioned or id:derived/PostRegister/unprovisioned";

static bool derived_row(struct bench *b, struct error *e)
{
    struct samples cpu = { .n = 0 }, rate = { .n = 0 }, unused = { .n = 0 };
    char *profile = NULL;
    pid_t pid;
    int port;
    if (!null_server_start(&pid, &port, e))
        return false;
    bool ok = write_profile(b, port, &profile, e) &&
              derived_rounds(b, profile, "1", few_ids, &cpu, &unused, e) &&
              derived_rounds(b, profile, "8", few_ids, &unused, &rate, e);
    null_server_stop(pid);
    if (!ok)
        return false;
    row_print("a derived case, harness CPU", &cpu, "ms", 0.15, false);
    row_print("derived cases at -j8, null server", &rate, "/s", 5000, true);
    return true;
}

/* ---- everything ---- */

static bool whole_row(struct bench *b, struct error *e)
{
    char *argv[] = { b->plexconf, "run", "--no-prove", NULL };
    struct samples wall = { .n = 0 }, cpu = { .n = 0 };
    struct watched w = { 0 };
    for (int i = 0; i < RUN_ROUNDS; i++) {
        if (!run(b, argv, &w, e))
            return false;
        samples_add(&wall, w.wall);
        samples_add(&cpu, w.cpu);
    }
    row_print("whole process-rig run", &wall, "s", 20, false);
    note_print("  its CPU, PostgreSQL and targets included", &cpu, "s");
    tell_wrong("whole run", &w);
    return true;
}

/* A boot hook that leaves a mark: the suite's boots are counted, not guessed. */
static bool counting_profile(struct bench *b, const char *marks, char **path, struct error *e)
{
    static const char was[] = "command: [\"${BIN}/plexsphere\", serve,";
    struct bytes text;
    char *reference =
        path_join(b->a, path_of_executable(b->a), "../../conformance/profiles/reference.yaml");
    if (!file_read(b->a, reference, 1 << 20, &text, e))
        return false;
    const char *whole = (const char *)text.data, *at = strstr(whole, was);
    if (at == NULL)
        return error_set(e, "no boot command in %s", reference);
    char *changed = arena_printf(b->a,
                                 "%.*scommand: [sh, -c, \"printf . >> %s; exec \\\"$0\\\" "
                                 "\\\"$@\\\"\", \"${BIN}/plexsphere\", serve,%s",
                                 (int)(at - whole), whole, marks, at + sizeof was - 1);
    *path = path_join(b->a, b->directory, "counting.yaml");
    return file_write_atomic(*path, changed, strlen(changed), 0600, e);
}

static bool posture_row(struct bench *b, struct error *e)
{
    char *marks = path_join(b->a, b->directory, "boots"), *profile = NULL;
    struct samples s = { .n = 0 }, cpu = { .n = 0 };
    struct watched w = { 0 };
    if (!counting_profile(b, marks, &profile, e))
        return false;
    char *argv[] = { b->plexconf, "run",   "--no-prove", "--jobs",        "1",
                     "--profile", profile, "--select",   "suite:posture", NULL };
    for (int i = 0; i < RUN_ROUNDS; i++) {
        struct bytes boots;
        if (!file_write_atomic(marks, "", 0, 0600, e) || !run(b, argv, &w, e) ||
            !file_read(b->a, marks, 1 << 20, &boots, e))
            return false;
        if (boots.len == 0)
            return error_set(e, "the posture suite booted nothing");
        samples_add(&s, w.wall * 1e3 / (double)boots.len);
        samples_add(&cpu, w.cpu * 1e3 / (double)boots.len);
    }
    row_print("posture suite, per boot at -j1", &s, "ms", 30, false);
    note_print("  CPU of all processes, per boot", &cpu, "ms");
    tell_wrong("posture suite", &w);
    return true;
}

bool rows_of_harness(struct arena *a, const char *directory, struct error *e)
{
    static bool (*const rows[])(struct bench * b, struct error * e) = { start_row, derived_row,
                                                                        whole_row, posture_row };
    struct bench b = { .a = a, .directory = arena_strdup(a, directory) };
    b.out = path_join(a, b.directory, "report");
    b.plexconf = path_join(a, path_of_executable(a), "plexconf");
    bool all = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!rows[i](&b, e)) {
            failure_print("harness", e);
            all = false;
        }
    return all;
}
