/* The journal and the reports' own files.
 *
 * One journal job at a time: it carries every change that came while the one before was under way,
 * so that many writers share an fsync, and no job is composed on what another may still undo.
 * A file is written after its line is in the journal, and the line goes only when the file says the
 * same: journal and files together always tell all that was answered with success. */
#include <stdio.h>

#include "common/buffer.h"
#include "common/file.h"
#include "common/log.h"
#include "common/memory.h"
#include "reference/plexd/entry.h"
#include "reference/plexd/reports_internal.h"
#include "reference/plexd/state_files.h"

enum { FILES_AT_ONCE = 8, GROWTH = 1 << 20 };

/* ---- lists of changes ---- */

void write_list_init(struct write_list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

void write_list_push(struct write_list *l, struct write *w)
{
    w->next = NULL;
    *l->last = w;
    l->last = &w->next;
}

static struct write *take_all(struct write_list *l)
{
    struct write *first = l->first;
    write_list_init(l);
    return first;
}

static void finish(struct write *w, enum report_result result, const struct data_entry *now)
{
    w->done(w->self, result, now);
    mem_free(w->key);
    mem_free(w);
}

void write_list_fail(struct write_list *l)
{
    for (struct write *w = take_all(l), *next; w != NULL; w = next) {
        next = w->next;
        mem_free(w->value);
        w->value = NULL;
        finish(w, REPORT_FAILED, NULL);
    }
}

/* ---- the journal ---- */

struct journal_job {
    struct disk_job job;
    struct reports *r;
    bool replace, ok;
    size_t expected;
    struct buffer lines;
    struct error error;
};

void journal_snapshot(const struct reports *r, struct buffer *b)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct entry *e = r->entries[i];
        if (e->state != REPORT_SENT || e->file_stale)
            journal_write(b, &(struct journal_record){ e->state, e->key, e->now });
    }
}

static bool any_waits_for_its_file(const struct reports *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->entries[i]->file_stale && r->entries[i]->state == REPORT_SENT)
            return true;
    return false;
}

static void journal_work(struct disk_job *job)
{
    struct journal_job *j = (struct journal_job *)job;
    struct bytes lines = { (unsigned char *)j->lines.data, j->lines.len };
    j->ok = j->replace ? state_file_write_now(j->r->journal_path, lines, &j->error)
                       : journal_append(j->r->journal_path, j->expected, lines, &j->error);
}

/* Readers see a change from here on. */
static void settle(struct reports *r)
{
    for (struct write *w = take_all(&r->flying), *next; w != NULL; w = next) {
        next = w->next;
        struct entry *e = entry_make(r, w->key);
        entry_apply(r, e, w->value);
        if (!r->closed)
            report_sync_wake(r);
        finish(w, REPORT_OK, e->now);
    }
}

/* What was gathered meanwhile stands on what has just failed: it fails, too. */
static void undo(struct reports *r, const struct journal_job *j)
{
    log_line(LOG_ERROR, "persist write failed", "component", "nodeapi", "path", r->journal_path,
             "error", j->error.text, NULL);
    r->replace = true;
    write_list_fail(&r->flying);
    write_list_fail(&r->gathered);
}

/* Only here does a job stop counting: whoever was answered may have closed. */
static void end_of_job(struct reports *r)
{
    r->jobs--;
    if (r->closed && r->jobs == 0)
        reports_free(r);
}

static void journal_done(struct disk_job *job)
{
    struct journal_job *j = (struct journal_job *)job;
    struct reports *r = j->r;
    r->journal_busy = false;
    if (j->ok) {
        r->journal_len = j->replace ? j->lines.len : r->journal_len + j->lines.len;
        r->replaced_len = j->replace ? j->lines.len : r->replaced_len;
        r->replace = r->replace && !j->replace;
        r->compact = r->compact || r->journal_len > 4 * r->replaced_len + GROWTH;
        settle(r);
    } else {
        undo(r, j);
    }
    buffer_release(&j->lines);
    mem_free(j);
    reports_journal_step(r);
    reports_files_step(r);
    end_of_job(r);
}

