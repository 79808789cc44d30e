/* harness/redact.h — nothing secret leaves a run.
 *
 * Two rules. By name: headers that carry credentials, and JSON members that hold a secret wherever
 * they stand. By value: every secret the run has come to know (tokens of its operators, and what
 * the target handed out once) is replaced wherever it appears, in any text, also percent-encoded.
 */
#ifndef HARNESS_REDACT_H
#define HARNESS_REDACT_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"

#define REDACTED "[redacted]"
#define REDACT_SHORTEST 8 /* shorter values would blot out ordinary words */

struct redact;

struct redact *redact_create(void);
void redact_destroy(struct redact *r); /* NULL is fine; wipes what it knew */

/* Learns a value; too short ones and ones it knows are left out. */
void redact_learn(struct redact *r, const char *secret);
/* Forgets what was learned after this many; redact_known() says how many there are. */
size_t redact_known(const struct redact *r);
void redact_forget_after(struct redact *r, size_t n);

/* Does the text hold a known secret? NULL, or the place where one begins. */
const char *redact_find(const struct redact *r, const void *text, size_t len);

bool redact_header_is_secret(const char *name);
/* By its name alone, e.g. "nsk"; also the members that the contract marks as shown once. */
bool redact_member_is_secret(const char *name);

/* A copy (arena) with every known secret replaced; `text` itself when there is none. */
const char *redact_text(const struct redact *r, struct arena *a, const char *text);
/* A new value: secret members replaced, known secrets replaced in texts and names. The caller owns
 * the reference. */
json_t *redact_json(const struct redact *r, struct arena *a, const json_t *value);
/* A body for a transcript: JSON is redacted by both rules and written compactly, other text by
 * value, bytes that are no text become "[N bytes]". Cut at 16 KiB. `json` NULL: it is not JSON. */
const char *redact_body(const struct redact *r, struct arena *a, struct bytes body,
                        const json_t *json);

#endif
