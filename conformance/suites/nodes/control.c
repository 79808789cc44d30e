/* suites/nodes/control.c — CTL-*: the clock, the given states and the operators that worlds are
 * built with. They are the reference's own (rulings 26, 27, 33); another target is judged by the
 * hooks its profile names. */
#include <string.h>
#include <sys/stat.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "harness/hooks.h"
#include "harness/profile.h"
#include "suites/nodes/nodes.h"
#include "suites/posture/posture.h"
#include "suites/registration/registration.h"

#define SUITE "nodes"
#define OWN_BOOT                                                                                   \
    .needs = { "posture", "rulings" }, .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000
#define MOVES_CLOCK                                                                                \
    .needs = { "clock", "heartbeat", "registration", "bootstrap-tokens", "resources", "rulings" }, \
    .flags = CASE_SERIAL | CASE_SLOW, .budget_ms = BUDGET_MS
#define GIVEN                                                                                      \
    .needs = { "registration", "bootstrap-tokens", "resources", "domains", "rulings" },            \
    .budget_ms = BUDGET_MS

/* ---- the control socket ---- */

static const char socket_variable[] = "PLEXSPHERE_CONTROL_SOCKET";

static const char *socket_path(struct world *w)
{
    return path(w, "%s/%s", w->profile->scratch, world_name(w, "control"));
}

static bool is_there(const char *file)
{
    struct stat st;
    return lstat(file, &st) == 0;
}

CASE("CTL-001", .clauses = { "CTL-001" }, OWN_BOOT,
     .title = "in production the control socket is refused, and none is made")
{
    const char *file = socket_path(w);
    posture_refused(w,
                    (struct change[]){
                        { "PLEXSPHERE_MODE", "production" }, { socket_variable, file }, { 0 } },
                    socket_variable, NULL);
    expect(w, !is_there(file), "the refused boot made a control socket");
    posture_ready(w, (struct change[]){ { socket_variable, file }, { 0 } });
    expect(w, is_there(file), "in dev mode there is no control socket");
}

CASE("CTL-002", .clauses = { "CTL-002" }, OWN_BOOT,
     .title = "an opened control socket is announced by one WARN line of its own")
{
    const char *file = socket_path(w);
    struct booted *b = posture_ready(w, (struct change[]){ { socket_variable, file }, { 0 } });
    size_t n, announced = 0;
    char **lines = text_split(w->arena, boot_log(w->arena, b), '\n', &n);
    for (size_t i = 0; i < n; i++)
        if (text_contains(lines[i], file)) {
            announced++;
            expect(w,
                   text_contains(lines[i], "level=WARN") &&
                       text_contains(lines[i], "control socket"),
                   "the announcement is no warning of a control socket: %s", lines[i]);
            expect(w, !text_contains(lines[i], "insecure default"),
                   "the announcement is the insecure-default line");
        }
    expect(w, announced == 1, "an open control socket is announced %zu times", announced);
}

CASE("CTL-003", .clauses = { "CTL-003" }, OWN_BOOT,
     .title = "the control socket is its owner's alone and goes with the server")
{
    struct stat st;
    const char *file = socket_path(w);
    struct booted *b = posture_ready(w, (struct change[]){ { socket_variable, file }, { 0 } });
    expect(w, lstat(file, &st) == 0 && S_ISSOCK(st.st_mode), "there is no control socket");
    expect(w, (st.st_mode & 0777) == 0600, "the control socket has mode %03o", st.st_mode & 0777);
    expect(w, boot_stop(b, 5000), "did not end with exit status 0 after SIGTERM");
    expect(w, !is_there(file), "the control socket outlives its server");
}

/* ---- the clock ---- */

static const struct hook *advance_hook(struct world *w)
{
    if (!w->profile->advance.argv)
        unsupported(w, "the profile has no advance hook");
    return &w->profile->advance;
}

static bool ask_hook(struct world *w, const struct hook *hook, json_t *input, json_t **out)
{
    struct error e = { "" };
    return hook_run(w->arena, w->profile, hook, "hook", json_own(w->arena, input), out, &e);
}

