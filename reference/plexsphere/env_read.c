#include "reference/plexsphere/env_read.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"

/* The value without surrounding space, NULL when blank. */
static const char *value_of(struct arena *a, const struct environment *env, const char *name)
{
    const char *value = environment_get(env, name);
    return text_blank(value) ? NULL : text_trim(a, value);
}

static enum configured refuse(struct error *e, const char *name, const char *rule,
                              const char *clause)
{
    error_set(e, "%s: %s (SPEC %s)", name, rule, clause);
    return CONFIGURED_REFUSED;
}

enum configured env_text(struct arena *a, const struct environment *env, const char *name,
                         const char **out, struct error *e)
{
    const char *value = value_of(a, env, name);
    if (value == NULL)
        return CONFIGURED_OFF;
    if (!text_is_utf8(value, strlen(value)))
        return refuse(e, name, "must be UTF-8", "ENV-019");
    *out = value;
    return CONFIGURED_ON;
}

/* ENV-021 */
enum configured env_key32(struct arena *a, const struct environment *env, const char *name,
                          unsigned char out[32], struct error *e)
{
    struct bytes raw;
    const char *value = value_of(a, env, name);
    if (value == NULL)
        return CONFIGURED_OFF;
    if (!base64_decode(a, BASE64_STANDARD, value, strlen(value), &raw))
        return refuse(e, name, "must be base64 of exactly 32 bytes, got no base64", "ENV-021");
    if (raw.len != 32)
        return refuse(e, name,
                      arena_printf(a, "must be base64 of exactly 32 bytes, got %zu", raw.len),
                      "ENV-021");
    memcpy(out, raw.data, 32);
    return CONFIGURED_ON;
}

/* ENV-022 */
enum configured env_cursor_key(struct arena *a, const struct environment *env, const char *name,
                               struct cursor_key *out, struct error *e)
{
    struct cursor_key key = { .bind_caller = out->bind_caller };
    struct error why = { "" };
    const char *value = value_of(a, env, name);
    if (value == NULL)
        return CONFIGURED_OFF;
    if (!cursor_key_parse(value, &key, &why))
        return refuse(e, name, why.text, "ENV-022");
    *out = key;
    return CONFIGURED_ON;
}

/* ENV-023 */
enum configured env_url(struct arena *a, const struct environment *env, const char *name,
                        const char **out, struct error *e)
{
    struct url url;
    const char *value = value_of(a, env, name);
    if (value == NULL)
        return CONFIGURED_OFF;
    if (!url_parse_http(a, value, &url))
        return refuse(e, name, "must be an absolute http or https URL", "ENV-023");
    *out = value;
    return CONFIGURED_ON;
}

/* ENV-024 */
enum configured env_duration(struct arena *a, const struct environment *env, const char *name,
                             int64_t *nanos, struct error *e)
{
    int64_t n;
    const char *value = value_of(a, env, name);
    if (value == NULL)
        return CONFIGURED_OFF;
    if (!duration_parse(value, &n))
        return refuse(e, name, "must be a duration such as 30s or 1h30m", "ENV-024");
    if (n <= 0)
        return refuse(e, name, "must be a positive duration", "ENV-024");
    *nanos = n;
    return CONFIGURED_ON;
}

/* ENV-025 */
enum configured env_flag(struct arena *a, const struct environment *env, const char *name,
                         bool *out, struct error *e)
{
    const char *value = value_of(a, env, name);
    if (value == NULL)
        return CONFIGURED_OFF;
    if (!text_equal(value, "true") && !text_equal(value, "false"))
        return refuse(e, name, "must be true or false", "ENV-025");
    *out = text_equal(value, "true");
    return CONFIGURED_ON;
}

/* ENV-026 */
enum configured env_integer(struct arena *a, const struct environment *env, const char *name,
                            int64_t min, int64_t max, int64_t *out, struct error *e)
{
    const char *value = value_of(a, env, name);
    if (value == NULL)
        return CONFIGURED_OFF;
    if (!number_parse(value, min, max, out))
        return refuse(e, name,
                      arena_printf(a, "must be a whole number from %lld to %lld", (long long)min,
                                   (long long)max),
                      "ENV-026");
    return CONFIGURED_ON;
}

/* ENV-027 */
enum configured env_host_port(struct arena *a, const struct environment *env, const char *name,
                              const char **out, struct error *e)
{
    struct url url;
    const char *value = value_of(a, env, name);
    if (value == NULL)
        return CONFIGURED_OFF;
    if (!url_parse(a, arena_printf(a, "tcp://%s", value), &url) || url.port == 0 ||
        url.userinfo != NULL || url.path[0] != '\0' || url.query != NULL)
        return refuse(e, name, "must be host:port", "ENV-027");
    *out = value;
    return CONFIGURED_ON;
}

/* ENV-028 */
enum configured env_word(struct arena *a, const struct environment *env, const char *name,
                         const char *const *words, int *out, struct error *e)
{
    const char *list = "", *value = value_of(a, env, name);
    if (value == NULL)
        return CONFIGURED_OFF;
    for (int i = 0; words[i] != NULL; i++) {
        list = arena_printf(a, "%s%s%s", list, i == 0 ? "" : " or ", words[i]);
        if (text_equal(value, words[i])) {
            *out = i;
            return CONFIGURED_ON;
        }
    }
    return refuse(e, name, arena_printf(a, "must be %s", list), "ENV-028");
}

enum configured env_and(enum configured a, enum configured b)
{
    if (a == CONFIGURED_REFUSED || b == CONFIGURED_REFUSED)
        return CONFIGURED_REFUSED;
    return a == CONFIGURED_OFF || b == CONFIGURED_OFF ? CONFIGURED_OFF : CONFIGURED_ON;
}

enum configured env_optional(enum configured part)
{
    return part == CONFIGURED_OFF ? CONFIGURED_ON : part;
}

enum configured env_mandatory(enum configured part, const char *name, struct error *e)
{
    if (part == CONFIGURED_OFF)
        return refuse(e, name, "must be set when PLEXSPHERE_DSN is set", "ENV-020");
    return part;
}
