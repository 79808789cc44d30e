/* suites/agent/node_api.c — the Local Node API's reads and its doors (seed 002; §13 9-12). */
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "suites/agent/agent_suite.h"

#define NOBODY 65534

static json_t *sample_state(void)
{
    return json_pack("{s:{s:s,s:s}, s:[{s:s,s:s,s:{s:i},s:i,s:s}], s:[{s:s,s:i}], s:[], s:[]}",
                     "metadata", "env", "production", "region", "us-east-1", "data", "key",
                     "config", "content_type", "application/json", "payload", "port", 5432,
                     "version", 2, "updated_at", "2026-01-15T10:30:00Z", "secret_refs", "key",
                     "db-password", "version", 4, "peers", "policies");
}

static struct joined with_sample(struct world *w, enum agent_dialect d, struct agent_options o)
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, sample_state());
    struct joined j = joined_to(w, cp, o);
    agent_until(j.a, "/v1/state/data", "/0/key", "config");
    agent_until(j.a, "/v1/state/secrets", "/0/key", "db-password");
    return j;
}

AGENT_CASE("API-101", .clauses = { "API-010", "JAG-039" },
           .title = "before it was told anything its summary is empty")
{
    struct joined j = joined(w, d);
    struct reply *r = accept(get(w, "/v1/state", .agent = j.a), 200);
    expect(w, json_object_size(expect_member(r, "/metadata")) == 0, "metadata is not empty");
    static const char *const lists[] = { "/data_keys", "/secret_keys", "/report_keys" };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        expect(w,
               json_is_array(expect_member(r, lists[i])) &&
                   json_array_size(json_at(r->json, lists[i])) == 0,
               "%s is no empty list", lists[i]);
}

AGENT_CASE("API-102", .clauses = { "API-010", "JAG-039" },
           .title = "its summary names what there is")
{
    struct joined j = with_sample(w, d, (struct agent_options){ 0 });
    accept(put(w, "/v1/state/report/health", .agent = j.a,
               .json = json_pack("{s:s, s:{}}", "content_type", "application/json", "payload")),
           200);
    struct reply *r = accept(get(w, "/v1/state", .agent = j.a), 200);
    expect_equal(r, "/metadata/region", "us-east-1");
    expect_equal(r, "/data_keys/0/key", "config");
    (void)expect_text(r, "/data_keys/0/content_type");
    expect(w, expect_int(r, "/data_keys/0/version") >= 1, "data_keys has no version");
    expect_equal(r, "/secret_keys/0/key", "db-password");
    expect(w, expect_int(r, "/secret_keys/0/version") == 4, "secret_keys has another version");
    expect_equal(r, "/report_keys/0/key", "health");
    expect(w, expect_int(r, "/report_keys/0/version") == 1, "report_keys has another version");
    expect_absent(r, "/data_keys/0/payload");
    expect(w, json_object_size(r->json) == 4, "the summary has members the seed does not know");
}

AGENT_CASE("API-103", .clauses = { "API-011", "API-012", "JAG-039" },
           .title = "metadata is read whole and by its key")
{
    struct joined j = with_sample(w, d, (struct agent_options){ 0 });
    struct reply *all = accept(get(w, "/v1/state/metadata", .agent = j.a), 200);
    expect_equal(all, "/region", "us-east-1");
    expect_equal(all, "/env", "production");
    expect(w, json_object_size(all->json) == 2, "metadata has %zu keys, expected 2",
           json_object_size(all->json));
    struct reply *one = accept(get(w, "/v1/state/metadata/region", .agent = j.a), 200);
    expect_equal(one, "/key", "region");
    expect_equal(one, "/value", "us-east-1");
    refuse(get(w, "/v1/state/metadata/regio", .agent = j.a), 404, "not found");
}

AGENT_CASE("API-104", .clauses = { "API-011", "API-012", "JAG-039" },
           .title = "data is listed without and read with its payload")
{
    struct joined j = with_sample(w, d, (struct agent_options){ 0 });
    struct reply *list = accept(get(w, "/v1/state/data", .agent = j.a), 200);
    expect_equal(list, "/0/key", "config");
    expect_absent(list, "/0/payload");
    struct reply *one = accept(get(w, "/v1/state/data/config", .agent = j.a), 200);
    expect_equal(one, "/key", "config");
    expect_equal(one, "/content_type", "application/json");
    expect(w, expect_int(one, "/payload/port") == 5432, "the payload is another one");
    if (d == AGENT_MVP) {
        expect(w, expect_int(one, "/version") == 2, "the version is not the control plane's");
        (void)expect_text(one, "/updated_at");
    }
    refuse(get(w, "/v1/state/data/confi", .agent = j.a), 404, "not found");
}

