/* suites/agent/settings.c — what decides a setting, what the process gives up, and who moves its
 * clock. */
#include <string.h>

#include "common/text.h"
#include "suites/agent/agent_suite.h"

AGENT_CASE_NEEDS("AGT-201", "agent-settings", .clauses = { "AGT-032" },
                 .title = "flags win over the environment, and the environment over the file")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d, .tls = true });
    const char *directory = agent_case_directory(w);
    struct agent_options o = { .ca_file = cp_other_ca(cp) }; /* the file's, and a wrong one */
    o.env[0] = path(w, "PLEXD_API_CA_FILE=%s", cp_ca_file(cp));
    o.env[1] = "PLEXD_API=https://127.0.0.1:9"; /* the flags say better */
    o.env[2] = path(w, "PLEXD_NODE_API_SOCKET=%s/run/other.sock", directory);
    struct joined j = joined_to(w, cp, o);
    accept(get(w, "/v1/state", .agent = j.a), 200);
    expect(w, !agent_has_file(j.a, "../run/other.sock"),
           "the socket of the environment is taken, not that of the flag");
}

AGENT_CASE_NEEDS("AGT-202", "agent-settings", .clauses = { "AGT-032" },
                 .title = "an unknown key of the file is refused, with its line and what was meant")
{
    static const char file[] = "../config.yaml", key[] = "hearbeat";
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a =
        agent_prepare(w, (struct agent_options){ .cp = cp,
                                                 .more_config = "hearbeat:\n  interval: 1s\n" });
    const char *text = agent_read_file(a, file);
    int line = 2; /* the key below it is the one that stands for something */
    for (const char *at = text; !text_starts(at, key); at++)
        line += *at == '\n';
    agent_start(a);
    int ended = agent_exit_status(a);
    expect(w, ended > 0, "it ended with %d, expected an exit status over 0", ended);
    expect(w, agent_log_has(a, path(w, ":%d", line)), "it does not name line %d: %s", line,
           agent_log(a));
    expect(w, agent_log_has(a, "hearbeat") && agent_log_has(a, "heartbeat"),
           "it names neither the key nor the nearest one: %s", agent_log(a));
    expect(w, cp_count(cp, "POST", "/v1/register") == 0, "it registered all the same");
    agent_write_file(a, file, arena_strndup(w->arena, text, (size_t)(strstr(text, key) - text)),
                     0600);
    agent_start(a);
    agent_ready(a);
    accept(get(w, "/v1/state", .agent = a), 200);
}

#define CONFIG "../config.yaml"

/* Its file as the profile wrote it, but for the first `from`, which becomes `to`. */
static void rewrite(struct world *w, struct agent *a, const char *file, const char *from,
                    const char *to)
{
    const char *at = strstr(file, from);
    if (at == NULL)
        unsupported(w, "agent.config has no \"%s\"", from);
    agent_write_file(a, CONFIG, path(w, "%.*s%s%s", (int)(at - file), file, to, at + strlen(from)),
                     0600);
}

AGENT_CASE_NEEDS("AGT-206", "agent-settings", .clauses = { "AGT-005" },
                 .title = "a configuration that wants tokens of the metadata service is refused")
{
    static const char section[] = "registration:\n";
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp });
    const char *file = agent_read_file(a, CONFIG);
    rewrite(w, a, file, section, "registration:\n  use_metadata: true\n");
    agent_start(a);
    int ended = agent_exit_status(a);
    expect(w, ended > 0, "it ended with %d, expected an exit status over 0", ended);
    expect(w, agent_log_has(a, "use_metadata"), "it does not name the setting: %s", agent_log(a));
    expect(w, cp_count(cp, "POST", "/v1/register") == 0, "it registered all the same");
    rewrite(w, a, file, section, "registration:\n  use_metadata: false\n");
    agent_start(a);
    agent_ready(a);
    accept(get(w, "/v1/state", .agent = a), 200);
}

AGENT_CASE_NEEDS("AGT-207", "agent-settings", .clauses = { "AGT-033" },
                 .title = "a nested key of its file is read in each of its spellings")
{
    static const char *const spellings[] = { "http_enabled:", "httpenabled:", "HttpEnabled:" };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp, .http = true });
    const char *file = agent_read_file(a, CONFIG), *token = agent_http_token(a);
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
        rewrite(w, a, file, spellings[0], spellings[i]);
        agent_start(a);
        agent_ready(a);
        cp_wait_stream(cp, i + 1);
        accept(get(w, "/v1/state", .agent = a, .tcp = true, .bearer = token), 200);
        (void)agent_stop(a);
    }
    rewrite(w, a, file, "http_enabled: true", "http_enabled: false"); /* the key it is about */
    agent_start(a);
    agent_ready(a);
    cp_wait_stream(cp, ARRAY_LEN(spellings) + 1);
    expect(w, !agent_serves_over_tcp(a), "it serves over TCP although its file says no");
}

