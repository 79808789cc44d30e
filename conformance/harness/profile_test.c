#include "harness/profile.h"

#include <signal.h>
#include <string.h>

#include "common/file.h"
#include "common/json.h"
#include "common/testing.h"

static struct arena *a;
static struct profile *p;
static struct error e;

static bool read_text(const char *text)
{
    if (a == NULL)
        a = arena_create();
    e.text[0] = '\0';
    return profile_read(a, "mine.yaml", BYTES_OF_TEXT(text), &p, &e);
}

static void refuses(const char *text, const char *message)
{
    ck_assert_msg(!read_text(text), "accepted: %s", text);
    ck_assert_str_eq(e.text, message);
}

START_TEST(names_file_line_and_key)
{
    refuses("name: x\nfeaturs: []\n",
            "profile mine.yaml:2: featurs: is no key of a profile; did you mean features?");
    refuses(
        "name: x\n\ncredentials:\n  comand: [a]\n",
        "profile mine.yaml:4: credentials.comand: is no key of a profile; did you mean command?");
    refuses("name: x\nzzzzzzzzz: 1\n",
            "profile mine.yaml:2: zzzzzzzzz: is no key of a profile (docs/profile.md lists them)");
    refuses("name: x\ncredentials: {command: mint-token}\n",
            "profile mine.yaml:2: credentials.command: must be a list of texts");
    refuses("name: x\ncredentials:\n  command:\n    - 1\n",
            "profile mine.yaml:3: credentials.command: item 1 is not text; put it in quotes");
    refuses("name: x\ncredentials: {command: []}\n",
            "profile mine.yaml:2: credentials.command: is empty");
    refuses("name: x\nadvance: {timeout_ms: 5}\n",
            "profile mine.yaml:2: advance: command is missing");
    refuses("name: x\nadvance: [a]\n",
            "profile mine.yaml:2: advance: must be a mapping with command: [PROGRAM, ARGUMENT, …]");
    refuses("name: x\nadvance: {command: [a], timeout_ms: 0}\n",
            "profile mine.yaml:2: advance.timeout_ms: must be a whole number from 1 to 600000");
}
END_TEST

START_TEST(refuses_wrong_values)
{
    refuses("", "profile mine.yaml: line 1 column 1: no document");
    refuses("[]", "profile mine.yaml: must be a mapping of keys");
    refuses("base_url: http://x\n",
            "profile mine.yaml: name is missing: what reports call the target");
    refuses("name: ''\n", "profile mine.yaml:1: name: must be text that is not empty");
    refuses("name: 7\n", "profile mine.yaml:1: name: must be text that is not empty");
    refuses("name: x\nbase_url: ftp://x\n",
            "profile mine.yaml:2: base_url: must be an http or https URL, as in "
            "https://plexsphere.example:8443");
    refuses("name: x\nbase_url: https://x/api\n",
            "profile mine.yaml:2: base_url: is scheme, host and port alone; a path goes into "
            "base_path");
    refuses(
        "name: x\nbase_path: api\n",
        "profile mine.yaml:2: base_path: begins with a slash, ends without one and has no query");
    refuses("name: x\nca_file: /nowhere/ca.pem\n",
            "profile mine.yaml:2: ca_file: no file /nowhere/ca.pem");
    refuses("name: x\nclient_key: /dev/null\n",
            "profile mine.yaml:2: client_key: client_cert and client_key go together");
    refuses("name: x\ntimeout_ms: 30001\n",
            "profile mine.yaml:2: timeout_ms: must be a whole number from 1 to 30000");
    refuses("name: x\nrate_limit: -1\n",
            "profile mine.yaml:2: rate_limit: must be a whole number from 0 to 1000000");
    refuses("name: x\nfeatures: [Registration]\n",
            "profile mine.yaml:2: features: \"Registration\" is not a feature's name");
    refuses("name: x\nfeatures: [meta, meta]\n",
            "profile mine.yaml:2: features: meta stands there twice");
    refuses("name: x\nfeatures: meta\n", "profile mine.yaml:2: features: must be a list of texts");
    refuses("name: x\naddress_ranges: []\n", "profile mine.yaml:2: address_ranges: is empty");
    refuses("name: x\naddress_ranges: [10.0.0.1/8]\n",
            "profile mine.yaml:2: address_ranges: \"10.0.0.1/8\" is not an IPv4 block such as "
            "10.64.0.0/12");
    static const char *const blocks[] = { "10.0.0.0", "10.0.0.0/33", "10.0.0.0/0",  "256.0.0.0/8",
                                          "10.0.0/8", "010.0.0.0/8", "10.0.0.0/8x", "fd00::/8" };
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        struct arena *t = arena_create();
        ck_assert_msg(!read_text(arena_printf(t, "name: x\naddress_ranges: ['%s']\n", blocks[i])),
                      "%s", blocks[i]);
        arena_destroy(t);
    }
}
END_TEST

