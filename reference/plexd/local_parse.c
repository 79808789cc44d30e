#include "reference/plexd/local_parse.h"

#include <string.h>

#include "common/encoding.h"
#include "common/number.h"
#include "common/text.h"

enum { TARGET_MOST = 8192, SIZE_LINE_MOST = 256, TRAILERS_MOST = 8192 };

/* RFC 9110 token */
static bool is_token(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        char c = *text;
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && strchr("!#$%&'*+-.^_`|~", c) == NULL)
            return false;
    }
    return true;
}

size_t local_head_length(const char *data, size_t len)
{
    const char *end = memmem(data, len, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - data) + 4;
}

/* "http://host/path" is as good as "/path" (RFC 9112 3.2.2). */
static bool parse_target(char *target, struct local_head *out)
{
    if (text_starts(target, "http://") && strchr(target + 7, '/') != NULL)
        target = strchr(target + 7, '/');
    if (*target != '/')
        return false;
    for (const char *c = target; *c != '\0'; c++)
        if ((unsigned char)*c <= 0x20 || *c == 0x7f)
            return false;
    target[strcspn(target, "?")] = '\0';
    out->path = target;
    return strchr(target, '#') == NULL;
}

static int parse_request_line(char *line, struct local_head *out)
{
    char *target = strchr(line, ' ');
    char *version = target == NULL ? NULL : strchr(target + 1, ' ');
    if (version == NULL)
        return 400;
    *target++ = *version++ = '\0';
    if (!text_starts(version, "HTTP/") || strlen(version) != 8 || version[6] != '.')
        return 400;
    if (!text_equal(version, "HTTP/1.1") && !text_equal(version, "HTTP/1.0"))
        return 505;
    out->keep_alive = version[7] == '1';
    out->method = line;
    if (strlen(target) > TARGET_MOST)
        return 414;
    return is_token(line) && parse_target(target, out) ? 0 : 400;
}

/* NUL and other control characters, but for tabs, have no place in a value. */
static bool parse_field(char *line, size_t len, struct local_header *out)
{
    char *colon = memchr(line, ':', len), *end = line + len;
    if (colon == NULL)
        return false;
    *colon = '\0';
    char *value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    for (const char *c = value; c < end; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return false;
    *out = (struct local_header){ line, value };
    return strlen(line) == (size_t)(colon - line) && is_token(line);
}

const char *local_head_find(const struct local_head *head, const char *name)
{
    for (size_t i = 0; i < head->n_headers; i++)
        if (text_equal_nocase(head->headers[i].name, name))
            return head->headers[i].value;
    return NULL;
}

static size_t count_of(const struct local_head *head, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < head->n_headers; i++)
        n += text_equal_nocase(head->headers[i].name, name);
    return n;
}

static bool list_has(const char *list, const char *word)
{
    while (list != NULL && *list != '\0') {
        size_t skip = strspn(list, " \t,"), len = strcspn(list + skip, " \t,");
        if (len == strlen(word) && strncasecmp(list + skip, word, len) == 0)
            return true;
        list += skip + len;
    }
    return false;
}

static int parse_framing(struct local_head *h)
{
    const char *length = local_head_find(h, "Content-Length");
    const char *coding = local_head_find(h, "Transfer-Encoding");
    const char *expect = local_head_find(h, "Expect");
    size_t hosts = count_of(h, "Host");
    if (hosts > 1 || (hosts == 0 && h->keep_alive) || count_of(h, "Content-Length") > 1 ||
        count_of(h, "Transfer-Encoding") > 1 || (length != NULL && coding != NULL))
        return 400;
    if (length != NULL && !number_parse(length, 0, INT64_MAX, &h->content_length))
        return 400;
    if (coding != NULL && !h->keep_alive)
        return 400; /* HTTP/1.0 knows none */
    if (coding != NULL && !text_equal_nocase(coding, "chunked"))
        return 501;
    if (expect != NULL && !text_equal_nocase(expect, "100-continue"))
        return 417;
    h->chunked = coding != NULL;
    h->expects_continue = expect != NULL && h->keep_alive;
    if (list_has(local_head_find(h, "Connection"), "close"))
        h->keep_alive = false;
    return 0;
}

