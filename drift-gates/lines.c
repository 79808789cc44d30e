#include "drift-gates/lines.h"

#include "common/text.h"

struct lines lines_of(struct bytes text)
{
    return (struct lines){ text, 0 };
}

bool lines_next(struct lines *l, struct line *out)
{
    if (l->rest.len == 0)
        return false;
    const unsigned char *end = memchr(l->rest.data, '\n', l->rest.len);
    size_t len = end == NULL ? l->rest.len : (size_t)(end - l->rest.data);
    size_t step = end == NULL ? len : len + 1;
    *out = (struct line){ { l->rest.data, len }, ++l->number, end != NULL };
    l->rest = (struct bytes){ l->rest.data + step, l->rest.len - step };
    return true;
}

char *line_text(struct arena *a, struct line line)
{
    return arena_strndup(a, (const char *)line.text.data, line.text.len);
}

const char *path_beside(struct arena *a, const char *file, const char *relative)
{
    const char *slash = file == NULL ? NULL : strrchr(file, '/');
    const char *from = slash == NULL ? "" : arena_strndup(a, file, (size_t)(slash - file) + 1);
    if (relative[0] == '/')
        return NULL;
    size_t n, kept = 0;
    char **parts = text_split(a, arena_printf(a, "%s%s", from, relative), '/', &n);
    for (size_t i = 0; i < n; i++) {
        if (text_equal(parts[i], "..")) {
            if (kept-- == 0)
                return NULL;
        } else if (parts[i][0] != '\0' && !text_equal(parts[i], ".")) {
            parts[kept++] = parts[i];
        }
    }
    const char *path = kept == 0 ? "" : parts[0];
    for (size_t i = 1; i < kept; i++)
        path = arena_printf(a, "%s/%s", path, parts[i]);
    return path;
}
