#include "reference/plexd/rotation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/file.h"
#include "common/log.h"
#include "common/memory.h"
#include "reference/plexd/problem.h"

#define COMPONENT "component", "rotation"
#define NEXT "private_key.next"

struct rotation {
    struct rotation_options o;
    struct arena *arena;
    struct disk_job job; /* one at a time; first it saves the new key, then it moves it */
    bool busy, saved, job_open, stopping;
    struct error error; /* of the job; "" when it went well */
    struct http_call *call;
    unsigned char next[32];
    char *next_path, *path;
};

static struct rotation *of_job(struct disk_job *job)
{
    return (struct rotation *)((char *)job - offsetof(struct rotation, job));
}

static void release(struct rotation *r)
{
    mem_wipe(r->next, sizeof r->next);
    arena_destroy(r->arena);
    mem_free(r);
}

/* True when this was the last of it. */
static bool job_over(struct rotation *r)
{
    bool last = r->stopping;
    r->job_open = false;
    if (last)
        release(r);
    return last;
}

static void give_up(struct rotation *r, const char *why)
{
    log_line(LOG_ERROR, "key rotation failed", COMPONENT, "error", why, NULL);
    r->busy = false;
}

/* ---- accepted: the new key takes its place ---- */

static void move_key(struct disk_job *job)
{
    struct rotation *r = of_job(job);
    if (rename(r->next_path, r->path) != 0)
        error_errno(&r->error, errno, "%s", r->path);
}

static void key_moved(struct disk_job *job)
{
    struct rotation *r = of_job(job);
    if (job_over(r))
        return;
    if (r->error.text[0] != '\0') {
        give_up(r, r->error.text);
        return;
    }
    memcpy(r->o.identity->private_key, r->next, 32);
    r->busy = r->saved = false;
    mem_wipe(r->next, sizeof r->next);
    log_line(LOG_INFO, "mesh key rotated", COMPONENT, NULL);
}

static void submit(struct rotation *r, void (*work)(struct disk_job *),
                   void (*done)(struct disk_job *))
{
    r->error.text[0] = '\0';
    r->job_open = true;
    r->job = (struct disk_job){ .work = work, .done = done };
    disk_submit(r->o.disk, &r->job);
}

/* ---- asked ---- */

/* "Unchanged" says that this very key is the Node's: the answer to an earlier try was lost. */
static bool is_taken(const struct http_answer *answer, const char *code)
{
    return (answer->status >= 200 && answer->status < 300) ||
           strcmp(code, "keys_rotate_public_key_unchanged") == 0;
}

static void answered(void *self, const struct http_answer *answer)
{
    struct rotation *r = self;
    struct arena *a = arena_create();
    r->call = NULL;
    const char *code = problem_code(a, answer->body);
    bool final = answer->status >= 400 && answer->status < 500 && answer->status != 401 &&
                 answer->status != 408 && answer->status != 429;
    if (is_taken(answer, code)) {
        submit(r, move_key, key_moved);
    } else {
        /* Anything but a refusal leaves the key for the next time: it may have been taken. */
        if (final) {
            unlink(r->next_path);
            r->saved = false;
        }
        give_up(r, problem_text(a, answer));
    }
    arena_destroy(a);
}

static void ask(struct rotation *r)
{
    struct arena *a = arena_create();
    unsigned char public_key[32];
    struct http_request rq;
    identity_public_key(r->next, public_key);
    if (r->o.wire->rotate_request(a, public_key, &rq)) {
        rq.done = answered;
        rq.self = r;
        r->call = http_start(r->o.http, &rq);
    }
    arena_destroy(a);
}

/* ---- a new key is saved before it is sent ---- */

static void save_key(struct disk_job *job)
{
    struct rotation *r = of_job(job);
    struct arena *a = arena_create();
    char *text = base64_encode(a, BASE64_STANDARD, r->next, 32);
    r->saved = file_write_atomic(r->next_path, text, strlen(text), 0600, &r->error);
    mem_wipe(text, strlen(text));
    arena_destroy(a);
}

static void key_saved(struct disk_job *job)
{
    struct rotation *r = of_job(job);
    if (job_over(r))
        return;
    if (!r->saved)
        give_up(r, r->error.text);
    else
        ask(r);
}

static bool dialect_can(struct rotation *r)
{
    struct arena *a = arena_create();
    struct http_request rq;
    unsigned char any[32] = { 0 };
    bool can = r->o.wire->rotate_request(a, any, &rq);
    arena_destroy(a);
    return can;
}

void rotation_now(struct rotation *r)
{
    if (r->busy || !dialect_can(r))
        return;
    r->busy = true;
    if (r->saved) {
        ask(r);
        return;
    }
    identity_new_key(r->next);
    submit(r, save_key, key_saved);
}

/* ---- life ---- */

static bool load_next(struct rotation *r)
{
    struct bytes text, raw;
    struct error e;
    if (!path_exists(r->next_path) || !file_read(r->arena, r->next_path, 256, &text, &e))
        return false;
    bool good = base64_decode(r->arena, BASE64_STANDARD, (const char *)text.data, text.len, &raw) &&
                raw.len == 32;
    if (good)
        memcpy(r->next, raw.data, 32);
    return good;
}

struct rotation *rotation_start(const struct rotation_options *o)
{
    struct rotation *r = mem_alloc(sizeof *r);
    r->o = *o;
    r->arena = arena_create();
    r->next_path = path_join(r->arena, o->data_dir, NEXT);
    r->path = path_join(r->arena, o->data_dir, "private_key");
    r->saved = load_next(r);
    if (r->saved)
        rotation_now(r);
    return r;
}

void rotation_stop(struct rotation *r)
{
    if (r == NULL)
        return;
    http_cancel(r->call);
    r->stopping = true;
    if (!r->job_open)
        release(r);
}
