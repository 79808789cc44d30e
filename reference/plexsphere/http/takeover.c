#include "reference/plexsphere/http/takeover.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/timestamp.h"

enum { HEAD_MOST = 8192 };

/* A proxy must know where a stream ends, so it is chunked; HTTP/1.0 has no chunks, and the end of
 * the connection is the end. */
static struct bytes head_of(const struct answer *answer, struct request *rq, bool http10)
{
    struct buffer b;
    buffer_init_arena(&b, HEAD_MOST, rq->arena);
    buffer_printf(&b, "HTTP/1.%d %d %s\r\nDate: %s\r\n", http10 ? 0 : 1, answer->status,
                  MHD_get_reason_phrase_for((unsigned)answer->status),
                  timestamp_format_http(rq->arena, clock_wall_micros()));
    if (answer->media_type != NULL)
        buffer_printf(&b, "Content-Type: %s\r\n", answer->media_type);
    for (size_t i = 0; i < answer->n_headers; i++)
        buffer_printf(&b, "%s: %s\r\n", answer->headers[i].name, answer->headers[i].value);
    buffer_text(&b, http10 ? "Connection: close\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n");
    return (struct bytes){ (const unsigned char *)b.data, b.len };
}

bool takeover(int fd, const struct answer *answer, struct request *rq, bool http10)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int flags = own < 0 ? -1 : fcntl(own, F_GETFL);
    if (flags < 0 || fcntl(own, F_SETFL, flags | O_NONBLOCK) != 0) {
        if (own >= 0)
            close(own);
        answer->stream->drop(answer->stream);
        return false;
    }
    answer->stream->start(answer->stream, own, head_of(answer, rq, http10), !http10);
    return true;
}
