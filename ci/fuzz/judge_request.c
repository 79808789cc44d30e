/* Fuzz target: requests as an agent might frame them, read by the judge's fake control plane. What
 * is read lies within what came and within its caps; a compressed body is undone or refused. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/file.h"
#include "harness/fake_cp_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_request(struct cp_incoming *in, size_t size)
{
    require(strlen(in->method) + strlen(in->target) <= size && in->body.len <= size);
    require(strchr(in->method, ' ') == NULL && strchr(in->target, ' ') == NULL);
    require(in->n_headers <= CP_HEADERS_MAX);
    for (size_t i = 0; i < in->n_headers; i++) {
        require(strpbrk(in->headers[i].name, ":\n") == NULL);
        require(strpbrk(in->headers[i].value, "\r\n") == NULL);
        require(cp_header_of(in, in->headers[i].name) != NULL);
    }
    if (cp_gunzip(&in->body))
        require(in->body.len <= CP_BODY_CAP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    bool more = true;
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    require(write_all(ends[0], data, size) && shutdown(ends[0], SHUT_WR) == 0);
    struct cp_connection c = { .fd = ends[1] };
    buffer_init(&c.in, CP_BODY_CAP + CP_HEAD_CAP);
    while (more) {
        struct cp_incoming in;
        more = cp_read_request(&c, &in);
        if (more)
            check_request(&in, size);
        cp_incoming_release(&in);
    }
    buffer_release(&c.in);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