CASE("CTL-004", .clauses = { "CTL-004" }, MOVES_CLOCK,
     .title = "advancing moves the target's clock forward by as much")
{
    json_t *answer;
    struct own_node n = own_node(w);
    int64_t told, before = target_time(w, &n);
    world_advance(w, 120);
    int64_t after = target_time(w, &n), moved = (after - before) / MICROS_PER_SECOND;
    expect(w, moved >= 120 && moved < 130, "the clock moved by %lld s, not 120", (long long)moved);
    expect(w, ask_hook(w, advance_hook(w), json_pack("{s:i}", "seconds", 0), &answer),
           "advancing by nothing is refused");
    expect(w, timestamp_parse(json_text(answer, "now"), &told),
           "the answer does not tell the time");
    expect(w, told >= after && told < after + 10 * MICROS_PER_SECOND,
           "the answer tells another time");
}

CASE("CTL-005", .clauses = { "CTL-005" }, MOVES_CLOCK,
     .title = "a bootstrap token lives until the clock is past its expiry")
{
    json_t *body[2];
    for (size_t i = 0; i < ARRAY_LEN(body); i++)
        body[i] = registration(w, w->project_id, resource_in(w, w->project_id, "vm"),
                               json_text(token_living(w, w->project_id, 300), "token"));
    world_advance(w, 240);
    accept(registering(w, body[0]), 201);
    world_advance(w, 61);
    refuse(judged(registering(w, body[1])), 403, "token_expired");
}

CASE("CTL-006", .clauses = { "CTL-006" }, MOVES_CLOCK,
     .title = "a clock is advanced by whole seconds, never back")
{
    json_t *answer, *value;
    json_t *bad =
        json_own(w->arena, json_pack("[i, f, s, n, b, I]", -3600, 0.5, "3600", 1, INT64_MAX));
    size_t i;
    struct own_node n = own_node(w);
    int64_t before = target_time(w, &n);
    json_array_foreach (bad, i, value)
        expect(w, !ask_hook(w, advance_hook(w), json_pack("{s:O}", "seconds", value), &answer),
               "advancing by %s is answered as done", json_dump(w->arena, value));
    expect(w, !ask_hook(w, advance_hook(w), json_object(), &answer),
           "advancing by nothing said is done");
    int64_t moved = (target_time(w, &n) - before) / MICROS_PER_SECOND;
    expect(w, moved >= 0 && moved < 30, "the clock moved by %lld s", (long long)moved);
}

/* ---- given states ---- */

/* As world_given(), for what must be refused. */
static bool given_refused(struct world *w, const char *name, json_t *input)
{
    json_t *answer;
    const struct hook *hook = profile_given(w->profile, name);
    if (!hook && w->profile->given_any.argv)
        hook = &w->profile->given_any;
    if (!hook)
        unsupported(w, "the profile has no given hook %s", name);
    if (hook == &w->profile->given_any)
        input = json_pack("{s:s, s:o}", "name", name, "input", input);
    return !ask_hook(w, hook, input, &answer);
}

CASE("CTL-007", .clauses = { "CTL-007" },
     .needs = { "heartbeat", "registration", "bootstrap-tokens", "resources", "rulings" },
     .budget_ms = BUDGET_MS, .title = "the state revoked_nsk revokes the key of that Node")
{
    struct own_node n = own_node(w), other = own_node(w);
    expect(w, given_refused(w, "revoked_nsk", json_pack("{s:s}", "node_id", NO_SUCH_ID)),
           "the key of a Node that does not exist was revoked");
    accept(beating(w, &n, heartbeat(w)), 200);
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", n.id));
    refuse(judged(beating(w, &n, heartbeat(w))), 401, "nsk_revoked");
    expect_text(accept(judged(beating(w, &other, heartbeat(w))), 200), "/accepted_at");
}