START_TEST(refuses_wrong_hooks)
{
    refuses("name: x\ngiven:\n  revoked_nsc: {command: [a]}\n",
            "profile mine.yaml:3: given.revoked_nsc: is not one of the named states; did you mean "
            "revoked_nsk?");
    refuses("name: x\ncredentials: {command: [a], lines: 1}\n",
            "profile mine.yaml:2: credentials.lines: must be true or false");
    refuses(
        "name: x\nadvance: {command: [a], lines: true}\n",
        "profile mine.yaml:2: advance.lines: is no key of a profile (docs/profile.md lists them)");
    refuses("name: x\ngiven: []\n",
            "profile mine.yaml:2: given: must be a mapping of names to hooks");
    refuses("name: x\nboot: {command: [a], env: [A]}\n",
            "profile mine.yaml:2: boot.env: must be a mapping of variables");
    refuses("name: x\nboot:\n  command: [a]\n  env:\n    PORT: 80\n",
            "profile mine.yaml:5: boot.env.PORT: must be text; put it in quotes");
}
END_TEST

START_TEST(yaml_errors_keep_their_line)
{
    ck_assert(!read_text("name: x\n  bad: [\n"));
    ck_assert_msg(strncmp(e.text, "profile mine.yaml: line ", 24) == 0, "%s", e.text);
    ck_assert(!profile_load(a, "/nowhere/p.yaml", &p, &e));
    ck_assert_msg(strncmp(e.text, "profile /nowhere/p.yaml: ", 25) == 0, "%s", e.text);
}
END_TEST

START_TEST(has_defaults)
{
    ck_assert_msg(read_text("name: mine\n"), "%s", e.text);
    ck_assert_str_eq(p->name, "mine");
    ck_assert_ptr_null(p->base_url);
    ck_assert_str_eq(p->base_path, "");
    ck_assert_int_eq(p->timeout_ms, 5000);
    ck_assert_int_eq(p->rate_limit, 0);
    ck_assert_ptr_null(p->features[0]);
    ck_assert_str_eq(p->address_ranges[0], "10.0.0.0/8");
    ck_assert_ptr_null(p->credentials.argv);
    ck_assert(!profile_claims(p, "meta"));
    ck_assert_ptr_null(profile_given(p, "revoked_nsk"));
}
END_TEST