AGENT_CASE("API-105", .clauses = { "API-016", "JAG-039" },
           .title = "a method a route does not have is 405, a path there is not is 404")
{
    static const int none[] = { 404, 0 }, wrong[] = { 405, 0 };
    struct joined j = joined(w, d);
    refuse_any(post(w, "/v1/state", .agent = j.a, .json = json_object()), wrong);
    refuse_any(delete_(w, "/v1/state/metadata", .agent = j.a), wrong);
    refuse_any(get(w, "/v1/nothing", .agent = j.a), none);
    refuse_any(get(w, "/", .agent = j.a), none);
    accept(get(w, "/v1/state", .agent = j.a), 200);
}

/* ---- secrets ------------------------------------------------------------------------------ */

AGENT_CASE("API-111", .clauses = { "API-018", "API-028", "JAG-040", "JAG-042" },
           .title = "a secret is fetched at each read, opened, answered, and kept nowhere")
{
    static const char plaintext[] = "s3cret-that-no-disk-may-hold";
    struct joined j = with_sample(w, d, (struct agent_options){ 0 });
    cp_secret(j.cp, "db-password", plaintext, 4);
    struct reply *r = accept(get(w, "/v1/state/secrets/db-password", .agent = j.a), 200);
    expect_equal(r, "/key", "db-password");
    expect_equal(r, "/value", plaintext);
    expect(w, expect_int(r, "/version") == 4, "the version is another one");
    cp_secret(j.cp, "db-password", "rotated-meanwhile", 5);
    r = accept(get(w, "/v1/state/secrets/db-password", .agent = j.a), 200);
    expect_equal(r, "/value", "rotated-meanwhile");
    expect(w, expect_int(r, "/version") == 5, "the version is not the one that was served");
    expect(w, cp_count(j.cp, "GET", "@/secrets/db-password") == 2, "two reads fetched it %zu times",
           cp_count(j.cp, "GET", "@/secrets/db-password"));
    (void)agent_stop(j.a);
    const char *file = agent_file_holding(j.a, plaintext);
    expect(w, file == NULL, "the plaintext stands in %s", file);
}

AGENT_CASE("API-112", .clauses = { "API-011", "JAG-040" },
           .title = "the list of secrets has keys and versions and no value")
{
    struct joined j = with_sample(w, d, (struct agent_options){ 0 });
    cp_secret(j.cp, "db-password", "not-in-the-list", 4);
    struct reply *r = accept(get(w, "/v1/state/secrets", .agent = j.a), 200);
    expect_equal(r, "/0/key", "db-password");
    expect(w, expect_int(r, "/0/version") == 4, "the version is another one");
    expect(w, json_object_size(json_at(r->json, "/0")) == 2, "it has more than key and version");
    expect(w, cp_count(j.cp, "GET", "@/secrets/*") == 0, "the list fetched a secret");
}