/* Refused while the state holds, accepted when it is taken back: the token was live all along. */
static void exhausted_until_taken_back(struct world *w, const char *state, const char *member,
                                       const char *id, const char *project, const char *code)
{
    json_t *body = fresh_registration(w, project);
    world_given(w, state, json_pack("{s:s}", member, id));
    refuse(judged(registering(w, body)), 503, code);
    world_given(w, state, json_pack("{s:s, s:b}", member, id, "held", 0));
    expect_text(accept(judged(registering(w, body)), 201), "/node_id");
}

static const char *first_half(struct world *w, const char *domain)
{
    struct reply *r =
        accept(get(w, path(w, "/v1/domains/%s", domain), .as = w->platform_manager), 200);
    return block_text(w, block_of(w, expect_text(r, "/mesh_cidr")).first, 28);
}

CASE("CTL-008", .clauses = { "CTL-008" }, GIVEN,
     .title = "the state exhausted_pool exhausts a Domain's flat pool until it is taken back")
{
    const char *domain = own_domain(w, 27), *project = own_project_in(w, domain);
    const char *apart = project_with_subrange(w, domain, first_half(w, domain));
    exhausted_until_taken_back(w, "exhausted_pool", "domain_id", domain, project, "pool_exhausted");
    world_given(w, "exhausted_pool", json_pack("{s:s}", "domain_id", domain));
    refuse(judged(registering(w, fresh_registration(w, project))), 503, "pool_exhausted");
    accept(registering(w, fresh_registration(w, apart)), 201);
}

CASE("CTL-009", .clauses = { "CTL-009" }, GIVEN,
     .title = "the state exhausted_subrange exhausts a Project's own range until it is taken back")
{
    const char *domain = own_domain(w, 27), *flat = own_project_in(w, domain);
    const char *project = project_with_subrange(w, domain, first_half(w, domain));
    exhausted_until_taken_back(w, "exhausted_subrange", "project_id", project, project,
                               "subrange_exhausted");
    expect(w, given_refused(w, "exhausted_subrange", json_pack("{s:s}", "project_id", flat)),
           "a Project without a sub-range is exhausted");
    expect_text(accept(judged(registering(w, fresh_registration(w, flat))), 201), "/node_id");
}

/* A Domain whose chain has some entries, and where it stands. */
static const char *chained_domain(struct world *w)
{
    const char *domain = own_domain(w, 28);
    for (int i = 0; i < 3; i++)
        own_project_in(w, domain);
    return domain;
}

static struct reply *verified(struct world *w, const char *domain)
{
    return accept(judged(post(w, path(w, "/v1/domains/%s/audit/verify", domain),
                              .as = w->platform_auditor)),
                  200);
}

/* Verifies, spoils entry 2, verifies again. */
static struct reply *spoiled(struct world *w, const char *state)
{
    const char *domain = chained_domain(w);
    expect(w, json_is_true(expect_member(verified(w, domain), "/ok")),
           "an untouched chain does not verify");
    expect(w, given_refused(w, state, json_pack("{s:s, s:i}", "domain_id", domain, "seq", 1000)),
           "an entry that does not exist was changed");
    expect(w, json_is_true(expect_member(verified(w, domain), "/ok")),
           "an untouched chain does not verify");
    world_given(w, state, json_pack("{s:s, s:i}", "domain_id", domain, "seq", 2));
    struct reply *r = verified(w, domain);
    expect(w, json_is_false(expect_member(r, "/ok")), "the chain verifies after %s", state);
    return r;
}

#define CHAINS .needs = { "audit", "domains", "projects", "rulings" }, .budget_ms = BUDGET_MS

static const char *signing_key_told_in(struct world *w, const char *project)
{
    struct reply *r = accept(judged(registering(w, fresh_registration(w, project))), 201);
    return expect_text(r, "/signing_public_key");
}

CASE("KEY-012", .clauses = { "KEY-012" }, GIVEN,
     .title = "the state rotated_signing_key replaces the key of a Domain that exists")
{
    const char *domain = own_domain(w, 27), *project = own_project_in(w, domain);
    const char *before = signing_key_told_in(w, project);
    expect(w, given_refused(w, "rotated_signing_key", json_pack("{s:s}", "domain_id", NO_SUCH_ID)),
           "the key of a Domain that does not exist was replaced");
    expect(w, text_equal(before, signing_key_told_in(w, project)), "a refused state changed it");
    world_given(w, "rotated_signing_key", json_pack("{s:s}", "domain_id", domain));
    expect(w, !text_equal(before, signing_key_told_in(w, project)), "the key is the old one");
}

