#include "reference/plexd/reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/file.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexd/entry.h"
#include "reference/plexd/reports_internal.h"
#include "reference/plexd/state_files.h"

enum { PAYLOADS_MOST = 32 << 20, ENTRIES_MOST = 10000 }; /* local programs cannot fill the memory */

/* ---- entries ---- */

static size_t place_of(const struct reports *r, const char *key)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(r->entries[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct entry *entry_of(const struct reports *r, const char *key)
{
    size_t at = place_of(r, key);
    return at < r->n && text_equal(r->entries[at]->key, key) ? r->entries[at] : NULL;
}

struct entry *entry_make(struct reports *r, const char *key)
{
    struct entry *e = entry_of(r, key);
    if (e != NULL)
        return e;
    size_t at = place_of(r, key);
    if (r->n == r->room) {
        r->room = r->room == 0 ? 16 : 2 * r->room;
        r->entries = mem_resize(r->entries, r->room, sizeof *r->entries);
    }
    memmove(r->entries + at + 1, r->entries + at, (r->n - at) * sizeof *r->entries);
    e = mem_alloc(sizeof *e);
    e->key = mem_strdup(key);
    r->entries[at] = e;
    r->n++;
    return e;
}

static size_t size_of(const struct data_entry *value)
{
    return value == NULL ? 0 : value->payload.len;
}

/* Takes `value` over. */
void entry_apply(struct reports *r, struct entry *e, struct data_entry *value)
{
    r->payload_bytes += size_of(value);
    r->payload_bytes -= size_of(e->now);
    mem_free(e->now);
    e->now = value;
    e->changed = ++r->changes;
    if (e->state != REPORT_PENDING)
        e->since = e->changed;
    e->state = REPORT_PENDING;
    e->file_stale = true;
    r->view_old = true;
}

static void entry_free(struct entry *e)
{
    mem_free(e->key);
    mem_free(e->now);
    mem_free(e);
}

void reports_sweep(struct reports *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->n; i++) {
        struct entry *e = r->entries[i];
        if (e->now == NULL && e->state == REPORT_SENT && !e->file_stale && !e->in_round)
            entry_free(e);
        else
            r->entries[kept++] = e;
    }
    r->n = kept;
}

const struct data_entry *reports_find(const struct reports *r, const char *key)
{
    const struct entry *e = entry_of(r, key);
    return e == NULL ? NULL : e->now;
}

const struct data_entry *reports_all(struct reports *r, size_t *n)
{
    if (r->view_old) {
        r->view = mem_resize(r->view, r->n + 1, sizeof *r->view);
        r->n_view = 0;
        for (size_t i = 0; i < r->n; i++)
            if (r->entries[i]->now != NULL)
                r->view[r->n_view++] = *r->entries[i]->now;
        r->view_old = false;
    }
    *n = r->n_view;
    return r->view;
}

/* ---- changes ---- */

/* What the next change of this key stands on: the last one on its way, else what is kept. */
static const struct data_entry *latest(const struct reports *r, const char *key)
{
    const struct data_entry *found = reports_find(r, key);
    const struct write_list *lists[] = { &r->flying, &r->gathered };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (const struct write *w = lists[i]->first; w != NULL; w = w->next)
            if (text_equal(w->key, key))
                found = w->value;
    return found;
}

static void gather(struct reports *r, const struct report_write *from, struct data_entry *value)
{
    struct write *w = mem_alloc(sizeof *w);
    *w = (struct write){
        .key = mem_strdup(from->key), .value = value, .done = from->done, .self = from->self
    };
    write_list_push(&r->gathered, w);
    reports_journal_step(r);
}

/* API-025: what did not exist has version 0. */
void reports_put(struct reports *r, const struct report_write *w)
{
    const struct data_entry *old = latest(r, w->key);
    int64_t version = old == NULL ? 0 : old->version;
    if (w->if_match >= 0 && w->if_match != version) {
        w->done(w->self, REPORT_CONFLICT, NULL);
        return;
    }
    if (r->payload_bytes - size_of(reports_find(r, w->key)) + w->payload.len > PAYLOADS_MOST ||
        (old == NULL && r->n >= ENTRIES_MOST)) {
        log_line(LOG_ERROR, "too many reports are kept", "component", "nodeapi", "key", w->key,
                 NULL);
        w->done(w->self, REPORT_FAILED, NULL);
        return;
    }
    struct arena *a = arena_create();
    struct data_entry value = { .key = w->key,
                                .content_type = w->content_type,
                                .payload = w->payload,
                                .version = version + 1,
                                .updated_at = timestamp_format(a, loop_wall(r->loop)) };
    gather(r, w, entry_copy(&value));
    arena_destroy(a);
}

void reports_delete(struct reports *r, const struct report_write *w)
{
    if (latest(r, w->key) == NULL)
        w->done(w->self, REPORT_NOT_FOUND, NULL);
    else
        gather(r, w, NULL);
}

/* ---- loading ---- */

static bool load_file(void *self, const char *name, struct bytes text)
{
    struct reports *r = self;
    struct arena *a = arena_create();
    struct data_entry value;
    bool ok = entry_read(a, text, &value) && report_key_valid(value.key) && value.version > 0 &&
              text_equal(name, state_file_name(a, value.key));
    if (ok) {
        struct entry *e = entry_make(r, value.key);
        entry_apply(r, e, entry_copy(&value));
        e->state = REPORT_SENT;
        e->file_stale = false;
    }
    arena_destroy(a);
    return ok;
}

static void load_record(void *self, const struct journal_record *record)
{
    struct reports *r = self;
    struct entry *e = entry_make(r, record->key);
    entry_apply(r, e, record->put == NULL ? NULL : entry_copy(record->put));
    e->state = record->state;
}

/* ARP-004: the whole lines count; what else is there is kept aside for whoever wants to look. */
static void load_journal(struct reports *r)
{
    struct arena *a = arena_create();
    struct bytes text;
    struct error e = { "" };
    char count[24];
    const char *aside = arena_printf(a, "%s.corrupt", r->journal_path);
    if (path_exists(r->journal_path) && !file_read(a, r->journal_path, SIZE_MAX, &text, &e)) {
        log_line(LOG_ERROR, "report journal cannot be read", "component", "nodeapi", "error",
                 e.text, "moved_to", rename(r->journal_path, aside) == 0 ? aside : "nowhere", NULL);
    } else if (path_exists(r->journal_path)) {
        size_t damaged = journal_read(text, load_record, r);
        snprintf(count, sizeof count, "%zu", damaged);
        if (damaged > 0)
            log_line(LOG_WARN, "report journal is damaged", "component", "nodeapi", "bytes", count,
                     "copy", state_file_write_now(aside, text, &e) ? aside : e.text, NULL);
    }
    arena_destroy(a);
}

static bool any_pending(const struct reports *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->entries[i]->state == REPORT_PENDING)
            return true;
    return false;
}

