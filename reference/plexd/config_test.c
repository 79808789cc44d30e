#include "reference/plexd/config.h"

#include <stdio.h>

#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"

static struct arena *a;
static struct error e;
static struct plexd_config c;
static char *pairs[8];

static bool read_with(const char *yaml, struct plexd_flags flags)
{
    char *folder;
    ck_assert(directory_make_temporary(a, "/tmp/plexd-config", &folder, &e));
    const char *path = path_join(a, folder, "config.yaml");
    ck_assert(file_write_atomic(path, yaml, strlen(yaml), 0600, &e));
    flags.config = path;
    struct environment env = { .pairs = pairs };
    e.text[0] = '\0';
    bool ok = plexd_config_read(a, &flags, &env, &c, &e);
    struct error ignored;
    ck_assert(directory_remove(folder, &ignored));
    return ok;
}

static void refused(const char *yaml, const char *words)
{
    ck_assert_msg(!read_with(yaml, (struct plexd_flags){ 0 }), "accepted: %s", yaml);
    ck_assert_msg(text_contains(e.text, words), "%s: %s", yaml, e.text);
}

START_TEST(defaults_are_those_of_the_documents)
{
    a = arena_create();
    ck_assert_msg(read_with("# nothing\n", (struct plexd_flags){ 0 }), "%s", e.text);
    ck_assert_str_eq(c.mode, "node");
    ck_assert_str_eq(c.data_dir, "/var/lib/plexd");
    ck_assert_str_eq(c.socket_path, "/var/run/plexd/api.sock");
    ck_assert_str_eq(c.http_listen, "127.0.0.1:9100");
    ck_assert_str_eq(c.token_file, "/etc/plexd/bootstrap-token");
    ck_assert_str_eq(c.token_env, "PLEXD_BOOTSTRAP_TOKEN");
    ck_assert_int_eq(c.dialect, DIALECT_V1);
    ck_assert(!c.http_enabled && !c.secret_auth && !c.api_insecure);
    ck_assert_int_eq(c.debounce, INT64_C(5000000000));
    ck_assert_int_eq(c.max_retry_duration, INT64_C(300000000000));
    ck_assert(!plexd_config_has_api(&c, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(flags_win_over_environment_and_that_over_the_file)
{
    a = arena_create();
    const char *yaml = "api: {baseurl: https://file}\nmode: bridge\nlog_level: error\n";
    pairs[0] = "PLEXD_API=https://environment";
    pairs[1] = "PLEXD_LOG_LEVEL=warn";
    pairs[2] = "PLEXD_MODE="; /* empty is unset */
    ck_assert(read_with(yaml, (struct plexd_flags){ .log_level = "debug", .mode = "" }));
    ck_assert_str_eq(c.api_url, "https://environment");
    ck_assert_int_eq(c.log_level, LOG_DEBUG);
    ck_assert_str_eq(c.mode, "bridge");
    arena_destroy(a);
}
END_TEST

START_TEST(three_spellings_are_one_key)
{
    a = arena_create();
    static const char *const spellings[] = { "socket_path", "socketpath", "SocketPath" };
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
        const char *yaml = arena_printf(a, "node_api: {%s: /tmp/s}\n", spellings[i]);
        ck_assert_msg(read_with(yaml, (struct plexd_flags){ 0 }), "%s", e.text);
        ck_assert_str_eq(c.socket_path, "/tmp/s");
    }
    refused("node_api: {socket_path: /a, SocketPath: /b}\n", "was set before");
    arena_destroy(a);
}
END_TEST

START_TEST(every_kind_of_value_is_read)
{
    a = arena_create();
    ck_assert_msg(read_with("api:\n  tlsinsecureskipverify: true\n  dialect: mvp\n"
                            "  requesttimeout: 1m30s\n  ca_file:\n"
                            "registration:\n  metadata: {a: b}\n  tokenvalue: tok\n"
                            "node_api:\n  http_enabled: yes\n  http_token_file: /t\n"
                            "heartbeat: {nodeid: ignored}\n",
                            (struct plexd_flags){ 0 }),
                  "%s", e.text);
    ck_assert(c.api_insecure && c.http_enabled);
    ck_assert_int_eq(c.dialect, DIALECT_MVP);
    ck_assert_int_eq(c.request_timeout, INT64_C(90000000000));
    ck_assert_str_eq(json_string_value(json_object_get(c.metadata, "a")), "b");
    ck_assert_str_eq(c.token_value, "tok");
    ck_assert_ptr_null(c.ca_file);
    arena_destroy(a);
}
END_TEST

START_TEST(what_is_wrong_is_named_with_its_line)
{
    a = arena_create();
    refused("mode: node\napi:\n  base_ur: x\n", "config.yaml:3: unknown key api.base_ur; did you "
                                                "mean api.base_url?");
    refused("mod: node\n", "did you mean mode?");
    refused("zzzzzzzzzzzzzz: 1\n", "unknown key zzzzzzzzzzzzzz");
    refused("mode: router\n", "config.yaml:1: mode must be node or bridge");
    refused("log_level: loud\n", "debug, info, warn or error");
    refused("api: {dialect: v2}\n", "v1 or mvp");
    refused("api: {tlsinsecureskipverify: perhaps}\n", "true or false");
    refused("reconcile: {interval: 999ms}\n", "at least 1s");
    refused("node_api: {debounceperiod: 0s}\n", "above zero");
    refused("node_api: {debounceperiod: soon}\n", "above zero");
    refused("node_api: {httpenabled: true}\n", "http_token_file is needed");
    refused("registration: {usemetadata: true}\n", "not built");
    refused("registration: {metadata: [a]}\n", "mapping of text to text");
    refused("registration: {metadata: {a: 1}}\n", "mapping of text to text");
    refused("api: https://x\n", "unknown key api");
    refused("mode: [node]\n", "one value");
    refused("wireguard: {mtu: 1}\n", "no part of that name");
    refused("- a\n", "one mapping of keys");
    refused("data_dir: \"\"\n", "data_dir must not be empty");
    arena_destroy(a);
}
END_TEST

START_TEST(a_file_that_was_named_must_be_there)
{
    a = arena_create();
    struct plexd_flags flags = { .config = "/nowhere/config.yaml" };
    struct environment env = { .pairs = pairs };
    ck_assert(!plexd_config_read(a, &flags, &env, &c, &e));
    flags.config = NULL;
    pairs[0] = "PLEXD_CONFIG=/nowhere/config.yaml";
    ck_assert(!plexd_config_read(a, &flags, &env, &c, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(a_wrong_variable_is_named_without_its_value)
{
    a = arena_create();
    pairs[0] = "PLEXD_DIALECT=psst";
    ck_assert(!read_with("# nothing", (struct plexd_flags){ 0 }));
    ck_assert(text_starts(e.text, "PLEXD_DIALECT: "));
    ck_assert(!text_contains(e.text, "psst"));
    arena_destroy(a);
}
END_TEST

TESTS("plexd/config", defaults_are_those_of_the_documents,
      flags_win_over_environment_and_that_over_the_file, three_spellings_are_one_key,
      every_kind_of_value_is_read, what_is_wrong_is_named_with_its_line,
      a_file_that_was_named_must_be_there, a_wrong_variable_is_named_without_its_value)
