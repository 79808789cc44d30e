#include "reference/plexd/report_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/encoding.h"
#include "common/file.h"
#include "common/json_check.h"
#include "common/json_slice.h"
#include "common/text.h"
#include "reference/plexd/entry.h"

static const char *const states[] = { "sent", "pending", "parked" };

bool report_key_valid(const char *key)
{
    size_t len = key == NULL ? 0 : strlen(key);
    if (len == 0 || len > 255 || text_equal(key, ".") || text_equal(key, "..") ||
        !text_is_utf8(key, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f || key[i] == '/' || key[i] == '\\')
            return false;
    return true;
}

static unsigned sum_of(const void *data, size_t len)
{
    return (unsigned)crc32_z(0, data, len);
}

void journal_write(struct buffer *b, const struct journal_record *record)
{
    struct buffer json;
    buffer_init(&json, SIZE_MAX);
    buffer_printf(&json, "{\"state\":\"%s\",", states[record->state]);
    if (record->put != NULL) {
        buffer_text(&json, "\"put\":");
        entry_write(&json, record->put);
    } else {
        buffer_text(&json, "\"deleted\":");
        json_write_text(&json, record->key);
    }
    buffer_char(&json, '}');
    buffer_printf(b, "%08x %zu ", sum_of(json.data, json.len), json.len);
    buffer_append(b, json.data, json.len);
    buffer_char(b, '\n');
    buffer_release(&json);
}

/* The JSON of a line, if its sum and length are right. */
static bool json_of(const char *line, size_t len, struct bytes *json)
{
    char head[40];
    if (len < 11 || line[8] != ' ')
        return false;
    const char *space = memchr(line + 9, ' ', len - 9);
    if (space == NULL || space - line > 30)
        return false;
    size_t start = (size_t)(space - line) + 1;
    *json = (struct bytes){ (const unsigned char *)line + start, len - start };
    int n = snprintf(head, sizeof head, "%08x %zu ", sum_of(json->data, json->len), json->len);
    return n == (int)start && memcmp(head, line, start) == 0 && json_check(*json);
}

static bool state_of(struct arena *a, struct bytes json, enum report_state *out)
{
    const char *word = entry_text_member(a, json, "state");
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (text_equal(word, states[i])) {
            *out = (enum report_state)i;
            return true;
        }
    return false;
}

static bool record_of(struct arena *a, const char *line, size_t len, struct data_entry *entry,
                      struct journal_record *out)
{
    struct bytes json, put;
    if (!json_of(line, len, &json) || !state_of(a, json, &out->state))
        return false;
    if (json_slice_member(json, "put", &put)) {
        out->put = entry;
        out->key = entry_read(a, put, entry) ? entry->key : NULL;
    } else {
        out->put = NULL;
        out->key = entry_text_member(a, json, "deleted");
    }
    return report_key_valid(out->key);
}

size_t journal_read(struct bytes text,
                    void (*record)(void *self, const struct journal_record *record), void *self)
{
    const char *at = (const char *)text.data, *end = at + text.len;
    size_t damaged = 0;
    while (at < end) {
        struct arena *a = arena_create();
        struct data_entry entry;
        struct journal_record r;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop == NULL ? end : stop) - at);
        if (stop != NULL && record_of(a, at, len, &entry, &r))
            record(self, &r);
        else
            damaged += len + (stop != NULL);
        at += len + (stop != NULL);
        arena_destroy(a);
    }
    return damaged;
}

static bool append_to(int fd, size_t expected, struct bytes lines)
{
    struct stat s;
    if (fstat(fd, &s) != 0)
        return false;
    if ((size_t)s.st_size != expected) {
        errno = ESTALE; /* not the file we left: it is replaced as a whole */
        return false;
    }
    if (write_all(fd, lines.data, lines.len) && fdatasync(fd) == 0)
        return true;
    int code = errno;
    if (ftruncate(fd, (off_t)expected) == 0)
        (void)fdatasync(fd);
    errno = code;
    return false;
}

bool journal_append(const char *path, size_t expected, struct bytes lines, struct error *e)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return error_errno(e, errno, "%s", path);
    bool ok = append_to(fd, expected, lines);
    int code = errno;
    close(fd);
    return ok || error_errno(e, code, "%s", path);
}
