#include "harness/test_server.h"

#include "harness/test_world.h"

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"

static struct error e;

/* A target that makes what it is asked for, and remembers in whose name. */
static char asked[16384];

static struct test_answer make_thing(const char *method, const char *path, const char *body)
{
    static char text[1024];
    static int n;
    n++;
    size_t len = strlen(asked);
    snprintf(asked + len, sizeof asked - len, "%s %s %s %s\n", method, path, server.authorization,
             body);
    bool token = text_ends(path, "/bootstrap-tokens"), node = text_ends(path, "/register");
    snprintf(text, sizeof text,
             token  ? "{\"token\":\"boot-token-%d\",\"token_id\":\"t%d\"}"
             : node ? "{\"nsk\":\"nsk-secret-%d\",\"node_id\":\"n%d\"}"
                    : "{\"id\":\"id-%d\",\"n\":%d}",
             n, n);
    return (struct test_answer){ 201, "application/json", text, 0, { { NULL, NULL } } };
}

static void use_shell(struct hook *h, const char *script)
{
    static char sh[] = "sh", c[] = "-c";
    char **argv = arena_alloc_array(w->world_arena, 4, sizeof *argv);
    argv[0] = sh;
    argv[1] = c;
    argv[2] = arena_strdup(w->world_arena, script);
    *h = (struct hook){ .argv = argv, .timeout_ms = 5000 };
}

#define MINT                                                                                       \
    "read -r q; role=$(echo \"$q\" | sed 's/.*\"role\":\"\\([^\"]*\\)\".*/\\1/; s/ /-/g'); "       \
    "of=$(echo \"$q\" | sed -n 's/.*_id\":\"\\([^\"]*\\)\".*/\\1/p'); "                            \
    "echo \"{\\\"token\\\":\\\"tok-$role-$of\\\",\\\"identity_ref\\\":\\\"user:1\\\"}\""

static void begin(void)
{
    test_server_start();
    server.script = make_thing;
    test_world_open(server.url);
}

static void end(void)
{
    test_world_close();
    test_server_stop();
}

static void do_build(void)
{
    if (!world_build(w, &profile, 0, &e))
        snprintf(left.message, sizeof left.message, "false: %s", e.text);
}

static void build(void)
{
    world_own_close(w); /* world_build opens its own */
    use_shell(&profile.credentials, MINT);
    ck_assert_msg(try(do_build), "%s", left.message);
    ck_assert_str_eq(left.message, "");
}

START_TEST(builds_a_world)
{
    begin();
    build();
    ck_assert_str_eq(w->domain_id, "id-1");
    ck_assert_str_eq(w->project_id, "id-2");
    ck_assert_str_eq(w->foreign_domain_id, "id-3");
    ck_assert_str_eq(w->foreign_project_id, "id-4");
    ck_assert_str_eq(w->platform_manager->token, "tok-platform-manage-");
    ck_assert_str_eq(w->domain_admin->token, "tok-domain-admin-id-1");
    ck_assert_str_eq(w->foreign_admin->token, "tok-domain-admin-id-3");
    ck_assert_str_eq(w->project_operator->token, "tok-project-operator-id-2");
    ck_assert_str_eq(w->nobody->token, "tok-none-");
    ck_assert_str_eq(w->nobody->identity_ref, "user:1");
    ck_assert(w->platform_reader && w->platform_auditor && w->domain_auditor && w->domain_member &&
              w->project_admin && w->project_maintainer);
    ck_assert_ptr_nonnull(
        strstr(asked, "POST /v1/domains Bearer tok-platform-manage- {\"name\":\"pc-test-domain-"));
    ck_assert_ptr_nonnull(
        strstr(asked, "POST /v1/projects Bearer tok-domain-admin-id-3 {\"domain_id\":\"id-3\""));
    /* Its operators' tokens are known secrets. */
    ck_assert_ptr_nonnull(redact_find(w->own->redact, "tok-none-", 9));
    end();
}
END_TEST

static void do_node(void)
{
    json_t *node = world_new_node(w, w->project_id);
    snprintf(left.where, sizeof left.where, "%s %s %s %s", json_text(node, "node_id"),
             json_text(node, "nsk"), json_text(node, "resource_id"), json_text(node, "project_id"));
}

START_TEST(makes_a_node)
{
    begin();
    build();
    world_case_begin(w, &test_row);
    ck_assert_msg(try(do_node), "%s", left.message);
    ck_assert_str_eq(left.where, "n7 nsk-secret-7 id-5 id-2");
    ck_assert_ptr_nonnull(
        strstr(asked, "\"resource_handle\":\"id-5\",\"bootstrap_token\":\"boot-token-6\""));
    ck_assert_ptr_nonnull(redact_find(w->own->redact, "nsk-secret-7", 12));
    world_case_end(w);
    ck_assert_ptr_null(redact_find(w->own->redact, "nsk-secret-7", 12));
    ck_assert_ptr_nonnull(redact_find(w->own->redact, "tok-none-", 9));
    end();
}
END_TEST

