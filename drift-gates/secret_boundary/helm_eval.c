/* What an expression of a template is worth, as far as values tell. */
#include "drift-gates/secret_boundary/helm_text.h"

#include <ctype.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/json.h"
#include "common/text.h"

#define NESTING_MAX 32
#define ARGUMENTS_MAX 16
#define TEXT_CAP ((size_t)1 << 20)

struct reader {
    struct arena *a;
    const json_t *values;
    const char *at;
    int nesting;
};

static const json_t *pipeline(struct reader *r);

bool helm_truth(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_TRUE: return true;
    case JSON_STRING: return json_string_length(v) > 0;
    case JSON_INTEGER: return json_integer_value(v) != 0;
    case JSON_REAL: return json_real_value(v) != 0;
    case JSON_ARRAY: return json_array_size(v) > 0;
    case JSON_OBJECT: return json_object_size(v) > 0;
    case JSON_FALSE:
    case JSON_NULL: break;
    }
    return false;
}

static const json_t *text_value(struct reader *r, const char *text)
{
    return json_own(r->a, json_string(text_is_utf8(text, strlen(text)) ? text : ""));
}

static const char *as_text(struct reader *r, const json_t *v)
{
    if (json_is_string(v))
        return json_string_value(v);
    return json_is_null(v) ? "" : json_dump(r->a, v);
}

static const json_t *path_value(struct reader *r, const char *path, size_t len)
{
    const json_t *v = r->values;
    size_t n;
    char **parts = text_split(r->a, arena_strndup(r->a, path, len), '.', &n);
    for (size_t i = 0; i < n; i++) {
        if (!json_is_object(v))
            return json_null();
        v = json_object_get(v, parts[i]);
    }
    return v == NULL ? json_null() : v;
}

static const json_t *quoted(struct reader *r)
{
    struct buffer b;
    char quote = *r->at++;
    buffer_init_arena(&b, TEXT_CAP, r->a);
    for (; *r->at != '\0' && *r->at != quote; r->at++) {
        if (quote == '"' && *r->at == '\\' && r->at[1] != '\0')
            r->at++;
        buffer_char(&b, *r->at);
    }
    r->at += *r->at == quote;
    return text_value(r, b.data);
}

static size_t name_length(const char *at)
{
    size_t len = 0;
    while (isalnum((unsigned char)at[len]) || at[len] == '_' || at[len] == '.' || at[len] == '-')
        len++;
    return len;
}

static const json_t *parenthesised(struct reader *r)
{
    r->at++;
    if (++r->nesting > NESTING_MAX) {
        r->at += strlen(r->at);
        return NULL;
    }
    const json_t *v = pipeline(r);
    r->nesting--;
    r->at += *r->at == ')';
    if (*r->at == '.') { /* a member of it: not followed */
        r->at += name_length(r->at);
        return NULL;
    }
    return v;
}

/* One operand. NULL: unknown. */
static const json_t *operand(struct reader *r)
{
    if (*r->at == '"' || *r->at == '`')
        return quoted(r);
    if (*r->at == '(')
        return parenthesised(r);
    const char *from = r->at + (text_starts(r->at, "$."));
    size_t skipped = (size_t)(from - r->at), len = name_length(from);
    if (len == 0) {
        r->at++;
        return NULL;
    }
    const char *word = arena_strndup(r->a, from, len);
    r->at += skipped + len;
    if (text_starts(word, ".Values."))
        return path_value(r, word + strlen(".Values."), len - strlen(".Values."));
    if (text_equal(word, "true") || text_equal(word, "false"))
        return json_boolean(text_equal(word, "true"));
    if (text_equal(word, "nil"))
        return json_null();
    json_t *number = NULL;
    struct error e;
    return json_parse(r->a, word, len, &number, &e) ? number : NULL;
}

static const json_t *join(struct reader *r, const char *separator, const json_t *list)
{
    struct buffer b;
    size_t i;
    json_t *item;
    if (!json_is_array(list))
        return NULL;
    buffer_init_arena(&b, TEXT_CAP, r->a);
    json_array_foreach ((json_t *)list, i, item) {
        if (i > 0)
            buffer_text(&b, separator);
        buffer_text(&b, as_text(r, item));
    }
    return text_value(r, b.data);
}

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(word, words[i]))
            return true;
    }
    return false;
}

static const json_t *both_or_either(bool both, const json_t **v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i] == NULL)
            return NULL;
        if (helm_truth(v[i]) != both)
            return v[i];
    }
    return v[n - 1];
}

/* The last argument is the piped one. */
static const json_t *call(struct reader *r, const char *f, const json_t **v, size_t n)
{
    static const char *const same[] = { "quote", "squote", "toString", "trim", "tpl", "toYaml" };
    const json_t *last = n == 0 ? NULL : v[n - 1];
    if (text_equal(f, "default") && n == 2)
        return last == NULL || helm_truth(last) ? last : v[0];
    if (text_equal(f, "required") && n == 2)
        return last;
    if (text_equal(f, "and") && n > 0)
        return both_or_either(true, v, n);
    if (text_equal(f, "or") && n > 0)
        return both_or_either(false, v, n);
    if (last == NULL)
        return NULL;
    if (text_equal(f, "not") && n == 1)
        return json_boolean(!helm_truth(last));
    if ((text_equal(f, "eq") || text_equal(f, "ne")) && n == 2)
        return v[0] == NULL ? NULL : json_boolean((json_equal(v[0], last) != 0) == (f[0] == 'e'));
    if (text_equal(f, "join") && n == 2)
        return v[0] == NULL ? NULL : join(r, as_text(r, v[0]), last);
    if (text_equal(f, "first") && n == 1)
        return json_array_size(last) > 0 ? json_array_get(last, 0) : json_null();
    if (text_equal(f, "len") && n == 1)
        return json_own(r->a, json_integer((json_int_t)json_array_size(last)));
    return n > 0 && is_one_of(f, same, ARRAY_LEN(same)) ? last : NULL;
}

static bool is_function(const char *at)
{
    return isalpha((unsigned char)*at) && !text_starts(at, "true") && !text_starts(at, "false") &&
           !text_starts(at, "nil");
}

/* FUNCTION ARGUMENT… or one operand; `piped` is what came through the pipe, if anything did. */
static const json_t *command(struct reader *r, bool has_piped, const json_t *piped)
{
    const json_t *v[ARGUMENTS_MAX + 1];
    const char *function = NULL;
    size_t n = 0;
    r->at += strspn(r->at, " \t\n\r");
    if (is_function(r->at)) {
        size_t len = name_length(r->at);
        function = arena_strndup(r->a, r->at, len);
        r->at += len;
    }
    for (;;) {
        r->at += strspn(r->at, " \t\n\r");
        if (*r->at == '\0' || *r->at == '|' || *r->at == ')')
            break;
        const json_t *value = operand(r);
        if (n < ARGUMENTS_MAX)
            v[n++] = value;
    }
    if (has_piped)
        v[n++] = piped;
    if (function != NULL)
        return call(r, function, v, n);
    return n == 1 ? v[0] : NULL;
}

static const json_t *pipeline(struct reader *r)
{
    const json_t *v = command(r, false, NULL);
    while (*r->at == '|') {
        r->at++;
        v = command(r, true, v);
    }
    return v;
}

const json_t *helm_eval(struct arena *a, const json_t *values, const char *expression)
{
    struct reader r = { .a = a, .values = values, .at = expression };
    const json_t *v = pipeline(&r);
    return *r.at == '\0' ? v : NULL;
}
