#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/findings.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"

struct classified class_of(const struct boundary *b, const char *key, const char *value)
{
    return boundary_classify(b->a, b->data, b->catalogue, key, value);
}

struct place manifest_place(const struct boundary *b, const struct manifest *m, const json_t *at,
                            const char *key, const char *inside)
{
    int line = at == NULL ? 0 : yaml_line_of(m->lines, at, key);
    const char *name = m->namespace[0] == '\0'
                           ? arena_printf(b->a, "%s/%s", m->kind, m->name)
                           : arena_printf(b->a, "%s/%s/%s", m->kind, m->namespace, m->name);
    name = helm_shown(b->a, m->tokens, name);
    return (struct place){ .file = m->file,
                           .line = line != 0 ? line : yaml_line_of(m->lines, m->value, "kind"),
                           .path = inside == NULL || inside[0] == '\0'
                                       ? name
                                       : arena_printf(b->a, "%s %s", name, inside),
                           .environment = m->environment[0] == '\0' ? NULL : m->environment };
}

static bool has_overlay(const struct difference *d, const char *environment)
{
    return json_array_size(d->overlays) == 0 ||
           json_array_has_text(d->overlays, environment == NULL ? "base" : environment);
}

/* The first pattern that matches, as index + 1; 0: none does. Without patterns everything does. */
static size_t matching(const json_t *patterns, const char *text)
{
    size_t i;
    json_t *pattern;
    if (json_array_size(patterns) == 0)
        return 1;
    json_array_foreach ((json_t *)patterns, i, pattern) {
        if (text != NULL && json_is_string(pattern) && text_glob(json_string_value(pattern), text))
            return i + 1;
    }
    return 0;
}

static bool covers(const struct boundary *b, struct difference *d, const char *rule,
                   struct place where, const char *key, const char *value)
{
    const char *object = where.path == NULL ? where.file : where.path;
    object = arena_strndup(b->a, object, strcspn(object, " "));
    size_t by_object = matching(d->objects, object), by_key = matching(d->keys, key);
    if (!json_array_has_text(d->rules, rule) || !has_overlay(d, where.environment) ||
        by_object == 0 || by_key == 0 ||
        (d->values != NULL && (value == NULL || !json_array_has_text(d->values, value))))
        return false;
    d->used++;
    d->objects_used[by_object - 1]++;
    d->keys_used[by_key - 1]++;
    return true;
}

bool is_declared(struct boundary *b, const char *rule, struct place where, const char *key,
                 const char *value)
{
    for (size_t i = 0; i < b->n_differences; i++) {
        if (covers(b, &b->differences[i], rule, where, key, value))
            return true;
    }
    return false;
}

static bool is_warning(const struct boundary *b, const char *rule)
{
    static const char *const warnings[] = { "B-01", "B-07", "B-10", "B-17", "B-20", "B-25",
                                            "B-26", "B-31", "B-33", "B-37", "B-40" };
    if (json_flag(b->settings, "strict", true))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(warnings); i++) {
        if (text_equal(warnings[i], rule))
            return true;
    }
    return false;
}

/* One template serves several environments; what is wrong with it is wrong once. */
static bool is_known(const struct boundary *b, const char *rule, struct place where,
                     const char *message)
{
    const struct findings *f = b->g->findings;
    for (size_t i = f->n; i > 0 && f->rows[i - 1].gate == b->g->gate; i--) {
        const struct finding *x = &f->rows[i - 1];
        if (x->where.line == where.line && text_equal(x->rule->id, rule) &&
            text_equal(x->where.file, where.file) && text_equal(x->message, message) &&
            text_equal(x->where.path, where.path))
            return true;
    }
    return false;
}

void boundary_report(struct boundary *b, const char *rule, struct place where, const char *key,
                     const char *value, const char *format, ...)
{
    va_list args;
    if (is_declared(b, rule, where, key, value)) {
        gate_compared(b->g, 1, "declared differences met");
        return;
    }
    va_start(args, format);
    const char *message = arena_vprintf(b->a, format, args);
    va_end(args);
    message = text_replace_char(b->a, message, '\n', ' ');
    if (is_known(b, rule, where, message))
        return;
    if (is_warning(b, rule))
        gate_unlooked(b->g,
                      arena_printf(b->a, "%s %s:%d %s", rule, where.file, where.line, message),
                      "a warning, and strict is false");
    else
        finding(b->g, rule, where, "%s", message);
}

void report_unreadable(struct boundary *b, const char *file, int line, const char *what)
{
    boundary_report(b, "B-44", (struct place){ .file = file, .line = line }, NULL, NULL,
                    "cannot be read, so nothing in it was judged: %s", what);
}