static struct test_answer refuse_things(const char *method UNUSED, const char *path UNUSED,
                                        const char *body UNUSED)
{
    return (struct test_answer){ 503, NULL, NULL, 0, { { NULL, NULL } } };
}

static struct test_answer forget_ids(const char *method UNUSED, const char *path UNUSED,
                                     const char *body UNUSED)
{
    return (struct test_answer){ 201, "application/json", "{\"id\":7}", 0, { { NULL, NULL } } };
}

START_TEST(set_up_that_fails_says_so)
{
    begin();
    world_own_close(w);
    use_shell(&profile.credentials, MINT);
    server.script = refuse_things;
    ck_assert(!try(do_build));
    ck_assert_int_eq(left.verdict, VERDICT_FAILED);
    ck_assert_str_eq(left.message, "set-up: POST /v1/domains answered 503, expected 201");
    server.script = forget_ids;
    ck_assert(!try(do_build));
    ck_assert_str_eq(left.message, "set-up: POST /v1/domains answered 201: /id is no text");
    end();
}
END_TEST

START_TEST(a_target_that_is_not_there_is_broken)
{
    begin();
    world_own_close(w);
    use_shell(&profile.credentials, MINT);
    profile.base_url = "http://127.0.0.1:1";
    ck_assert(!try(do_build));
    ck_assert_int_eq(left.verdict, VERDICT_BROKEN);
    ck_assert_str_eq(left.message,
                     "the target http://127.0.0.1:1 does not answer: connection refused");
    profile.base_url = NULL;
    ck_assert(try(do_build));
    ck_assert_str_eq(left.message,
                     "false: profile test.yaml has no base_url and no rig has started a target");
    end();
}
END_TEST

static void refuses_credentials(const char *script, const char *message)
{
    if (script == NULL)
        profile.credentials.argv = NULL;
    else
        use_shell(&profile.credentials, script);
    ck_assert(!try(do_build));
    ck_assert_int_eq(left.verdict, VERDICT_BROKEN);
    ck_assert_str_eq(left.message, message);
}

START_TEST(credentials_that_fail_are_broken)
{
    begin();
    world_own_close(w);
    refuses_credentials(NULL,
                        "profile test.yaml has no credentials command: a world needs operators "
                        "(docs/profile.md)");
    refuses_credentials("echo 'no database' >&2; exit 1",
                        "credentials: 'sh': exit status 1: no database (role platform manage)");
    refuses_credentials("echo '{\"identity_ref\":\"user:1\"}'",
                        "credentials: 'sh': its answer has no token");
    refuses_credentials("echo '{\"token\":\"psk_x_something\"}'",
                        "credentials: 'sh': its answer has no identity_ref");
    refuses_credentials("echo '{\"token\":\"psk_x_something\",\"identity_ref\":\"user:1\","
                        "\"expires_at\":\"tomorrow\"}'",
                        "credentials: 'sh': expires_at is no RFC 3339 time");
    end();
}
END_TEST

START_TEST(credentials_are_renewed_before_they_expire)
{
    begin();
    world_own_close(w);
    char *soon = timestamp_format(w->arena, clock_wall_micros() + 3600 * MICROS_PER_SECOND);
    use_shell(&profile.credentials,
              arena_printf(w->arena,
                           "cat >/dev/null; echo \"{\\\"token\\\":\\\"token-$$-padded\\\","
                           "\\\"identity_ref\\\":\\\"user:1\\\",\\\"expires_at\\\":\\\"%s\\\"}\"",
                           soon));
    ck_assert_msg(try(do_build), "%s", left.message);
    char before[64];
    snprintf(before, sizeof before, "%s", w->domain_admin->token);
    world_case_begin(w, &test_row);
    world_case_end(w);
    ck_assert_str_eq(w->domain_admin->token, before);
    atomic_store(&world_shared()->advanced_s, 3500); /* the target's clock is an hour ahead */
    world_case_begin(w, &test_row);
    ck_assert_str_ne(w->domain_admin->token, before);
    world_case_end(w);
    ck_assert_ptr_nonnull(
        redact_find(w->own->redact, w->domain_admin->token, strlen(w->domain_admin->token)));
    end();
}
END_TEST

START_TEST(one_process_for_all_credentials)
{
    begin();
    world_own_close(w);
    use_shell(&profile.credentials,
              "n=0; while read -r q; do n=$((n+1)); "
              "echo \"{\\\"token\\\":\\\"token-of-$$-$n\\\",\\\"identity_ref\\\":"
              "\\\"user:1\\\"}\"; done");
    profile.credentials.lines = true;
    ck_assert_msg(try(do_build), "%s", left.message);
    const char *first = strrchr(w->platform_manager->token, '-'),
               *last = strrchr(w->nobody->token, '-');
    ck_assert_str_eq(first, "-1");
    ck_assert_str_eq(last, "-11");
    ck_assert_int_eq(strncmp(w->platform_manager->token, w->nobody->token,
                             (size_t)(first - w->platform_manager->token)),
                     0);
    end();
}
END_TEST

