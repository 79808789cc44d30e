/* drift-gates/prod_leak/scan.h — many needles over bytes, in one pass, exactly.
 *
 * Every occurrence of every needle is told once, overlapping ones included. How it goes fast: of
 * the shortest needle's length m, each occurrence covers m - 3 neighbouring places at which a whole
 * block of four bytes lies inside the needle. So only every (m - 3)th place of the text is looked
 * at, its block is hashed into a small bitmap, and what the bitmap does not rule out is compared
 * byte by byte. No instruction set beyond C's is needed. The longer the shortest needle, the
 * faster.
 *
 * A scanner is built once and then only read: any number of threads may share it. It lives on its
 * arena; the needles' bytes are copied. */
#ifndef DRIFT_GATES_SCAN_H
#define DRIFT_GATES_SCAN_H

#include "common/arena.h"
#include "common/base.h"

enum scan_case {
    SCAN_EXACT,
    SCAN_FOLD, /* A-Z and a-z are the same; other bytes are themselves */
};

struct scanner;

/* Empty needles are never found. */
struct scanner *scanner_create(struct arena *a, const struct bytes *needles, size_t n,
                               enum scan_case kind);

/* Calls `found` with the needle's index and where it begins. Occurrences come roughly in the order
 * of the text: never more than the shortest needle's length out of order. False ends the scan. */
void scanner_run(const struct scanner *s, struct bytes text,
                 bool (*found)(void *arg, size_t needle, size_t at), void *arg);

/* Whether any needle is there. */
bool scanner_any(const struct scanner *s, struct bytes text);

#endif
