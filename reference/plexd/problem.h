/* plexd/problem.h — what a refusal says, in words fit for a log line. */
#ifndef PLEXD_PROBLEM_H
#define PLEXD_PROBLEM_H

#include "common/arena.h"
#include "common/base.h"
#include "reference/plexd/http.h"

/* The Problem's `code`; "" when the body has none, or one that is no name. */
const char *problem_code(struct arena *a, struct bytes body);
/* "403 token_invalid", "503", "no answer: Connection refused". Of the body only the code is
 * quoted: the rest may hold what was sent. */
const char *problem_text(struct arena *a, const struct http_answer *answer);

#endif
