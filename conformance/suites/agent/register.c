/* suites/agent/register.c — joining, and what is kept of it (plexd-facts 1; §13 1, 2, 25-28). */
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/random.h"
#include "common/text.h"
#include "suites/agent/agent_suite.h"

static const char *token_member(enum agent_dialect d)
{
    return d == AGENT_MVP ? "token" : "bootstrap_token";
}

static void expect_order(struct world *w, enum agent_dialect d, struct fake_cp *cp,
                         const struct cp_request *r, const char *token)
{
    const json_t *body = cp_json(cp, r);
    const char *key = json_text(body, "public_key");
    const char *bearer = cp_header(r, "Authorization");
    struct bytes raw;
    static const unsigned char zero[32] = { 0 };
    expect(w, text_equal(bearer, d == AGENT_MVP ? path(w, "Bearer %s", token) : NULL),
           d == AGENT_MVP ? "the token is not the bearer of register"
                          : "register came with an Authorization header");
    expect(w, text_equal(json_text(body, token_member(d)), token),
           "register came without the bootstrap token in %s", token_member(d));
    expect(w,
           key != NULL && base64_decode(w->arena, BASE64_STANDARD, key, strlen(key), &raw) &&
               raw.len == 32 && memcmp(raw.data, zero, 32) != 0,
           "public_key is not base64 of 32 bytes");
    if (d == AGENT_MVP) {
        expect(w, !text_blank(json_text(body, "hostname")), "register came without a hostname");
        expect(w, json_member(body, "bootstrap_token") == NULL,
               "register came with the tokens of both dialects");
        return;
    }
    expect(w, text_equal(json_text(body, "project_id"), cp_project_id(cp)),
           "project_id is not the one the agent was given");
    expect(w,
           !text_blank(json_text(body, "resource_handle")) && !text_blank(json_text(body, "nonce")),
           "register came without resource_handle or nonce");
    expect(w, json_member(body, "token") == NULL, "register came with the tokens of both dialects");
}

AGENT_CASE("AGT-101",
           .clauses = { "AGT-006", "AGT-007", "AGT-013", "AGT-014", "JAG-008", "JAG-016" },
           .title = "a fresh agent registers once, keeps its identity and spends its token")
{
    static const char *const files[] = { "identity.json", "private_key", "node_secret_key",
                                         "signing_public_key" };
    struct joined j = joined(w, d);
    (void)cp_wait(j.cp, "POST", "@/heartbeat", 1); /* heard only with the Node's own credential */
    expect_order(w, d, j.cp, cp_wait(j.cp, "POST", "/v1/register", 1), cp_token(j.cp));
    expect(w, cp_count(j.cp, "POST", "/v1/register") == 1, "it registered %zu times",
           cp_count(j.cp, "POST", "/v1/register"));
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        expect(w, agent_file_appears(j.a, files[i]), "the data folder has no %s", files[i]);
        expect(w, agent_file_mode(j.a, files[i]) == 0600, "%s has mode %o, expected 600", files[i],
               (unsigned)agent_file_mode(j.a, files[i]));
    }
    expect(w, text_equal(agent_read_file(j.a, "node_secret_key"), cp_nsk(j.cp)),
           "node_secret_key is not the text as received");
    expect(w, agent_file_goes(j.a, "../run/bootstrap-token"), "the token file is still there");
    expect(w, agent_file_holding(j.a, cp_token(j.cp)) == NULL,
           "the spent token stands in the data folder");
}

AGENT_CASE("AGT-102", .clauses = { "AGT-001", "JAG-009" },
           .title = "an agent with an identity does not register again")
{
    struct joined j = joined(w, d);
    cp_always(j.cp, "POST", "/v1/register", (struct cp_answer){ .status = 500 });
    restarted(&j);
    cp_wait_stream(j.cp, 2);
    (void)cp_wait(j.cp, "GET", "@/state", 2);
    accept(get(w, "/v1/state", .agent = j.a), 200);
    expect(w, cp_count(j.cp, "POST", "/v1/register") == 1, "it registered again after a restart");
}

