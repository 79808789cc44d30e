#include "reference/plexsphere/http/body.h"

#include "common/arena.h"
#include "common/text.h"

static bool is_known(const char *key, const char *const *known)
{
    for (; *known != NULL; known++)
        if (text_equal(key, *known))
            return true;
    return false;
}

bool body_only(struct arena *a, const json_t *object, const char *const *known, const char **why)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        if (!is_known(key, known)) {
            *why = arena_printf(a, "The member '%.64s' is not known here.", key);
            return false;
        }
    }
    return true;
}

static enum body_presence wrong(struct arena *a, const char *key, const char *what,
                                const char **why)
{
    *why = arena_printf(a, "The member '%s' must be %s.", key, what);
    return BODY_WRONG;
}

enum body_presence body_text(struct arena *a, const json_t *object, const char *key,
                             const char **out, const char **why)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return BODY_ABSENT;
    if (!json_is_string(value))
        return wrong(a, key, "text", why);
    *out = json_string_value(value);
    return BODY_PRESENT;
}

enum body_presence body_uuid(struct arena *a, const json_t *object, const char *key,
                             struct uuid *out, const char **why)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return BODY_ABSENT;
    if (!json_is_string(value) || !uuid_parse(json_string_value(value), out) || uuid_is_nil(out))
        return wrong(a, key, "a UUID that is not the nil UUID", why);
    return BODY_PRESENT;
}

enum body_presence body_integer(struct arena *a, const json_t *object, const char *key,
                                int64_t *out, const char **why)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return BODY_ABSENT;
    if (!json_is_integer(value))
        return wrong(a, key, "an integer", why);
    *out = json_integer_value(value);
    return BODY_PRESENT;
}

enum body_presence body_bool(struct arena *a, const json_t *object, const char *key, bool *out,
                             const char **why)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return BODY_ABSENT;
    if (!json_is_boolean(value))
        return wrong(a, key, "true or false", why);
    *out = json_is_true(value);
    return BODY_PRESENT;
}
