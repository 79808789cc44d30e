/* Fuzz target: the first bytes say how the rest is cut into needles and a text; what the scanner
 * finds is what a naive search finds. */
#include <stdlib.h>
#include <string.h>

#include "drift-gates/prod_leak/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NEEDLES = 6 };

struct hits {
    struct bytes text, *needles;
    size_t n;
};

static bool note(void *arg, size_t needle, size_t at)
{
    struct hits *h = arg;
    struct bytes n = h->needles[needle];
    if (at + n.len > h->text.len || memcmp(h->text.data + at, n.data, n.len) != 0)
        abort();
    h->n++;
    return true;
}

static size_t naive(const struct hits *h)
{
    size_t n = 0;
    for (size_t i = 0; i < NEEDLES; i++) {
        for (size_t at = 0; h->needles[i].len > 0 && at + h->needles[i].len <= h->text.len; at++)
            n += memcmp(h->text.data + at, h->needles[i].data, h->needles[i].len) == 0;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes needles[NEEDLES];
    size_t at = NEEDLES;
    if (size < NEEDLES)
        return 0;
    for (size_t i = 0; i < NEEDLES; i++) {
        size_t len = data[i] % 20;
        len = len > size - at ? size - at : len;
        needles[i] = (struct bytes){ data + at, len };
        at += len;
    }
    struct arena *a = arena_create();
    struct hits h = { { data + at, size - at }, needles, 0 };
    scanner_run(scanner_create(a, needles, NEEDLES, SCAN_EXACT), h.text, note, &h);
    if (h.n != naive(&h))
        abort();
    arena_destroy(a);
    return 0;
}
