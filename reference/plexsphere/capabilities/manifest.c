#include "reference/plexsphere/capabilities/manifest.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/plexsphere/http/body.h"

enum { TEXT_MAX = 4096, HOOKS_MAX = 128, DIGEST_DIGITS = 64 };

/* A manifest before its rules: "" stands for a member that is not there. */
struct draft {
    const char *version, *checksum, *fingerprint;
    const json_t *declared, *discovered; /* arrays, or NULL */
};

/* ---- the shape (CAP-003, CAP-004) ---- */

static bool hooks_member(const json_t *body, const char *key, const json_t **out, const char **why)
{
    size_t i;
    json_t *hook;
    *out = json_object_get(body, key);
    *why = "The members 'declared_hooks' and 'plexd_hooks' must be arrays of objects.";
    if (!*out)
        return true;
    if (!json_is_array(*out))
        return false;
    json_array_foreach (*out, i, hook)
        if (!json_is_object(hook))
            return false;
    return true;
}

static bool texts_shaped(struct arena *a, const json_t *object, const char *const *keys,
                         const char **why)
{
    const char *text;
    for (; *keys; keys++)
        if (body_text(a, object, *keys, &text, why) == BODY_WRONG)
            return false;
    return true;
}

static bool parameters_shaped(const json_t *hook, const char **why)
{
    const char *key;
    json_t *value;
    json_t *parameters = json_object_get(hook, "parameters");
    *why = "The member 'parameters' must be an object of texts.";
    if (!parameters)
        return true;
    if (!json_is_object(parameters))
        return false;
    json_object_foreach (parameters, key, value)
        if (!json_is_string(value))
            return false;
    return true;
}

static bool declared_shaped(struct arena *a, const json_t *hooks, const char **why)
{
    static const char *const known[] = { "name", "checksum", NULL };
    size_t i;
    json_t *hook;
    json_array_foreach (hooks, i, hook)
        if (!body_only(a, hook, known, why) || !texts_shaped(a, hook, known, why))
            return false;
    return true;
}

static bool discovered_shaped(struct arena *a, const json_t *hooks, const char **why)
{
    static const char *const known[] = { "name",       "image_digest",
                                         "parameters", "timeout_seconds",
                                         "sandbox",    NULL };
    static const char *const texts[] = { "name", "image_digest", NULL };
    size_t i;
    json_t *hook;
    int64_t timeout;
    bool sandbox;
    json_array_foreach (hooks, i, hook)
        if (!body_only(a, hook, known, why) || !texts_shaped(a, hook, texts, why) ||
            body_integer(a, hook, "timeout_seconds", &timeout, why) == BODY_WRONG ||
            body_bool(a, hook, "sandbox", &sandbox, why) == BODY_WRONG ||
            !parameters_shaped(hook, why))
            return false;
    return true;
}

static bool read_shape(struct arena *a, const json_t *body, struct draft *d, const char **why)
{
    static const char *const known[] = {
        "binary_version", "binary_checksum", "ssh_host_key_fingerprint",
        "declared_hooks", "plexd_hooks",     NULL
    };
    if (!body_only(a, body, known, why) ||
        body_text(a, body, "binary_version", &d->version, why) == BODY_WRONG ||
        body_text(a, body, "binary_checksum", &d->checksum, why) == BODY_WRONG ||
        body_text(a, body, "ssh_host_key_fingerprint", &d->fingerprint, why) == BODY_WRONG ||
        !hooks_member(body, "declared_hooks", &d->declared, why) ||
        !hooks_member(body, "plexd_hooks", &d->discovered, why) ||
        !declared_shaped(a, d->declared, why) || !discovered_shaped(a, d->discovered, why))
        return false;
    *why = "Texts of a manifest must have at most 4096 characters.";
    return text_utf8_length(d->version) <= TEXT_MAX && text_utf8_length(d->fingerprint) <= TEXT_MAX;
}

/* ---- the rules, in the contract's order (CAP-011) ---- */

static const char *text_of(const json_t *hook, const char *key)
{
    const char *text = json_text(hook, key);
    return text ? text : "";
}

