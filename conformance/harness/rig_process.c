/* harness/rig_process.c — the reference (or whatever the profile boots) on a private PostgreSQL. */
#include <openssl/evp.h>
#include <signal.h>
#include <string.h>

#include "common/encoding.h"
#include "common/environment.h"
#include "common/file.h"
#include "common/json.h"
#include "common/random.h"
#include "common/text.h"
#include "harness/placeholders.h"
#include "harness/rig_parts.h"

/* Beside the source tree's build folder, or below an installation's share. */
static bool find_migrations(struct arena *a, char **out, struct error *e)
{
    const char *bin = path_of_executable(a);
    static const char *const places[] = { "../../migrations", "../share/plexconf/migrations" };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        *out = path_join(a, bin, places[i]);
        if (path_exists(*out))
            return true;
    }
    return error_set(e, "rig: no migrations beside %s (looked in ../../migrations)", bin);
}

/* A fresh signing pair: the seed in a file, its public half for the environment. */
static bool make_signing_pair(struct rig *r, char **seed_file, char **public_b64, struct error *e)
{
    unsigned char seed[32], public_key[32];
    size_t len = sizeof public_key;
    random_bytes(seed, sizeof seed);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    bool ok = key && EVP_PKEY_get_raw_public_key(key, public_key, &len) == 1;
    EVP_PKEY_free(key);
    *seed_file = path_join(r->arena, r->directory, "signing.seed");
    *public_b64 = base64_encode(r->arena, BASE64_STANDARD, public_key, sizeof public_key);
    ok = ok && file_write_atomic(*seed_file, seed, sizeof seed, 0600, e);
    OPENSSL_cleanse(seed, sizeof seed);
    return ok || error_prefix(e, "rig: signing pair");
}

static void fill_hook(struct arena *a, struct hook *h, const struct placeholder *known)
{
    if (h->argv)
        h->argv = placeholders_argv(a, h->argv, known);
}

static void fill_profile(struct arena *a, struct profile *p, const struct placeholder *known)
{
    struct hook *hooks[] = { &p->credentials, &p->boot,    &p->logs,
                             &p->restart,     &p->advance, &p->given_any };
    for (size_t i = 0; i < ARRAY_LEN(hooks); i++)
        fill_hook(a, hooks[i], known);
    for (size_t i = 0; i < p->n_given; i++)
        fill_hook(a, &p->given[i].hook, known);
    p->boot_env = placeholders_object(a, p->boot_env, known);
}

/* Hook commands see our environment and, over it, the target's. */
static char **hook_environment(struct arena *a, const json_t *boot_env)
{
    struct environment own = environment_of_process();
    size_t n = 0, out = 0;
    while (own.pairs[n])
        n++;
    char **pairs = arena_alloc_array(a, n + json_object_size(boot_env) + 1, sizeof *pairs);
    for (size_t i = 0; i < n; i++) {
        const char *equals = strchr(own.pairs[i], '=');
        const char *name = arena_strndup(a, own.pairs[i], (size_t)(equals - own.pairs[i]));
        if (!json_text(boot_env, name))
            pairs[out++] = own.pairs[i];
    }
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)boot_env, name, value)
        pairs[out++] = arena_printf(a, "%s=%s", name, json_string_value(value));
    return pairs;
}

static bool boot_target(struct rig *r, struct profile *p, struct error *e)
{
    struct arena *a = r->arena;
    switch (boot_start(a, p, path_join(a, r->directory, "target"), p->boot_env, &r->target, e)) {
    case BOOT_READY: break;
    case BOOT_REFUSED:
        return error_set(e, "rig: the target refused to boot: %s",
                         text_trim(a, boot_log(a, &r->target)));
    case BOOT_TIMED_OUT:
    case BOOT_BROKEN: return error_prefix(e, "rig");
    }
    p->base_url = r->target.base_url;
    return file_write_atomic(path_join(a, r->directory, "base_url"), p->base_url,
                             strlen(p->base_url), 0644, e);
}

bool rig_process_up(struct rig *r, struct profile *p, struct error *e)
{
    struct arena *a = r->arena;
    struct postgres_site site;
    char *migrations, *dsn, *seed_file, *public_key;
    if (!p->boot.argv)
        return error_set(e, "rig: the process rig needs hooks.boot in %s", p->path);
    const char *bin = path_of_executable(a);
    char *migrate[] = { path_join(a, bin, "plexsphere"), "migrate", "up", "--dir", NULL, NULL };
    if (!postgres_find(a, &site, e) || !find_migrations(a, &migrations, e))
        return false;
    migrate[4] = migrations;
    if (!postgres_up(r, &site, migrate, migrations, &dsn, e) ||
        !make_signing_pair(r, &seed_file, &public_key, e))
        return false;
    r->dsn = dsn;
    const struct placeholder known[] = { { "BIN", bin },
                                         { "RUN_DIR", r->directory },
                                         { "MIGRATIONS", migrations },
                                         { "DSN", dsn },
                                         { "SIGNING_SEED_FILE", seed_file },
                                         { "SIGNING_PUBLIC_KEY_B64", public_key },
                                         { NULL, NULL } };
    fill_profile(a, p, known);
    p->hook_env = hook_environment(a, p->boot_env);
    return boot_target(r, p, e);
}

void rig_process_down(struct rig *r)
{
    int code;
    if (r->target.process.pid > 0)
        (void)boot_stop(&r->target, 5000);
    if (r->postgres.pid > 0) {
        kill(r->postgres.pid, SIGQUIT); /* its data goes in a moment: no checkpoint wanted */
        (void)process_stop(&r->postgres, 5000, &code);
    }
}

bool rig_process_healthy(struct rig *r, struct error *e)
{
    int code;
    enum process_end end = process_wait(&r->postgres, 0, &code);
    if (end != PROCESS_TIMED_OUT)
        return error_set(e, "rig: PostgreSQL ended: %s", process_end_text(r->arena, end, code));
    end = process_wait(&r->target.process, 0, &code);
    if (end != PROCESS_TIMED_OUT)
        return error_set(e, "rig: the target ended: %s", process_end_text(r->arena, end, code));
    return true;
}
