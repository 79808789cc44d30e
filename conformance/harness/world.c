#include "harness/world.h"

#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/random.h"
#include "harness/exchange.h"
#include "harness/hooks.h"
#include "harness/judge.h"
#include "harness/profile.h"
#include "harness/worker.h"
#include "harness/world_credentials.h"
#include "harness/world_own.h"

#define POOL_PREFIX 22 /* addresses of a Domain: 1,024 */
#define TOKEN_TTL_SECONDS 3600

/* ---- life --------------------------------------------------------------------------------- */

static void close_own(void *thing)
{
    world_own_close(thing);
}

void world_own_open(struct world *w)
{
    world_own_close(w); /* a world that is built anew after a failed attempt */
    struct world_own *own = mem_alloc(sizeof *own);
    own->http = http_client_create(w->profile, &world_shared()->next_slot);
    own->redact = redact_create();
    own->members_seen = json_object();
    w->own = own;
    w->base_url = w->profile->base_url;
    w->claims_rulings = profile_claims(w->profile, "rulings");
    arena_defer(w->world_arena, close_own, w);
}

void world_own_close(struct world *w)
{
    struct world_own *own = w->own;
    if (own == NULL)
        return;
    w->own = NULL;
    hook_talk_close(own->credentials);
    http_client_destroy(own->http);
    redact_destroy(own->redact);
    json_decref(own->members_seen);
    mem_free(own);
}

static const char *lasting_text(struct world *w, const json_t *object, const char *member)
{
    return arena_strdup(w->world_arena, json_text(object, member));
}

static void make_operators(struct world *w)
{
    const char *domain = w->domain_id, *project = w->project_id;
    w->platform_reader = world_lasting_credential(w, "platform read", NULL, NULL);
    w->platform_auditor = world_lasting_credential(w, "platform auditor", NULL, NULL);
    w->domain_auditor = world_lasting_credential(w, "domain auditor", domain, NULL);
    w->domain_member = world_lasting_credential(w, "domain member", domain, NULL);
    w->project_admin = world_lasting_credential(w, "project admin", NULL, project);
    w->project_maintainer = world_lasting_credential(w, "project maintainer", NULL, project);
    w->project_operator = world_lasting_credential(w, "project operator", NULL, project);
    w->nobody = world_lasting_credential(w, "none", NULL, NULL);
}

bool world_build(struct world *w, const struct profile *p, int worker, struct error *e)
{
    w->profile = p;
    w->worker = worker;
    if (p->base_url == NULL && p->agent.argv != NULL) {
        world_own_open(w); /* agents alone are judged: their control plane is ours */
        return true;
    }
    if (p->base_url == NULL)
        return error_set(e, "profile %s has no base_url and no rig has started a target", p->path);
    world_own_open(w);
    w->platform_manager = world_lasting_credential(w, "platform manage", NULL, NULL);
    w->domain_id = lasting_text(w, world_new_domain(w), "id");
    w->domain_admin = world_lasting_credential(w, "domain admin", w->domain_id, NULL);
    w->project_id = lasting_text(w, world_new_project(w, w->domain_id), "id");
    w->foreign_domain_id = lasting_text(w, world_new_domain(w), "id");
    w->foreign_admin = world_lasting_credential(w, "domain admin", w->foreign_domain_id, NULL);
    w->foreign_project_id = lasting_text(w, world_new_project(w, w->foreign_domain_id), "id");
    make_operators(w);
    w->own->lasting_secrets = redact_known(w->own->redact);
    return true;
}

void world_case_begin(struct world *w, const struct case_row *row)
{
    w->row = row;
    w->own->in_case = NULL;
    w->own->deferred = NULL;
    w->own->lasting_secrets = redact_known(w->own->redact);
    world_renew_credentials(w);
}

void world_case_end(struct world *w)
{
    while (w->own->deferred != NULL) {
        struct world_deferred *d = w->own->deferred;
        w->own->deferred = d->next;
        d->release(d->thing);
    }
    /* A renewed operator's token is the world's, and is learned while a case runs. */
    redact_forget_after(w->own->redact, w->own->lasting_secrets);
    for (struct minted *m = w->own->minted; m != NULL; m = m->next)
        redact_learn(w->own->redact, m->credential.token);
    w->own->in_case = NULL;
}

void world_defer(struct world *w, void (*release)(void *thing), void *thing)
{
    struct world_deferred *d = arena_alloc(w->arena, sizeof *d);
    *d = (struct world_deferred){ release, thing, w->own->deferred };
    w->own->deferred = d;
}