CASE("CTL-010", .clauses = { "CTL-010" }, CHAINS,
     .title = "the state tampered_audit_row breaks the chain at that entry")
{
    struct reply *r = spoiled(w, "tampered_audit_row");
    expect(w, expect_int(r, "/divergent_seq") == 2, "the chain breaks at %lld, not at 2",
           (long long)expect_int(r, "/divergent_seq"));
}

CASE("CTL-011", .clauses = { "CTL-011" }, CHAINS,
     .title = "the state deleted_audit_row breaks the chain")
{
    spoiled(w, "deleted_audit_row");
}

CASE("CTL-012", .clauses = { "CTL-012" },
     .needs = { "heartbeat", "registration", "bootstrap-tokens", "resources", "rulings" },
     .budget_ms = BUDGET_MS,
     .title = "a state that is not on the list is refused and changes nothing")
{
    struct own_node n = own_node(w);
    static const char *const unknown[] = { "revoked_key", "REVOKED_NSK", "revoked_nsk ", "" };
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
        expect(w, given_refused(w, unknown[i], json_pack("{s:s}", "node_id", n.id)),
               "the state '%s' is answered as done", unknown[i]);
    expect(w, given_refused(w, "revoked_nsk", json_pack("{s:s, s:b}", "node_id", n.id, "held", 0)),
           "a state with a member it does not know is answered as done");
    expect_text(accept(judged(beating(w, &n, heartbeat(w))), 200), "/accepted_at");
}

/* ---- operators ---- */

struct mint {
    struct hook_talk *talk; /* NULL: the command runs once for each question */
};

static void close_talk(void *thing)
{
    hook_talk_close(thing);
}

static struct mint mint_open(struct world *w)
{
    struct mint m = { NULL };
    struct error e = { "" };
    const struct hook *hook = &w->profile->credentials;
    if (!hook->lines)
        return m;
    if (!hook_talk_open(w->profile, hook, "credentials", &m.talk, &e))
        broken(w, "%s", e.text);
    world_defer(w, close_talk, m.talk);
    return m;
}

static bool minted(struct world *w, const struct mint *m, json_t *question, json_t **out)
{
    struct error e = { "" };
    json_own(w->arena, question);
    return m->talk ? hook_talk_ask(w->arena, m->talk, question, out, &e)
                   : hook_run(w->arena, w->profile, &w->profile->credentials, "credentials",
                              question, out, &e);
}

/* NULL leaves a member out. */
static json_t *question(const struct world *w, const char *role, const char *domain,
                        const char *project)
{
    return json_pack("{s:s, s:s*, s:s*, s:s}", "role", role, "domain_id", domain, "project_id",
                     project, "run", w->run);
}

static struct reply *whoami(struct world *w, const char *token)
{
    return accept(judged(get(w, "/v1/auth/whoami", .bearer = token)), 200);
}

#define OPERATORS .needs = { "whoami", "domains", "projects", "rulings" }

CASE("CTL-013", .clauses = { "CTL-013" }, OPERATORS,
     .title = "there is no operator of a Domain or Project that does not exist")
{
    struct mint m = mint_open(w);
    json_t *out;
    expect(w, !minted(w, &m, question(w, "domain admin", NO_SUCH_ID, NULL), &out),
           "an unknown Domain has an admin");
    expect(w, !minted(w, &m, question(w, "project admin", NULL, NO_SUCH_ID), &out),
           "an unknown Project has an admin");
    expect(w, minted(w, &m, question(w, "domain admin", w->domain_id, NULL), &out),
           "a known Domain has no admin");
    expect_text(whoami(w, json_text(out, "token")), "/subject");
}

