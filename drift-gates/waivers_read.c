/* Where waivers stand: in sources and in the settings. */
#include <string.h>

#include "common/text.h"
#include "drift-gates/waivers.h"

static struct gate_waiver *add(struct gate_waivers *w, struct gate_waiver row)
{
    w->rows = arena_grow(w->arena, w->rows, w->n, &w->room, sizeof(row));
    w->rows[w->n] = row;
    return &w->rows[w->n++];
}

struct span {
    const char *at, *end;
};

static void skip_blanks(struct span *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
}

static bool take_text(struct span *s, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, text, len) != 0)
        return false;
    s->at += len;
    return true;
}

static const char *take_until_blank(struct arena *a, struct span *s)
{
    const char *from = s->at;
    while (s->at < s->end && *s->at != ' ' && *s->at != '\t' && *s->at != '\r')
        s->at++;
    return arena_strndup(a, from, (size_t)(s->at - from));
}

/* NULL: no closing quote on this line. */
static const char *take_quoted(struct arena *a, struct span *s)
{
    if (!take_text(s, "\""))
        return NULL;
    const char *from = s->at, *end = memchr(from, '"', (size_t)(s->end - from));
    if (end == NULL)
        return NULL;
    s->at = end + 1;
    return arena_strndup(a, from, (size_t)(end - from));
}

/* `allow RULE until=… reason="…"`; what follows (the end of a comment) is not looked at. */
static void read_words(struct gate_waivers *w, struct span s, struct gate_waiver *row)
{
    skip_blanks(&s);
    if (!take_text(&s, "allow ")) {
        row->fault = "WVR-01";
        row->told = "after '" TREE_MARK "' stands no 'allow RULE'";
        return;
    }
    skip_blanks(&s);
    row->rule = take_until_blank(w->arena, &s);
    for (;;) {
        skip_blanks(&s);
        if (take_text(&s, "until="))
            row->until = take_until_blank(w->arena, &s);
        else if (!take_text(&s, "reason=") || (row->reason = take_quoted(w->arena, &s)) == NULL)
            return;
    }
}

/* Does the line's text before the mark end in the sign of a comment? */
static bool after_sign(const char *from, const char *mark, bool markdown)
{
    static const char *const signs[] = { "<!--", "#", "//", "/*", "*", "--", ";", "%", "{{/*" };
    while (mark > from && (mark[-1] == ' ' || mark[-1] == '\t'))
        mark--;
    for (size_t i = 0; i < (markdown ? 1 : ARRAY_LEN(signs)); i++) {
        size_t len = strlen(signs[i]);
        if ((size_t)(mark - from) >= len && memcmp(mark - len, signs[i], len) == 0)
            return true;
    }
    return false;
}

static void read_line(struct gate_waivers *w, const char *file, int line, struct span s)
{
    const char *mark = memmem(s.at, (size_t)(s.end - s.at), TREE_MARK, strlen(TREE_MARK));
    if (mark == NULL || !after_sign(s.at, mark, text_ends(file, ".md")))
        return;
    struct gate_waiver row = { .where = { .file = file, .line = line } };
    row.first = line;
    row.last = line + 1;
    read_words(w, (struct span){ mark + strlen(TREE_MARK), s.end }, &row);
    /* Of waivers that stand on one another all are about the line below. */
    for (size_t i = w->n; i-- > 0 && w->rows[i].last == line;) {
        if (!text_equal(w->rows[i].where.file, file))
            break;
        w->rows[i].last = line + 1;
    }
    add(w, row);
}

void gate_waivers_read(struct gate_waivers *w, const char *file, struct bytes text)
{
    const char *at = (const char *)text.data, *end = at + text.len;
    for (int line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        read_line(w, file, line, (struct span){ at, stop });
        at = stop + 1;
    }
}

static void read_settings(struct gate_waivers *w, const struct settings *s)
{
    for (size_t i = 0; i < s->n_waivers; i++) {
        const struct settings_waiver *from = &s->waivers[i];
        add(w, (struct gate_waiver){ .rule = from->rule,
                                     .file = from->file,
                                     .path = from->path,
                                     .owner = from->owner,
                                     .reason = from->reason,
                                     .until = from->until,
                                     .where = { .file = s->file, .line = from->line } });
    }
}

static void read_file(struct gate_waivers *w, const struct tree *t, const struct tree_file *file)
{
    struct bytes text;
    if (!tree_map(t, file, &text, NULL))
        return; /* told by whoever needed it */
    if (tree_mark_of(t, file) == MARK_PRESENT)
        gate_waivers_read(w, file->path, text);
    tree_unmap(text);
}

static const struct bytes *stream_of(const struct settings *s, const char *file)
{
    for (size_t i = 0; i < s->n_renders; i++) {
        if (s->renders[i].text.data != NULL && text_equal(s->renders[i].file, file))
            return &s->renders[i].text;
    }
    return NULL;
}

void gate_waivers_collect(struct gate_waivers *w, const struct tree *t, const struct settings *s,
                          const struct findings *f)
{
    read_settings(w, s);
    for (size_t i = 0; i < s->n_renders; i++) {
        const struct render_source *r = &s->renders[i];
        if (r->text.data != NULL && stream_of(s, r->file) == &r->text)
            gate_waivers_read(w, r->file, r->text);
    }
    /* A finding may stand on a file that its gate never had to open. */
    for (size_t i = 0; i < f->n; i++) {
        const char *path = f->rows[i].where.file;
        const struct tree_file *file = path == NULL ? NULL : tree_find(t, path);
        struct bytes text;
        if (file != NULL && file->problem == NULL && tree_mark_of(t, file) == MARK_UNREAD &&
            stream_of(s, path) == NULL && tree_map(t, file, &text, NULL))
            tree_unmap(text);
    }
    for (size_t i = 0; i < t->n; i++) {
        if (tree_mark_of(t, &t->files[i]) == MARK_PRESENT && stream_of(s, t->files[i].path) == NULL)
            read_file(w, t, &t->files[i]);
    }
}
