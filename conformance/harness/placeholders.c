#include "harness/placeholders.h"

#include <string.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/random.h"
#include "common/text.h"

static const char *fresh(struct arena *a, const char *name)
{
    unsigned char bytes[32];
    random_bytes(bytes, sizeof bytes);
    if (text_equal(name, "RANDOM_HEX_32"))
        return hex_encode(a, bytes, sizeof bytes);
    if (text_equal(name, "RANDOM_B64_32"))
        return base64_encode(a, BASE64_STANDARD, bytes, sizeof bytes);
    return NULL;
}

static const char *value_of(struct arena *a, const char *name, const struct placeholder *known)
{
    for (; known && known->name; known++)
        if (text_equal(known->name, name))
            return known->value;
    return fresh(a, name);
}

char *placeholders_text(struct arena *a, const char *text, const struct placeholder *known)
{
    struct buffer out;
    buffer_init_arena(&out, 1 << 20, a);
    for (const char *at = text; *at;) {
        const char *open = strstr(at, "${"), *close = open ? strchr(open, '}') : NULL;
        if (!close) {
            buffer_text(&out, at);
            break;
        }
        buffer_append(&out, at, (size_t)(open - at));
        const char *name = arena_strndup(a, open + 2, (size_t)(close - open) - 2);
        const char *value = value_of(a, name, known);
        if (value)
            buffer_text(&out, value);
        else
            buffer_append(&out, open, (size_t)(close - open) + 1);
        at = close + 1;
    }
    return out.data;
}

char **placeholders_argv(struct arena *a, char *const *argv, const struct placeholder *known)
{
    size_t n = 0;
    while (argv[n])
        n++;
    char **out = arena_alloc_array(a, n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = placeholders_text(a, argv[i], known);
    return out;
}

json_t *placeholders_object(struct arena *a, const json_t *object, const struct placeholder *known)
{
    json_t *out = json_own(a, json_object());
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value)
        if (json_is_string(value))
            json_object_set_new(out, key,
                                json_string(placeholders_text(a, json_string_value(value), known)));
    return out;
}