AGENT_CASE("AGT-103", .clauses = { "AGT-009", "AGT-012", "JAG-011" },
           .title = "register answered 503 is tried again with the same token and key")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_once(cp, "POST", "/v1/register", (struct cp_answer){ .status = 503, .body = "{}" });
    cp_once(cp, "POST", "/v1/register", (struct cp_answer){ .drop = true });
    (void)joined_to(w, cp, (struct agent_options){ 0 });
    const json_t *first = cp_json(cp, cp_wait(cp, "POST", "/v1/register", 1));
    const json_t *last = cp_json(cp, cp_wait(cp, "POST", "/v1/register", 3));
    expect(w, json_equal(first, last), "the third attempt is not the first one again");
    expect(w, cp_count(cp, "POST", "/v1/register") == 3, "it registered %zu times, expected 3",
           cp_count(cp, "POST", "/v1/register"));
}

AGENT_CASE("AGT-104", .clauses = { "AGT-011", "JAG-011" },
           .title = "register answered 429 is tried again after Retry-After")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_once(cp, "POST", "/v1/register",
            (struct cp_answer){ .status = 429, .headers = { { "Retry-After", "1" } } });
    (void)joined_to(w, cp, (struct agent_options){ 0 });
    expect(w, cp_count(cp, "POST", "/v1/register") == 2, "it registered %zu times, expected 2",
           cp_count(cp, "POST", "/v1/register"));
}

AGENT_CASE("AGT-105", .clauses = { "AGT-012", "JAG-011" },
           .title = "a register answer that cannot be read is no registration")
{
    static const struct cp_answer bad[] = { { .status = 201, .body = "{\"node_id\":" },
                                            { .status = 201, .body = "{}" } };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cp_once(cp, "POST", "/v1/register", bad[i]);
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    accept(get(w, "/v1/state", .agent = j.a), 200);
    expect(w, cp_count(cp, "POST", "/v1/register") == 3, "it registered %zu times, expected 3",
           cp_count(cp, "POST", "/v1/register"));
}

/* One attempt, exit status 1, nothing kept; the twin is the same start with a better answer. */
static void refused_for_good(struct world *w, enum agent_dialect d, int status, const char *code)
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp });
    struct cp_answer refusal = { .status = status, .media_type = "application/problem+json" };
    refusal.body = json_dump(w->arena, json_own(w->arena, json_pack("{s:s, s:s, s:i, s:s}", "type",
                                                                    "https://plexsphere.com/"
                                                                    "errors/refused",
                                                                    "title", "refused", "status",
                                                                    status, "code", code)));
    cp_once(cp, "POST", "/v1/register", refusal);
    agent_start(a);
    int ended = agent_exit_status(a);
    expect(w, ended == 1, "after %d on register it ended with %d, expected exit status 1", status,
           ended);
    expect(w, cp_count(cp, "POST", "/v1/register") == 1, "it tried %zu times, expected once",
           cp_count(cp, "POST", "/v1/register"));
    expect(w, !agent_has_file(a, "identity.json"), "it kept an identity after %d", status);
    agent_start(a);
    agent_ready(a);
    accept(get(w, "/v1/state", .agent = a), 200);
    expect(w, cp_count(cp, "POST", "/v1/register") == 2, "the twin did not register");
}

#define REFUSED(case_id, status, code, ...)                                                        \
    AGENT_CASE(case_id, .clauses = { "AGT-010", "JAG-010" }, .title = __VA_ARGS__)                 \
    {                                                                                              \
        refused_for_good(w, d, status, code);                                                      \
    }
REFUSED("AGT-111", 400, "public_key_invalid", "register answered 400 ends the agent with 1")
REFUSED("AGT-112", 401, "unauthenticated", "register answered 401 ends the agent with 1")
REFUSED("AGT-113", 403, "token_consumed", "register answered 403 ends the agent with 1")
REFUSED("AGT-114", 404, "resource_not_found", "register answered 404 ends the agent with 1")
REFUSED("AGT-115", 409, "conflict", "register answered 409 ends the agent with 1")

/* Ruling 10. */
#define REFUSED_BY_RULING(case_id, status, code, ...)                                              \
    AGENT_CASE_NEEDS(case_id, "rulings", .clauses = { "AGT-010", "JAG-010" },                      \
                     .title = __VA_ARGS__)                                                         \
    {                                                                                              \
        refused_for_good(w, d, status, code);                                                      \
    }
