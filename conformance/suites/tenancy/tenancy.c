#include <arpa/inet.h>

#include "suites/tenancy/tenancy.h"

#include <string.h>

#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "suites/common/pages.h"

enum { POOL_PREFIX = 22 };

json_t *a_domain(struct world *w)
{
    const char *name = world_name(w, "domain");
    return json_own(w->arena, json_pack("{s:s, s:s, s:s}", "name", name, "slug", name, "mesh_cidr",
                                        world_cidr(w, POOL_PREFIX)));
}

json_t *a_project(struct world *w, const char *domain_id)
{
    const char *name = world_name(w, "project");
    return json_own(w->arena, json_pack("{s:s, s:s, s:s}", "domain_id", domain_id, "name", name,
                                        "slug", name));
}

json_t *a_resource(struct world *w)
{
    return json_own(w->arena, json_pack("{s:s, s:s, s:s}", "origin", "adopted", "kind", "vm",
                                        "external_ref", world_name(w, "resource")));
}

json_t *but(struct world *w, const json_t *body, const char *member, json_t *value)
{
    json_t *other = json_own(w->arena, json_deep_copy(body));
    if (value)
        json_object_set_new(other, member, value);
    else
        json_object_del(other, member);
    return other;
}

json_t *text_but(struct world *w, const json_t *body, const char *member, const char *text)
{
    return but(w, body, member, json_string(text));
}

struct exchange *make(struct world *w, const struct credential *as, const char *where,
                      const json_t *body)
{
    return post(w, where, .as = as, .json = json_deep_copy(body));
}

struct exchange *change(struct world *w, const struct credential *as, const char *where,
                        const json_t *body)
{
    return patch(w, where, .as = as, .json = json_deep_copy(body));
}

json_t *made_domain(struct world *w, const json_t *body)
{
    return accept(make(w, w->platform_manager, DOMAINS, body), 201)->json;
}

json_t *made_project(struct world *w, const json_t *body)
{
    return accept(make(w, w->platform_manager, PROJECTS, body), 201)->json;
}

const char *domain_path(struct world *w, const json_t *domain)
{
    return path(w, DOMAINS "/%s", json_text(domain, "id"));
}

const char *project_path(struct world *w, const json_t *project)
{
    return path(w, PROJECTS "/%s", json_text(project, "id"));
}

const char *resource_path(struct world *w, const json_t *resource)
{
    return path(w, "/v1/resources/%s", json_text(resource, "id"));
}

const char *resources_of(struct world *w, const char *project_id)
{
    return path(w, PROJECTS "/%s/resources", project_id);
}

static json_t *json_of(struct world *w, const char *text)
{
    json_error_t e;
    json_t *value = json_loads(text, JSON_DECODE_ANY, &e);
    if (!value)
        broken(w, "the case's own JSON is wrong: %s in %s", e.text, text);
    return value;
}

void refuse_each(struct world *w, const struct attempt *good, const struct wrong *wrong, int status,
                 const char *code)
{
    for (; wrong->member; wrong++) {
        json_t *value = wrong->value ? json_of(w, wrong->value) : NULL;
        const json_t *body = but(w, good->body, wrong->member, value);
        refuse(judged(good->call(w, good->as, good->where, body)), status, code);
    }
    accept(good->call(w, good->as, good->where, good->body), good->ok);
}

const char *letters(struct world *w, int n)
{
    char *text = arena_alloc(w->arena, (size_t)n + 3);
    text[0] = text[n + 1] = '"';
    memset(text + 1, 'a', (size_t)n);
    text[n + 2] = '\0';
    return text;
}

const char *subnet(struct world *w, const char *block, int prefix_len, unsigned index)
{
    struct in_addr address;
    char text[INET_ADDRSTRLEN];
    const char *base = arena_strndup(w->arena, block, strcspn(block, "/"));
    if (inet_pton(AF_INET, base, &address) != 1)
        broken(w, "%s is no IPv4 block", block);
    address.s_addr = htonl(ntohl(address.s_addr) + (index << (32 - prefix_len)));
    inet_ntop(AF_INET, &address, text, sizeof text);
    return path(w, "%s/%d", text, prefix_len);
}

void expect_unchanged(struct world *w, const char *where, const json_t *before)
{
    struct reply *now = accept(judged(get(w, where, .as = w->platform_manager)), 200);
    expect(w, json_equal(now->json, before), "%s was %s and is %s", where,
           json_dump_sorted(w->arena, before), json_dump_sorted(w->arena, now->json));
}

void expect_same_but(struct world *w, const json_t *before, const json_t *after, const char *member)
{
    const char *const moved[] = { "updated_at", member };
    const json_t *a = before, *b = after;
    for (size_t i = 0; i < ARRAY_LEN(moved); i++) {
        a = but(w, a, moved[i], NULL);
        b = but(w, b, moved[i], NULL);
    }
    expect(w, json_equal(a, b), "more than %s changed: %s became %s", member,
           json_dump_sorted(w->arena, before), json_dump_sorted(w->arena, after));
}

const char *unknown_id(struct world *w)
{
    struct uuid id = uuid_v7(world_now(w));
    return uuid_text(w->arena, &id);
}

/* "user:<uuid>" without its kind. */
static const char *identity_id(const struct credential *c)
{
    const char *colon = strchr(c->identity_ref, ':');
    return colon ? colon + 1 : c->identity_ref;
}

size_t chain_entries(struct world *w, const char *chain, const char *relation,
                     const struct credential *subject, const char *since)
{
    const char *list = asking(w, path(w, "%s/audit/entries", chain), "relation", relation);
    if (since)
        list = asking(w, list, "from", since);
    size_t i, n = 0;
    json_t *entry;
    json_t *all = walk(w, w->platform_auditor, list, 200);
    json_array_foreach (all, i, entry) {
        const json_t *who = json_at(entry, "/subject/identity_id_ref");
        if (text_equal(json_text(entry, "relation"), relation) &&
            text_equal(json_text(entry, "reason"), "granted") &&
            (!subject || text_equal(json_string_value(who), identity_id(subject))))
            n++;
    }
    return n;
}
