/* The gates' speed: the leak gate on this repository, and what the scanners of leaks and of logs
 * read in a second, beside ripgrep with the same needles on the same bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ci/bench.d/bench.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "drift-gates/insecure_default/announce.h"
#include "drift-gates/findings.h"
#include "drift-gates/insecure_default/insecure_default.h"
#include "drift-gates/prod_leak/prod_leak.h"
#include "drift-gates/prod_leak/scan.h"

enum { ROUNDS = 7 };

#define BYTES ((size_t)256 << 20)
#define PIECE ((size_t)256 << 10)
#define RENDER "kind/rendered/prod-reference.yaml"

struct bench {
    struct arena *a;
    const char *directory;
    const char *yaml, *log; /* files of BYTES bytes */
    struct bytes *needles;  /* forms that can stand on a line */
    size_t n_needles;
};

static double cpu_seconds(int whom)
{
    struct rusage u;
    getrusage(whom, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* ---- the gates on this repository ---- */

static bool judge(const struct gate *gate, struct error *e)
{
    struct arena *a = arena_create();
    struct settings *s;
    struct tree *t;
    bool ok = settings_read(a, ".", NULL, &s, e) && tree_open(a, ".", s->ignore, &t, e) &&
              settings_complete(s, t, e);
    if (ok) {
        struct findings *f = findings_create(a);
        gate_execute(gate, t, s, f);
        ok = f->outcomes[0].state == GATE_CLEAN ||
             error_set(e, "%s is not clean on this tree", gate->name);
    }
    arena_destroy(a);
    return ok;
}

static bool gate_row(const struct gate *gate, const char *what, struct error *e)
{
    struct samples wall = { .n = 0 }, cpu = { .n = 0 };
    for (int i = 0; i < ROUNDS; i++) {
        double before = cpu_seconds(RUSAGE_SELF);
        int64_t started = clock_monotonic_nanos();
        if (!judge(gate, e))
            return false;
        samples_add(&wall, (double)(clock_monotonic_nanos() - started) / 1e6);
        samples_add(&cpu, (cpu_seconds(RUSAGE_SELF) - before) * 1e3);
    }
    row_print(what, &wall, "ms", 100, false);
    note_print("  processor time", &cpu, "ms");
    return true;
}

/* ---- bytes to read ---- */

static bool write_repeated(struct bench *b, const char *path, struct bytes text, struct error *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0;
    (void)b;
    for (size_t done = 0; ok && done < BYTES; done += text.len)
        ok = write_all(fd, text.data, text.len);
    if (fd >= 0)
        close(fd);
    return ok || error_set(e, "%s cannot be written", path);
}

/* Lines as programs write them, some of them nearly of interest. */
static struct bytes log_text(struct arena *a)
{
    struct buffer b;
    buffer_init_arena(&b, (size_t)4 << 20, a);
    for (int i = 0; i < 10000; i++)
        buffer_printf(&b,
                      "2026-11-22T04:55:%02d.%09dZ stdout F time=2026-11-22T04:55:%02d.%03dZ "
                      "level=%s msg=\"request served\" method=GET path=/v1/nodes/%d status=%d "
                      "default=%s\n",
                      i % 60, i * 7919, i % 60, i % 1000, i % 40 == 0 ? "WARN" : "INFO", i, 200,
                      i % 100 == 0 ? "insecure" : "active");
    return (struct bytes){ (const unsigned char *)b.data, b.len };
}

static bool make_files(struct bench *b, struct error *e)
{
    struct bytes text;
    b->yaml = path_join(b->a, b->directory, "rendered.yaml");
    b->log = path_join(b->a, b->directory, "container.log");
    return file_read(b->a, RENDER, (size_t)1 << 20, &text, e) &&
           write_repeated(b, b->yaml, text, e) && write_repeated(b, b->log, log_text(b->a), e);
}

/* Forms that ripgrep takes as lines of a file, too. */
static bool take_needles(struct bench *b, struct error *e)
{
    struct gate_run g = { .arena = b->a, .gate = &gate_prod_leak };
    struct settings *s;
    struct tree *t;
    struct needles *needles;
    json_t *names;
    size_t n;
    if (!settings_read(b->a, ".", NULL, &s, e) || !tree_open(b->a, ".", s->ignore, &t, e) ||
        !settings_complete(s, t, e))
        return false;
    g.tree = t;
    g.settings = s;
    g.findings = findings_create(b->a);
    if (!leak_sources_read(&g, &needles, &names, e))
        return false;
    const struct bytes *forms = needles_forms(needles, &n);
    b->needles = arena_alloc_array(b->a, n + 1, sizeof(*b->needles));
    for (size_t i = 0; i < n; i++) {
        if (memchr(forms[i].data, '\n', forms[i].len) == NULL &&
            text_is_utf8(forms[i].data, forms[i].len))
            b->needles[b->n_needles++] = forms[i];
    }
    return b->n_needles > 0 || error_set(e, "there are no needles");
}

/* ---- scanning ---- */

static bool read_all(const char *path, void (*take)(void *arg, struct bytes piece), void *arg,
                     struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    unsigned char *piece = mem_alloc(PIECE);
    ssize_t n = -1;
    while (fd >= 0 && (n = read(fd, piece, PIECE)) > 0)
        take(arg, (struct bytes){ piece, (size_t)n });
    if (fd >= 0)
        close(fd);
    mem_free(piece);
    return n == 0 || error_set(e, "%s cannot be read", path);
}

struct scan {
    const struct scanner *scanner;
    size_t hits;
};

static void scan_piece(void *arg, struct bytes piece)
{
    struct scan *s = arg;
    s->hits += scanner_any(s->scanner, piece);
}

static void feed_piece(void *arg, struct bytes piece)
{
    announce_stream_feed(arg, piece.data, piece.len);
}

static bool scan_row(struct bench *b, struct samples *rate, struct error *e)
{
    struct scan s = { scanner_create(b->a, b->needles, b->n_needles, SCAN_EXACT), 0 };
    for (int i = 0; i < ROUNDS; i++) {
        double before = cpu_seconds(RUSAGE_SELF);
        if (!read_all(b->yaml, scan_piece, &s, e))
            return false;
        samples_add(rate, (double)BYTES / 1e9 / (cpu_seconds(RUSAGE_SELF) - before));
    }
    row_print("leak needles over bytes, per core", rate, "GB/s", 1, true);
    return s.hits == 0 || error_set(e, "a needle was found in the production render");
}

static bool log_row(struct bench *b, struct error *e)
{
    static const struct announcement rows[] = { { "nats", "production runs three replicas." } };
    const struct announcements *all = announcements_create(b->a, rows, 1);
    struct samples rate = { .n = 0 };
    for (int i = 0; i < ROUNDS; i++) {
        struct announce_stream *s = announce_stream_open(b->a, all);
        double before = cpu_seconds(RUSAGE_SELF);
        if (!read_all(b->log, feed_piece, s, e))
            return false;
        announce_stream_end(s);
        samples_add(&rate, (double)BYTES / 1e9 / (cpu_seconds(RUSAGE_SELF) - before));
        if (announce_stream_lines(s) < 1000000)
            return error_set(e, "lines were lost");
    }
    row_print("lines of logs, per core", &rate, "GB/s", 1, true);
    return true;
}

/* ---- ripgrep ---- */

static bool write_needles(struct bench *b, const char *path, struct error *e)
{
    struct buffer text;
    buffer_init_arena(&text, (size_t)4 << 20, b->a);
    for (size_t i = 0; i < b->n_needles; i++) {
        buffer_append(&text, b->needles[i].data, b->needles[i].len);
        buffer_char(&text, '\n');
    }
    return file_write_atomic(path, text.data, text.len, 0600, e);
}

static bool ripgrep_rows(struct bench *b, const struct samples *ours, struct error *e)
{
    char *needles = path_join(b->a, b->directory, "needles");
    char *argv[] = { arena_strdup(b->a, "rg"),          arena_strdup(b->a, "--threads=1"),
                     arena_strdup(b->a, "--text"),      arena_strdup(b->a, "--quiet"),
                     arena_strdup(b->a, "--no-config"), arena_strdup(b->a, "--fixed-strings"),
                     arena_strdup(b->a, "--file"),      needles,
                     arena_strdup(b->a, b->yaml),       NULL };
    struct process_options o = { .argv = argv };
    struct process_result r;
    struct samples rate = { .n = 0 }, ratio = { .n = 0 };
    struct error why = { "" };
    if (!write_needles(b, needles, e))
        return false;
    for (int i = 0; i < ROUNDS; i++) {
        double before = cpu_seconds(RUSAGE_CHILDREN);
        if (!process_run(b->a, &o, (struct bytes){ 0 }, 1 << 16, 120000, &r, &why)) {
            printf("  no ripgrep to compare with: %.200s\n", why.text);
            return true;
        }
        if (r.end != PROCESS_EXITED || r.code != 1) /* 1: nothing found, as it should be */
            return error_set(e, "rg: %s", process_end_text(b->a, r.end, r.code));
        samples_add(&rate, (double)BYTES / 1e9 / (cpu_seconds(RUSAGE_CHILDREN) - before));
        samples_add(&ratio, ours->values[i] / rate.values[i]);
    }
    note_print("  ripgrep, one thread, same needles and bytes", &rate, "GB/s");
    row_print("  ours / ripgrep", &ratio, "x", 1, true);
    return true;
}

bool rows_of_gates(struct arena *a, const char *directory, struct error *e)
{
    struct bench b = { .a = a, .directory = directory };
    struct samples rate = { .n = 0 };
    bool ok = gate_row(&gate_prod_leak, "leak gate on this repository and its renders", e) &&
              gate_row(&gate_insecure_default, "insecure-default gate on this repository", e) &&
              take_needles(&b, e) && make_files(&b, e);
    if (ok) {
        printf("  %zu forms of needles\n", b.n_needles);
        ok = scan_row(&b, &rate, e) && ripgrep_rows(&b, &rate, e) && log_row(&b, e);
    }
    if (!ok)
        failure_print("gates", e);
    return ok;
}