AGENT_CASE_NEEDS("AGT-208", "agent-settings", .clauses = { "AGT-019" },
                 .title = "it keeps the dialect in which it registered, whatever is configured")
{
    struct joined j = joined(w, d);
    const char *member = d == AGENT_V1 ? "client_now" : "timestamp";
    size_t beats = cp_count(j.cp, "POST", "@/heartbeat");
    (void)agent_stop(j.a);
    struct agent *a = agent_run(w, (struct agent_options){ .cp = j.cp, .other_dialect = true });
    const json_t *body = cp_json(j.cp, cp_wait(j.cp, "POST", "@/heartbeat", beats + 1));
    expect(w, json_text(body, member) != NULL, "its heartbeat has no %s any more", member);
    cp_wait_stream(j.cp, 2);
    accept(get(w, "/v1/state", .agent = a), 200);
    const struct joined later = { w, j.cp, a };
    settled(&later);
    sentinel(&later); /* events are read in that dialect, too */
    expect(w, cp_count(j.cp, "POST", "/v1/register") == 1, "it registered again");
}

/* A sanitizer's own start needs what the filter forbids, so such a build has none. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

AGENT_CASE_NEEDS("AGT-203", "agent-confined", .clauses = { "AGT-034" },
                 .title = "all its threads run filtered, without capabilities and new privileges")
{
    static const char *const rows[][2] = { { "Seccomp", "2" },
                                           { "NoNewPrivs", "1" },
                                           { "CapEff", "0000000000000000" },
                                           { "CapPrm", "0000000000000000" },
                                           { "CapInh", "0000000000000000" },
                                           { "CapAmb", "0000000000000000" } };
    const char *came;
    if (SANITIZED)
        unsupported(w, "a sanitizer's build has no filter");
    struct joined j = joined_with(w, d, (struct agent_options){ .http = true });
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect(w, agent_threads_say(j.a, rows[i][0], rows[i][1], &came),
               "%s of a thread is %s, expected %s", rows[i][0], came, rows[i][1]);
    /* What it does for a living it still may. */
    accept(put(w, "/v1/state/report/k", .agent = j.a,
               .json = json_pack("{s:s, s:s}", "content_type", "text/plain", "payload", "x")),
           200);
    (void)cp_wait_reports(j.cp, 200, 1);
    sentinel(&j);
    expect(w, agent_is_running(j.a), "it ended");
}

AGENT_CASE_NEEDS("AGT-204", "agent-clock", .clauses = { "AGT-035" },
                 .title = "a socket that moves its clock is its owner's alone, and told at WARN")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .dev_control = true });
    int mode = agent_file_mode(j.a, "../run/control.sock");
    expect(w, mode == 0600, "the control socket has mode %o, expected 600", (unsigned)mode);
    const char *line = strstr(agent_log(j.a), "control.sock");
    expect(w, line != NULL, "its log does not tell of the socket");
    const char *log = agent_log(j.a), *from = strstr(log, "control.sock");
    while (from > log && from[-1] != '\n')
        from--;
    expect(w, text_contains(arena_strndup(w->arena, from, strcspn(from, "\n")), "level=WARN"),
           "its log does not tell of the socket at WARN");
    (void)agent_stop(j.a);
    expect(w, !agent_has_file(j.a, "../run/control.sock"), "the control socket outlives it");
}

AGENT_CASE_NEEDS("AGT-205", "agent-clock", .clauses = { "AGT-035" },
                 .title = "under a system unit no socket moves its clock")
{
    static const char unit[] = "INVOCATION_ID=7b0f0d6a4f2d4c0b9a3c5d6e7f809102";
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a =
        agent_prepare(w, (struct agent_options){ .cp = cp, .dev_control = true, .env = { unit } });
    agent_start(a);
    int ended = agent_exit_status(a);
    expect(w, ended > 0, "it ended with %d, expected an exit status over 0", ended);
    expect(w, !agent_has_file(a, "../run/control.sock"), "the control socket is there");
    expect(w, cp_count(cp, "POST", "/v1/register") == 0, "it registered before it refused");
    struct joined j = joined_to(w, cp, (struct agent_options){ .env = { unit } });
    accept(get(w, "/v1/state", .agent = j.a), 200);
}