CASE("CTL-014", .clauses = { "CTL-014" }, OPERATORS, .title = "there are ten roles, and no other")
{
    static const char *const unknown[] = { "root", "Domain admin", "domain", "project  admin", "" };
    const struct credential *const known[] = {
        w->platform_manager, w->platform_reader, w->platform_auditor, w->domain_admin,
        w->domain_auditor,   w->domain_member,   w->project_admin,    w->project_maintainer,
        w->project_operator, w->nobody,
    };
    struct mint m = mint_open(w);
    json_t *out;
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
        expect(w, !minted(w, &m, question(w, unknown[i], w->domain_id, w->project_id), &out),
               "the role '%s' exists", unknown[i]);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        expect_text(whoami(w, known[i]->token), "/subject");
}

CASE("CTL-015", .clauses = { "CTL-015" }, OPERATORS,
     .title = "a minted operator comes with a token, a reference and an expiry")
{
    struct mint m = mint_open(w);
    json_t *out;
    int64_t expires;
    expect(w, minted(w, &m, question(w, "domain admin", w->domain_id, NULL), &out),
           "no operator is minted");
    const char *reference = json_text(out, "identity_ref");
    expect(w, text_starts(reference, "user:"), "identity_ref is no user");
    expect(w, timestamp_parse(json_text(out, "expires_at"), &expires) && expires > world_now(w),
           "expires_at is no instant to come");
    struct reply *r = whoami(w, json_text(out, "token"));
    expect(w, text_contains(expect_text(r, "/subject"), reference + strlen("user:")),
           "the token is another identity's than identity_ref");
    refuse(get(w, "/v1/auth/whoami", .bearer = random_key(w)), 401, "unauthenticated");
}

CASE("CTL-016", .clauses = { "CTL-016" }, OPERATORS,
     .title = "an operator belongs to the Domain of its role, or to the platform")
{
    const struct credential *const domain[] = { w->domain_admin, w->domain_member, w->project_admin,
                                                w->project_operator };
    const struct credential *const platform[] = { w->platform_manager, w->platform_reader,
                                                  w->platform_auditor };
    for (size_t i = 0; i < ARRAY_LEN(domain); i++) {
        struct reply *r = whoami(w, domain[i]->token);
        expect_equal(r, "/principal_scope", "domain");
        expect_equal(r, "/domain_id", w->domain_id);
    }
    for (size_t i = 0; i < ARRAY_LEN(platform); i++) {
        struct reply *r = whoami(w, platform[i]->token);
        expect_equal(r, "/principal_scope", "platform");
        expect_absent(r, "/domain_id");
    }
}

CASE("CTL-017", .clauses = { "CTL-017" }, OPERATORS,
     .title = "the role none is somebody who has no relation to anything")
{
    expect_text(whoami(w, w->nobody->token), "/subject");
    refuse_permission(judged(get(w, path(w, "/v1/domains/%s", w->domain_id), .as = w->nobody)),
                      "out_of_scope");
    refuse_permission(judged(get(w, path(w, "/v1/projects/%s", w->project_id), .as = w->nobody)),
                      "out_of_scope");
    struct reply *r =
        accept(judged(get(w, path(w, "/v1/projects?domain_id=%s", w->domain_id), .as = w->nobody)),
               200);
    expect(w, json_array_size(expect_member(r, "/items")) == 0, "nobody is shown Projects");
    accept(get(w, path(w, "/v1/domains/%s", w->domain_id), .as = w->domain_admin), 200);
}

CASE("CTL-018", .clauses = { "CTL-018" }, OPERATORS,
     .title = "a command that mints line after line goes on after a bad one")
{
    struct mint m = mint_open(w);
    json_t *out;
    if (!m.talk)
        unsupported(w, "the profile's credentials command does not answer line after line");
    expect(w, !minted(w, &m, question(w, "root", NULL, NULL), &out), "the role root exists");
    expect(w, !minted(w, &m, json_array(), &out), "an array is a question");
    expect(w, minted(w, &m, question(w, "none", NULL, NULL), &out),
           "nothing is answered after a bad line");
    expect_text(whoami(w, json_text(out, "token")), "/subject");
}
