#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/hooks.h"
#include "harness/judge.h"
#include "harness/world_credentials.h"
#include "harness/world_own.h"

#define RENEW_BEFORE (120 * MICROS_PER_SECOND)

static json_t *question(const struct world *w, const struct minted *m)
{
    json_t *q = json_object();
    json_object_set_new(q, "role", json_string(m->credential.role));
    if (m->domain_id != NULL)
        json_object_set_new(q, "domain_id", json_string(m->domain_id));
    if (m->project_id != NULL)
        json_object_set_new(q, "project_id", json_string(m->project_id));
    json_object_set_new(q, "run", json_string(w->run));
    return q;
}

static const char *answered_text(struct world *w, const json_t *answer, const char *member)
{
    const char *text = json_text(answer, member);
    if (text == NULL || text[0] == '\0')
        broken(w, "credentials: '%s': its answer has no %s", w->profile->credentials.argv[0],
               member);
    return text;
}

static bool ask(struct world *w, const json_t *q, json_t **answer, struct error *e)
{
    const struct hook *h = &w->profile->credentials;
    if (!h->lines)
        return hook_run(w->arena, w->profile, h, "credentials", q, answer, e);
    if (w->own->credentials == NULL &&
        !hook_talk_open(w->profile, h, "credentials", &w->own->credentials, e))
        return false;
    return hook_talk_ask(w->arena, w->own->credentials, q, answer, e);
}

/* Fills token, identity_ref and expiry; what is kept lives in `keep`. */
static void mint(struct world *w, struct arena *keep, struct minted *m)
{
    struct error e = { "" };
    json_t *answer, *q = json_own(w->arena, question(w, m));
    if (w->profile->credentials.argv == NULL)
        broken(w,
               "profile %s has no credentials command: a world needs operators (docs/profile.md)",
               w->profile->path);
    if (!ask(w, q, &answer, &e))
        broken(w, "%s (role %s)", e.text, m->credential.role);
    m->credential.token = arena_strdup(keep, answered_text(w, answer, "token"));
    m->credential.identity_ref = arena_strdup(keep, answered_text(w, answer, "identity_ref"));
    const char *expires = json_text(answer, "expires_at");
    if (expires != NULL && !timestamp_parse(expires, &m->expires_at))
        broken(w, "credentials: '%s': expires_at is no RFC 3339 time",
               w->profile->credentials.argv[0]);
    redact_learn(w->own->redact, m->credential.token);
}

static struct minted *make(struct world *w, struct arena *keep, const char *role,
                           const char *domain_id, const char *project_id)
{
    struct minted *m = arena_alloc(keep, sizeof *m);
    m->credential.role = arena_strdup(keep, role);
    m->domain_id = arena_strdup(keep, domain_id);
    m->project_id = arena_strdup(keep, project_id);
    mint(w, keep, m);
    return m;
}

const struct credential *world_lasting_credential(struct world *w, const char *role,
                                                  const char *domain_id, const char *project_id)
{
    struct minted *m = make(w, w->world_arena, role, domain_id, project_id);
    m->next = w->own->minted;
    w->own->minted = m;
    return &m->credential;
}

const struct credential *world_credential(struct world *w, const char *role, const char *domain_id,
                                          const char *project_id)
{
    struct minted *m = make(w, w->arena, role, domain_id, project_id);
    m->next = w->own->in_case;
    w->own->in_case = m;
    return &m->credential;
}

/* One that the world or the case has already, else a new one. */
static const struct credential *have_or_mint(struct world *w, const char *role,
                                             const char *domain_id, const char *project_id)
{
    struct minted *const lists[] = { w->own->minted, w->own->in_case };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (struct minted *m = lists[i]; m != NULL; m = m->next)
            if (text_equal(m->credential.role, role) && text_equal(m->domain_id, domain_id) &&
                text_equal(m->project_id, project_id))
                return &m->credential;
    return world_credential(w, role, domain_id, project_id);
}

const struct credential *world_admin_of_domain(struct world *w, const char *domain_id)
{
    return have_or_mint(w, "domain admin", domain_id, NULL);
}

const struct credential *world_admin_of_project(struct world *w, const char *project_id)
{
    return have_or_mint(w, "project admin", NULL, project_id);
}

void world_renew_credentials(struct world *w)
{
    int64_t advanced = atomic_load(&world_shared()->advanced_s) * MICROS_PER_SECOND;
    int64_t now = clock_wall_micros() + advanced;
    for (struct minted *m = w->own->minted; m != NULL; m = m->next)
        if (m->expires_at != 0 && m->expires_at - now < RENEW_BEFORE)
            mint(w, w->world_arena, m);
}
