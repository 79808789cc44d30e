#include "harness/profile.h"

#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/json.h"
#include "common/options.h"
#include "common/text.h"
#include "common/url.h"
#include "common/yaml.h"
#include "harness/profile_parts.h"

#define PROFILE_CAP (256u * 1024)
#define REQUEST_TIMEOUT_MS 5000
#define REQUEST_TIMEOUT_CEILING_MS 30000
#define HOOK_TIMEOUT_MS 30000
#define HOOK_TIMEOUT_CEILING_MS 600000
#define RATE_CEILING 1000000

const char *const profile_given_names[] = {
    "revoked_nsk",        "drained_node",      "exhausted_pool",      "exhausted_subrange",
    "tampered_audit_row", "deleted_audit_row", "indexed_release",     "known_good_checksum",
    "node_metadata",      "node_data",         "node_secret",         "promoted_secret",
    "sealed_secrets",     "rotated_nsk",       "rotated_signing_key", NULL,
};

/* "profile mine.yaml:14: credentials.command: …" */
bool profile_bad(struct profile_reading *r, const json_t *object, const char *key,
                 const char *place, const char *why)
{
    int line = yaml_line_of(r->arena, object, key);
    if (line == 0)
        return error_set(r->error, "profile %s: %s: %s", r->p->path, place, why);
    return error_set(r->error, "profile %s:%d: %s: %s", r->p->path, line, place, why);
}

const char *profile_place(struct profile_reading *r, const char *above, const char *key)
{
    return above == NULL ? key : arena_printf(r->arena, "%s.%s", above, key);
}

bool profile_only_keys(struct profile_reading *r, const json_t *object, const char *above,
                       const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], key) != 0)
            i++;
        if (known[i] != NULL)
            continue;
        const char *near = options_nearest(key, known);
        const char *why =
            near == NULL ? "is no key of a profile (docs/profile.md lists them)"
                         : arena_printf(r->arena, "is no key of a profile; did you mean %s?", near);
        return profile_bad(r, object, key, profile_place(r, above, key), why);
    }
    return true;
}

/* ---- single values ------------------------------------------------------------------------ */

static bool take_text(struct profile_reading *r, const char *key, const char **out)
{
    const json_t *value = json_member(r->p->document, key);
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value) || json_string_length(value) == 0)
        return profile_bad(r, r->p->document, key, key, "must be text that is not empty");
    *out = json_string_value(value);
    return true;
}

bool profile_number(struct profile_reading *r, const json_t *object, const char *above,
                    const char *key, int64_t least, int64_t most, int *out)
{
    const json_t *value = json_member(object, key);
    if (value == NULL || json_is_null(value))
        return true;
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < least || n > most)
        return profile_bad(r, object, key, profile_place(r, above, key),
                           arena_printf(r->arena, "must be a whole number from %lld to %lld",
                                        (long long)least, (long long)most));
    *out = (int)n;
    return true;
}

/* Relative names are meant from the profile's folder, wherever plexconf was started; and they are
 * absolute afterwards, for an agent and a boot are started in folders of their own. */
static const char *beside_profile(struct profile_reading *r, const char *name)
{
    char here[4096];
    const char *path = r->p->path, *slash = strrchr(path, '/');
    if (name[0] == '/' || text_starts(name, "${"))
        return name;
    const char *folder =
        slash == NULL ? "." : arena_strndup(r->arena, path, (size_t)(slash - path));
    if (path[0] != '/' && getcwd(here, sizeof here) != NULL)
        folder = slash == NULL ? here : path_join(r->arena, here, folder);
    return path_join(r->arena, folder, name);
}

static bool take_file(struct profile_reading *r, const char *key, const char **out)
{
    if (!take_text(r, key, out))
        return false;
    if (*out == NULL)
        return true;
    *out = beside_profile(r, *out);
    if (!text_starts(*out, "${") && !path_exists(*out))
        return profile_bad(r, r->p->document, key, key, arena_printf(r->arena, "no file %s", *out));
    return true;
}

