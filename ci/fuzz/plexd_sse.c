/* Fuzz target: the agent's parser of server-sent events; what is heard does not depend on how the
 * bytes were cut into pieces. */
#include <stdlib.h>

#include "reference/plexd/sse.h"

struct heard {
    uint64_t sum;
    size_t n;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct heard *h, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        h->sum = h->sum * 1099511628211u + ((const unsigned char *)data)[i] + 1;
}

static void event(void *self, const char *id, bool dropped, struct bytes data)
{
    struct heard *h = self;
    h->n++;
    for (; id != NULL && *id != '\0'; id++)
        add(h, id, 1);
    add(h, &dropped, 1);
    add(h, data.data, data.len);
}

static struct heard hear(const uint8_t *data, size_t size, size_t piece)
{
    struct heard h = { 0 };
    struct sse s;
    sse_init(&s, event, &h);
    for (size_t at = 0; at < size; at += piece)
        sse_feed(&s, (struct bytes){ data + at, size - at < piece ? size - at : piece });
    sse_release(&s);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard whole = hear(data, size, size > 0 ? size : 1), bytes = hear(data, size, 1);
    if (whole.n != bytes.n || whole.sum != bytes.sum)
        abort();
    return 0;
}