/* Ruling 7: the other form of the key. */
MVP_CASE_NEEDS("API-113", "rulings", .clauses = { "AGT-017", "JAG-040" },
               .title = "a key of 44 characters is base64 of the 32 bytes")
{
    struct fake_cp *cp =
        cp_start(w, (struct cp_options){ .dialect = d,
                                         .nsk = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" });
    cp_secret(cp, "k", "opened", 1);
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    expect_equal(accept(get(w, "/v1/state/secrets/k", .agent = j.a), 200), "/value", "opened");
}

/* Annex B's vector. */
MVP_CASE("API-114", .clauses = { "API-020", "JAG-040" }, .title = "the published vector is opened")
{
    static const unsigned char nonce[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    static const unsigned char sealed[] = { 0x5e, 0xd6, 0xd8, 0x0e, 0xbc, 0x6c, 0xbd, 0x30,
                                            0xa8, 0xf2, 0x8e, 0x92, 0xe9, 0xdb, 0xcc, 0xa8,
                                            0xa4, 0x8e, 0x69, 0xdc, 0xa9, 0xba };
    struct fake_cp *cp =
        cp_start(w, (struct cp_options){ .dialect = d, .nsk = "0123456789abcdef0123456789abcdef" });
    cp_sealed_secret(cp, "k", 1, (struct bytes){ nonce, sizeof nonce },
                     (struct bytes){ sealed, sizeof sealed });
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    expect_equal(accept(get(w, "/v1/state/secrets/k", .agent = j.a), 200), "/value", "s3cret");
}

AGENT_CASE("API-121", .clauses = { "API-019", "JAG-041" },
           .title = "what the control plane refuses is 404 or 503, what cannot be opened is 500")
{
    unsigned char other[32] = { 1, 2, 3 };
    struct joined j = joined(w, d);
    struct sealed s = dialect_seal(w->arena, other, "not for this Node");
    cp_always(j.cp, "GET", "@/secrets/fault", (struct cp_answer){ .status = 500, .body = "{}" });
    cp_always(j.cp, "GET", "@/secrets/who", (struct cp_answer){ .status = 401, .body = "{}" });
    cp_always(j.cp, "GET", "@/secrets/no", (struct cp_answer){ .status = 403, .body = "{}" });
    cp_always(j.cp, "GET", "@/secrets/slow", (struct cp_answer){ .status = 429, .body = "{}" });
    cp_always(j.cp, "GET", "@/secrets/gone", (struct cp_answer){ .drop = true });
    cp_sealed_secret(j.cp, "tampered", 1, (struct bytes){ s.nonce, 12 }, s.ciphertext);
    cp_secret(j.cp, "good", "opened", 1);
    refuse(get(w, "/v1/state/secrets/unknown", .agent = j.a), 404, "not found");
    refuse(get(w, "/v1/state/secrets/fault", .agent = j.a), 503, "control plane unavailable");
    refuse(get(w, "/v1/state/secrets/who", .agent = j.a), 503, "control plane unavailable");
    refuse(get(w, "/v1/state/secrets/no", .agent = j.a), 503, "control plane unavailable");
    refuse(get(w, "/v1/state/secrets/slow", .agent = j.a), 503, "control plane unavailable");
    refuse(get(w, "/v1/state/secrets/gone", .agent = j.a), 503, "control plane unavailable");
    refuse(get(w, "/v1/state/secrets/tampered", .agent = j.a), 500, NULL);
    expect_equal(accept(get(w, "/v1/state/secrets/good", .agent = j.a), 200), "/value", "opened");
    cp_offline(j.cp);
    refuse(get(w, "/v1/state/secrets/good", .agent = j.a), 503, "control plane unavailable");
    cp_online(j.cp);
    accept(get(w, "/v1/state/secrets/good", .agent = j.a), 200);
}

MVP_CASE("API-122", .clauses = { "API-019", "JAG-041" },
         .title = "a nonce of eleven bytes and texts that are no base64 are 500")
{
    struct joined j = joined(w, d);
    unsigned char nsk[32];
    cp_nsk_key(j.cp, nsk);
    struct sealed s = dialect_seal(w->arena, nsk, "opened");
    cp_sealed_secret(j.cp, "short", 1, (struct bytes){ s.nonce, 11 }, s.ciphertext);
    cp_sealed_secret(j.cp, "tagless", 1, (struct bytes){ s.nonce, 12 },
                     (struct bytes){ s.ciphertext.data, 6 });
    cp_always(j.cp, "GET", "@/secrets/noise",
              (struct cp_answer){ .status = 200,
                                  .body = "{\"key\":\"noise\",\"ciphertext\":\"***\","
                                          "\"nonce\":\"AAECAwQFBgcICQoL\",\"version\":1}" });
    cp_sealed_secret(j.cp, "good", 1, (struct bytes){ s.nonce, 12 }, s.ciphertext);
    refuse(get(w, "/v1/state/secrets/short", .agent = j.a), 500, NULL);
    refuse(get(w, "/v1/state/secrets/tagless", .agent = j.a), 500, NULL);
    refuse(get(w, "/v1/state/secrets/noise", .agent = j.a), 500, NULL);
    expect_equal(accept(get(w, "/v1/state/secrets/good", .agent = j.a), 200), "/value", "opened");
}

/* ---- doors -------------------------------------------------------------------------------- */

AGENT_CASE_NEEDS("API-131", "agent-secret-auth", .clauses = { "API-007", "JAG-043" },
                 .title = "a caller outside the secrets' group is refused secrets and nothing else")
{
    struct joined j = with_sample(w, d, (struct agent_options){ .secret_auth = true });
    static const char text[] = "forbidden: insufficient privileges for secret access";
    if (geteuid() != 0)
        unsupported(w, "connecting as another user needs root");
    cp_secret(j.cp, "db-password", "for root alone", 4);
    refuse(get(w, "/v1/state/secrets", .agent = j.a, .uid = NOBODY), 403, text);
    refuse(get(w, "/v1/state/secrets/db-password", .agent = j.a, .uid = NOBODY), 403, text);
    accept(get(w, "/v1/state", .agent = j.a, .uid = NOBODY), 200);
    accept(get(w, "/v1/state/secrets", .agent = j.a), 200);
    accept(get(w, "/v1/state/secrets/db-password", .agent = j.a), 200);
    expect(w, cp_count(j.cp, "GET", "@/secrets/*") == 1, "a refused read fetched the secret");
}

AGENT_CASE_NEEDS("API-141", "agent-tcp", .clauses = { "API-005", "JAG-044" },
                 .title = "over TCP each route wants the bearer token, its scheme in any case")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .http = true });
    const char *token = agent_http_token(j.a);
    const char *lower = path(w, "bearer %s", token), *cut = path(w, "Bearer %.20s", token);
    const char *more = path(w, "Bearer %sx", token);
    static const char *const routes[] = { "/v1/state", "/v1/state/metadata", "/v1/state/secrets",
                                          "/v1/state/report/k" };
    for (size_t i = 0; i < ARRAY_LEN(routes); i++)
        refuse(get(w, routes[i], .agent = j.a, .tcp = true), 401, "unauthorized");
    refuse(get(w, "/v1/state", .agent = j.a, .tcp = true, .bearer = "wrong"), 401, "unauthorized");
    refuse(get(w, "/v1/state", .agent = j.a, .tcp = true, .headers = { { "Authorization", cut } }),
           401, "unauthorized");
    refuse(get(w, "/v1/state", .agent = j.a, .tcp = true, .headers = { { "Authorization", more } }),
           401, "unauthorized");
    refuse(get(w, "/v1/state", .agent = j.a, .tcp = true,
               .headers = { { "Authorization", token } }),
           401, "unauthorized");
    accept(get(w, "/v1/state", .agent = j.a, .tcp = true,
               .headers = { { "Authorization", lower } }),
           200);
    accept(get(w, "/v1/state", .agent = j.a, .tcp = true, .bearer = token), 200);
    accept(get(w, "/v1/state", .agent = j.a), 200);
}