/* Every line ends in CRLF, and neither is anywhere else. */
static char *next_line(char **at, char *end, size_t *len)
{
    char *line = *at, *cr = memmem(line, (size_t)(end - line), "\r\n", 2);
    if (cr == NULL || memchr(line, '\n', (size_t)(cr - line)) != NULL ||
        memchr(line, '\r', (size_t)(cr - line)) != NULL)
        return NULL;
    *len = (size_t)(cr - line);
    *cr = '\0';
    *at = cr + 2;
    return line;
}

int local_head_parse(char *text, size_t size, struct local_head *out)
{
    char *at = text, *end = text + size, *line;
    size_t len;
    out->n_headers = 0;
    out->content_length = 0;
    line = next_line(&at, end, &len);
    if (line == NULL || strlen(line) != len)
        return 400;
    int status = parse_request_line(line, out);
    if (status != 0)
        return status;
    while ((line = next_line(&at, end, &len)) != NULL && len > 0) {
        if (out->n_headers == LOCAL_HEADERS_MOST)
            return 431;
        if (!parse_field(line, len, &out->headers[out->n_headers++]))
            return 400;
    }
    return line == NULL || at != end ? 400 : parse_framing(out);
}

/* ---- chunked bodies ---- */

enum { SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER, TRAILER_LF, LINE, LINE_LF };

static bool size_byte(struct local_chunks *c, char byte)
{
    int digit = hex_digit_value(byte);
    if (digit >= 0 && c->left <= UINT32_MAX) {
        c->left = c->left * 16 + (unsigned)digit;
        c->any_digit = true;
    } else if (digit < 0 && c->any_digit && byte == '\r') {
        c->state = SIZE_LF;
    } else if (digit < 0 && c->any_digit && (byte == ';' || byte == ' ' || byte == '\t')) {
        c->state = EXTENSION;
    } else {
        return false;
    }
    return true;
}

/* One byte of everything but data. A trailer is read over. */
static bool frame_byte(struct local_chunks *c, char byte)
{
    size_t most = c->state >= TRAILER ? TRAILERS_MOST : SIZE_LINE_MOST;
    if (++c->line > most)
        return false;
    switch (c->state) {
    case SIZE: return size_byte(c, byte);
    case EXTENSION:
        if (byte == '\r')
            c->state = SIZE_LF;
        return byte != '\n';
    case SIZE_LF:
        c->state = c->left == 0 ? TRAILER : DATA;
        c->line = 0;
        return byte == '\n';
    case DATA_CR: c->state = DATA_LF; return byte == '\r';
    case DATA_LF: *c = (struct local_chunks){ .state = SIZE }; return byte == '\n';
    case TRAILER: c->state = byte == '\r' ? TRAILER_LF : LINE; return byte != '\n';
    case LINE:
        if (byte == '\r')
            c->state = LINE_LF;
        return byte != '\n';
    case LINE_LF: c->state = TRAILER; return byte == '\n';
    default: return false;
    }
}

enum local_chunk local_chunks_feed(struct local_chunks *c, const char **data, size_t *len,
                                   bool (*piece)(void *self, const char *data, size_t len),
                                   void *self)
{
    while (*len > 0) {
        size_t n = 1;
        if (c->state == DATA) {
            n = *len < c->left ? *len : (size_t)c->left;
            if (!piece(self, *data, n))
                return CHUNK_BAD;
            c->left -= n;
            if (c->left == 0)
                c->state = DATA_CR;
        } else if (c->state == TRAILER_LF) {
            enum local_chunk end = **data == '\n' ? CHUNK_END : CHUNK_BAD;
            *data += 1;
            *len -= 1;
            return end;
        } else if (!frame_byte(c, **data)) {
            return CHUNK_BAD;
        }
        *data += n;
        *len -= n;
    }
    return CHUNK_MORE;
}
