#include "reference/plexsphere/control/input.h"

#include <errno.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/json.h"

enum { INPUT_CAP = 64 * 1024 };

bool input_object(struct arena *a, json_t **out, struct error *e)
{
    struct buffer in;
    char piece[4096];
    ssize_t n;
    buffer_init_arena(&in, INPUT_CAP, a);
    while ((n = read(STDIN_FILENO, piece, sizeof piece)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(e, errno, "standard input");
        if (!buffer_append(&in, piece, (size_t)n))
            return error_set(e, "standard input: more than %d bytes", INPUT_CAP);
    }
    if (!json_parse(a, in.data, in.len, out, e))
        return error_prefix(e, "standard input");
    return json_is_object(*out) || error_set(e, "standard input: not a JSON object");
}
