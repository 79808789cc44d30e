/* suites/agent/doors.c — how the Local Node API is reached: its socket, its token, clients that
 * misbehave, its end (SPEC API-*). */
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "harness/profile.h"
#include "suites/agent/agent_suite.h"

#define NOBODY 65534
#define SOCKET "../run/api.sock"
#define WHOLE "GET /v1/state HTTP/1.1\r\nHost: localhost\r\n\r\n"

static bool agent_is_root(const struct world *w)
{
    int uid = w->profile->agent.uid;
    return uid != 0 ? false : geteuid() == 0;
}

/* ---- the socket's file -------------------------------------------------------------------- */

AGENT_CASE("API-132", .clauses = { "API-002", "JAG-014" },
           .title = "the socket's folder is made with mode 0755, and the socket goes at the end")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .socket_folder = "made" });
    accept(get(w, "/v1/state", .agent = j.a), 200);
    int mode = agent_file_mode(j.a, "../run/made");
    expect(w, mode == 0755, "the socket's folder has mode %o, expected 755", (unsigned)mode);
    int ended = agent_stop(j.a);
    expect(w, ended == 0, "it ended with %d, expected exit status 0", ended);
    expect(w, !agent_has_file(j.a, "../run/made/api.sock"), "the socket is still there");
}

static void expect_mode(const struct joined *j, int wanted)
{
    int mode = agent_file_mode(j->a, SOCKET);
    expect(j->w, mode == wanted, "the socket has mode %o, expected %o", (unsigned)mode,
           (unsigned)wanted);
}

/* What the machine and the agent's user are decides which of the clause's rows is seen here. */
AGENT_CASE_NEEDS("API-133", "rulings", .clauses = { "API-004" },
                 .title = "who may open the socket follows from group plexd and the agent's user")
{
    struct joined j = joined(w, d);
    accept(get(w, "/v1/state", .agent = j.a), 200);
    if (getgrnam("plexd") == NULL) {
        expect_mode(&j, agent_is_root(w) ? 0666 : 0600);
        if (agent_is_root(w))
            expect(w, agent_log_has(j.a, "WARN"), "an open socket is not told of at WARN");
    } else if (agent_is_root(w) || agent_file_mode(j.a, SOCKET) != 0600) {
        expect_mode(&j, 0660);
    }
}

/* Its n-th stream is open: by then it has tried to open its node API. */
static void goes_on_without(const struct joined *j, size_t n)
{
    agent_start(j->a);
    cp_wait_stream(j->cp, n);
    expect(j->w, agent_log_has(j->a, "ERROR"), "its log does not tell of it at ERROR");
    expect(j->w, agent_is_running(j->a), "it ended");
}

AGENT_CASE_NEEDS("API-134", "rulings", .clauses = { "API-003" },
                 .title = "where somebody listens, or no socket is, nothing is removed")
{
    struct joined j = joined(w, d);
    accept(get(w, "/v1/state", .agent = j.a), 200);
    (void)agent_stop(j.a);
    int other = agent_squat(j.a);
    goes_on_without(&j, 2);
    (void)agent_stop(j.a);
    expect(w, agent_listens(j.a), "the socket on which another listens is gone");
    close(other);
    agent_remove_file(j.a, SOCKET);
    agent_write_file(j.a, SOCKET, "no socket", 0600);
    goes_on_without(&j, 3);
    (void)agent_stop(j.a);
    expect(w, text_equal(agent_read_file(j.a, SOCKET), "no socket"), "the file is not as it was");
    agent_remove_file(j.a, SOCKET);
    agent_start(j.a);
    agent_ready(j.a);
    accept(get(w, "/v1/state", .agent = j.a), 200);
}

AGENT_CASE_NEEDS("API-135", "rulings", .clauses = { "API-008" },
                 .title = "on a socket open to everybody callers of secrets are always looked at")
{
    static const char text[] = "forbidden: insufficient privileges for secret access";
    struct joined j = joined(w, d);
    if (geteuid() != 0)
        unsupported(w, "connecting as another user needs root");
    accept(get(w, "/v1/state/secrets", .agent = j.a), 200);
    if (agent_file_mode(j.a, SOCKET) != 0666)
        unsupported(w, "the agent's socket is not open to everybody here");
    cp_secret(j.cp, "db-password", "for root alone", 1);
    refuse(get(w, "/v1/state/secrets", .agent = j.a, .uid = NOBODY), 403, text);
    refuse(get(w, "/v1/state/secrets/db-password", .agent = j.a, .uid = NOBODY), 403, text);
    accept(get(w, "/v1/state", .agent = j.a, .uid = NOBODY), 200);
    accept(get(w, "/v1/state/secrets/db-password", .agent = j.a), 200);
    expect(w, cp_count(j.cp, "GET", "@/secrets/*") == 1, "a refused read fetched the secret");
}

