/* The gate prod-obligations: the nine things that production must do (env-contract.json), judged on
 * what the program is given in each production render. */
#include "common/json.h"
#include "common/text.h"
#include "common/url.h"
#include "drift-gates/env_contract/catalogue.h"
#include "drift-gates/kubelet.h"

#define PROGRAM "plexsphere"

static const struct gate_rule rules[] = {
    { "OBL-1", "keys come from an ExternalSecret or a SealedSecret",
      "a key in a manifest is known to whoever reads the repository and is never rotated; counted "
      "are the contract's cursor keys, the wrap key, the public signing key and every other "
      "credential that is set",
      "declare an ExternalSecret or SealedSecret that makes the key", "SPEC GOBL-001, ruling 19" },
    { "OBL-2", "the insecure pepper's switch is there and empty",
      "inherited from development it would open the static pepper; absent it may be inherited",
      "set PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER to the empty text", "SPEC GOBL-002, ruling 19" },
    { "OBL-3", "the origins of browsers are production's own",
      "every mutation from a browser is refused, or a page on localhost is trusted",
      "set PLEXSPHERE_CSRF_ALLOWED_ORIGINS to absolute http or https origins",
      "SPEC GOBL-003, ruling 19" },
    { "OBL-4", "registry, signer identity and issuer are those of the signed release",
      "no release is verified, or a fixture is trusted",
      "point ARTIFACTS_OCI_REGISTRY, _FULCIO_SAN and _OIDC_ISSUER at the release pipeline",
      "SPEC GOBL-004, ruling 19" },
    { "OBL-5", "the ACME directory is the real certificate authority's",
      "certificates of a staging authority are trusted by nobody",
      "set PLEXSPHERE_BRIDGE_ACME_DIRECTORY_URL", "SPEC GOBL-005, ruling 19" },
    { "OBL-6", "callbacks lead to the API's outer address",
      "nodes cannot reach localhost or a name of the cluster",
      "set PLEXSPHERE_ACTIONS_CALLBACK_BASE_URL and _ACCESS_CALLBACK_BASE_URL",
      "SPEC GOBL-006, ruling 19" },
    { "OBL-7", "the object store's bucket is the real one",
      "results are written elsewhere, or lost", "set PLEXSPHERE_ACTIONS_OBJECT_STORE_BUCKET",
      "SPEC GOBL-007, ruling 19" },
    { "OBL-8", "the signer's mTLS triple is mounted from Secrets",
      "the signer is dialled without a client certificate",
      "mount a Secret and name its three files in PLEXSPHERE_ACCESS_SIGNER_*",
      "SPEC GOBL-008, ruling 19" },
    { "OBL-9", "cursors of sessions are signed",
      "with the key unset, whoever holds a cursor may change it",
      "provide PLEXSPHERE_ACCESS_CURSOR_HMAC_KEY from a Secret", "SPEC GOBL-009, ruling 19" },
};

enum host { HOST_NONE, HOST_URL, HOST_REGISTRY };

static const struct {
    const char *rule, *name;
    enum host host; /* what kind of host its value names */
} pointed[] = {
    { "OBL-3", "PLEXSPHERE_CSRF_ALLOWED_ORIGINS", HOST_URL },
    { "OBL-4", "PLEXSPHERE_ARTIFACTS_OCI_REGISTRY", HOST_REGISTRY },
    { "OBL-4", "PLEXSPHERE_ARTIFACTS_FULCIO_SAN", HOST_NONE },
    { "OBL-4", "PLEXSPHERE_ARTIFACTS_OIDC_ISSUER", HOST_URL },
    { "OBL-5", "PLEXSPHERE_BRIDGE_ACME_DIRECTORY_URL", HOST_URL },
    { "OBL-6", "PLEXSPHERE_ACTIONS_CALLBACK_BASE_URL", HOST_URL },
    { "OBL-6", "PLEXSPHERE_ACCESS_CALLBACK_BASE_URL", HOST_URL },
    { "OBL-7", "PLEXSPHERE_ACTIONS_OBJECT_STORE_BUCKET", HOST_NONE },
};

/* What is judged: the program of one production render. */
struct judged {
    struct gate_run *g;
    const struct catalogue *catalogue;
    const struct render **renders; /* all of them: development's values must not be production's */
    size_t n_renders;
    struct container container;
    const struct kubelet_environment *env;
};

