#include "drift-gates/secret_boundary/classify.h"

#include <ctype.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/secret_boundary/rules_data.h"
#include "drift-gates/secret_boundary/shapes.h"

const char *key_words(struct arena *a, const char *key)
{
    size_t len = strlen(key), n = 0;
    char *out = arena_alloc(a, 2 * len + 1);
    for (size_t i = 0; i < len; i++) {
        char c = key[i];
        bool letter = isalnum((unsigned char)c) != 0;
        bool upper = isupper((unsigned char)c) != 0;
        bool lower_before = i > 0 && islower((unsigned char)key[i - 1]);
        /* HTTPServer: the last capital begins the next word. */
        bool acronym_ends = upper && i > 0 && isupper((unsigned char)key[i - 1]) &&
                            islower((unsigned char)key[i + 1]);
        if ((!letter || (upper && lower_before) || acronym_ends) && n > 0 && out[n - 1] != ' ')
            out[n++] = ' ';
        if (letter)
            out[n++] = (char)tolower((unsigned char)c);
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return out;
}

bool words_have(const char *words, const char *run)
{
    size_t len = strlen(run);
    for (const char *at = words; (at = strstr(at, run)) != NULL; at++) {
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

bool words_end(const char *words, const char *run)
{
    size_t len = strlen(run), all = strlen(words);
    return text_ends(words, run) && (all == len || words[all - len - 1] == ' ');
}

static bool any_in(const json_t *runs, const char *words, bool (*holds)(const char *, const char *))
{
    size_t i;
    json_t *run;
    json_array_foreach ((json_t *)runs, i, run) {
        if (holds(words, json_string_value(run)))
            return true;
    }
    return false;
}

static bool names_credential(const json_t *data, const char *words)
{
    size_t i;
    json_t *row;
    if (any_in(json_object_get(data, "never_names"), words, words_have))
        return false;
    json_array_foreach (json_object_get(data, "credential_names"), i, row) {
        if (any_in(json_object_get(row, "words"), words, words_have) &&
            !any_in(json_object_get(row, "not_at_end"), words, words_end)) {
            /* "headers" is a credential where telemetry sends them, and nowhere else. */
            if (!words_end(words, "headers") ||
                any_in(json_object_get(data, "headers_only_with"), words, words_have))
                return true;
        }
    }
    return false;
}

static bool is_number(const char *value)
{
    size_t digits = strspn(value, "0123456789.");
    return digits > 0 && strspn(value + digits, "smhdkKMGiB%") == strlen(value + digits);
}

static struct classified by_name(struct arena *a, const json_t *data, const char *key,
                                 const char *value)
{
    const char *words = key_words(a, key);
    bool known = value != NULL && is_literal(value);
    if (any_in(json_object_get(data, "anchor_names"), words, words_have))
        return (struct classified){ KEY_ANCHOR, "name", false };
    if (any_in(json_object_get(data, "connection_names"), words, words_end))
        return (struct classified){ known ? KEY_KNOB : KEY_CREDENTIAL, "name", false };
    if (!names_credential(data, words))
        return (struct classified){ KEY_KNOB, "name", false };
    if (known && (is_number(value) || data_has(data, "undecided_values", text_lower(a, value))))
        return (struct classified){ KEY_UNDECIDED, "name", false };
    return (struct classified){ KEY_CREDENTIAL, "name", false };
}

static const char *catalogued(const json_t *catalogue, const char *key)
{
    const char *last = strrchr(key, '.');
    const char *class = json_text(catalogue, key);
    return class != NULL || last == NULL ? class : json_text(catalogue, last + 1);
}

struct classified boundary_classify(struct arena *a, const json_t *data, const json_t *catalogue,
                                    const char *key, const char *value)
{
    const char *class = catalogued(catalogue, key);
    if (text_equal(class, "credential"))
        return (struct classified){ KEY_CREDENTIAL, "catalogue", false };
    if (class != NULL)
        return (struct classified){ text_equal(class, "anchor") ? KEY_ANCHOR : KEY_KNOB,
                                    "catalogue", false };
    const char *shape = value == NULL ? NULL : credential_shape(a, data, key, value);
    if (shape != NULL)
        return (struct classified){ KEY_CREDENTIAL, shape, true };
    return by_name(a, data, key, value);
}

/* One reference and nothing else: ${X}, $(X), $X, {{ … }}. */
static bool is_reference(const char *value)
{
    size_t len = strlen(value);
    if (text_starts(value, "{{") && text_ends(value, "}}"))
        return true;
    if (value[0] != '$' || len < 2)
        return false;
    if ((value[1] == '{' && value[len - 1] == '}') || (value[1] == '(' && value[len - 1] == ')'))
        return strpbrk(value + 2, "$") == NULL;
    for (size_t i = 1; i < len; i++) {
        if (!isalnum((unsigned char)value[i]) && value[i] != '_')
            return false;
    }
    return !isdigit((unsigned char)value[1]);
}

bool is_literal(const char *value)
{
    return !text_blank(value) && !is_reference(value);
}

bool is_companion(struct arena *a, const json_t *data, const char *key, const json_t *siblings)
{
    const char *other, *words = key_words(a, key);
    json_t *value;
    size_t i;
    json_t *run;
    json_array_foreach (json_object_get(data, "companion_names"), i, run) {
        const char *name = json_string_value(run);
        if (!words_end(words, name))
            continue;
        const char *prefix = arena_strndup(a, words, strlen(words) - strlen(name));
        json_object_foreach ((json_t *)siblings, other, value) {
            const char *theirs = key_words(a, other);
            if (text_starts(theirs, prefix) &&
                data_has(data, "companions_of", theirs + strlen(prefix)))
                return true;
        }
    }
    return false;
}
