#include "common/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/text.h"
#include "common/timestamp.h"

#define LINE_CAP 65536
#define TAIL " cut=true\n"

static _Atomic int least_level = LOG_INFO;
static _Atomic int log_fd = STDERR_FILENO;

void log_set_level(enum log_level least)
{
    atomic_store(&least_level, (int)least);
}

void log_set_fd(int fd)
{
    atomic_store(&log_fd, fd);
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

static bool needs_quotes(const char *value)
{
    if (*value == '\0' || !text_is_utf8(value, strlen(value)))
        return true;
    for (; *value != '\0'; value++)
        if (is_control((unsigned char)*value) || strchr(" \"=\\", *value) != NULL)
            return true;
    return false;
}

static void quoted_byte(struct buffer *line, unsigned char c)
{
    switch (c) {
    case '\n': buffer_text(line, "\\n"); break;
    case '\t': buffer_text(line, "\\t"); break;
    case '"': buffer_text(line, "\\\""); break;
    case '\\': buffer_text(line, "\\\\"); break;
    default: buffer_printf(line, "\\x%02x", c);
    }
}

static void quoted(struct buffer *line, const char *value)
{
    size_t len = strlen(value);
    buffer_char(line, '"');
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)value[i];
        size_t n = text_utf8_sequence(value + i, len - i);
        if (n == 0 || is_control(c) || c == '"' || c == '\\')
            quoted_byte(line, c);
        else
            buffer_append(line, value + i, n);
        i += n > 0 ? n : 1;
    }
    buffer_char(line, '"');
}

/* A pair that does not fit any more is left out whole. */
static void pair(struct buffer *line, const char *name, const char *value, bool always_quoted)
{
    size_t before = line->len;
    buffer_printf(line, "%s%s=", before > 0 ? " " : "", name);
    if (always_quoted || needs_quotes(value))
        quoted(line, value);
    else
        buffer_text(line, value);
    if (line->overflow)
        line->len = before;
}

/* One write(2) for a line, so that lines of several threads and processes never mix. */
static void send_line(struct buffer *line)
{
    const char *tail = line->overflow ? TAIL : "\n";
    line->overflow = false;
    line->cap = LINE_CAP + strlen(TAIL);
    buffer_text(line, tail);
    /* Nobody is left to tell when the log itself cannot be written. */
    bool ignored = write_all(atomic_load(&log_fd), line->data, line->len);
    (void)ignored;
}

void log_line(enum log_level level, const char *message, ...)
{
    static const char *const names[] = { "DEBUG", "INFO", "WARN", "ERROR" };
    if ((int)level < atomic_load(&least_level))
        return;
    struct arena *a = arena_create();
    struct buffer line;
    buffer_init_arena(&line, LINE_CAP, a);
    pair(&line, "time", timestamp_format_millis(a, clock_wall_micros()), false);
    pair(&line, "level", names[level], false);
    pair(&line, "msg", message, true);
    va_list args;
    va_start(args, message);
    for (const char *name; (name = va_arg(args, const char *)) != NULL;) {
        const char *value = va_arg(args, const char *);
        pair(&line, name, value == NULL ? "" : value, false);
    }
    va_end(args);
    send_line(&line);
    arena_destroy(a);
}

void log_insecure_default(const char *dependency, const char *prod_delta)
{
    struct arena *a = arena_create();
    struct buffer line;
    buffer_init_arena(&line, LINE_CAP, a);
    pair(&line, "level", "WARN", false);
    pair(&line, "msg", "insecure default active in dev mode", true);
    pair(&line, "env", "dev", false);
    pair(&line, "dependency", dependency, false);
    pair(&line, "prod_delta", prod_delta, true);
    send_line(&line);
    arena_destroy(a);
}
