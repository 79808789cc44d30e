#include "reference/plexd/registration.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/file.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexd/backoff.h"
#include "reference/plexd/problem.h"
#include "reference/plexd/token.h"

#define COMPONENT "component", "registration"

struct attempt {
    struct arena *arena;
    const struct registration_options *options;
    struct registration_order order;
    unsigned char private_key[32];
    struct backoff backoff;
    struct timer retry;
    struct http_call *call;
    int64_t started;
    int count;

    struct identity *identity;
    struct error *error;
    enum registered result;
};

/* ---- the order ---- */

static bool host_name(struct arena *a, const char *configured, const char **out, struct error *e)
{
    char name[256];
    *out = configured;
    if (configured[0] != '\0')
        return true;
    if (gethostname(name, sizeof name) != 0)
        return error_errno(e, errno, "the host's name");
    name[sizeof name - 1] = '\0';
    *out = arena_strdup(a, name);
    return true;
}

static bool make_order(struct attempt *at, const char *token, struct error *e)
{
    const struct plexd_config *c = at->options->config;
    struct registration_order *o = &at->order;
    unsigned char nonce[24];
    if (!host_name(at->arena, c->hostname, &o->hostname, e))
        return false;
    o->token = token;
    o->metadata = c->metadata;
    o->resource_handle = c->resource_handle[0] != '\0' ? c->resource_handle : o->hostname;
    o->project_id = c->project_id[0] != '\0' ? c->project_id : token_project(at->arena, token);
    if (o->project_id == NULL && c->dialect == DIALECT_V1)
        return error_set(e, "the bootstrap token does not name its Project; set "
                            "registration.project_id if it is right");
    random_bytes(nonce, sizeof nonce);
    o->nonce = base64_encode(at->arena, BASE64_URL_RAW, nonce, sizeof nonce);
    identity_new_key(at->private_key);
    identity_public_key(at->private_key, o->public_key);
    return true;
}

/* ---- one try after another ---- */

static void finish(struct attempt *at, enum registered result)
{
    at->result = result;
    loop_stop(at->options->loop);
}

static void accepted(struct attempt *at, const struct identity *received)
{
    const char *folder = at->options->config->data_dir;
    *at->identity = *received;
    memcpy(at->identity->private_key, at->private_key, 32);
    if (identity_save(at->arena, folder, at->identity, at->error)) {
        finish(at, REGISTERED);
        return;
    }
    error_prefix(at->error, "the control plane registered this Node, but its identity could not be "
                            "saved and the token is spent");
    finish(at, REGISTRATION_FAILED);
}

/* Ruling 10: what a control plane refuses it will refuse again, unless it says "later". */
static bool is_final(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 429;
}

static void retry_later(struct attempt *at, const struct http_answer *answer, const char *why)
{
    struct arena *a = at->arena;
    const struct plexd_config *c = at->options->config;
    if (loop_now(at->options->loop) - at->started >= c->max_retry_duration) {
        error_set(at->error, "registration was given up after %s: %s",
                  duration_format(a, c->max_retry_duration), why);
        finish(at, REGISTRATION_FAILED);
        return;
    }
    int64_t wait;
    if (answer->status == 429) {
        wait = answer->retry_after > 0 ? answer->retry_after * NANOS_PER_SECOND
                                       : backoff_interval(&at->backoff);
        backoff_double(&at->backoff);
    } else {
        wait = backoff_next(&at->backoff);
    }
    log_line(LOG_WARN, "registration attempt failed, retrying", COMPONENT, "attempt",
             arena_printf(a, "%d", at->count), "error", why, "delay", duration_format(a, wait),
             NULL);
    timer_set(at->options->loop, &at->retry, wait);
}

static void answered(void *self, const struct http_answer *answer)
{
    struct attempt *at = self;
    at->call = NULL;
    const char *why = problem_text(at->arena, answer);
    if (is_final(answer->status)) {
        error_set(at->error, "the control plane refused the registration: %s", why);
        finish(at, REGISTRATION_FAILED);
        return;
    }
    struct identity received;
    struct error e;
    bool good = answer->status >= 200 && answer->status < 300;
    if (good && at->options->wire->register_answer(at->arena, answer, &received, &e))
        accepted(at, &received);
    else
        retry_later(at, answer, good ? arena_strdup(at->arena, e.text) : why);
}

static void try_once(void *self)
{
    struct attempt *at = self;
    struct http_request r;
    at->count++;
    at->options->wire->register_request(at->arena, &at->order, &r);
    r.done = answered;
    r.self = at;
    at->call = http_start(at->options->http, &r);
    mem_wipe((void *)(uintptr_t)r.body.data, r.body.len); /* it holds the token */
}

/* ---- the whole ---- */

static void remove_token_file(const struct token *t)
{
    if (t->file != NULL && unlink(t->file) != 0)
        log_line(LOG_WARN, "failed to delete token file", COMPONENT, "path", t->file, "error",
                 strerror(errno), NULL);
}

/* AGT-016: a token that was spent for an identity nobody can keep is lost, so look first. */
static bool can_keep_identity(const char *folder, struct error *e)
{
    if (!directory_make(folder, 0700, e))
        return false;
    return access(folder, W_OK | X_OK) == 0 ||
           error_errno(e, errno, "%s: the identity could not be written there", folder);
}

static enum registered register_anew(struct arena *a, const struct registration_options *o,
                                     struct identity *out, struct error *e)
{
    struct token token = { 0 };
    struct attempt at = { .arena = a,
                          .options = o,
                          .identity = out,
                          .error = e,
                          .started = loop_now(o->loop),
                          .result = REGISTRATION_STOPPED };
    at.retry = (struct timer){ .fire = try_once, .self = &at };
    if (!can_keep_identity(o->config->data_dir, e) ||
        !token_resolve(a, o->config, o->env, &token, e) || !make_order(&at, token.text, e)) {
        token_wipe(&token);
        return REGISTRATION_FAILED;
    }
    timer_set(o->loop, &at.retry, 0);
    loop_run(o->loop);
    timer_cancel(o->loop, &at.retry);
    http_cancel(at.call);
    if (at.result == REGISTERED)
        remove_token_file(&token);
    token_wipe(&token);
    mem_wipe(at.private_key, sizeof at.private_key);
    return at.result;
}

static void tell(const char *message, const struct identity *id)
{
    log_line(LOG_INFO, message, COMPONENT, "node_id", id->node_id, "mesh_ip", id->mesh_ip, NULL);
}

enum registered registration_run(struct arena *a, const struct registration_options *o,
                                 struct identity *out, struct error *e)
{
    struct error broken;
    switch (identity_load(a, o->config->data_dir, out, &broken)) {
    case IDENTITY_FOUND: tell("existing identity loaded", out); return REGISTERED;
    case IDENTITY_CORRUPT:
        log_line(LOG_WARN, "corrupt identity files, proceeding with fresh registration", COMPONENT,
                 "error", broken.text, NULL);
        break;
    case IDENTITY_NONE: break;
    }
    enum registered result = register_anew(a, o, out, e);
    if (result == REGISTERED)
        tell("registration successful", out);
    return result;
}
