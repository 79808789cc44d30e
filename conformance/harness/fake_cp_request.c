/* harness/fake_cp_request.c — reading one request off a connection, as the agent framed it. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <zlib.h>

#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"
#include "harness/fake_cp_parts.h"

/* ---- bytes -------------------------------------------------------------------------------- */

static bool receive(struct cp_connection *c)
{
    char piece[16384];
    ssize_t n = c->ssl != NULL ? SSL_read(c->ssl, piece, sizeof piece)
                               : recv(c->fd, piece, sizeof piece, 0);
    return n > 0 && buffer_append(&c->in, piece, (size_t)n);
}

static void take_out(struct cp_connection *c, size_t len)
{
    memmove(c->in.data, c->in.data + len, c->in.len - len + 1);
    c->in.len -= len;
}

/* ---- requests ----------------------------------------------------------------------------- */

const char *cp_header_of(const struct cp_incoming *in, const char *name)
{
    for (size_t i = 0; i < in->n_headers; i++)
        if (text_equal_nocase(in->headers[i].name, name))
            return in->headers[i].value;
    return NULL;
}

static void parse_head(struct cp_incoming *in)
{
    char *rest = in->head, *line = strsep(&rest, "\n");
    char *space = strchr(line, ' ');
    in->method = in->target = "";
    if (space != NULL) {
        *space = '\0';
        in->method = line;
        in->target = space + 1;
        space[1 + strcspn(space + 1, " \r")] = '\0';
    }
    while ((line = strsep(&rest, "\n")) != NULL && in->n_headers < CP_HEADERS_MAX) {
        char *colon = strchr(line, ':');
        if (colon == NULL)
            continue;
        *colon++ = '\0';
        colon += strspn(colon, " \t");
        size_t len = strcspn(colon, "\r");
        while (len > 0 && colon[len - 1] == ' ')
            len--;
        colon[len] = '\0';
        in->headers[in->n_headers++] = (struct http_header){ line, colon };
    }
}

static bool read_head(struct cp_connection *c, struct cp_incoming *in)
{
    const char *end;
    while ((end = memmem(c->in.data, c->in.len, "\r\n\r\n", 4)) == NULL)
        if (c->in.len > CP_HEAD_CAP || !receive(c))
            return false;
    size_t len = (size_t)(end - c->in.data);
    in->head = mem_alloc(len + 1);
    memcpy(in->head, c->in.data, len);
    take_out(c, len + 4);
    parse_head(in);
    return true;
}

static bool take_body(struct cp_connection *c, struct cp_incoming *in, size_t len)
{
    while (c->in.len < len)
        if (!receive(c))
            return false;
    bool ok = buffer_append(&in->body, c->in.data, len);
    take_out(c, len);
    return ok;
}

static bool take_chunks(struct cp_connection *c, struct cp_incoming *in)
{
    for (;;) {
        const char *end;
        size_t len = 0;
        while ((end = memmem(c->in.data, c->in.len, "\r\n", 2)) == NULL)
            if (!receive(c))
                return false;
        for (const char *at = c->in.data; at < end && *at != ';'; at++) {
            const char *digit = strchr("0123456789abcdef", *at | 0x20);
            if (digit == NULL || len > CP_BODY_CAP)
                return false;
            len = len * 16 + (size_t)(digit - "0123456789abcdef");
        }
        take_out(c, (size_t)(end - c->in.data) + 2);
        if (len > 0 && !take_body(c, in, len))
            return false;
        while (c->in.len < 2)
            if (!receive(c))
                return false;
        take_out(c, 2);
        if (len == 0)
            return true;
    }
}

static bool read_body(struct cp_connection *c, struct cp_incoming *in)
{
    int64_t len = 0;
    const char *text = cp_header_of(in, "Content-Length");
    const char *coding = cp_header_of(in, "Transfer-Encoding");
    const char *expects = cp_header_of(in, "Expect");
    if (text_equal_nocase(expects, "100-continue") &&
        !cp_send(c, "HTTP/1.1 100 Continue\r\n\r\n", 25))
        return false;
    if (coding != NULL)
        return take_chunks(c, in);
    return text == NULL ||
           (number_parse(text, 0, CP_BODY_CAP, &len) && take_body(c, in, (size_t)len));
}

bool cp_gunzip(struct buffer *body)
{
    struct buffer out;
    char piece[16384];
    z_stream z = { .next_in = (unsigned char *)body->data, .avail_in = (unsigned)body->len };
    int result = inflateInit2(&z, 16 + MAX_WBITS);
    buffer_init(&out, CP_BODY_CAP);
    while (result == Z_OK) {
        z.next_out = (unsigned char *)piece;
        z.avail_out = sizeof piece;
        result = inflate(&z, Z_NO_FLUSH);
        if (!buffer_append(&out, piece, sizeof piece - z.avail_out))
            result = Z_DATA_ERROR;
    }
    inflateEnd(&z);
    buffer_release(body);
    *body = out;
    return result == Z_STREAM_END;
}

bool cp_read_request(struct cp_connection *c, struct cp_incoming *in)
{
    *in = (struct cp_incoming){ .method = "", .target = "" };
    buffer_init(&in->body, CP_BODY_CAP);
    return read_head(c, in) && read_body(c, in);
}

void cp_incoming_release(struct cp_incoming *in)
{
    mem_free(in->head);
    buffer_release(&in->body);
}
