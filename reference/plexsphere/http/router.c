#include "reference/plexsphere/http/router.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/text.h"
#include "common/url.h"

struct segments {
    const char *text[ROUTE_SEGMENTS];
    size_t n;
};

/* The contract's actions: verbs that end a POST path behind a parameter. */
static const char *const actions[] = { "acknowledge", "approve", "break-glass", "dry-run",
                                       "import",      "reject",  "resolve",     "revoke",
                                       "rollback",    "rotate" };

static bool is_action(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (text_equal(word, actions[i]))
            return true;
    return false;
}

/* Splits the raw path, then decodes. False: no operation can have this path. */
static bool split(struct arena *a, const char *path, struct segments *out)
{
    out->n = 0;
    if (*path != '/')
        return false;
    while (*path == '/') {
        size_t len = strcspn(++path, "/");
        char *decoded;
        if (len == 0 || out->n == ROUTE_SEGMENTS || !url_decode(a, path, len, &decoded) ||
            !text_is_utf8(decoded, strlen(decoded)))
            return false;
        out->text[out->n++] = decoded;
        path += len;
    }
    return true;
}

/* "{id}:revoke" as two segments; false when the last segment ends in no action of ours. The colon
 * is looked for in the decoded text: %3A is the same address. */
static bool split_action(struct arena *a, const struct segments *in, struct segments *out)
{
    if (in->n == 0 || in->n == ROUTE_SEGMENTS)
        return false;
    const char *last = in->text[in->n - 1], *colon = strrchr(last, ':');
    if (colon == NULL || colon == last || !is_action(colon + 1))
        return false;
    *out = *in;
    out->text[out->n - 1] = arena_strndup(a, last, (size_t)(colon - last));
    out->text[out->n++] = colon + 1;
    return true;
}

/* Where the template goes on behind a segment that fits, NULL when it does not. Every request is
 * held against every template, so the first byte that differs must end it. A decoded segment may
 * hold a '/', which is no end of the template's. */
static const char *past_segment(const char *template, const char *text)
{
    if (*template == '{')
        return template + strcspn(template, "/");
    while (*text != '\0' && *template != '/' && *template == *text) {
        template ++;
        text++;
    }
    return *text == '\0' && (*template == '/' || *template == '\0') ? template : NULL;
}

/* Does the template fit? *literals has a bit for each literal segment, the first one highest, so
 * that the larger of two fits is the more specific one. */
static bool fits(const char *template, const struct segments *path, unsigned *literals)
{
    *literals = 0;
    for (size_t i = 0; i < path->n; i++) {
        if (*template ++ != '/')
            return false;
        *literals = *literals << 1 | (*template != '{');
        template = past_segment(template, path->text[i]);
        if (template == NULL)
            return false;
    }
    return *template == '\0';
}

/* The template of the contract that fits best, NULL when none does. Methods play no part here. */
static const char *best_template(const struct segments *path)
{
    const char *best = NULL;
    unsigned best_literals = 0;
    for (unsigned i = 0; i < OPERATION_COUNT; i++) {
        const char *template = operation_facts((enum operation_id)i)->path;
        unsigned literals;
        if (fits(template, path, &literals) && (best == NULL || literals > best_literals)) {
            best = template;
            best_literals = literals;
        }
    }
    return best;
}

static void take_params(struct arena *a, const char *template, const struct segments *path,
                        struct route *out)
{
    out->n_params = 0;
    for (size_t i = 0; i < path->n; i++) {
        size_t len = strcspn(++template, "/");
        if (*template == '{' && out->n_params < ROUTE_PARAMS) {
            out->names[out->n_params] = arena_strndup(a, template + 1, len - 2);
            out->values[out->n_params++] = path->text[i];
        }
        template += len;
    }
}

static const char *allowed_methods(struct arena *a, const char *template)
{
    struct buffer b;
    buffer_init_arena(&b, 128, a);
    for (unsigned i = 0; i < OPERATION_COUNT; i++) {
        const struct operation_facts *facts = operation_facts((enum operation_id)i);
        if (!text_equal(facts->path, template))
            continue;
        buffer_printf(&b, "%s%s%s", b.len == 0 ? "" : ", ", facts->method,
                      text_equal(facts->method, "GET") ? ", HEAD" : "");
    }
    return b.data;
}

static bool method_of(const char *method, const char *template, enum operation_id *id)
{
    const char *wanted = text_equal(method, "HEAD") ? "GET" : method;
    for (unsigned i = 0; i < OPERATION_COUNT; i++) {
        const struct operation_facts *facts = operation_facts((enum operation_id)i);
        if (text_equal(facts->path, template) && text_equal(facts->method, wanted)) {
            *id = (enum operation_id)i;
            return true;
        }
    }
    return false;
}

enum routed route_find(struct arena *a, const char *method, const char *path, struct route *out)
{
    struct segments plain, action;
    const char *template = NULL;
    *out = (struct route){ .n_params = 0 };
    if (!split(a, path, &plain))
        return ROUTE_UNKNOWN;
    /* An action's address is no object's address: `{id}:revoke` is never the id of a plainer path.
     */
    if (split_action(a, &plain, &action) && (template = best_template(&action)) != NULL)
        plain = action;
    else
        template = best_template(&plain);
    if (template == NULL)
        return ROUTE_UNKNOWN;
    if (!method_of(method, template, &out->id)) {
        out->allow = allowed_methods(a, template);
        return ROUTE_WRONG_METHOD;
    }
    take_params(a, template, &plain, out);
    return ROUTED;
}