static bool take_base_url(struct profile_reading *r)
{
    struct url url;
    if (!take_text(r, "base_url", &r->p->base_url) || r->p->base_url == NULL)
        return r->p->base_url == NULL && r->error->text[0] == '\0';
    size_t len = strlen(r->p->base_url);
    while (len > 0 && r->p->base_url[len - 1] == '/')
        len--;
    r->p->base_url = arena_strndup(r->arena, r->p->base_url, len);
    if (!url_parse_http(r->arena, r->p->base_url, &url))
        return profile_bad(r, r->p->document, "base_url", "base_url",
                           "must be an http or https URL, as in https://plexsphere.example:8443");
    if (url.userinfo != NULL || url.query != NULL || url.path[0] != '\0')
        return profile_bad(r, r->p->document, "base_url", "base_url",
                           "is scheme, host and port alone; a path goes into base_path");
    return true;
}

static bool take_base_path(struct profile_reading *r)
{
    const char *path = NULL;
    if (!take_text(r, "base_path", &path))
        return false;
    r->p->base_path = path == NULL ? "" : path;
    if (path != NULL && (path[0] != '/' || text_ends(path, "/") || strpbrk(path, "?# ") != NULL))
        return profile_bad(r, r->p->document, "base_path", "base_path",
                           "begins with a slash, ends without one and has no query");
    return true;
}

static bool take_tls(struct profile_reading *r)
{
    if (!take_file(r, "ca_file", &r->p->ca_file) ||
        !take_file(r, "client_cert", &r->p->client_cert) ||
        !take_file(r, "client_key", &r->p->client_key) || !take_text(r, "proxy", &r->p->proxy))
        return false;
    if ((r->p->client_cert == NULL) != (r->p->client_key == NULL)) {
        const char *have = r->p->client_cert != NULL ? "client_cert" : "client_key";
        return profile_bad(r, r->p->document, have, have, "client_cert and client_key go together");
    }
    return true;
}

/* ---- lists -------------------------------------------------------------------------------- */

bool profile_texts(struct profile_reading *r, const json_t *object, const char *above,
                   const char *key, char ***out, size_t *n)
{
    const json_t *list = json_member(object, key);
    size_t i;
    json_t *one;
    *n = json_array_size(list);
    if (!json_is_array(list))
        return profile_bad(r, object, key, profile_place(r, above, key), "must be a list of texts");
    *out = arena_alloc_array(r->arena, *n + 1, sizeof **out);
    json_array_foreach (list, i, one) {
        if (!json_is_string(one))
            return profile_bad(r, object, key, profile_place(r, above, key),
                               arena_printf(r->arena, "item %zu is not text; put it in quotes",
                                            i + 1));
        (*out)[i] = arena_strdup(r->arena, json_string_value(one));
    }
    return true;
}

static bool given(const struct profile_reading *r, const char *key)
{
    const json_t *value = json_member(r->p->document, key);
    return value != NULL && !json_is_null(value);
}

static bool is_feature(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= 64 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len;
}

static bool take_features(struct profile_reading *r)
{
    static char *none[] = { NULL };
    size_t n = 0;
    r->p->features = none;
    if (!given(r, "features"))
        return true;
    if (!profile_texts(r, r->p->document, NULL, "features", &r->p->features, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_feature(r->p->features[i]))
            return profile_bad(r, r->p->document, "features", "features",
                               arena_printf(r->arena, "\"%.40s\" is not a feature's name",
                                            r->p->features[i]));
        for (size_t k = 0; k < i; k++)
            if (strcmp(r->p->features[i], r->p->features[k]) == 0)
                return profile_bad(r, r->p->document, "features", "features",
                                   arena_printf(r->arena, "%s stands there twice",
                                                r->p->features[i]));
    }
    return true;
}

/* "10.64.0.0/12": IPv4, no host bits. */
static bool is_ipv4_block(struct arena *a, const char *text)
{
    unsigned octets[4] = { 0 }, bits = 0;
    size_t n = 0;
    const char *at = text;
    char *slash = strchr(text, '/');
    if (slash == NULL ||
        text_split(a, arena_strndup(a, text, (size_t)(slash - text)), '.', &n) == NULL || n != 4)
        return false;
    for (size_t i = 0; i < 5; i++) {
        unsigned *into = i < 4 ? &octets[i] : &bits;
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 3 || (digits > 1 && at[0] == '0'))
            return false;
        for (size_t d = 0; d < digits; d++)
            *into = *into * 10 + (unsigned)(at[d] - '0');
        at += digits;
        if (*at++ != (i < 3 ? '.' : i == 3 ? '/' : '\0') || *into > (i < 4 ? 255u : 32u))
            return false;
    }
    uint32_t address = octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
    return bits > 0 && (bits == 32 || (address & (UINT32_MAX >> bits)) == 0);
}