static struct place place_of(const struct judged *j, const char *name)
{
    const struct kubelet_value *v = kubelet_get(j->env, name);
    return v != NULL ? v->where : container_place(j->g, &j->container, NULL, NULL, "env %s", name);
}

static const char *text_of(const struct kubelet_value *v)
{
    return (const char *)v->value.data;
}

/* ---- hosts ---- */

/* A word of a value, between marks: "127.0.0.1", "dex.default.svc", "acme-staging-v02". */
static bool is_foreign_to_production(const char *word)
{
    static const char *const endings[] = { ".svc", ".local", ".localhost", ".invalid", ".test" };
    if (text_equal(word, "localhost") || text_starts(word, "127.") || text_equal(word, "0.0.0.0") ||
        text_contains(word, ".svc.") || text_contains(word, "staging") ||
        text_contains(word, "fixture"))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        if (text_ends(word, endings[i]))
            return true;
    }
    return false;
}

static bool names_foreign_host(struct arena *a, const char *value)
{
    size_t n;
    char *lower = text_lower(a, value);
    for (char *p = lower; *p != '\0'; p++) {
        if (strchr(":/,@?#= \t", *p) != NULL)
            *p = '\n';
    }
    char **words = text_split(a, lower, '\n', &n);
    for (size_t i = 0; i < n; i++) {
        if (is_foreign_to_production(words[i]))
            return true;
    }
    return text_contains(value, "[::1]");
}

/* A name without a dot is one of the cluster's own. */
static bool is_of_cluster(struct arena *a, const char *value, enum host host)
{
    struct url url;
    if (host == HOST_REGISTRY)
        return memchr(value, '.', strcspn(value, "/")) == NULL;
    return host == HOST_URL && url_parse_http(a, value, &url) && strchr(url.host, '.') == NULL &&
           strchr(url.host, ':') == NULL;
}

static const char *host_fault(struct arena *a, const char *value, enum host host)
{
    size_t n;
    char **items = text_split(a, value, ',', &n);
    for (size_t i = 0; i < n; i++) {
        struct url url;
        const char *item = text_trim(a, items[i]);
        if (names_foreign_host(a, item) || is_of_cluster(a, item, host))
            return "names a host of development, of the cluster, of staging or of a fixture";
        if (host == HOST_URL && !url_parse_http(a, item, &url))
            return "is no absolute http or https URL";
    }
    return NULL;
}

/* ---- the obligations ---- */

static bool is_development_value(const struct judged *j, const char *name, const char *value)
{
    const struct env_row *row = catalogue_row(j->catalogue, name);
    struct container c;
    if (row != NULL && text_equal(row->dev_value, value))
        return true;
    for (size_t i = 0; i < j->n_renders; i++) {
        const struct object *o = kubelet_service(j->renders[i], PROGRAM);
        if (j->renders[i]->production || o == NULL || !kubelet_main(j->g->arena, o, &c))
            continue;
        const struct kubelet_value *v = kubelet_get(kubelet_environment(j->g, &c), name);
        if (kubelet_filled(v) && v->known == KUBELET_KNOWN && text_equal(text_of(v), value))
            return true;
    }
    return false;
}

static void check_pointed(const struct judged *j, size_t row)
{
    const char *name = pointed[row].name, *fault;
    const struct kubelet_value *v = kubelet_get(j->env, name);
    if (!kubelet_filled(v)) {
        finding(j->g, pointed[row].rule, place_of(j, name), "%s is not set", name);
        return;
    }
    if (v->known != KUBELET_KNOWN)
        return;
    if (is_development_value(j, name, text_of(v)))
        fault = "has the value of development";
    else
        fault = host_fault(j->g->arena, text_of(v), pointed[row].host);
    if (fault != NULL)
        finding(j->g, pointed[row].rule, v->where, "%s %s", name, fault);
}

/* The contract's own keys: those that development wires. The others may stay unset. */
static bool is_key(const struct env_row *row)
{
    return row->secret && !env_row_is_unset(row) &&
           (text_ends(row->name, "_CURSOR_HMAC_KEY") || text_ends(row->name, "_WRAP_KEY_B64") ||
            text_ends(row->name, "_SIGNING_PUBLIC_KEY_B64"));
}