static bool names_differ(struct arena *a, const json_t *hooks)
{
    size_t i;
    json_t *hook, *seen = json_own(a, json_object());
    json_array_foreach (hooks, i, hook) {
        const char *name = text_of(hook, "name");
        if (json_object_get(seen, name))
            return false;
        json_object_set_new(seen, name, json_true());
    }
    return true;
}

static enum manifest_result take_declared(struct arena *a, const json_t *hooks,
                                          struct manifest *out)
{
    size_t i;
    json_t *hook, *by_name = json_own(a, json_object());
    unsigned char checksum[CHECKSUM_LEN];
    if (!names_differ(a, hooks))
        return MANIFEST_DECLARED_TWICE;
    if (json_array_size(hooks) > HOOKS_MAX)
        return MANIFEST_DECLARED_TOO_MANY;
    json_array_foreach (hooks, i, hook) {
        const char *name = text_of(hook, "name");
        if (text_blank(name) || !checksum_of_base64(a, text_of(hook, "checksum"), checksum))
            return MANIFEST_DECLARED_INVALID;
        json_object_set(by_name, name, json_object_get(hook, "checksum"));
    }
    out->declared_hooks = json_dump(a, by_name);
    return MANIFEST_OK;
}

static bool is_image_digest(const char *text)
{
    static const char prefix[] = "sha256:";
    return strlen(text) == sizeof prefix - 1 + DIGEST_DIGITS && text_starts(text, prefix) &&
           strspn(text + sizeof prefix - 1, "0123456789abcdef") == DIGEST_DIGITS;
}

/* CAP-012: no sandbox is false, no parameters are none; no time limit is not a limit of zero. */
static json_t *discovered_view(const json_t *hook)
{
    json_t *parameters = json_object_get(hook, "parameters");
    json_t *timeout = json_object_get(hook, "timeout_seconds");
    json_t *view = json_object();
    json_object_set(view, "image_digest", json_object_get(hook, "image_digest"));
    json_object_set_new(view, "parameters", parameters ? json_incref(parameters) : json_object());
    json_object_set_new(view, "timeout_seconds", timeout ? json_incref(timeout) : json_null());
    json_object_set_new(view, "sandbox", json_boolean(json_flag(hook, "sandbox", false)));
    return view;
}

static enum manifest_result take_discovered(struct arena *a, const json_t *hooks,
                                            struct manifest *out)
{
    size_t i;
    json_t *hook, *by_name = json_own(a, json_object());
    if (!names_differ(a, hooks))
        return MANIFEST_DISCOVERED_TWICE;
    if (json_array_size(hooks) > HOOKS_MAX)
        return MANIFEST_DISCOVERED_TOO_MANY;
    json_array_foreach (hooks, i, hook) {
        const char *name = text_of(hook, "name");
        if (text_blank(name) || !is_image_digest(text_of(hook, "image_digest")) ||
            json_int(hook, "timeout_seconds", 0) < 0)
            return MANIFEST_DISCOVERED_INVALID;
        json_object_set_new(by_name, name, discovered_view(hook));
    }
    out->plexd_hooks = json_dump(a, by_name);
    return MANIFEST_OK;
}

enum manifest_result manifest_read(struct arena *a, const json_t *body, struct manifest *out,
                                   const char **why)
{
    struct draft d = { .version = "", .checksum = "", .fingerprint = "" };
    if (!read_shape(a, body, &d, why))
        return MANIFEST_MALFORMED;
    out->binary_version = text_trim(a, d.version);
    if (!*out->binary_version)
        return MANIFEST_NO_VERSION;
    if (!checksum_of_base64(a, d.checksum, out->binary_checksum))
        return MANIFEST_BAD_CHECKSUM;
    if (*d.fingerprint && !host_key_fingerprint_is(d.fingerprint))
        return MANIFEST_BAD_FINGERPRINT;
    out->ssh_host_key_fingerprint = *d.fingerprint ? d.fingerprint : NULL;
    enum manifest_result r = take_declared(a, d.declared, out);
    return r == MANIFEST_OK ? take_discovered(a, d.discovered, out) : r;
}