static bool take_ranges(struct profile_reading *r)
{
    static char ten[] = "10.0.0.0/8";
    static char *all_of_ten[] = { ten, NULL };
    size_t n = 0;
    r->p->address_ranges = all_of_ten;
    if (!given(r, "address_ranges"))
        return true;
    if (!profile_texts(r, r->p->document, NULL, "address_ranges", &r->p->address_ranges, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_ipv4_block(r->arena, r->p->address_ranges[i]))
            return profile_bad(r, r->p->document, "address_ranges", "address_ranges",
                               arena_printf(r->arena,
                                            "\"%.40s\" is not an IPv4 block such as 10.64.0.0/12",
                                            r->p->address_ranges[i]));
    return n > 0 || profile_bad(r, r->p->document, "address_ranges", "address_ranges", "is empty");
}

/* ---- hooks -------------------------------------------------------------------------------- */

const char *const profile_hook_keys[] = { "command", "timeout_ms", NULL };
static const char *const credentials_keys[] = { "command", "timeout_ms", "lines", NULL };
static const char *const boot_keys[] = { "command", "timeout_ms", "env", NULL };

bool profile_hook(struct profile_reading *r, const json_t *parent, const char *above,
                  const char *key, const char *const *keys, struct hook *out)
{
    const json_t *object = json_member(parent, key);
    const char *place = profile_place(r, above, key);
    size_t n = 0;
    if (!json_is_object(object))
        return profile_bad(r, parent, key, place,
                           "must be a mapping with command: [PROGRAM, ARGUMENT, …]");
    if (!profile_only_keys(r, object, place, keys))
        return false;
    if (json_member(object, "command") == NULL)
        return profile_bad(r, parent, key, place, "command is missing");
    if (!profile_texts(r, object, place, "command", &out->argv, &n))
        return false;
    if (n == 0 || out->argv[0][0] == '\0')
        return profile_bad(r, object, "command", profile_place(r, place, "command"), "is empty");
    if (strchr(out->argv[0], '/') != NULL)
        out->argv[0] = arena_strdup(r->arena, beside_profile(r, out->argv[0]));
    out->timeout_ms = HOOK_TIMEOUT_MS;
    return profile_number(r, object, place, "timeout_ms", 1, HOOK_TIMEOUT_CEILING_MS,
                          &out->timeout_ms);
}

static bool take_hook(struct profile_reading *r, const char *key, struct hook *out)
{
    return !given(r, key) || profile_hook(r, r->p->document, NULL, key, profile_hook_keys, out);
}

static bool take_credentials(struct profile_reading *r)
{
    if (!given(r, "credentials"))
        return true;
    if (!profile_hook(r, r->p->document, NULL, "credentials", credentials_keys, &r->p->credentials))
        return false;
    const json_t *object = json_member(r->p->document, "credentials");
    const json_t *lines = json_member(object, "lines");
    if (lines != NULL && !json_is_boolean(lines))
        return profile_bad(r, object, "lines", "credentials.lines", "must be true or false");
    r->p->credentials.lines = json_is_true(lines);
    return true;
}

bool profile_env(struct profile_reading *r, const json_t *object, const char *above,
                 const json_t **out)
{
    const json_t *env = json_member(object, "env");
    const char *name;
    json_t *value;
    if (env == NULL || json_is_null(env))
        return true;
    if (!json_is_object(env))
        return profile_bad(r, object, "env", profile_place(r, above, "env"),
                           "must be a mapping of variables");
    json_object_foreach ((json_t *)(uintptr_t)env, name, value)
        if (!json_is_string(value))
            return profile_bad(r, env, name, profile_place(r, profile_place(r, above, "env"), name),
                               "must be text; put it in quotes");
    *out = env;
    return true;
}

static bool take_boot(struct profile_reading *r)
{
    if (!given(r, "boot"))
        return true;
    if (!profile_hook(r, r->p->document, NULL, "boot", boot_keys, &r->p->boot))
        return false;
    const json_t *boot = json_member(r->p->document, "boot");
    return profile_env(r, boot, "boot", &r->p->boot_env);
}

static bool given_name_known(const char *name)
{
    for (size_t i = 0; profile_given_names[i] != NULL; i++)
        if (strcmp(profile_given_names[i], name) == 0)
            return true;
    return false;
}

static bool take_given(struct profile_reading *r)
{
    const json_t *object = json_member(r->p->document, "given");
    const char *name;
    json_t *value;
    if (!given(r, "given"))
        return true;
    if (!json_is_object(object))
        return profile_bad(r, r->p->document, "given", "given",
                           "must be a mapping of names to hooks");
    r->p->given = arena_alloc_array(r->arena, json_object_size(object) + 1, sizeof *r->p->given);
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        bool any = strcmp(name, "any") == 0;
        if (!any && !given_name_known(name)) {
            const char *near = options_nearest(name, profile_given_names);
            return profile_bad(
                r, object, name, profile_place(r, "given", name),
                near == NULL
                    ? "is not one of the named states (docs/profile.md lists them)"
                    : arena_printf(r->arena, "is not one of the named states; did you mean %s?",
                                   near));
        }
        struct hook *into = any ? &r->p->given_any : &r->p->given[r->p->n_given].hook;
        if (!profile_hook(r, object, "given", name, profile_hook_keys, into))
            return false;
        if (!any)
            r->p->given[r->p->n_given++].name = name;
    }
    return true;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static const char *const profile_keys[] = {
    "name",       "base_url",   "base_path", "ca_file",        "client_cert", "client_key", "proxy",
    "rate_limit", "timeout_ms", "features",  "address_ranges", "credentials", "boot",       "logs",
    "restart",    "advance",    "given",     "agent",          NULL,
};

static bool read_document(struct profile_reading *r)
{
    struct profile *p = r->p;
    if (!json_is_object(p->document))
        return error_set(r->error, "profile %s: must be a mapping of keys", p->path);
    if (!profile_only_keys(r, p->document, NULL, profile_keys) || !take_text(r, "name", &p->name))
        return false;
    if (p->name == NULL)
        return error_set(r->error, "profile %s: name is missing: what reports call the target",
                         p->path);
    p->timeout_ms = REQUEST_TIMEOUT_MS;
    return take_base_url(r) && take_base_path(r) && take_tls(r) &&
           profile_number(r, p->document, NULL, "rate_limit", 0, RATE_CEILING, &p->rate_limit) &&
           profile_number(r, p->document, NULL, "timeout_ms", 1, REQUEST_TIMEOUT_CEILING_MS,
                          &p->timeout_ms) &&
           take_features(r) && take_ranges(r) && take_credentials(r) && take_boot(r) &&
           take_hook(r, "logs", &p->logs) && take_hook(r, "restart", &p->restart) &&
           take_hook(r, "advance", &p->advance) && take_given(r) && profile_agent(r);
}

bool profile_read(struct arena *a, const char *path, struct bytes text, struct profile **out,
                  struct error *e)
{
    struct error dropped = { "" };
    struct profile_reading r = { .arena = a, .error = e == NULL ? &dropped : e };
    json_t *document;
    r.error->text[0] = '\0';
    r.p = arena_alloc(a, sizeof *r.p);
    r.p->path = arena_strdup(a, path);
    if (!yaml_parse(a, text.data, text.len, &document, r.error))
        return error_prefix(r.error, "profile %s", path);
    r.p->document = document;
    if (!read_document(&r))
        return false;
    *out = r.p;
    return true;
}

bool profile_load(struct arena *a, const char *path, struct profile **out, struct error *e)
{
    struct bytes text;
    if (!file_read(a, path, PROFILE_CAP, &text, e))
        return error_prefix(e, "profile %s", path);
    return profile_read(a, path, text, out, e);
}

bool profile_claims(const struct profile *p, const char *feature)
{
    for (size_t i = 0; p->features[i] != NULL; i++)
        if (strcmp(p->features[i], feature) == 0)
            return true;
    return false;
}

const struct hook *profile_given(const struct profile *p, const char *name)
{
    for (size_t i = 0; i < p->n_given; i++)
        if (strcmp(p->given[i].name, name) == 0)
            return &p->given[i].hook;
    return p->given_any.argv != NULL && given_name_known(name) ? &p->given_any : NULL;
}
