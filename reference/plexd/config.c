#include "reference/plexd/config.h"

#include <stddef.h>
#include <string.h>

#include "common/file.h"
#include "common/options.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/yaml.h"

#define DEFAULT_FILE "/etc/plexd/config.yaml"
#define FILE_CAP (1u << 20)
#define SOCKET_PATH_CAP 107 /* of sockaddr_un */
#define SECOND NANOS_PER_SECOND

enum kind { TEXT, FLAG, DURATION, LEVEL, DIALECT, MODE, MAP, UNUSED_HERE, MUST_BE_OFF };

struct key {
    const char *name; /* as docs/plexd.md spells it */
    enum kind kind;
    size_t at;
    int64_t least; /* of a duration, nanoseconds */
    const char *variable;
};

#define KEY(n, k, member, ...)                                                                     \
    {                                                                                              \
        .name = n, .kind = k, .at = offsetof(struct plexd_config, member), __VA_ARGS__             \
    }
#define OTHER(n, k)                                                                                \
    {                                                                                              \
        .name = n, .kind = k                                                                       \
    }

/* One row per key; order is that of the documentation. */
static const struct key keys[] = {
    KEY("mode", MODE, mode, .variable = "PLEXD_MODE"),
    KEY("log_level", LEVEL, log_level, .variable = "PLEXD_LOG_LEVEL"),
    KEY("data_dir", TEXT, data_dir, .variable = "PLEXD_DATA_DIR"),

    KEY("api.base_url", TEXT, api_url, .variable = "PLEXD_API"),
    KEY("api.ca_file", TEXT, ca_file, .variable = "PLEXD_API_CA_FILE"),
    KEY("api.dialect", DIALECT, dialect, .variable = "PLEXD_DIALECT"),
    KEY("api.tls_insecure_skip_verify", FLAG, api_insecure),
    KEY("api.connect_timeout", DURATION, connect_timeout, .least = 1000000),
    KEY("api.request_timeout", DURATION, request_timeout, .least = 1000000),
    KEY("api.sse_idle_timeout", DURATION, sse_idle_timeout, .least = SECOND),

    KEY("registration.token_value", TEXT, token_value),
    KEY("registration.token_file", TEXT, token_file, .variable = "PLEXD_BOOTSTRAP_TOKEN_FILE"),
    KEY("registration.token_env", TEXT, token_env),
    KEY("registration.hostname", TEXT, hostname),
    KEY("registration.metadata", MAP, metadata),
    KEY("registration.project_id", TEXT, project_id),
    KEY("registration.resource_handle", TEXT, resource_handle),
    KEY("registration.max_retry_duration", DURATION, max_retry_duration, .least = 1),
    OTHER("registration.data_dir", UNUSED_HERE),
    OTHER("registration.use_metadata", MUST_BE_OFF),
    OTHER("registration.metadata_token_path", UNUSED_HERE),
    OTHER("registration.metadata_timeout", UNUSED_HERE),

    KEY("heartbeat.interval", DURATION, heartbeat_interval, .least = SECOND),
    OTHER("heartbeat.node_id", UNUSED_HERE),
    KEY("reconcile.interval", DURATION, reconcile_interval, .least = SECOND),

    KEY("node_api.socket_path", TEXT, socket_path, .variable = "PLEXD_NODE_API_SOCKET"),
    KEY("node_api.http_enabled", FLAG, http_enabled, .variable = "PLEXD_NODE_API_HTTP_ENABLED"),
    KEY("node_api.http_listen", TEXT, http_listen, .variable = "PLEXD_NODE_API_HTTP_LISTEN"),
    KEY("node_api.http_token_file", TEXT, http_token_file),
    KEY("node_api.debounce_period", DURATION, debounce, .least = 1),
    KEY("node_api.shutdown_timeout", DURATION, shutdown_timeout, .least = 1),
    KEY("node_api.secret_auth_enabled", FLAG, secret_auth),
    OTHER("node_api.data_dir", UNUSED_HERE),
};

/* Parts of the agent's plan that this agent has not: a file that asks for them asks for something
 * it would not get. */
static const char *const absent_parts[] = { "actions", "policy",    "wireguard",    "metrics",
                                            "log_fwd", "audit_fwd", "integrity",    "tunnel",
                                            "nat",     "bridge",    "peer_exchange" };

static const struct plexd_config defaults = {
    .connect_timeout = 10 * SECOND,
    .request_timeout = 30 * SECOND,
    .sse_idle_timeout = 90 * SECOND,
    .dialect = DIALECT_V1,
    .mode = "node",
    .log_level = LOG_INFO,
    .data_dir = "/var/lib/plexd",
    .token_file = "/etc/plexd/bootstrap-token",
    .token_env = "PLEXD_BOOTSTRAP_TOKEN",
    .token_value = "",
    .hostname = "",
    .project_id = "",
    .resource_handle = "",
    .max_retry_duration = 300 * SECOND,
    .heartbeat_interval = 30 * SECOND,
    .reconcile_interval = 60 * SECOND,
    .socket_path = "/var/run/plexd/api.sock",
    .http_listen = "127.0.0.1:9100",
    .debounce = 5 * SECOND,
    .shutdown_timeout = 5 * SECOND,
};