V1_CASE("API-123", .clauses = { "API-019", "API-020" },
        .title = "an answer shorter than nonce and tag cannot be opened: 500")
{
    struct joined j = joined(w, d);
    unsigned char nsk[32];
    cp_nsk_key(j.cp, nsk);
    struct sealed s = dialect_seal(w->arena, nsk, "opened");
    cp_sealed_secret(j.cp, "tagless", 1, (struct bytes){ s.nonce, 12 },
                     (struct bytes){ s.ciphertext.data, 15 });
    cp_sealed_secret(j.cp, "short", 1, (struct bytes){ s.nonce, 5 },
                     (struct bytes){ s.ciphertext.data, 0 });
    cp_sealed_secret(j.cp, "good", 1, (struct bytes){ s.nonce, 12 }, s.ciphertext);
    refuse(get(w, "/v1/state/secrets/tagless", .agent = j.a), 500, NULL);
    refuse(get(w, "/v1/state/secrets/short", .agent = j.a), 500, NULL);
    expect_equal(accept(get(w, "/v1/state/secrets/good", .agent = j.a), 200), "/value", "opened");
}

AGENT_CASE_NEEDS("API-124", "rulings", .clauses = { "API-021", "API-022" },
                 .title = "a secret is told unaltered and not to be stored, or not at all")
{
    struct joined j = joined(w, d);
    cp_secret(j.cp, "bytes", "\xff\xfe", 1);
    cp_secret(j.cp, "text", "quote \" and \xc3\xa9", 1);
    refuse(get(w, "/v1/state/secrets/bytes", .agent = j.a), 500, "internal error");
    struct reply *r = accept(get(w, "/v1/state/secrets/text", .agent = j.a), 200);
    expect_equal(r, "/value", "quote \" and \xc3\xa9");
    expect_header(r, "Cache-Control", "no-store");
}

/* ---- spelling ----------------------------------------------------------------------------- */

/* State and event of one entry each, as this control plane would write them with types. */
static const char *typed_state(struct world *w, const char *entries)
{
    return path(w,
                "{\"peers\":[],\"reachability\":{\"state\":\"healthy\",\"changed_at\":"
                "\"2026-01-01T00:00:00Z\"},\"policy\":null,\"bridge\":null,\"state\":{"
                "\"metadata\":[],\"data\":%s,\"reports\":[]},\"reports\":null}",
                entries);
}

