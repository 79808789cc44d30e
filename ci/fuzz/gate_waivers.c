/* Fuzz target: any source is searched for waivers; each is sound or has its fault, and none is
 * about lines that the source has not. The same bytes as a baseline are read or refused in one
 * line. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/text.h"
#include "drift-gates/baseline.h"
#include "drift-gates/output.h"
#include "drift-gates/waivers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gate *const none[] = { NULL };
    struct arena *a = arena_create();
    struct error e = { "" };
    struct gate_waivers w = { .arena = a };
    struct baseline *b = NULL;
    char *text = arena_strndup(a, (const char *)data, size);
    gate_waivers_read(&w, "fuzz.c", (struct bytes){ (unsigned char *)text, size });
    gate_waivers_check(&w, none, "2026-11-22");
    int lines = line_at((struct bytes){ data, size }, size);
    for (size_t i = 0; i < w.n; i++) {
        require(w.rows[i].where.line >= 1 && w.rows[i].where.line <= lines);
        require(w.rows[i].first == w.rows[i].where.line && w.rows[i].last <= lines + 1);
        require((w.rows[i].fault == NULL) == (w.rows[i].told == NULL));
        require(w.rows[i].fault != NULL || !text_blank(w.rows[i].reason));
    }
    const char *line = output_line(a, text);
    require(text_is_utf8(line, strlen(line)) && strchr(line, '\n') == NULL);
    if (!baseline_parse(a, "fuzz.json", (struct bytes){ data, size }, &b, &e))
        require(text_starts(e.text, "fuzz.json:") && !text_contains(e.text, "\n"));
    arena_destroy(a);
    return 0;
}