/* ---- one value ---- */

struct reading {
    struct arena *arena;
    struct plexd_config *config;
    struct error *e;
    const char *where;                   /* "config.yaml:12", "PLEXD_MODE", "--mode" */
    const char *values[ARRAY_LEN(keys)]; /* where a key was set in the file */
};

static bool wrong(struct reading *r, const struct key *k, const char *what)
{
    return error_set(r->e, "%s: %s must be %s", r->where, k->name, what);
}

static bool set_flag(struct reading *r, const struct key *k, const char *text, void *into)
{
    static const char *const yes[] = { "true", "1", "yes", "on" };
    static const char *const no[] = { "false", "0", "no", "off" };
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (text_equal_nocase(text, yes[i]) || text_equal_nocase(text, no[i])) {
            *(bool *)into = text_equal_nocase(text, yes[i]);
            return true;
        }
    }
    return wrong(r, k, "true or false");
}

static bool set_level(struct reading *r, const struct key *k, const char *text, void *into)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (text_equal_nocase(text, names[i])) {
            *(enum log_level *)into = (enum log_level)i;
            return true;
        }
    }
    return wrong(r, k, "debug, info, warn or error");
}

static bool set_dialect(struct reading *r, const struct key *k, const char *text, void *into)
{
    if (!text_equal(text, "v1") && !text_equal(text, "mvp"))
        return wrong(r, k, "v1 or mvp");
    *(enum plexd_dialect *)into = text_equal(text, "mvp") ? DIALECT_MVP : DIALECT_V1;
    return true;
}

static bool set_duration(struct reading *r, const struct key *k, const char *text, void *into)
{
    int64_t nanos;
    if (!duration_parse(text, &nanos) || nanos < k->least) {
        const char *least = duration_format(r->arena, k->least);
        return wrong(r, k,
                     k->least > 1 ? arena_printf(r->arena, "a duration of at least %s", least)
                                  : "a duration above zero, such as 30s");
    }
    *(int64_t *)into = nanos;
    return true;
}

static bool set_text(struct reading *r, const struct key *k, const char *text)
{
    void *into = (char *)r->config + k->at;
    switch (k->kind) {
    case TEXT: *(const char **)into = arena_strdup(r->arena, text); return true;
    case FLAG: return set_flag(r, k, text, into);
    case LEVEL: return set_level(r, k, text, into);
    case DIALECT: return set_dialect(r, k, text, into);
    case MODE:
        if (!text_equal(text, "node") && !text_equal(text, "bridge"))
            return wrong(r, k, "node or bridge");
        *(const char **)into = arena_strdup(r->arena, text);
        return true;
    case DURATION: return set_duration(r, k, text, into);
    case MAP: return wrong(r, k, "a mapping of text to text");
    case UNUSED_HERE: return true;
    case MUST_BE_OFF: {
        bool on = false;
        if (!set_flag(r, k, text, &on))
            return false;
        return !on || error_set(r->e,
                                "%s: %s: the metadata service as a source of tokens is not "
                                "built; use a file or a variable",
                                r->where, k->name);
    }
    }
    return false;
}

/* ---- the file ---- */

/* A key without what does not count: letter case and underscores. */
static const char *folded(struct arena *a, const char *name)
{
    char *out = text_lower(a, name), *to = out;
    for (const char *from = out; *from != '\0'; from++)
        if (*from != '_')
            *to++ = *from;
    *to = '\0';
    return out;
}

static const struct key *find_key(struct arena *a, const char *name)
{
    const char *wanted = folded(a, name);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (text_equal(folded(a, keys[i].name), wanted))
            return &keys[i];
    return NULL;
}

static bool unknown_key(struct reading *r, const char *name)
{
    const char *part = text_split(r->arena, name, '.', NULL)[0];
    for (size_t i = 0; i < ARRAY_LEN(absent_parts); i++)
        if (text_equal(folded(r->arena, part), folded(r->arena, absent_parts[i])))
            return error_set(r->e,
                             "%s: %s: this agent has no part of that name; take the section "
                             "out",
                             r->where, part);
    const char *names[ARRAY_LEN(keys) + 1] = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        names[i] = keys[i].name;
    const char *nearest = options_nearest(name, names);
    if (nearest != NULL)
        return error_set(r->e, "%s: unknown key %s; did you mean %s?", r->where, name, nearest);
    return error_set(r->e, "%s: unknown key %s; docs/plexd.md lists them", r->where, name);
}

static bool set_map(struct reading *r, const struct key *k, const json_t *value)
{
    const char *name;
    json_t *text;
    json_object_foreach ((json_t *)value, name, text) {
        if (!json_is_string(text))
            return wrong(r, k, "a mapping of text to text");
    }
    *(const json_t **)((char *)r->config + k->at) = value;
    return true;
}