static void expect_types(const struct joined *j, const char *version)
{
    agent_until(j->a, "/v1/state/data/json", "/version", version);
    agent_until(j->a, "/v1/state/data/text", "/version", version);
    const json_t *text = accept(get(j->w, "/v1/state/data/text", .agent = j->a), 200)->json;
    const json_t *json = accept(get(j->w, "/v1/state/data/json", .agent = j->a), 200)->json;
    expect(j->w, json_is_string(json_member(text, "payload")), "the text 123 became a number");
    expect(j->w, json_is_integer(json_member(json, "payload")), "the number 123 became a text");
    expect(j->w, text_equal(json_text(text, "content_type"), "text/plain"), "its type is another");
}

V1_CASE_NEEDS("API-106", "rulings", .clauses = { "API-035" },
              .title = "a value is read by its content type, alike from state and event")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_always(cp, "GET", "@/state",
              (struct cp_answer){
                  .status = 200,
                  .body = typed_state(w, "[{\"key\":\"json\",\"value\":\"123\",\"content_type\":"
                                         "\"application/json\",\"version\":1},{\"key\":\"text\","
                                         "\"value\":\"123\",\"content_type\":\"text/plain\","
                                         "\"version\":1}]") });
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    expect_types(&j, "1");
    (void)cp_event(cp, (struct cp_event){
                           .payload_text = "{\"metadata\":{},\"data\":[{\"key\":\"json\","
                                           "\"content_type\":\"application/json\",\"payload\":123,"
                                           "\"version\":2},{\"key\":\"text\",\"content_type\":"
                                           "\"text/plain\",\"payload\":\"123\",\"version\":2}]}" });
    expect_types(&j, "2");
    (void)cp_event(cp,
                   (struct cp_event){ .payload_text =
                                          "{\"metadata\":{},\"data\":[{\"key\":\"json\","
                                          "\"content_type\":\"application/json\",\"value\":\"123\","
                                          "\"version\":3},{\"key\":\"text\",\"content_type\":"
                                          "\"text/plain\",\"value\":\"123\",\"version\":3}]}" });
    expect_types(&j, "3");
}

MVP_CASE_NEEDS("API-107", "rulings", .clauses = { "API-014" },
               .title = "numbers and escapes of a payload keep their spelling")
{
    static const char payload[] = "[1.0,1e3,\"\\u00e9\\/\"]";
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_always(cp, "GET", "@/state",
              (struct cp_answer){
                  .status = 200,
                  .body = path(w,
                               "{\"data\":[{\"key\":\"k\",\"content_type\":\"application/json\","
                               "\"payload\":%s,\"version\":1,\"updated_at\":"
                               "\"2026-01-01T00:00:00Z\"}]}",
                               payload) });
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    agent_until(j.a, "/v1/state/data/k", "", "200");
    struct reply *r = accept(get(w, "/v1/state/data/k", .agent = j.a), 200);
    expect(w, text_contains((const char *)r->body.data, payload), "the payload came as %.200s",
           (const char *)r->body.data);
}

AGENT_CASE_NEEDS("API-108", "rulings", .clauses = { "API-015", "API-016" },
                 .title = "a path is split before it is decoded, and never redirected")
{
    static const int none[] = { 404, 0 }, bad[] = { 400, 0 }, wrong[] = { 405, 0 };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, state_with("a/b", "slashed"));
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    agent_until(j.a, "/v1/state/metadata/a%2Fb", "/value", "slashed");
    refuse_any(get(w, "/v1/state/metadata/a/b", .agent = j.a), none);
    refuse_any(get(w, "/v1/state/metadata/a%zz", .agent = j.a), bad);
    refuse_any(get(w, "/v1/state/metadata/a%00", .agent = j.a), bad);
    refuse_any(get(w, "/v1//state", .agent = j.a), none);
    struct reply *r = refuse_any(post(w, "/v1/state", .agent = j.a, .json = json_object()), wrong);
    expect_header(r, "Allow", NULL);
    accept(get(w, "/v1/state/metadata/a%2Fb", .agent = j.a), 200);
}

AGENT_CASE_NEEDS("API-109", "agent-tcp", .clauses = { "API-017", "API-001" },
                 .title = "the probes answer without a credential on both doors")
{
    static const char *const probes[] = { "/healthz", "/readyz" };
    struct joined j = joined_with(w, d, (struct agent_options){ .http = true });
    for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
        expect_equal(accept(get(w, probes[i], .agent = j.a), 200), "/status", "ok");
        expect_equal(accept(get(w, probes[i], .agent = j.a, .tcp = true), 200), "/status", "ok");
    }
    refuse(get(w, "/v1/state", .agent = j.a, .tcp = true), 401, "unauthorized");
    refuse(get(w, "/healthzz", .agent = j.a, .tcp = true), 401, "unauthorized");
}