REFUSED_BY_RULING("AGT-116", 413, "payload_too_large",
                  "register answered 413 ends the agent with 1")
REFUSED_BY_RULING("AGT-117", 422, "unprocessable", "register answered 422 ends the agent with 1")

AGENT_CASE_NEEDS("AGT-118", "rulings", .clauses = { "AGT-010", "JAG-010" },
                 .title = "the refusal's code stands in the log, the token does not")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp });
    cp_once(cp, "POST", "/v1/register",
            (struct cp_answer){ .status = 403,
                                .media_type = "application/problem+json",
                                .body = "{\"type\":\"https://plexsphere.com/errors/x\",\"title\":"
                                        "\"x\",\"status\":403,\"code\":\"token_expired\"}" });
    agent_start(a);
    expect(w, agent_exit_status(a) == 1, "it did not end with exit status 1");
    expect(w, agent_log_has(a, "token_expired"), "the log does not say token_expired: %s",
           agent_log(a));
    expect(w, !agent_log_leaks(a, cp_token(cp)), "the log holds the bootstrap token");
}

/* ---- tokens ------------------------------------------------------------------------------- */

static const char *token_of_length(struct world *w, size_t len)
{
    char *text = arena_alloc(w->arena, len + 1);
    memset(text, 'k', len);
    return text;
}

/* Nothing is sent and it ends; the twin registers with `good`. */
static void token_refused(struct world *w, enum agent_dialect d, const char *bad, const char *good)
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp, .token = bad });
    agent_start(a);
    int ended = agent_exit_status(a);
    expect(w, ended > 0, "it ended with %d, expected an exit status over 0", ended);
    expect(w, cp_count(cp, "POST", "/v1/register") == 0, "the bad token was sent");
    agent_write_file(a, "../run/bootstrap-token", good, 0600);
    agent_start(a);
    agent_ready(a);
    expect_order(w, d, cp, cp_wait(cp, "POST", "/v1/register", 1), text_trim(w->arena, good));
}

AGENT_CASE("AGT-121", .clauses = { "AGT-004", "JAG-012" },
           .title = "a token of 513 bytes is refused unsent; one of 512 is sent")
{
    token_refused(w, d, token_of_length(w, 513), token_of_length(w, 512));
}

AGENT_CASE("AGT-122", .clauses = { "AGT-004", "JAG-012" },
           .title = "a token with a control byte is refused unsent")
{
    token_refused(w, d, "token-with-\001-inside", "token-without-it");
}

AGENT_CASE("AGT-123", .clauses = { "AGT-003", "JAG-012" },
           .title = "without a token the agent ends; with one in its file, trimmed, it registers")
{
    token_refused(w, d, " \n", "  a-token-in-blanks\n");
}

AGENT_CASE("AGT-124", .clauses = { "AGT-003", "JAG-012" },
           .title = "a blank token file gives way to the environment")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    (void)agent_run(w, (struct agent_options){
                           .cp = cp, .token = " \n\t", .token_env = "token-of-the-environment" });
    expect_order(w, d, cp, cp_wait(cp, "POST", "/v1/register", 1), "token-of-the-environment");
}

AGENT_CASE("AGT-125", .clauses = { "AGT-003", "JAG-012" },
           .title = "the token file comes before the environment")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    (void)agent_run(w, (struct agent_options){ .cp = cp, .token_env = "token-of-the-environment" });
    expect_order(w, d, cp, cp_wait(cp, "POST", "/v1/register", 1), cp_token(cp));
}

/* ---- identities that cannot be read ------------------------------------------------------- */

static void damaged(struct world *w, enum agent_dialect d, const char *file, const char *content)
{
    struct joined j = joined(w, d);
    (void)agent_stop(j.a);
    if (content == NULL)
        agent_remove_file(j.a, file);
    else
        agent_write_file(j.a, file, content, 0600);
    agent_write_file(j.a, "../run/bootstrap-token", "another-token", 0600);
    agent_start(j.a);
    agent_ready(j.a);
    expect_order(w, d, j.cp, cp_wait(j.cp, "POST", "/v1/register", 2), "another-token");
    accept(get(w, "/v1/state", .agent = j.a), 200);
}