START_TEST(reads_all_keys)
{
    ck_assert_msg(
        read_text("name: mine\nbase_url: https://x.example:8443/\nbase_path: /api\n"
                  "ca_file: /dev/null\nclient_cert: /dev/null\nclient_key: /dev/null\n"
                  "proxy: http://p:3128\nrate_limit: 50\ntimeout_ms: 900\nfeatures: [meta, clock]\n"
                  "address_ranges: [10.64.0.0/12, 192.168.7.1/32]\n"
                  "credentials: {command: [mint, --json], timeout_ms: 700}\n"
                  "boot:\n  command: [./boot]\n  env: {PLEXSPHERE_MODE: dev, EMPTY: ''}\n"
                  "logs: {command: [logs]}\nrestart: {command: [restart]}\n"
                  "advance: {command: [advance]}\n"
                  "given:\n  any: {command: [given]}\n  drained_node: {command: [drain]}\n"),
        "%s", e.text);
    ck_assert_str_eq(p->base_url, "https://x.example:8443");
    ck_assert_str_eq(p->base_path, "/api");
    ck_assert_str_eq(p->proxy, "http://p:3128");
    ck_assert_int_eq(p->rate_limit, 50);
    ck_assert_int_eq(p->timeout_ms, 900);
    ck_assert(profile_claims(p, "clock") && profile_claims(p, "meta"));
    ck_assert_str_eq(p->address_ranges[1], "192.168.7.1/32");
    ck_assert_str_eq(p->credentials.argv[1], "--json");
    ck_assert_ptr_null(p->credentials.argv[2]);
    ck_assert_int_eq(p->credentials.timeout_ms, 700);
    ck_assert_int_eq(p->logs.timeout_ms, 30000);
    ck_assert_str_eq(json_text(p->boot_env, "PLEXSPHERE_MODE"), "dev");
    ck_assert_str_eq(json_text(p->boot_env, "EMPTY"), "");
    ck_assert_str_eq(profile_given(p, "drained_node")->argv[0], "drain");
    ck_assert_str_eq(profile_given(p, "revoked_nsk")->argv[0], "given");
    ck_assert_ptr_null(profile_given(p, "no_such_state"));
}
END_TEST

START_TEST(files_lie_beside_the_profile)
{
    struct arena *t = arena_create();
    static const char text[] = "name: x\nboot: {command: [./boot]}\nlogs: {command: [logs]}\n"
                               "advance: {command: ['${BIN}/x']}\n";
    ck_assert(profile_read(t, "/etc/pc/mine.yaml", BYTES_OF_TEXT(text), &p, &e));
    ck_assert_str_eq(p->boot.argv[0], "/etc/pc/./boot");
    ck_assert_str_eq(p->logs.argv[0], "logs");
    ck_assert_str_eq(p->advance.argv[0], "${BIN}/x");
    /* A boot and an agent start in folders of their own, where a relative name means nothing. */
    ck_assert(profile_read(t, "mine.yaml", BYTES_OF_TEXT(text), &p, &e));
    ck_assert_int_eq(p->boot.argv[0][0], '/');
    ck_assert(profile_read(t, "some/mine.yaml", BYTES_OF_TEXT(text), &p, &e));
    ck_assert_int_eq(p->boot.argv[0][0], '/');
    ck_assert_ptr_nonnull(strstr(p->boot.argv[0], "/some/./boot"));
    arena_destroy(t);
}
END_TEST

static const char *const profile_keys_shown[] = {
    "name",  "base_url",   "base_path",  "ca_file",  "client_cert",    "client_key",
    "proxy", "rate_limit", "timeout_ms", "features", "address_ranges", "credentials",
    "boot",  "logs",       "restart",    "advance",  "given",          NULL,
};

START_TEST(our_own_profiles_load)
{
    struct arena *t = arena_create();
    ck_assert_msg(profile_load(t, "conformance/profiles/reference.yaml", &p, &e), "%s", e.text);
    ck_assert_ptr_nonnull(p->credentials.argv);
    ck_assert_ptr_nonnull(p->boot.argv);
    ck_assert_ptr_nonnull(p->advance.argv);
    ck_assert_ptr_nonnull(profile_given(p, "revoked_nsk"));
    ck_assert(profile_claims(p, "rulings"));
    ck_assert_msg(profile_load(t, "conformance/profiles/example.yaml", &p, &e), "%s", e.text);
    /* The example shows every key, as a key or in a comment. */
    struct bytes text;
    ck_assert(file_read(t, "conformance/profiles/example.yaml", 65536, &text, &e));
    for (size_t i = 0; profile_keys_shown[i] != NULL; i++)
        ck_assert_msg(strstr((const char *)text.data,
                             arena_printf(t, "\n%s:", profile_keys_shown[i])) != NULL ||
                          strstr((const char *)text.data,
                                 arena_printf(t, "\n# %s:", profile_keys_shown[i])) != NULL,
                      "%s", profile_keys_shown[i]);
    arena_destroy(t);
}
END_TEST