/* ---- the token of the TCP listener -------------------------------------------------------- */

#define TOKEN_FILE "../run/http-token"

AGENT_CASE_NEEDS("API-142", "agent-tcp", .clauses = { "API-006" },
                 .title =
                     "without a token that can be sent nobody is served; a good one is trimmed "
                     "and read once")
{
    static const char *const bad[] = { "", " \n\t", "to\001ken", NULL };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp, .http = true });
    const struct joined j = { w, cp, a };
    const char *token = agent_http_token(a);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (bad[i] != NULL)
            agent_write_file(a, TOKEN_FILE, bad[i], 0600);
        else
            agent_remove_file(a, TOKEN_FILE);
        goes_on_without(&j, i + 1);
        expect(w, !agent_serves_over_tcp(a), "it serves over TCP with token file %zu", i + 1);
        expect(w, !agent_listens(a), "its socket is open although TCP was refused");
        (void)agent_stop(a);
    }
    agent_write_file(a, TOKEN_FILE, path(w, " \t%s \n", token), 0600);
    agent_start(a);
    agent_ready(a);
    cp_wait_stream(cp, ARRAY_LEN(bad) + 1); /* both doors are open by then */
    accept(get(w, "/v1/state", .agent = a, .tcp = true, .bearer = token), 200);
    agent_write_file(a, TOKEN_FILE, "another-token", 0600);
    refuse(get(w, "/v1/state", .agent = a, .tcp = true, .bearer = "another-token"), 401,
           "unauthorized");
    accept(get(w, "/v1/state", .agent = a, .tcp = true, .bearer = token), 200);
}

/* ---- clients that keep to no rules -------------------------------------------------------- */

/* Whatever reached the agent before has been looked at. */
static void round_trips(const struct joined *j)
{
    for (int i = 0; i < 3; i++)
        accept(get(j->w, "/v1/state", .agent = j->a), 200);
}

AGENT_CASE_NEEDS("API-191", "rulings", .clauses = { "API-032" },
                 .title = "a full house lets its longest idle guest go, and serves the newest")
{
    enum { FULL = 128 };
    struct joined j = joined(w, d);
    int guests[FULL];
    for (size_t i = 0; i < FULL; i++)
        guests[i] = agent_dial(j.a);
    agent_say(j.a, guests[1], "GET /v1/state HTTP/1.1\r\n"); /* a slow one holds up nobody */
    accept(get(w, "/v1/state", .agent = j.a), 200);
    expect(w, agent_hangs_up(j.a, guests[0]), "the longest idle connection is still there");
    agent_say(j.a, guests[FULL - 1], WHOLE);
    int status = agent_heard(agent_hear(j.a, guests[FULL - 1]));
    expect(w, status == 200, "the newest of %d connections was answered %d", FULL, status);
    agent_say(j.a, guests[1], "Host: localhost\r\n\r\n");
    status = agent_heard(agent_hear(j.a, guests[1]));
    expect(w, status == 200, "the slow one was answered %d", status);
}

AGENT_CASE_NEEDS("API-192", "agent-clock", .clauses = { "API-032" },
                 .title = "half a request ends after 15 s, an idle connection after 60 s")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .dev_control = true });
    int idle = agent_dial(j.a), half = agent_dial(j.a);
    agent_say(j.a, half, "GET /v1/state HTTP/1.1\r\nHost: loc");
    round_trips(&j);
    agent_advance(j.a, 16);
    expect(w, agent_hangs_up(j.a, half), "half a request is waited for longer than 15 s");
    agent_say(j.a, idle, WHOLE);
    int status = agent_heard(agent_hear(j.a, idle));
    expect(w, status == 200, "a connection idle for 16 s was answered %d", status);
    round_trips(&j);
    agent_advance(j.a, 61);
    expect(w, agent_hangs_up(j.a, idle), "an idle connection is kept longer than 60 s");
}

static const char *many(struct world *w, const char *text, size_t n)
{
    size_t len = strlen(text);
    char *out = arena_alloc(w->arena, len * n + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * len, text, len);
    return out;
}