AGENT_CASE("AGT-131", .clauses = { "AGT-002", "JAG-013" },
           .title = "an identity that is no JSON is one that is not there")
{
    damaged(w, d, "identity.json", "{\"node_id\": \"cut in the mid");
}

AGENT_CASE("AGT-132", .clauses = { "AGT-002", "JAG-013" },
           .title = "an identity without its secret key is one that is not there")
{
    damaged(w, d, "node_secret_key", NULL);
}

AGENT_CASE("AGT-133", .clauses = { "AGT-002", "JAG-013" },
           .title = "an identity without its private key is one that is not there")
{
    damaged(w, d, "private_key", NULL);
}

AGENT_CASE("AGT-134", .clauses = { "JAG-013", "AGT-002" },
           .title = "an identity without its signing key is one that is not there")
{
    damaged(w, d, "signing_public_key", NULL);
}

AGENT_CASE("AGT-135", .clauses = { "JAG-013", "AGT-002" },
           .title = "a private key that is no base64 makes an identity one that is not there")
{
    damaged(w, d, "private_key", "***");
}

AGENT_CASE("AGT-136", .clauses = { "JAG-013", "AGT-002" },
           .title = "an identity without its Node's id is one that is not there")
{
    damaged(w, d, "identity.json",
            "{\"node_id\":\"\",\"mesh_ip\":\"10.99.0.7\",\"signing_public_key\":\"\"}");
}

/* The facts take an empty key; with it no call could succeed (ruling 7). */
AGENT_CASE_NEEDS("AGT-137", "rulings", .clauses = { "AGT-002", "AGT-017" },
                 .title = "an empty secret key makes an identity one that is not there")
{
    damaged(w, d, "node_secret_key", "");
}

AGENT_CASE("AGT-138", .clauses = { "JAG-013" },
           .title = "the signing key is that of its own file where identity.json has another")
{
    struct joined j = joined(w, d);
    const struct signing_pair *now = signing_pair_new(w->arena, "kid-2");
    (void)agent_stop(j.a);
    agent_write_file(j.a, "signing_public_key", now->public_b64, 0600);
    cp_use_key(j.cp, now);
    agent_start(j.a);
    agent_ready(j.a);
    cp_wait_stream(j.cp, 2);
    settled(&j); /* what shows from here on an event has said */
    sentinel(&j);
    expect(w, cp_count(j.cp, "POST", "/v1/register") == 1, "it registered again");
}

/* Ruling 11: OpenSSL's DER of an Ed25519 key is twelve fixed bytes and the key. */
AGENT_CASE_NEEDS("AGT-106", "rulings", .clauses = { "AGT-018" },
                 .title = "a signing key told as SubjectPublicKeyInfo is the same key")
{
    unsigned char der[44] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21 };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct dialect_node node = { cp_node_id(cp), "10.99.0.7", cp_nsk(cp), cp_key(cp) };
    json_t *answer = json_own(w->arena, dialect_register_answer(d, &node));
    memcpy(der + 12, cp_key(cp)->public_key, 32);
    json_object_set_new(answer, "signing_public_key",
                        json_string(base64_encode(w->arena, BASE64_STANDARD, der, sizeof der)));
    cp_once(cp, "POST", "/v1/register",
            (struct cp_answer){ .status = 201, .body = json_dump(w->arena, answer) });
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    sentinel(&j);
    expect(w, cp_count(cp, "POST", "/v1/register") == 1, "it registered %zu times",
           cp_count(cp, "POST", "/v1/register"));
}

/* ---- what of the identity is written when ------------------------------------------------- */

static const char *const identity_files[] = { "private_key", "node_secret_key",
                                              "signing_public_key", "identity.json" };

/* Which of them took its place last, of all that was renamed in the folder up to now. */
static const char *last_of_the_identity(struct world *w, int watch)
{
    _Alignas(struct inotify_event) char buffer[65536];
    const char *last = "none";
    ssize_t len = read(watch, buffer, sizeof buffer);
    for (ssize_t at = 0; at < len;) {
        const struct inotify_event *event = (const void *)(buffer + at);
        for (size_t i = 0; i < ARRAY_LEN(identity_files); i++)
            if (event->len > 0 && text_equal(event->name, identity_files[i]))
                last = identity_files[i];
        at += (ssize_t)(sizeof *event + event->len);
    }
    close(watch);
    return arena_strdup(w->arena, last);
}