START_TEST(reads_an_agent)
{
    ck_assert_msg(read_text(
                      "name: x\nagent:\n  command: [plexd, up, '--config', '${CONFIG_FILE}']\n"
                      "  config: |\n    api: ${CONTROL_PLANE}\n  env: {A: 'b'}\n  uid: 1000\n"
                      "  gid: 1001\n  stop_signal: INT\n  timeout_ms: 700\n"
                      "  advance: {command: [move]}\n  join: {command: [enter]}\n"
                      "  status: {command: [ask]}\n  deregister: {command: [leave]}\n"),
                  "%s", e.text);
    ck_assert_str_eq(p->agent.argv[1], "up");
    ck_assert_str_eq(p->agent.config, "api: ${CONTROL_PLANE}\n");
    ck_assert_str_eq(json_text(p->agent.env, "A"), "b");
    ck_assert_int_eq(p->agent.uid, 1000);
    ck_assert_int_eq(p->agent.gid, 1001);
    ck_assert_int_eq(p->agent.stop_signal, SIGINT);
    ck_assert_int_eq(p->agent.ready_ms, 700);
    ck_assert_str_eq(p->agent.advance.argv[0], "move");
    ck_assert_str_eq(p->agent.join.argv[0], "enter");
    ck_assert_str_eq(p->agent.status.argv[0], "ask");
    ck_assert_str_eq(p->agent.deregister.argv[0], "leave");
    ck_assert_msg(read_text("name: x\nagent: {command: [plexd]}\n"), "%s", e.text);
    ck_assert_int_eq(p->agent.stop_signal, SIGTERM);
    ck_assert_int_eq(p->agent.ready_ms, 10000);
    ck_assert_ptr_null(p->agent.config);
    ck_assert_msg(read_text("name: x\n"), "%s", e.text);
    ck_assert_ptr_null(p->agent.argv);
}
END_TEST

START_TEST(refuses_an_agent_that_is_none)
{
    refuses("name: x\nagent: plexd\n",
            "profile mine.yaml:2: agent: must be a mapping with command: [PROGRAM, ARGUMENT, …]");
    refuses("name: x\nagent:\n  uid: 5\n", "profile mine.yaml:2: agent: command is missing");
    refuses("name: x\nagent:\n  command: [a]\n  stop_signl: TERM\n",
            "profile mine.yaml:4: agent.stop_signl: is no key of a profile; did you mean "
            "stop_signal?");
    refuses("name: x\nagent:\n  command: [a]\n  stop_signal: KILL\n",
            "profile mine.yaml:4: agent.stop_signal: must be TERM, INT, QUIT or HUP");
    refuses("name: x\nagent:\n  command: [a]\n  uid: 0\n",
            "profile mine.yaml:4: agent.uid: must be a whole number from 1 to 65535");
    refuses(
        "name: x\nagent:\n  command: [a]\n  config: [b]\n",
        "profile mine.yaml:4: agent.config: must be text: the file as it is written, after a |");
    refuses(
        "name: x\nagent:\n  command: [a]\n  config: b\n",
        "profile mine.yaml:4: agent.config: is written to ${CONFIG_FILE}, which neither command "
        "nor env names");
    refuses("name: x\nagent:\n  command: [a]\n  env:\n    B: 7\n",
            "profile mine.yaml:5: agent.env.B: must be text; put it in quotes");
    refuses("name: x\nagent:\n  command: [a]\n  advance: {}\n",
            "profile mine.yaml:4: agent.advance: command is missing");
    refuses(
        "name: x\nagent:\n  command: [a]\n  join: [b]\n",
        "profile mine.yaml:4: agent.join: must be a mapping with command: [PROGRAM, ARGUMENT, …]");
}
END_TEST

TESTS("harness/profile", names_file_line_and_key, refuses_wrong_values, refuses_wrong_hooks,
      yaml_errors_keep_their_line, has_defaults, reads_all_keys, files_lie_beside_the_profile,
      our_own_profiles_load, reads_an_agent, refuses_an_agent_that_is_none)
