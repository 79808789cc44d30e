/* Fuzz target: a log fed whole and fed in pieces has the same faults. The first byte says how large
 * the pieces are. */
#include <stdlib.h>
#include <string.h>

#include "drift-gates/insecure_default/announce.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
    size_t n;
    int64_t lines;
};

static void note(void *arg, enum announce_fault fault, int64_t line, const char *what)
{
    struct told *t = arg;
    if (what == NULL || *what == '\0' || (line == 0) != (fault == ANNOUNCE_MISSING))
        abort();
    t->n++;
    t->lines = t->lines * 31 + line;
}

static struct told judge(struct arena *a, const struct announcements *all, const uint8_t *data,
                         size_t size, size_t piece)
{
    struct told t = { 0, 0 };
    struct announce_stream *s = announce_stream_open(a, all);
    struct announce_start start = { "pod", "container", 0, false, true, NULL };
    for (size_t at = 0; at < size; at += piece)
        announce_stream_feed(s, data + at, size - at < piece ? size - at : piece);
    announce_stream_end(s);
    announce_stream_judge(s, &start, note, &t);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct announcement rows[] = { { "a", "b c." }, { "d", "e \"f\"." } };
    if (size == 0)
        return 0;
    struct arena *a = arena_create();
    const struct announcements *all = announcements_create(a, rows, 2);
    struct told whole = judge(a, all, data + 1, size - 1, size);
    struct told parts = judge(a, all, data + 1, size - 1, 1 + data[0]);
    if (whole.n != parts.n || whole.lines != parts.lines)
        abort();
    arena_destroy(a);
    return 0;
}