/* A bootstrap token of ours names its Project in its third part, in base32. */
V1_CASE_NEEDS("AGT-109", "rulings", .clauses = { "AGT-008" },
              .title = "without a configured Project the order names the token's, or is not sent")
{
    static const unsigned char project[16] = { 0x01, 0x90, 0x5f, 0x0a, 0x1c, 0x2d, 0x7e, 0x3f,
                                               0x8a, 0x4b, 0x5c, 0x6d, 0x7e, 0x8f, 0x90, 0xa1 };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a =
        agent_prepare(w, (struct agent_options){
                             .cp = cp, .project_id = "", .token = "a-token-without-a-project" });
    agent_start(a);
    int ended = agent_exit_status(a);
    expect(w, ended == 1, "without a Project it ended with %d, expected exit status 1", ended);
    expect(w, cp_count(cp, "POST", "/v1/register") == 0, "it registered without a Project");
    const char *part = base32_encode(w->arena, project, sizeof project);
    agent_write_file(a, "../run/bootstrap-token", path(w, "psb_dev_%s_%s_%s", part, part, part),
                     0600);
    agent_start(a);
    agent_ready(a);
    accept(get(w, "/v1/state", .agent = a), 200);
    const json_t *order = cp_json(cp, cp_wait(cp, "POST", "/v1/register", 1));
    expect(w, text_equal(json_text(order, "project_id"), "01905f0a-1c2d-7e3f-8a4b-5c6d7e8f90a1"),
           "the order names Project %s", json_text(order, "project_id"));
}

AGENT_CASE_NEEDS("AGT-107", "rulings", .clauses = { "AGT-015" },
                 .title = "identity.json is the last file of an identity to be there")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp });
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0 || inotify_add_watch(watch, agent_data(a, "."), IN_CREATE | IN_MOVED_TO) < 0)
        unsupported(w, "inotify cannot be had here");
    agent_start(a);
    agent_ready(a);
    accept(get(w, "/v1/state", .agent = a), 200);
    for (size_t i = 0; i < ARRAY_LEN(identity_files); i++)
        expect(w, agent_file_appears(a, identity_files[i]), "the data folder has no %s",
               identity_files[i]);
    const char *last = last_of_the_identity(w, watch);
    expect(w, text_equal(last, "identity.json"), "the last file of the identity was %s", last);
}

AGENT_CASE_NEEDS("AGT-108", "rulings", .clauses = { "AGT-016" },
                 .title = "a token is not sent where its data folder cannot be written")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp });
    const char *place = path(w, "%s/data", agent_case_directory(w));
    const char *away = path(w, "%s/away", agent_case_directory(w));
    expect(w, rename(place, away) == 0 && symlink("/dev/null", place) == 0,
           "the data folder cannot be moved away");
    agent_start(a);
    int ended = agent_exit_status(a);
    expect(w, ended > 0, "it ended with %d, expected an exit status over 0", ended);
    expect(w, cp_count(cp, "POST", "/v1/register") == 0, "it sent its token all the same");
    expect(w, unlink(place) == 0 && rename(away, place) == 0, "its place was changed");
    agent_start(a);
    agent_ready(a);
    accept(get(w, "/v1/state", .agent = a), 200);
    expect(w, cp_count(cp, "POST", "/v1/register") == 1, "the twin did not register");
}

/* ---- the way to the control plane --------------------------------------------------------- */

AGENT_CASE("AGT-141", .clauses = { "AGT-020", "JAG-015" },
           .title = "over TLS it trusts the authority it was given")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d, .tls = true });
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    accept(get(w, "/v1/state", .agent = j.a), 200);
}

AGENT_CASE("AGT-142", .clauses = { "AGT-020", "JAG-015" },
           .title = "a certificate of an authority it does not know gets no byte of it")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d, .tls = true });
    const char *other = cp_other_ca(cp);
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp, .ca_file = other });
    agent_start(a);
    cp_wait_refusals(cp, 2); /* it tries again, and shakes its head again */
    expect(w, cp_count(cp, "POST", "/v1/register") == 0, "it registered over TLS it cannot trust");
    expect(w, agent_is_running(a), "it ended instead of trying again");
}
