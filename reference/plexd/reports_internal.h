/* plexd/reports_internal.h — what the files of the reports share:
 *
 *     reports.c        the entries, puts and deletes, loading
 *     reports_disk.c   the journal and the files, one job each at a time
 *     report_sync.c    rounds of sending
 *
 * Everything runs on the loop but the `work` of the disk jobs. */
#ifndef PLEXD_REPORTS_INTERNAL_H
#define PLEXD_REPORTS_INTERNAL_H

#include "reference/plexd/reports.h"

/* One key. It stays while anything is left to be said about it, deleted or not. */
struct entry {
    char *key;
    struct data_entry *now; /* as fsynced; NULL: deleted */
    enum report_state state;
    uint64_t changed; /* number of the last change */
    uint64_t since;   /* number of the first change not yet sent */
    bool file_stale;  /* its own file does not say what `now` says: the journal must */
    bool in_round;
};

/* A change on its way to the journal. */
struct write {
    struct write *next;
    char *key;
    struct data_entry *value; /* NULL: delete */
    void (*done)(void *self, enum report_result result, const struct data_entry *now);
    void *self;
};
struct write_list {
    struct write *first, **last;
};

struct span {
    size_t from, to;
};

/* One pass over what was pending when it began. */
struct round {
    bool active, due; /* due: the debounce ended while a round was on */
    struct entry **list;
    uint64_t *sent; /* beside each: what `changed` was when it went out */
    size_t n;
    struct span waiting[80]; /* a stack: a refused span is halved */
    size_t depth;
    struct span flying;
    struct http_call *call;
    size_t puts, deletes; /* taken */
};

struct reports {
    char *node_id, *journal_path, *folder;
    const struct wire *wire;
    struct loop *loop;
    struct disk *disk;
    struct http *http;
    int64_t debounce;
    bool closed;
    int jobs; /* on the disk thread; the last one frees after a close */

    struct entry **entries; /* by key, ascending */
    size_t n, room;
    uint64_t changes;
    size_t payload_bytes;
    struct data_entry *view; /* for reports_all() */
    size_t n_view;
    bool view_old;

    struct write_list gathered, flying; /* `flying` is in the journal job */
    bool journal_busy, files_busy;
    bool replace;    /* the next job replaces the journal: appending would not be sound */
    bool compact;    /* replace it even when nothing is to be written */
    bool sent_lines; /* it has lines that wait for nothing but their files */
    size_t journal_len, replaced_len;

    struct timer timer;
    struct round round;
};

/* reports.c */
struct entry *entry_of(const struct reports *r, const char *key);
struct entry *entry_make(struct reports *r, const char *key);
void entry_apply(struct reports *r, struct entry *e, struct data_entry *value);
void reports_sweep(struct reports *r); /* forgets entries of which nothing is left to be said */
void reports_free(struct reports *r);

/* reports_disk.c */
void write_list_init(struct write_list *l);
void write_list_push(struct write_list *l, struct write *w);
void write_list_fail(struct write_list *l); /* answers each REPORT_FAILED, frees them */
void reports_journal_step(struct reports *r);
void reports_files_step(struct reports *r);
void journal_snapshot(const struct reports *r, struct buffer *b);

/* report_sync.c */
void report_sync_wake(struct reports *r); /* something is pending: the debounce begins, unless on */
void report_sync_fire(void *self);        /* it ended */
void report_sync_stop(struct reports *r);

#endif
