#include "harness/reports.h"

#include "common/arena.h"
#include "common/file.h"
#include "harness/report_writers.h"

#define REPORT_CAP (1024u * 1024 * 1024)

static const struct {
    const char *name;
    void (*render)(const struct report *r, struct buffer *out);
} writers[] = {
    { "report.json", report_json },
    { "junit.xml", report_junit },
    { "report.tap", report_tap },
    { "report.html", report_html },
};

static bool write_one(const struct report *r, const char *directory, size_t i, struct error *e)
{
    struct buffer text;
    buffer_init(&text, REPORT_CAP);
    char *path = path_join(r->arena, directory, writers[i].name);
    writers[i].render(r, &text);
    bool ok = text.overflow ? error_set(e, "%s: would be longer than 1 GiB", path)
                            : file_write_atomic(path, text.data, text.len, 0644, e);
    buffer_release(&text);
    return ok;
}

bool reports_write(const char *directory, struct error *e)
{
    struct report r;
    struct arena *a = arena_create();
    bool ok = report_read(a, directory, &r, e);
    for (size_t i = 0; ok && i < ARRAY_LEN(writers); i++)
        ok = write_one(&r, directory, i, e);
    arena_destroy(a);
    return ok;
}