/* ---- objects ------------------------------------------------------------------------------ */

static json_t *set_up(struct world *w, const char *target, const struct credential *as,
                      json_t *body, const char *const *needed)
{
    struct exchange *x = post(w, target, .as = as, .json = body);
    struct reply *r = exchange_set_up(x, 201);
    for (size_t i = 0; needed[i] != NULL; i++)
        (void)expect_text(r, needed[i]);
    return r->json;
}

json_t *world_new_domain(struct world *w)
{
    static const char *const needed[] = { "/id", NULL };
    const char *slug = world_name(w, "domain");
    return set_up(w, "/v1/domains", w->platform_manager,
                  json_pack("{s:s, s:s, s:s}", "name", slug, "slug", slug, "mesh_cidr",
                            world_cidr(w, POOL_PREFIX)),
                  needed);
}

json_t *world_new_project(struct world *w, const char *domain_id)
{
    static const char *const needed[] = { "/id", NULL };
    const char *slug = world_name(w, "project");
    return set_up(w, "/v1/projects", world_admin_of_domain(w, domain_id),
                  json_pack("{s:s, s:s, s:s}", "domain_id", domain_id, "name", slug, "slug", slug),
                  needed);
}

json_t *world_new_resource(struct world *w, const char *project_id, const char *kind)
{
    static const char *const needed[] = { "/id", NULL };
    return set_up(w, path(w, "/v1/projects/%s/resources", project_id),
                  world_admin_of_project(w, project_id),
                  json_pack("{s:s, s:s, s:s}", "origin", "adopted", "kind", kind, "external_ref",
                            world_name(w, "resource")),
                  needed);
}

json_t *world_new_bootstrap_token(struct world *w, const char *project_id, const char *kind)
{
    static const char *const needed[] = { "/token", "/token_id", NULL };
    return set_up(w, path(w, "/v1/projects/%s/bootstrap-tokens", project_id),
                  world_admin_of_project(w, project_id),
                  json_pack("{s:s, s:s, s:i}", "kind", kind, "env_prefix", "dev", "ttl_seconds",
                            TOKEN_TTL_SECONDS),
                  needed);
}

static const char *random_base64(struct world *w, size_t len)
{
    unsigned char bytes[32];
    random_bytes(bytes, len);
    return base64_encode(w->arena, BASE64_STANDARD, bytes, len);
}

json_t *world_new_node(struct world *w, const char *project_id)
{
    static const char *const needed[] = { "/node_id", "/nsk", NULL };
    const char *resource = json_text(world_new_resource(w, project_id, "node"), "id");
    const char *token = json_text(world_new_bootstrap_token(w, project_id, "node"), "token");
    json_t *answer =
        set_up(w, "/v1/register", NULL,
               json_pack("{s:s, s:s, s:s, s:s, s:s}", "project_id", project_id, "resource_handle",
                         resource, "bootstrap_token", token, "nonce", random_base64(w, 24),
                         "public_key", random_base64(w, 32)),
               needed);
    json_t *node = json_own(w->arena, json_copy(answer));
    json_object_set_new(node, "resource_id", json_string(resource));
    json_object_set_new(node, "project_id", json_string(project_id));
    return node;
}

/* ---- hooks -------------------------------------------------------------------------------- */

void world_advance(struct world *w, int64_t seconds)
{
    struct error e = { "" };
    json_t *answer, *input = json_own(w->arena, json_pack("{s:I}", "seconds", (json_int_t)seconds));
    if (w->profile->advance.argv == NULL)
        unsupported(w, "the profile has no advance hook: the target's clock cannot be moved");
    if (!hook_run(w->arena, w->profile, &w->profile->advance, "advance", input, &answer, &e))
        broken(w, "%s", e.text);
    atomic_fetch_add(&world_shared()->advanced_s, seconds);
}

json_t *world_given(struct world *w, const char *name, json_t *input)
{
    struct error e = { "" };
    const struct hook *hook = profile_given(w->profile, name);
    json_t *answer, *question = json_own(w->arena, input);
    if (hook == NULL)
        unsupported(w, "the profile has no given hook %s", name);
    /* One command for all names is told which one it is. */
    if (hook == &w->profile->given_any)
        question = json_own(w->arena, json_pack("{s:s, s:O}", "name", name, "input", question));
    if (!hook_run(w->arena, w->profile, hook, arena_printf(w->arena, "given.%s", name), question,
                  &answer, &e))
        broken(w, "%s", e.text);
    return answer;
}
