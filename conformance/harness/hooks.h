/* harness/hooks.h — running the commands of a profile (docs/profile.md shows each protocol).
 *
 * A hook gets one line of JSON on standard input and answers with one line of JSON on standard
 * output; "" is read as {}. Status 0 means done. Standard error is its own: the last line of it
 * goes into our error. (The boot hook stays in the foreground: boot.h starts it.) Errors read
 * "credentials: exit status 127: 'mint-token' was not found" — never with the input or the answer,
 * which may hold a secret. */
#ifndef HARNESS_HOOKS_H
#define HARNESS_HOOKS_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "harness/profile.h"

/* Runs to the end in the environment that the rig has set (profile.h). `what` names the hook in
 * errors; `input` NULL is {}. */
MUST_CHECK bool hook_run(struct arena *a, const struct profile *p, const struct hook *h,
                         const char *what, const json_t *input, json_t **out, struct error *e);

/* As hook_run, for a hook whose output is text and not JSON (logs). */
MUST_CHECK bool hook_run_text(struct arena *a, const struct profile *p, const struct hook *h,
                              const char *what, const json_t *input, struct bytes *out,
                              struct error *e);

/* A hook that answers line after line (`lines: true`): one process for many questions. It ends when
 * its input ends. */
struct hook_talk;
MUST_CHECK bool hook_talk_open(const struct profile *p, const struct hook *h, const char *what,
                               struct hook_talk **out, struct error *e);
/* An answer {"error": text} is a failure with that text. */
MUST_CHECK bool hook_talk_ask(struct arena *a, struct hook_talk *t, const json_t *input,
                              json_t **out, struct error *e);
void hook_talk_close(struct hook_talk *t); /* NULL is fine */

#endif