static void run(struct reports *r, struct disk_job *job)
{
    r->jobs++;
    if (r->disk != NULL) {
        disk_submit(r->disk, job);
        return;
    }
    job->work(job);
    job->done(job);
}

void reports_journal_step(struct reports *r)
{
    if (r->journal_busy || r->closed || (r->gathered.first == NULL && !r->compact))
        return;
    struct journal_job *j = mem_alloc(sizeof *j);
    *j = (struct journal_job){ .job = { .work = journal_work, .done = journal_done },
                               .r = r,
                               .replace = r->replace || r->compact,
                               .expected = r->journal_len };
    buffer_init(&j->lines, SIZE_MAX);
    if (j->replace) {
        journal_snapshot(r, &j->lines);
        r->sent_lines = any_waits_for_its_file(r);
    }
    r->compact = false;
    r->flying.first = r->gathered.first;
    r->flying.last = r->gathered.first == NULL ? &r->flying.first : r->gathered.last;
    write_list_init(&r->gathered);
    for (const struct write *w = r->flying.first; w != NULL; w = w->next)
        journal_write(&j->lines, &(struct journal_record){ REPORT_PENDING, w->key, w->value });
    r->journal_busy = true;
    run(r, &j->job);
}

/* ---- the reports' own files ---- */

struct files_job {
    struct disk_job job;
    struct reports *r;
    size_t n;
    struct {
        struct entry *entry; /* stays: its file is stale until this job is done */
        uint64_t changed;
        char *path;
        struct buffer text; /* empty: remove */
        bool ok;
        struct error error;
    } files[FILES_AT_ONCE];
};

static void files_work(struct disk_job *job)
{
    struct files_job *f = (struct files_job *)job;
    for (size_t i = 0; i < f->n; i++) {
        struct bytes text = { (unsigned char *)f->files[i].text.data, f->files[i].text.len };
        f->files[i].ok = text.len == 0
                             ? state_file_remove_now(f->files[i].path, &f->files[i].error)
                             : state_file_write_now(f->files[i].path, text, &f->files[i].error);
    }
}

static void files_done(struct disk_job *job)
{
    struct files_job *f = (struct files_job *)job;
    struct reports *r = f->r;
    bool all = true;
    for (size_t i = 0; i < f->n; i++) {
        struct entry *e = f->files[i].entry;
        if (f->files[i].ok && e->changed == f->files[i].changed)
            e->file_stale = false;
        if (!f->files[i].ok)
            log_line(LOG_ERROR, "persist write failed", "component", "nodeapi", "path",
                     f->files[i].path, "error", f->files[i].error.text, NULL);
        all = all && f->files[i].ok;
        mem_free(f->files[i].path);
        buffer_release(&f->files[i].text);
    }
    mem_free(f);
    r->files_busy = false;
    reports_sweep(r);
    if (all) /* after a failure the next change tries again; the journal has it meanwhile */
        reports_files_step(r);
    if (r->sent_lines && !any_waits_for_its_file(r)) {
        r->sent_lines = false;
        r->compact = true;
        reports_journal_step(r);
    }
    end_of_job(r);
}

static void add_file(struct files_job *f, struct entry *e)
{
    struct arena *a = arena_create();
    size_t i = f->n++;
    f->files[i].entry = e;
    f->files[i].changed = e->changed;
    f->files[i].path = mem_strdup(path_join(a, f->r->folder, state_file_name(a, e->key)));
    buffer_init(&f->files[i].text, SIZE_MAX);
    if (e->now != NULL) {
        entry_write(&f->files[i].text, e->now);
        buffer_char(&f->files[i].text, '\n');
    }
    arena_destroy(a);
}

void reports_files_step(struct reports *r)
{
    if (r->files_busy || r->closed)
        return;
    struct files_job *f = mem_alloc(sizeof *f);
    f->job = (struct disk_job){ .work = files_work, .done = files_done };
    f->r = r;
    for (size_t i = 0; i < r->n && f->n < FILES_AT_ONCE; i++)
        if (r->entries[i]->file_stale)
            add_file(f, r->entries[i]);
    if (f->n == 0) {
        mem_free(f);
        return;
    }
    r->files_busy = true;
    run(r, &f->job);
}
