/* authz/visible.h — the row filter of lists: which rows of a window the caller may see (SPEC
 * CUR-006). One round trip for the whole window. */
#ifndef PLEXSPHERE_AUTHZ_VISIBLE_H
#define PLEXSPHERE_AUTHZ_VISIBLE_H

#include "reference/plexsphere/ports/relations.h"

/* One answer per row, in the request's arena; NULL: relations cannot be asked. `rows` are structs
 * of `size` bytes whose id of type `type` stands `id_offset` bytes in. */
const bool *visible_rows(struct request *rq, const char *relation, const char *type,
                         const void *rows, size_t n, size_t size, size_t id_offset);

#define VISIBLE_ROWS(rq, relation, type, rows, n, member)                                          \
    visible_rows((rq), (relation), (type), (rows), (n), sizeof *(rows),                            \
                 offsetof(__typeof__(*(rows)), member))

#endif