static void load(struct reports *r)
{
    struct buffer b;
    struct error e = { "" };
    buffer_init(&b, SIZE_MAX);
    state_folder_read(r->folder, load_file, r);
    load_journal(r);
    journal_snapshot(r, &b);
    struct bytes whole = { (unsigned char *)b.data, b.len };
    r->replace = !state_file_write_now(r->journal_path, whole, &e);
    r->journal_len = r->replaced_len = b.len;
    r->sent_lines = b.len > 0;
    if (r->replace)
        log_line(LOG_ERROR, "persist write failed", "component", "nodeapi", "path", r->journal_path,
                 "error", e.text, NULL);
    buffer_release(&b);
}

bool reports_open(const struct reports_options *o, struct reports **out, struct error *e)
{
    struct arena *a = arena_create();
    struct reports *r = mem_alloc(sizeof *r);
    const char *state = path_join(a, o->data_dir, "state");
    *r = (struct reports){ .node_id = mem_strdup(o->node_id),
                           .journal_path = mem_strdup(path_join(a, state, "report.journal")),
                           .folder = mem_strdup(path_join(a, state, "report")),
                           .wire = o->wire,
                           .loop = o->loop,
                           .disk = o->disk,
                           .http = o->http,
                           .debounce = o->debounce };
    r->timer = (struct timer){ .fire = report_sync_fire, .self = r };
    write_list_init(&r->gathered);
    write_list_init(&r->flying);
    bool ok = state_folder_open(state, e) && state_folder_open(r->folder, e);
    arena_destroy(a);
    if (!ok) {
        reports_free(r);
        return error_prefix(e, "reports");
    }
    load(r);
    reports_files_step(r);
    if (any_pending(r))
        report_sync_wake(r);
    *out = r;
    return true;
}

void reports_free(struct reports *r)
{
    for (size_t i = 0; i < r->n; i++)
        entry_free(r->entries[i]);
    mem_free(r->entries);
    mem_free(r->view);
    mem_free(r->node_id);
    mem_free(r->journal_path);
    mem_free(r->folder);
    mem_free(r);
}

void reports_close(struct reports *r)
{
    if (r == NULL)
        return;
    r->closed = true;
    report_sync_stop(r);
    write_list_fail(&r->gathered);
    if (r->jobs == 0)
        reports_free(r);
}
