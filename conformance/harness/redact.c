#include "harness/redact.h"

#include <string.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/url.h"
#include "harness/contract.h"

#define BODY_SHOWN (16u * 1024)
#define TEXT_CAP (32u * 1024 * 1024)

struct redact {
    char **secrets;
    size_t *lengths;
    size_t n, size;
};

struct redact *redact_create(void)
{
    return mem_alloc(sizeof(struct redact));
}

size_t redact_known(const struct redact *r)
{
    return r->n;
}

void redact_forget_after(struct redact *r, size_t n)
{
    while (r->n > n) {
        r->n--;
        mem_wipe(r->secrets[r->n], r->lengths[r->n]);
        mem_free(r->secrets[r->n]);
    }
}

void redact_destroy(struct redact *r)
{
    if (r == NULL)
        return;
    redact_forget_after(r, 0);
    mem_free(r->secrets);
    mem_free(r->lengths);
    mem_free(r);
}

static void add(struct redact *r, const char *secret)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->secrets[i], secret) == 0)
            return;
    if (r->n == r->size) {
        r->size = r->size == 0 ? 32 : r->size * 2;
        r->secrets = mem_resize(r->secrets, r->size, sizeof *r->secrets);
        r->lengths = mem_resize(r->lengths, r->size, sizeof *r->lengths);
    }
    r->secrets[r->n] = mem_strdup(secret);
    r->lengths[r->n++] = strlen(secret);
}

void redact_learn(struct redact *r, const char *secret)
{
    if (secret == NULL || strlen(secret) < REDACT_SHORTEST)
        return;
    add(r, secret);
    /* Base64 holds + / =, which a URL writes otherwise. */
    if (strpbrk(secret, "+/= ") != NULL) {
        struct arena *a = arena_create();
        add(r, url_encode(a, secret));
        arena_destroy(a);
    }
}

/* The longest secret that begins at `at`: one may be the beginning of another. */
static size_t secret_at(const struct redact *r, const char *at, size_t left)
{
    size_t longest = 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->lengths[i] <= left && r->lengths[i] > longest &&
            memcmp(r->secrets[i], at, r->lengths[i]) == 0)
            longest = r->lengths[i];
    return longest;
}

const char *redact_find(const struct redact *r, const void *text, size_t len)
{
    const char *first = NULL;
    for (size_t i = 0; i < r->n; i++) {
        const char *at = memmem(text, len, r->secrets[i], r->lengths[i]);
        if (at != NULL && (first == NULL || at < first))
            first = at;
    }
    return first;
}

const char *redact_text(const struct redact *r, struct arena *a, const char *text)
{
    struct buffer out;
    const char *at = redact_find(r, text, strlen(text));
    if (at == NULL)
        return text;
    buffer_init_arena(&out, TEXT_CAP, a);
    while (at != NULL) {
        size_t before = (size_t)(at - text);
        buffer_append(&out, text, before);
        buffer_text(&out, REDACTED);
        text = at + secret_at(r, at, strlen(at));
        at = redact_find(r, text, strlen(text));
    }
    buffer_text(&out, text);
    return out.data;
}

bool redact_header_is_secret(const char *name)
{
    static const char *const names[] = { "authorization", "proxy-authorization", "cookie",
                                         "set-cookie",    "x-plexsphere-csrf",   "x-api-key" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (text_equal_nocase(name, names[i]))
            return true;
    return false;
}

/* Some schema of the contract marks a member of this name as shown once. */
static bool shown_once(const char *name)
{
    const char *schema_name;
    json_t *schema;
    json_object_foreach (contract()->schemas, schema_name, schema) {
        const json_t *member = json_member(json_member(schema, "properties"), name);
        if (json_flag(member, "x-plexsphere-once", false))
            return true;
    }
    return false;
}

/* The names the contract marks are few: ask once per name and keep the answer. */
static bool contract_says_once(const char *name)
{
    static json_t *answers;
    if (contract()->schemas == NULL)
        return false;
    if (answers == NULL)
        answers = json_object();
    const json_t *known = json_object_get(answers, name);
    if (known == NULL) {
        if (json_object_size(answers) > 4096)
            return shown_once(name);
        json_object_set_new(answers, name, json_boolean(shown_once(name)));
        known = json_object_get(answers, name);
    }
    return json_is_true(known);
}

bool redact_member_is_secret(const char *name)
{
    static const char *const names[] = {
        "token",         "plaintext",     "nsk",         "node_secret_key", "secret",
        "password",      "passphrase",    "private_key", "api_key",         "access_key",
        "secret_key",    "client_secret", "kubeconfig",  "device_code",     "credential",
        "authorization", "cookie",        "seed",        "pepper",          "jwt",
    };
    static const char *const endings[] = { "_token", "_password", "_secret", "_private_key" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (text_equal_nocase(name, names[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        size_t len = strlen(name), end = strlen(endings[i]);
        if (len > end && text_equal_nocase(name + len - end, endings[i]))
            return true;
    }
    return contract_says_once(name);
}

static json_t *redact_object(const struct redact *r, struct arena *a, const json_t *object)
{
    const char *name;
    json_t *value, *out = json_object();
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        bool hide = redact_member_is_secret(name) && !json_is_null(value);
        json_object_set_new(out, redact_text(r, a, name),
                            hide ? json_string(REDACTED) : redact_json(r, a, value));
    }
    return out;
}

json_t *redact_json(const struct redact *r, struct arena *a, const json_t *value)
{
    size_t i;
    json_t *one;
    if (json_is_object(value))
        return redact_object(r, a, value);
    if (json_is_string(value))
        return json_string(redact_text(r, a, json_string_value(value)));
    if (!json_is_array(value))
        return json_incref((json_t *)(uintptr_t)value);
    json_t *out = json_array();
    json_array_foreach (value, i, one)
        json_array_append_new(out, redact_json(r, a, one));
    return out;
}

/* Never in the middle of a character. */
static const char *cut(struct arena *a, const char *text)
{
    size_t len = strlen(text), at = BODY_SHOWN;
    if (len <= BODY_SHOWN)
        return text;
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    return arena_printf(a, "%.*s… (%zu bytes in all)", (int)at, text, len);
}

const char *redact_body(const struct redact *r, struct arena *a, struct bytes body,
                        const json_t *json)
{
    if (json != NULL)
        return cut(a, json_dump(a, json_own(a, redact_json(r, a, json))));
    if (body.len > 0 && (!text_is_utf8(body.data, body.len) || memchr(body.data, 0, body.len)))
        return arena_printf(a, "[%zu bytes]", body.len);
    return cut(a, redact_text(r, a, arena_strndup(a, (const char *)body.data, body.len)));
}
