#include "suites/registration/registration.h"

#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/number.h"
#include "common/random.h"
#include "common/text.h"
#include "harness/exchange.h"

json_t *with(json_t *body, const char *member, json_t *value)
{
    if (value)
        json_object_set_new(body, member, value);
    else
        json_object_del(body, member);
    return body;
}

/* ---- bootstrap tokens ---- */

const char *tokens_path(struct world *w, const char *project)
{
    return path(w, "/v1/projects/%s/bootstrap-tokens", project);
}

const char *token_path(struct world *w, const char *project, const char *token_id)
{
    return path(w, "/v1/projects/%s/bootstrap-tokens/%s", project, token_id);
}

json_t *token_order(void)
{
    return json_pack("{s:s, s:s, s:i}", "kind", "node", "env_prefix", "dev", "ttl_seconds", 600);
}

static struct reply *made(struct world *w, const char *target, json_t *body)
{
    return exchange_set_up(post(w, target, .as = w->platform_manager, .json = body), 201);
}

json_t *token_living(struct world *w, const char *project, int ttl_seconds)
{
    json_t *order = with(token_order(), "ttl_seconds", json_integer(ttl_seconds));
    return made(w, tokens_path(w, project), order)->json;
}

void token_revoke(struct world *w, const char *project, const char *token_id)
{
    exchange_set_up(delete_(w, token_path(w, project, token_id), .as = w->platform_manager), 204);
}

struct reply *token_now(struct world *w, const char *project, const char *token_id)
{
    return accept(judged(get(w, token_path(w, project, token_id), .as = w->platform_manager)), 200);
}

/* ---- registrations ---- */

const char *own_project(struct world *w)
{
    return own_project_in(w, w->domain_id);
}

const char *own_project_in(struct world *w, const char *domain)
{
    return json_text(world_new_project(w, domain), "id");
}

const char *own_domain(struct world *w, int prefix_len)
{
    const char *slug = world_name(w, "domain");
    return expect_text(made(w, "/v1/domains",
                            json_pack("{s:s, s:s, s:s}", "name", slug, "slug", slug, "mesh_cidr",
                                      world_cidr(w, prefix_len))),
                       "/id");
}

const char *project_with_subrange(struct world *w, const char *domain, const char *sub_range)
{
    const char *slug = world_name(w, "project");
    return expect_text(made(w, "/v1/projects",
                            json_pack("{s:s, s:s, s:s, s:s}", "domain_id", domain, "name", slug,
                                      "slug", slug, "sub_range_cidr", sub_range)),
                       "/id");
}

const char *resource_in(struct world *w, const char *project, const char *kind)
{
    return json_text(world_new_resource(w, project, kind), "id");
}

const char *token_in(struct world *w, const char *project, const char *kind)
{
    return json_text(world_new_bootstrap_token(w, project, kind), "token");
}

const char *random_key(struct world *w)
{
    unsigned char key[32];
    random_bytes(key, sizeof key);
    return base64_encode(w->arena, BASE64_STANDARD, key, sizeof key);
}

json_t *registration(struct world *w, const char *project, const char *handle, const char *token)
{
    return json_own(w->arena,
                    json_pack("{s:s, s:s, s:s, s:s, s:s}", "project_id", project, "resource_handle",
                              handle, "bootstrap_token", token, "nonce", world_name(w, "nonce"),
                              "public_key", random_key(w)));
}

json_t *fresh_registration(struct world *w, const char *project)
{
    return registration(w, project, resource_in(w, project, "vm"), token_in(w, project, "node"));
}

struct exchange *registering(struct world *w, json_t *body)
{
    return post(w, "/v1/register", .json = json_copy(body));
}

/* ---- addresses ---- */

uint32_t address_of(struct world *w, const char *text)
{
    size_t n;
    uint32_t address = 0;
    char **parts = text_split(w->arena, text, '.', &n);
    expect(w, n == 4, "%s is no IPv4 address", text);
    for (size_t i = 0; i < n; i++) {
        int64_t byte = 0;
        expect(w, number_parse(parts[i], 0, 255, &byte) && (parts[i][0] != '0' || !parts[i][1]),
               "%s is not written canonically", text);
        address = address << 8 | (uint32_t)byte;
    }
    return address;
}

struct block block_of(struct world *w, const char *cidr)
{
    size_t n;
    int64_t bits = 0;
    char **parts = text_split(w->arena, cidr, '/', &n);
    expect(w, n == 2 && number_parse(parts[1], 1, 32, &bits), "%s is no address block", cidr);
    struct block b = { .first = address_of(w, parts[0]) };
    uint32_t behind = (uint32_t)((UINT64_C(1) << (32 - bits)) - 1);
    expect(w, (b.first & behind) == 0, "%s has bits behind its prefix", cidr);
    b.last = b.first | behind;
    return b;
}

char *block_text(struct world *w, uint32_t first, int prefix_len)
{
    return path(w, "%u.%u.%u.%u/%d", first >> 24, first >> 16 & 255, first >> 8 & 255, first & 255,
                prefix_len);
}
