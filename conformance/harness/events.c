#include "harness/events.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/memory.h"

#define LINE_CAP (256u * 1024 * 1024)

struct events {
    int fd;
    char *path;
    struct buffer line; /* the one being written */
};

const char *verdict_text(enum verdict_kind v)
{
    switch (v) {
    case VERDICT_PASSED: return "passed";
    case VERDICT_FAILED: return "failed";
    case VERDICT_SKIPPED: return "skipped";
    case VERDICT_UNSUPPORTED: return "unsupported";
    case VERDICT_UNPROVISIONED: return "unprovisioned";
    case VERDICT_BROKEN: return "broken";
    }
    return "broken";
}

bool verdict_parse(const char *text, enum verdict_kind *out)
{
    for (int v = VERDICT_PASSED; v <= VERDICT_BROKEN; v++) {
        if (text != NULL && strcmp(text, verdict_text((enum verdict_kind)v)) == 0) {
            *out = (enum verdict_kind)v;
            return true;
        }
    }
    return false;
}

bool events_open(const char *directory, struct events **out, struct error *e)
{
    if (!directory_make(directory, 0755, e))
        return false;
    struct arena *a = arena_create();
    char *path = path_join(a, directory, "events.ndjson");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0 || error_errno(e, errno, "%s: cannot be written", path);
    if (ok) {
        *out = mem_alloc(sizeof(**out));
        **out = (struct events){ .fd = fd, .path = mem_strdup(path) };
        buffer_init(&(*out)->line, LINE_CAP);
    }
    arena_destroy(a);
    return ok;
}

static int append(const char *data, size_t len, void *line)
{
    return buffer_append(line, data, len) ? 0 : -1;
}

bool events_write(struct events *ev, json_t *line, struct error *e)
{
    /* Six digits are plenty for milliseconds; jansson's default would print 0.10000000000000001. */
    buffer_clear(&ev->line);
    bool dumped =
        json_dump_callback(line, append, &ev->line, JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0 &&
        buffer_char(&ev->line, '\n');
    json_decref(line);
    if (!dumped)
        return error_set(e, "%s: an event is not JSON or longer than 256 MiB", ev->path);
    /* One write a line: whoever reads along never sees half of one. */
    return write_all(ev->fd, ev->line.data, ev->line.len) ||
           error_errno(e, errno, "%s: cannot be written", ev->path);
}

bool events_close(struct events *ev, struct error *e)
{
    if (ev == NULL)
        return true;
    bool ok = close(ev->fd) == 0 || error_errno(e, errno, "%s: cannot be written", ev->path);
    buffer_release(&ev->line);
    mem_free(ev->path);
    mem_free(ev);
    return ok;
}
