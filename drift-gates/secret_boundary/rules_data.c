#include "drift-gates/secret_boundary/rules_data.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"

__asm__(".section .rodata\n"
        ".balign 16\n"
        ".globl secret_boundary_rules\n"
        ".hidden secret_boundary_rules\n"
        "secret_boundary_rules:\n"
        ".incbin \"" SECRET_BOUNDARY_RULES "\"\n"
        ".globl secret_boundary_rules_end\n"
        ".hidden secret_boundary_rules_end\n"
        "secret_boundary_rules_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const unsigned char secret_boundary_rules[] __attribute__((visibility("hidden")));
extern const unsigned char secret_boundary_rules_end[] __attribute__((visibility("hidden")));

bool boundary_data(struct arena *a, const json_t **out, struct error *e)
{
    static const char key;
    json_t *value = arena_attached(a, &key);
    if (value == NULL) {
        size_t len = (size_t)(secret_boundary_rules_end - secret_boundary_rules);
        if (!json_parse(a, secret_boundary_rules, len, &value, e))
            return error_prefix(e, "secret_boundary.rules.json");
        arena_attach(a, &key, value);
    }
    *out = value;
    return true;
}

bool data_has(const json_t *data, const char *list, const char *text)
{
    return text != NULL && json_array_has_text(json_object_get(data, list), text);
}

bool data_glob(const json_t *data, const char *list, const char *text)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(data, list), i, row) {
        if (text_glob(json_string_value(row), text))
            return true;
    }
    return false;
}

bool data_within(struct arena *a, const json_t *data, const char *list, const char *text)
{
    size_t i;
    json_t *row;
    const char *lower = text_lower(a, text);
    json_array_foreach (json_object_get(data, list), i, row) {
        if (text_contains(lower, text_lower(a, json_string_value(row))))
            return true;
    }
    return false;
}
