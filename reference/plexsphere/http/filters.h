/* http/filters.h — the filters of a list, and the text that binds its cursors to them
 * (SPEC CUR-008).
 *
 * A filter that is not there leaves *out NULL. One that can name nothing answers 400; the contract
 * names no code for it. */
#ifndef PLEXSPHERE_HTTP_FILTERS_H
#define PLEXSPHERE_HTTP_FILTERS_H

#include "reference/plexsphere/http/request.h"

struct answer filter_uuid(struct request *rq, const char *name, const struct uuid **out);
/* One of `words`, which end with NULL; *out is one of them. */
struct answer filter_word(struct request *rq, const char *name, const char *const *words,
                          const char **out);

/* What the query says under these names, which end with NULL; for cursor_open() and
 * cursor_mint(). */
const char *filters_text(struct request *rq, const char *const *names);

#endif