static const char *scalar_text(struct arena *a, const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (json_is_integer(value))
        return arena_printf(a, "%lld", (long long)json_integer_value(value));
    return json_is_null(value) ? "" : NULL;
}

static bool read_value(struct reading *r, const char *name, const json_t *value)
{
    const struct key *k = find_key(r->arena, name);
    if (k == NULL)
        return unknown_key(r, name);
    const char **seen = &r->values[k - keys];
    if (*seen != NULL)
        return error_set(r->e, "%s: %s was set before, as %s", r->where, name, *seen);
    *seen = name;
    if (k->kind == MAP && json_is_object(value))
        return set_map(r, k, value);
    const char *text = scalar_text(r->arena, value);
    if (text == NULL)
        return wrong(r, k, k->kind == MAP ? "a mapping of text to text" : "one value");
    /* "key:" and nothing after it is as good as no line at all. */
    return json_is_null(value) || set_text(r, k, text);
}

static void at_line(struct reading *r, const char *path, const json_t *object, const char *key)
{
    r->where = arena_printf(r->arena, "%s:%d", path, yaml_line_of(r->arena, object, key));
}

static bool read_section(struct reading *r, const char *path, const char *section, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach (object, key, value) {
        at_line(r, path, object, key);
        if (!read_value(r, arena_printf(r->arena, "%s.%s", section, key), value))
            return false;
    }
    return true;
}

static bool read_file(struct reading *r, const char *path)
{
    struct bytes text;
    json_t *documents;
    if (!file_read(r->arena, path, FILE_CAP, &text, r->e))
        return false;
    if (!yaml_parse_stream(r->arena, text.data, text.len, &documents, r->e))
        return error_prefix(r->e, "%s", path);
    json_t *root = json_array_get(documents, 0);
    if (root == NULL)
        return true; /* an empty file, or comments only */
    if (!json_is_object(root) || json_array_size(documents) > 1)
        return error_set(r->e, "%s: must be one mapping of keys to values", path);
    const char *key;
    json_t *value;
    json_object_foreach (root, key, value) {
        at_line(r, path, root, key);
        bool ok = json_is_object(value) && find_key(r->arena, key) == NULL
                      ? read_section(r, path, key, value)
                      : read_value(r, key, value);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- environment and command line ---- */

static const char *given(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static bool read_environment(struct reading *r, const struct environment *env)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (keys[i].variable == NULL)
            continue;
        const char *text = given(environment_get(env, keys[i].variable));
        r->where = keys[i].variable;
        if (text != NULL && !set_text(r, &keys[i], text))
            return false;
    }
    return true;
}

static bool read_flags(struct reading *r, const struct plexd_flags *f)
{
    const struct {
        const char *flag, *key, *text;
    } rows[] = {
        { "--api", "api.base_url", f->api },
        { "--mode", "mode", f->mode },
        { "--log-level", "log_level", f->log_level },
        { "--dialect", "api.dialect", f->dialect },
        { "--data-dir", "data_dir", f->data_dir },
        { "--socket", "node_api.socket_path", f->socket },
        { "--token-file", "registration.token_file", f->token_file },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        r->where = rows[i].flag;
        if (given(rows[i].text) != NULL &&
            !set_text(r, find_key(r->arena, rows[i].key), rows[i].text))
            return false;
    }
    r->config->dev_control = given(f->dev_control);
    return true;
}

/* ---- the whole ---- */

static bool rules_hold(const struct plexd_config *c, struct error *e)
{
    if (c->http_enabled && given(c->http_token_file) == NULL)
        return error_set(e,
                         "node_api.http_token_file is needed with node_api.http_enabled: without "
                         "a token anybody on the network could read this Node's state");
    if (c->data_dir[0] == '\0')
        return error_set(e, "data_dir must not be empty");
    if (c->socket_path[0] == '\0' || strlen(c->socket_path) > SOCKET_PATH_CAP)
        return error_set(e, "node_api.socket_path must have 1 to %d bytes", SOCKET_PATH_CAP);
    return true;
}

bool plexd_config_read(struct arena *a, const struct plexd_flags *flags,
                       const struct environment *env, struct plexd_config *out, struct error *e)
{
    *out = defaults;
    struct reading r = { .arena = a, .config = out, .e = e };
    const char *path = given(flags->config);
    if (path == NULL)
        path = given(environment_get(env, "PLEXD_CONFIG"));
    if (path == NULL && path_exists(DEFAULT_FILE))
        path = DEFAULT_FILE;
    if (path != NULL && !read_file(&r, path))
        return false;
    return read_environment(&r, env) && read_flags(&r, flags) && rules_hold(out, e);
}

bool plexd_config_has_api(const struct plexd_config *c, struct error *e)
{
    return given(c->api_url) != NULL ||
           error_set(e, "no control plane is named: use --api URL, PLEXD_API or api.base_url");
}
