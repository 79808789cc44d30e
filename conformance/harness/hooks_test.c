#include "harness/hooks.h"

#include <string.h>

#include "common/json.h"
#include "common/testing.h"

static struct arena *a;
static json_t *out;
static struct error e;
static struct profile profile;
static struct hook hook;

static struct hook *shell(const char *script)
{
    static char sh[] = "sh", c[] = "-c";
    static char *argv[4];
    if (a == NULL)
        a = arena_create();
    argv[0] = sh;
    argv[1] = c;
    argv[2] = arena_strdup(a, script);
    hook = (struct hook){ .argv = argv, .timeout_ms = 5000 };
    e.text[0] = '\0';
    return &hook;
}

static void fails(struct hook *h, const char *message)
{
    ck_assert(!hook_run(a, &profile, h, "credentials", NULL, &out, &e));
    ck_assert_str_eq(e.text, message);
}

START_TEST(says_what_went_wrong)
{
    fails(shell("echo first >&2; echo 'no database' >&2; exit 3"),
          "credentials: 'sh': exit status 3: no database");
    fails(shell("exit 4"), "credentials: 'sh': exit status 4");
    fails(shell("exit 127"), "credentials: exit status 127: 'sh' was not found");
    fails(shell("kill -9 $$"), "credentials: 'sh': killed by SIGKILL");
    fails(shell("echo '[1]'"),
          "credentials: 'sh': its answer is not one JSON object (another JSON value)");
    shell("sleep 20")->timeout_ms = 100;
    fails(&hook, "credentials: 'sh': still running after 100 ms");
}
END_TEST

START_TEST(never_shows_an_answer_it_cannot_read)
{
    ck_assert(
        !hook_run(a, &profile, shell("echo secret-token-123"), "credentials", NULL, &out, &e));
    ck_assert_ptr_null(strstr(e.text, "secret-token-123"));
    ck_assert_ptr_nonnull(strstr(e.text, "its answer is not one JSON object"));
}
END_TEST

START_TEST(a_missing_program_is_named)
{
    shell("")->argv[0] = (char[]){ "no-such-program-here" };
    ck_assert(!hook_run(a, &profile, &hook, "credentials", NULL, &out, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "credentials: "));
    ck_assert_ptr_nonnull(strstr(e.text, "no-such-program-here"));
    hook.lines = true;
    struct hook_talk *t = NULL;
    bool opened = hook_talk_open(&profile, &hook, "credentials", &t, &e);
    ck_assert(!opened || !hook_talk_ask(a, t, NULL, &out, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "no-such-program-here"));
    hook_talk_close(t);
}
END_TEST

START_TEST(json_in_json_out)
{
    ck_assert_msg(hook_run(a, &profile, shell("cat"), "x", NULL, &out, &e), "%s", e.text);
    ck_assert_uint_eq(json_object_size(out), 0);
    json_t *input = json_own(a, json_pack("{s:s}", "role", "domain admin"));
    ck_assert(hook_run(a, &profile, shell("cat"), "x", input, &out, &e));
    ck_assert_str_eq(json_text(out, "role"), "domain admin");
    ck_assert(hook_run(a, &profile, shell("true"), "x", input, &out, &e)); /* "" is {} */
    ck_assert_uint_eq(json_object_size(out), 0);
    struct bytes text;
    ck_assert(hook_run_text(a, &profile, shell("echo one; echo two"), "logs", NULL, &text, &e));
    ck_assert_str_eq((const char *)text.data, "one\ntwo\n");
}
END_TEST

START_TEST(gets_the_rigs_environment)
{
    static char path[] = "PATH=/usr/bin:/bin", dsn[] = "PLEXSPHERE_DSN=here";
    static char *env[] = { path, dsn, NULL };
    profile.hook_env = env;
    ck_assert_msg(hook_run(a, &profile, shell("echo \"{\\\"dsn\\\":\\\"$PLEXSPHERE_DSN\\\"}\""),
                           "x", NULL, &out, &e),
                  "%s", e.text);
    ck_assert_str_eq(json_text(out, "dsn"), "here");
    profile.hook_env = NULL;
}
END_TEST

START_TEST(line_after_line)
{
    struct hook_talk *t;
    shell("n=0; while read -r line; do n=$((n+1)); "
          "case \"$line\" in *stop*) echo gone >&2; exit 5;; *bad*) echo '{\"error\":\"no such "
          "role\"}';; "
          "*) echo \"{\\\"n\\\":$n}\";; esac; done");
    ck_assert_msg(hook_talk_open(&profile, &hook, "credentials", &t, &e), "%s", e.text);
    for (int i = 1; i <= 3; i++) {
        ck_assert_msg(hook_talk_ask(a, t, NULL, &out, &e), "%s", e.text);
        ck_assert_int_eq(json_int(out, "n", 0), i);
    }
    json_t *bad = json_own(a, json_pack("{s:s}", "role", "bad"));
    ck_assert(!hook_talk_ask(a, t, bad, &out, &e));
    ck_assert_str_eq(e.text, "credentials: 'sh': no such role");
    ck_assert(hook_talk_ask(a, t, NULL, &out, &e)); /* it goes on after a refusal */
    json_t *stop = json_own(a, json_pack("{s:s}", "role", "stop"));
    ck_assert(!hook_talk_ask(a, t, stop, &out, &e));
    ck_assert_str_eq(e.text, "credentials: 'sh': exit status 5: gone");
    ck_assert(
        !hook_talk_ask(a, t, NULL, &out, &e)); /* nobody is there any more: an error, no signal */
    hook_talk_close(t);

    shell("sleep 20")->timeout_ms = 100;
    ck_assert(hook_talk_open(&profile, &hook, "credentials", &t, &e));
    ck_assert(!hook_talk_ask(a, t, NULL, &out, &e));
    ck_assert_str_eq(e.text, "credentials: 'sh': no answer within 100 ms");
    hook_talk_close(t);
    hook_talk_close(NULL);
}
END_TEST

TESTS("harness/hooks", says_what_went_wrong, never_shows_an_answer_it_cannot_read,
      a_missing_program_is_named, json_in_json_out, gets_the_rigs_environment, line_after_line)