START_TEST(names_are_unique_and_short)
{
    static const char what[] = "a-very-long-word-for-what-it-is-that-goes-on-and-on-and-on";
    begin();
    ck_assert_str_eq(world_name(w, "x"), "pc-test-x-1");
    ck_assert_str_eq(world_name(w, "x"), "pc-test-x-2");
    char *name = world_name(w, what);
    ck_assert_uint_le(strlen(name), 60);
    ck_assert(text_starts(name, "pc-test-a-very-long"));
    ck_assert(text_ends(name, "-3"));
    end();
}
END_TEST

static uint32_t address_of(const char *cidr, unsigned *bits)
{
    unsigned b[4];
    ck_assert_int_eq(sscanf(cidr, "%u.%u.%u.%u/%u", &b[0], &b[1], &b[2], &b[3], bits), 5);
    return b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

static int wanted_bits;
static void do_cidr(void)
{
    (void)world_cidr(w, wanted_bits);
}

START_TEST(address_blocks_never_overlap)
{
    static char one[] = "10.9.0.0/24", two[] = "192.168.1.0/26";
    static char *ranges[] = { one, two, NULL };
    static const int sizes[] = { 28, 30, 26, 32, 27, 29 };
    unsigned char taken[2][256] = { { 0 } };
    begin();
    profile.address_ranges = ranges;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        unsigned bits;
        uint32_t address = address_of(world_cidr(w, sizes[i]), &bits), size = UINT32_C(1)
                                                                              << (32 - bits);
        ck_assert_uint_eq(bits, (unsigned)sizes[i]);
        ck_assert_uint_eq(address % size, 0);
        bool first = address >> 8 == 0x0a0900;
        ck_assert(first || (address >> 8 == 0xc0a801 && (address & 255) + size <= 64));
        for (uint32_t k = 0; k < size; k++)
            ck_assert_int_eq(taken[first][(address & 255) + k]++, 0);
    }
    wanted_bits = 23; /* larger than any range */
    ck_assert(!try(do_cidr));
    ck_assert_int_eq(left.verdict, VERDICT_BROKEN);
    wanted_bits = 26;
    int got = 0;
    while (got < 10 && try(do_cidr))
        got++;
    ck_assert_int_le(got, 4);
    ck_assert_str_eq(left.message,
                     "address_ranges of the profile are used up: give it more for a /26");
    wanted_bits = 33;
    ck_assert(!try(do_cidr));
    end();
}
END_TEST

static char order[16];
static void note_a(void *thing)
{
    strncat(order, thing, 8);
}
static void do_advance(void)
{
    world_advance(w, 90);
}
static void do_given(void)
{
    json_t *answer = world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", "n1"));
    char *text = json_dump(w->arena, answer);
    snprintf(left.where, sizeof left.where, "%s", text);
}

START_TEST(releases_newest_first)
{
    static char one[] = "1", two[] = "2";
    begin();
    build();
    world_case_begin(w, &test_row);
    world_defer(w, note_a, one);
    world_defer(w, note_a, two);
    world_case_end(w);
    world_case_end(w);
    ck_assert_str_eq(order, "21");
    end();
}
END_TEST

START_TEST(hooks_of_the_profile)
{
    begin();
    ck_assert(!try(do_advance));
    ck_assert_int_eq(left.verdict, VERDICT_UNSUPPORTED);
    ck_assert_str_eq(left.message,
                     "the profile has no advance hook: the target's clock cannot be moved");
    ck_assert(!try(do_given));
    ck_assert_int_eq(left.verdict, VERDICT_UNSUPPORTED);
    ck_assert_str_eq(left.message, "the profile has no given hook revoked_nsk");
    use_shell(&profile.advance, "grep -q '{\"seconds\":90}'");
    ck_assert_msg(try(do_advance), "%s", left.message);
    ck_assert_int_eq(atomic_load(&world_shared()->advanced_s), 90);
    use_shell(&profile.advance, "exit 1");
    ck_assert(!try(do_advance));
    ck_assert_int_eq(left.verdict, VERDICT_BROKEN);
    ck_assert_str_eq(left.message, "advance: 'sh': exit status 1");
    use_shell(&profile.given_any, "cat");
    ck_assert(try(do_given));
    ck_assert_str_eq(left.where, "{\"name\":\"revoked_nsk\",\"input\":{\"node_id\":\"n1\"}}");
    struct profile_given own = { .name = "revoked_nsk" };
    use_shell(&own.hook, "cat");
    profile.given = &own;
    profile.n_given = 1;
    ck_assert(try(do_given));
    ck_assert_str_eq(left.where, "{\"node_id\":\"n1\"}");
    end();
}
END_TEST

TESTS("harness/world", builds_a_world, makes_a_node, set_up_that_fails_says_so,
      a_target_that_is_not_there_is_broken, credentials_that_fail_are_broken,
      credentials_are_renewed_before_they_expire, one_process_for_all_credentials,
      names_are_unique_and_short, address_blocks_never_overlap, releases_newest_first,
      hooks_of_the_profile)