static void check_keys(const struct judged *j)
{
    for (size_t i = 0; i < j->catalogue->n; i++) {
        const struct env_row *row = &j->catalogue->rows[i];
        const struct kubelet_value *v = kubelet_get(j->env, row->name);
        if (!row->secret || !text_equal(row->reader, PROGRAM))
            continue;
        if (!kubelet_filled(v) && is_key(row))
            finding(j->g, "OBL-1", place_of(j, row->name), "%s is not set", row->name);
        else if (kubelet_filled(v) && v->known == KUBELET_KNOWN)
            finding(j->g, "OBL-1", v->where,
                    "%s is a credential and comes from no ExternalSecret or SealedSecret: %s",
                    row->name, secret_print(j->g->arena, v->value.data, v->value.len));
    }
}

static void check_pepper(const struct judged *j)
{
    static const char name[] = "PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER";
    const struct kubelet_value *v = kubelet_get(j->env, name);
    if (v == NULL)
        finding(j->g, "OBL-2", place_of(j, name), "%s is absent; it must be there and empty", name);
    else if (v->known != KUBELET_KNOWN || v->value.len > 0)
        finding(j->g, "OBL-2", v->where, "%s is not empty", name);
}

static void check_triple(const struct judged *j)
{
    static const char *const names[] = { "PLEXSPHERE_ACCESS_SIGNER_CLIENT_CERT",
                                         "PLEXSPHERE_ACCESS_SIGNER_CLIENT_KEY",
                                         "PLEXSPHERE_ACCESS_SIGNER_SERVER_CA" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct kubelet_value *v = kubelet_get(j->env, names[i]);
        if (!kubelet_filled(v)) {
            finding(j->g, "OBL-8", place_of(j, names[i]), "%s is not set", names[i]);
            continue;
        }
        const struct kubelet_value *file =
            v->known == KUBELET_KNOWN ? kubelet_file(j->g, &j->container, text_of(v)) : NULL;
        if (file == NULL || file->source != KUBELET_SECRET)
            finding(j->g, "OBL-8", v->where, "%s is no file of a mounted Secret", names[i]);
    }
}

static void check_session_cursors(const struct judged *j)
{
    static const char name[] = "PLEXSPHERE_ACCESS_CURSOR_HMAC_KEY";
    if (!kubelet_filled(kubelet_get(j->env, name)))
        finding(j->g, "OBL-9", place_of(j, name), "%s is not set", name);
}

static void check_render(struct judged *j, const struct render *r)
{
    const struct object *o = kubelet_service(r, PROGRAM);
    if (o == NULL || !kubelet_main(j->g->arena, o, &j->container)) {
        gate_unlooked(j->g, arena_printf(j->g->arena, "obligations of %s", r->name),
                      "there is no workload " PROGRAM);
        return;
    }
    j->env = kubelet_environment(j->g, &j->container);
    check_keys(j);
    check_pepper(j);
    for (size_t i = 0; i < ARRAY_LEN(pointed); i++)
        check_pointed(j, i);
    check_triple(j);
    check_session_cursors(j);
    gate_compared(j->g, ARRAY_LEN(rules), "obligations");
}

static bool run(struct gate_run *g, struct error *e)
{
    const struct settings *s = g->settings;
    struct catalogue catalogue;
    struct judged j = { .g = g, .catalogue = &catalogue };
    if (!catalogue_open(g, &catalogue, e))
        return false;
    size_t stated = json_array_size(json_object_get(catalogue.root, "prod_obligations"));
    if (stated != ARRAY_LEN(rules))
        return error_set(e, "%s: states %zu obligations of production, and this gate knows %zu",
                         catalogue.file, stated, ARRAY_LEN(rules));
    j.renders = arena_alloc_array(g->arena, s->n_renders + 1, sizeof(struct render *));
    for (; j.n_renders < s->n_renders; j.n_renders++) {
        if (!render_open(g, &s->renders[j.n_renders], &j.renders[j.n_renders], e))
            return false;
    }
    for (size_t i = 0; i < j.n_renders; i++) {
        if (j.renders[i]->production)
            check_render(&j, j.renders[i]);
    }
    return true;
}

const struct gate gate_prod_obligations = {
    .name = "prod-obligations",
    .says = "the nine obligations of production are met in each production render",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
