/* drift-gates/sources/env_filter.h — can a source read the environment at all?
 *
 * Most files of a tree cannot, because none of the words is in them that a read begins with. They
 * are told apart at memory speed: a pair of neighbouring letters that the words of a language share
 * (all of C's have "nv") is looked for many bytes at a time, the words only where it stands.
 * Read-only once made: threads may share it. */
#ifndef DRIFT_GATES_ENV_FILTER_H
#define DRIFT_GATES_ENV_FILTER_H

#include "drift-gates/sources/env_rules.h"

struct env_filter;

struct env_filter *env_filter_make(struct arena *a, const struct env_rules *rules);
/* False: `text` holds none of the words of this language's rules. The shell has none: any $NAME
 * may be a read. */
bool env_filter_passes(const struct env_filter *f, enum language l, struct bytes text);

#endif
