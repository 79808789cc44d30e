/* suites/registration/joined.c — REG-*: what a registered Node is given: keys, address, peers. */
#include <arpa/inet.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/registration/registration.h"

#define SUITE "registration"
#define REGISTERS                                                                                  \
    .needs = { "registration", "bootstrap-tokens", "resources", "projects" }, .budget_ms = BUDGET_MS
#define POOLS                                                                                      \
    .needs = { "registration", "bootstrap-tokens", "resources", "projects", "domains" },           \
    .budget_ms = BUDGET_MS

static struct reply *join(struct world *w, const char *project)
{
    return accept(judged(registering(w, fresh_registration(w, project))), 201);
}

static struct bytes base64_member(struct world *w, struct reply *r, const char *pointer)
{
    const char *text = expect_text(r, pointer);
    struct bytes raw;
    expect(w, base64_decode(w->arena, BASE64_STANDARD, text, strlen(text), &raw), "%s is no base64",
           pointer);
    return raw;
}

CASE("REG-001", .clauses = { "REG-001" }, REGISTERS,
     .title = "a registration answers what a Node needs")
{
    struct reply *r = join(w, w->project_id);
    static const char *const texts[] = { "/node_id",        "/mesh_ip", "/signing_public_key",
                                         "/signing_key_id", "/nsk",     "/domain_mesh_cidr" };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect(w, expect_text(r, texts[i])[0], "%s is empty", texts[i]);
    expect(w, json_is_array(expect_member(r, "/peer_snapshot")), "peer_snapshot is no array");
    struct reply *domain =
        accept(get(w, path(w, "/v1/domains/%s", w->domain_id), .as = w->platform_manager), 200);
    expect_equal(r, "/domain_mesh_cidr", expect_text(domain, "/mesh_cidr"));
}

CASE("REG-002", .clauses = { "REG-002" }, REGISTERS,
     .title = "each Node gets 32 secret bytes of its own")
{
    struct reply *one = join(w, w->project_id), *two = join(w, w->project_id);
    struct bytes a = base64_member(w, one, "/nsk"), b = base64_member(w, two, "/nsk");
    expect(w, a.len == 32 && b.len == 32, "an nsk has %zu bytes", a.len == 32 ? b.len : a.len);
    expect(w, memcmp(a.data, b.data, 32) != 0, "two Nodes have one nsk");
}

CASE("REG-003", .clauses = { "REG-003" },
     .needs = { "registration", "bootstrap-tokens", "resources", "heartbeat" },
     .title = "the nsk of a registration authenticates the Node's heartbeat")
{
    struct reply *r = join(w, w->project_id);
    const char *target = path(w, "/v1/nodes/%s/heartbeat", expect_text(r, "/node_id"));
    json_t *beat =
        json_pack("{s:s, s:s, s:s, s:{}}", "client_now", timestamp_format(w->arena, world_now(w)),
                  "binary_checksum", random_key(w), "binary_version", "v1", "nat_summary");
    refuse(judged(post(w, target, .bearer = random_key(w), .json = json_incref(beat))), 401,
           "nsk_invalid");
    struct exchange *x = post(w, target, .bearer = expect_text(r, "/nsk"), .json = beat);
    expect_text(accept(judged(x), 200), "/accepted_at");
}

CASE("REG-004", .clauses = { "REG-004" }, REGISTERS,
     .title = "the signing key is a raw Ed25519 key or its SubjectPublicKeyInfo")
{
    /* RFC 8410: SEQUENCE { SEQUENCE { 1.3.101.112 } BIT STRING … } before the 32 bytes. */
    static const unsigned char head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                          0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
    static const unsigned char zero[32];
    struct bytes key = base64_member(w, join(w, w->project_id), "/signing_public_key");
    bool wrapped = key.len == sizeof head + 32 && memcmp(key.data, head, sizeof head) == 0;
    expect(w, key.len == 32 || wrapped, "signing_public_key has %zu bytes", key.len);
    expect(w, memcmp(key.data + key.len - 32, zero, 32) != 0, "signing_public_key is all zero");
}

/* ---- addresses ---- */

/* The Node's address, which must lie in the Domain's block and be a host's. */
static uint32_t joined_at(struct world *w, struct reply *r)
{
    struct block domain = block_of(w, expect_text(r, "/domain_mesh_cidr"));
    uint32_t address = address_of(w, expect_text(r, "/mesh_ip"));
    expect(w, address > domain.first && address < domain.last,
           "mesh_ip %s is no host address of %s", expect_text(r, "/mesh_ip"),
           expect_text(r, "/domain_mesh_cidr"));
    return address;
}

/* A block of four has two hosts: whoever gave its ends away, or one address twice, is found out. */
CASE("REG-026", .clauses = { "REG-026", "REG-028" }, POOLS,
     .title = "Nodes get distinct host addresses of the pool until it is exhausted")
{
    const char *domain = own_domain(w, 30), *project = own_project_in(w, domain);
    uint32_t one = joined_at(w, join(w, project)), two = joined_at(w, join(w, project));
    expect(w, one != two, "two Nodes have one mesh_ip");
    const json_t *token = token_living(w, project, 600);
    json_t *body =
        registration(w, project, resource_in(w, project, "vm"), json_text(token, "token"));
    refuse(judged(registering(w, body)), 503, "pool_exhausted");
    expect_absent(token_now(w, project, json_text(token, "token_id")), "/consumed_at");
    refuse(judged(registering(w, body)), 503, "pool_exhausted");
}

