#include "drift-gates/code_text.h"

#include "common/text.h"

static const char *const endings[] = { ".c",  ".h",   ".def", ".go", ".js",
                                       ".ts", ".mjs", ".tsx", ".jsx" };

bool code_text_is_source(const char *path)
{
    if (text_contains(path, "_test.") || text_contains(path, ".test.") ||
        text_starts(path, "testdata/") || text_contains(path, "/testdata/"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        if (text_ends(path, endings[i]))
            return true;
    }
    return false;
}

/* Where the literal that begins at `i` ends: behind its closing quote, or at the end of its line
 * when it has none. A backquoted one goes over lines and knows no escapes. */
static size_t after_literal(struct bytes t, size_t i)
{
    unsigned char quote = t.data[i++];
    for (; i < t.len; i++) {
        if (t.data[i] == quote)
            return i + 1;
        if (quote == '`')
            continue;
        if (t.data[i] == '\n')
            return i;
        if (t.data[i] == '\\')
            i++;
    }
    return t.len;
}

static size_t after_comment(struct bytes t, size_t i)
{
    bool line = t.data[i + 1] == '/';
    size_t from = i + 2; /* the star that opens does not close */
    for (i = from; i < t.len; i++) {
        if (line && t.data[i] == '\n')
            return i;
        if (!line && i > from && t.data[i - 1] == '*' && t.data[i] == '/')
            return i + 1;
    }
    return t.len;
}

static void blank(unsigned char *from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (from[i] != '\n')
            from[i] = ' ';
    }
}

struct bytes code_text(struct arena *a, const char *path, struct bytes text)
{
    unsigned char *out = arena_copy(a, text.data == NULL ? (const void *)"" : text.data, text.len);
    bool backquotes = !text_ends(path, ".c") && !text_ends(path, ".h");
    size_t i = 0;
    while (i < text.len) {
        unsigned char c = text.data[i];
        size_t next = i + 1;
        if (c == '"' || c == '\'' || (c == '`' && backquotes)) {
            next = after_literal(text, i);
        } else if (c == '/' && next < text.len &&
                   (text.data[next] == '/' || text.data[next] == '*')) {
            next = after_comment(text, i);
            blank(out + i, next - i);
        }
        i = next;
    }
    return (struct bytes){ out, text.len };
}
