#include "drift-gates/output.h"

#include "common/text.h"

#define LINE_CAP ((size_t)64 << 20)

/* Control characters of ASCII and of Latin-1, which terminals obey. */
static bool is_control(const unsigned char *at, size_t len)
{
    return (len == 1 && (*at < 0x20 || *at == 0x7f)) || (len == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

static void put_escaped(struct buffer *b, const unsigned char *at, size_t len)
{
    if (*at == '\n')
        buffer_text(b, "\\n");
    else if (*at == '\t')
        buffer_text(b, "\\t");
    else
        for (size_t i = 0; i < len; i++)
            buffer_printf(b, "\\x%02x", at[i]);
}

const char *output_line(struct arena *a, const char *text)
{
    struct buffer b;
    size_t len = text == NULL ? 0 : strlen(text);
    const unsigned char *at = (const unsigned char *)text, *end = at + len;
    bool plain = true;
    if (text == NULL)
        return NULL;
    buffer_init(&b, LINE_CAP);
    while (at < end) {
        size_t n = text_utf8_sequence(at, (size_t)(end - at));
        if (n == 0 || is_control(at, n)) {
            n = n == 0 ? 1 : n;
            put_escaped(&b, at, n);
            plain = false;
        } else {
            buffer_append(&b, at, n);
        }
        at += n;
    }
    const char *line = plain ? text : arena_strndup(a, b.data, b.len);
    buffer_release(&b);
    return line;
}

const char *output_state(enum gate_state s)
{
    switch (s) {
    case GATE_CLEAN: return "clean";
    case GATE_FOUND: return "findings";
    case GATE_NOT_APPLICABLE: return "not applicable";
    case GATE_BROKEN: return "broken";
    }
    return "broken";
}

const char *output_unlooked(const struct verdict *v, const struct gate *gate)
{
    const struct findings *f = v->findings;
    const char *all = NULL;
    for (size_t i = 0; i < f->n_notes; i++) {
        if (f->notes[i].gate == gate)
            all = arena_printf(f->arena, "%s%s%s: %s", all == NULL ? "" : all,
                               all == NULL ? "" : "; ", f->notes[i].what, f->notes[i].why);
    }
    return output_line(f->arena, all);
}