static void refuse_raw(const struct joined *j, const char *request, int wanted)
{
    int fd = agent_dial(j->a);
    agent_say(j->a, fd, request);
    const char *answer = agent_hear(j->a, fd);
    expect(j->w, agent_heard(answer) == wanted, "%.60s… was answered %d, expected %d", request,
           agent_heard(answer), wanted);
    expect(j->w, text_contains(answer, "{\"error\":"), "%.60s… got no error as JSON", request);
    expect(j->w, agent_hangs_up(j->a, fd), "its connection goes on after %.60s…", request);
}

#define LINE "GET /v1/state HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"
#define PUT_LINE "PUT /v1/state/report/k HTTP/1.1\r\n" HOST

AGENT_CASE_NEEDS("API-193", "rulings", .clauses = { "API-033" },
                 .title = "what two readers could understand differently is refused, and its "
                          "connection ends")
{
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        { "GET /v1/state HTTP/1.1\n" HOST "\r\n", 400 },
        { LINE "Host: local\rhost\r\n\r\n", 400 },
        { LINE HOST "X-Folded: one\r\n two\r\n\r\n", 400 },
        { LINE HOST HOST "\r\n", 400 },
        { LINE "\r\n", 400 },
        { PUT_LINE "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400 },
        { PUT_LINE "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400 },
        { PUT_LINE "Content-Length: +2\r\n\r\n{}", 400 },
        { PUT_LINE "Transfer-Encoding: gzip\r\n\r\n", 501 },
        { LINE HOST "Expect: something\r\n\r\n", 417 },
        { "GET /v1/state HTTP/2.0\r\n" HOST "\r\n", 505 },
    };
    struct joined j = joined(w, d);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        refuse_raw(&j, rows[i].request, rows[i].status);
    refuse_raw(&j, path(w, "GET /%s HTTP/1.1\r\n" HOST "\r\n", many(w, "a", 12000)), 414);
    refuse_raw(&j, path(w, LINE HOST "%s\r\n", many(w, "X-More: 1\r\n", 200)), 431);
    int fd = agent_dial(j.a);
    for (int i = 0; i < 2; i++) { /* the twin, and its connection stays */
        agent_say(j.a, fd, WHOLE);
        expect(w, agent_heard(agent_hear(j.a, fd)) == 200, "a plain request was not answered 200");
    }
    accept(get(w, "/v1/state", .agent = j.a), 200);
}

/* ---- the end ------------------------------------------------------------------------------ */

AGENT_CASE("API-194", .clauses = { "API-034", "JAG-014" },
           .title = "at its end nobody new is let in, and who waits for an answer gets it")
{
    struct joined j = joined(w, d);
    cp_once(j.cp, "GET", "@/secrets/slow", (struct cp_answer){ .status = 404, .hold = true });
    accept(get(w, "/v1/state", .agent = j.a), 200);
    int idle = agent_dial(j.a), waiting = agent_dial(j.a);
    agent_say(j.a, waiting, "GET /v1/state/secrets/slow HTTP/1.1\r\n" HOST "\r\n");
    (void)cp_wait(j.cp, "GET", "@/secrets/slow", 1);
    agent_tell_to_stop(j.a);
    expect(w, agent_hangs_up(j.a, idle), "an idle connection goes on when the agent ends");
    expect(w, !agent_listens(j.a), "it lets somebody in although it ends");
    cp_release(j.cp);
    const char *answer = agent_hear(j.a, waiting);
    expect(w, agent_heard(answer) == 404, "what was in flight was answered %d, expected 404",
           agent_heard(answer));
    int ended = agent_exit_status(j.a);
    expect(w, ended == 0, "it ended with %d, expected exit status 0", ended);
}

AGENT_CASE_NEEDS("API-195", "rulings", .clauses = { "API-034" },
                 .title = "an answer that does not come holds up its end for a bounded time")
{
    struct joined j = joined(w, d);
    cp_once(j.cp, "GET", "@/secrets/never", (struct cp_answer){ .status = 404, .hold = true });
    accept(get(w, "/v1/state", .agent = j.a), 200);
    int waiting = agent_dial(j.a);
    agent_say(j.a, waiting, "GET /v1/state/secrets/never HTTP/1.1\r\n" HOST "\r\n");
    (void)cp_wait(j.cp, "GET", "@/secrets/never", 1);
    int ended = agent_stop(j.a);
    expect(w, ended == 0, "it ended with %d, expected exit status 0", ended);
}