/* A random block of unique local addresses (RFC 4193) outside any other run's. */
static const char *ipv6_block(struct world *w)
{
    unsigned char r[5];
    random_bytes(r, sizeof r);
    return path(w, "fd%02x:%x:%x::/64", r[0], (unsigned)(r[1] << 8 | r[2]) | 0x1000u,
                (unsigned)(r[3] << 8 | r[4]) | 0x1000u);
}

CASE("REG-026-b", .clauses = { "REG-026" },
     .needs = { "registration", "bootstrap-tokens", "resources", "projects", "domains", "rulings" },
     .budget_ms = BUDGET_MS, .title = "an IPv6 address is canonical and of the pool")
{
    const char *slug = world_name(w, "domain"), *cidr = ipv6_block(w);
    struct reply *domain = accept(post(w, "/v1/domains", .as = w->platform_manager,
                                       .json = json_pack("{s:s, s:s, s:s}", "name", slug, "slug",
                                                         slug, "mesh_cidr", cidr)),
                                  201);
    const char *project = own_project_in(w, expect_text(domain, "/id"));
    const char *ip = expect_text(join(w, project), "/mesh_ip");
    unsigned char address[16], network[16];
    char canonical[INET6_ADDRSTRLEN];
    const char *prefix = arena_strndup(w->arena, cidr, strlen(cidr) - strlen("/64"));
    expect(w, inet_pton(AF_INET6, ip, address) == 1 && inet_pton(AF_INET6, prefix, network) == 1,
           "mesh_ip %s is no IPv6 address", ip);
    inet_ntop(AF_INET6, address, canonical, sizeof canonical);
    expect(w, text_equal(ip, canonical), "mesh_ip is %s, canonically %s", ip, canonical);
    expect(w, memcmp(address, network, 8) == 0, "mesh_ip %s is not of %s", ip, cidr);
    expect(w, memcmp(address, network, 16) != 0, "mesh_ip %s is the network's own", ip);
}

CASE("REG-027", .clauses = { "REG-027" }, POOLS,
     .title = "a Project with a sub-range has it for itself")
{
    const char *domain = own_domain(w, 28);
    const char *cidr =
        expect_text(accept(get(w, path(w, "/v1/domains/%s", domain), .as = w->platform_manager),
                           200),
                    "/mesh_cidr");
    const char *sub_range = block_text(w, block_of(w, cidr).first, 29);
    struct block own = block_of(w, sub_range);
    const char *inside = project_with_subrange(w, domain, sub_range);
    const char *outside = own_project_in(w, domain);
    for (int i = 0; i < 2; i++) {
        uint32_t mine = joined_at(w, join(w, inside)), other = joined_at(w, join(w, outside));
        expect(w, mine >= own.first && mine <= own.last, "the Project's Node is outside %s",
               sub_range);
        expect(w, other > own.last, "another Project's Node is inside %s", sub_range);
    }
}

/* Of four addresses at most four Nodes live; which of them are usable is the target's to say. */
CASE("REG-029", .clauses = { "REG-029" }, POOLS,
     .title = "a sub-range without a free address is exhausted, and the token stays live")
{
    const char *domain = own_domain(w, 28);
    const char *cidr =
        expect_text(accept(get(w, path(w, "/v1/domains/%s", domain), .as = w->platform_manager),
                           200),
                    "/mesh_cidr");
    const char *project =
        project_with_subrange(w, domain, block_text(w, block_of(w, cidr).first + 4, 30));
    const json_t *token;
    struct reply *r;
    int joined = -1;
    do {
        joined++;
        token = token_living(w, project, 600);
        r = send_and_judge(
            judged(registering(w, registration(w, project, resource_in(w, project, "vm"),
                                               json_text(token, "token")))));
    } while (r->status == 201 && joined < 4);
    expect(w, joined >= 1 && joined <= 4 && r->status == 503,
           "a sub-range of four addresses took %d Nodes and then answered %d", joined, r->status);
    expect_equal(r, "/code", "subrange_exhausted");
    expect_absent(token_now(w, project, json_text(token, "token_id")), "/consumed_at");
    join(w, own_project_in(w, domain)); /* the Domain's pool is another */
}

/* ---- peers ---- */

static json_t *peer(struct reply *r, const char *node)
{
    size_t i;
    json_t *one;
    json_array_foreach (expect_member(r, "/peer_snapshot"), i, one)
        if (text_equal(json_text(one, "node_id"), node))
            return one;
    return NULL;
}

CASE("REG-030", .clauses = { "REG-030" }, POOLS,
     .title = "a Node hears of the Nodes that its Domain had before it")
{
    const char *domain = own_domain(w, 24);
    const char *one = own_project_in(w, domain), *two = own_project_in(w, domain);
    json_t *body = fresh_registration(w, one);
    struct reply *first = accept(judged(registering(w, body)), 201);
    expect(w, json_array_size(expect_member(first, "/peer_snapshot")) == 0,
           "the first Node has peers");
    const char *id = expect_text(first, "/node_id");
    struct reply *second = join(w, two);
    const json_t *seen = peer(second, id);
    expect(w, json_array_size(expect_member(second, "/peer_snapshot")) == 1 && seen,
           "the second Node does not see the first alone");
    expect(w, text_equal(json_text(seen, "mesh_ip"), expect_text(first, "/mesh_ip")),
           "the peer's address is not its own");
    expect(w, text_equal(json_text(seen, "public_key"), json_text(body, "public_key")),
           "the peer's key is not its own");
    struct reply *third = join(w, one);
    expect(w,
           json_array_size(expect_member(third, "/peer_snapshot")) == 2 && peer(third, id) &&
               peer(third, expect_text(second, "/node_id")),
           "the third Node does not see the two before it");
}
