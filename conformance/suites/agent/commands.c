/* suites/agent/commands.c — the words of its command line that run and end (plexd-facts 1.11). */
#include "common/text.h"
#include "suites/agent/agent_suite.h"

#define COMMANDS "agent-commands"

static struct agent *prepared(struct world *w, enum agent_dialect d, struct fake_cp **cp)
{
    *cp = cp_start(w, (struct cp_options){ .dialect = d });
    return agent_prepare(w, (struct agent_options){ .cp = *cp });
}

static void ends(struct world *w, struct agent_said said, int status)
{
    expect(w, said.status == status, "it ended with %d, expected exit status %d; it said: %s",
           said.status, status, said.err);
}

AGENT_CASE_NEEDS("AGT-221", COMMANDS, .clauses = { "AGT-039", "AGT-013", "AGT-014", "AGT-001" },
                 .title = "join registers, says who the Node is, and ends")
{
    struct fake_cp *cp;
    struct agent *a = prepared(w, d, &cp);
    struct agent_said said = agent_command(a, AGENT_JOIN, NULL);
    ends(w, said, 0);
    expect(w, text_contains(said.out, path(w, "node_id: %s\n", cp_node_id(cp))),
           "it does not say node_id: %s", said.out);
    expect(w, text_contains(said.out, "mesh_ip: "), "it does not say mesh_ip: %s", said.out);
    expect(w, !text_contains(said.out, cp_nsk(cp)) && !text_contains(said.err, cp_nsk(cp)),
           "it prints the Node's secret key");
    expect(w, agent_file_mode(a, "identity.json") == 0600, "it kept no identity of mode 600");
    expect(w, !agent_has_file(a, "../run/bootstrap-token"), "the spent token's file is there");
    expect(w, cp_count(cp, "GET", "@/events") == 0, "it follows the event stream");
    ends(w, agent_command(a, AGENT_JOIN, NULL), 0);
    agent_start(a);
    agent_ready(a);
    accept(get(w, "/v1/state", .agent = a), 200);
    expect(w, cp_count(cp, "POST", "/v1/register") == 1, "a host that has joined registered again");
}

AGENT_CASE_NEEDS("AGT-222", COMMANDS, .clauses = { "AGT-039", "AGT-010", "AGT-013" },
                 .title = "a join that is refused ends with 1 and spends no token")
{
    struct fake_cp *cp;
    struct agent *a = prepared(w, d, &cp);
    cp_once(cp, "POST", "/v1/register",
            (struct cp_answer){ .status = 403, .body = "{\"code\":\"token_revoked\"}" });
    struct agent_said said = agent_command(a, AGENT_JOIN, NULL);
    ends(w, said, 1);
    expect(w, text_contains(said.err, "token_revoked"), "it does not say token_revoked: %s",
           said.err);
    expect(w, agent_has_file(a, "../run/bootstrap-token"), "the unspent token is gone");
    expect(w, !agent_has_file(a, "identity.json"), "it kept an identity");
    ends(w, agent_command(a, AGENT_JOIN, NULL), 0);
}

AGENT_CASE_NEEDS("AGT-223", COMMANDS, .clauses = { "AGT-037" },
                 .title = "deregister takes the Node out by its own key, and leaves its files")
{
    struct joined j = joined(w, d);
    (void)agent_stop(j.a);
    struct agent_said said = agent_command(j.a, AGENT_DEREGISTER, NULL);
    ends(w, said, 0);
    expect(w, text_contains(said.out, path(w, "node %s deregistered", cp_node_id(j.cp))),
           "it does not say that the Node is deregistered: %s", said.out);
    const struct cp_request *r = cp_wait(j.cp, "POST", "@/deregister", 1);
    expect(w, r->status == 204, "the control plane answered %d", r->status);
    expect(w, r->body.len == 0, "deregister came with a body of %zu bytes", r->body.len);
    expect(w, agent_has_file(j.a, "identity.json"), "the data went without --purge");
}

AGENT_CASE_NEEDS("AGT-224", COMMANDS, .clauses = { "AGT-037" },
                 .title = "with --purge the data goes once the control plane agreed, not before")
{
    struct joined j = joined(w, d);
    (void)agent_stop(j.a);
    agent_write_file(j.a, "../run/bootstrap-token", "a-token-for-later", 0600);
    cp_once(j.cp, "POST", "@/deregister", (struct cp_answer){ .status = 503, .body = "{}" });
    ends(w, agent_command(j.a, AGENT_DEREGISTER, "--purge"), 1);
    expect(w, agent_has_file(j.a, "identity.json") && agent_has_file(j.a, "../run/bootstrap-token"),
           "it removed what the control plane did not let go");
    struct agent_said said = agent_command(j.a, AGENT_DEREGISTER, "--purge");
    ends(w, said, 0);
    expect(w, text_contains(said.out, "local data purged"), "it does not say so: %s", said.out);
    expect(w, !agent_has_file(j.a, "."), "the data folder is still there");
    expect(w, !agent_has_file(j.a, "../run/bootstrap-token"), "the token file is still there");
}

AGENT_CASE_NEEDS("AGT-225", COMMANDS, .clauses = { "AGT-037" },
                 .title = "a host that never joined has nothing to deregister")
{
    struct fake_cp *cp;
    struct agent *a = prepared(w, d, &cp);
    ends(w, agent_command(a, AGENT_DEREGISTER, "--purge"), 1);
    expect(w, cp_count(cp, "POST", "*") == 0, "it asked the control plane");
    expect(w, agent_has_file(a, "../run/bootstrap-token"), "it removed the token's file");
    ends(w, agent_command(a, AGENT_JOIN, NULL), 0);
    ends(w, agent_command(a, AGENT_DEREGISTER, NULL), 0);
}

AGENT_CASE_NEEDS("AGT-226", COMMANDS, .clauses = { "AGT-040" },
                 .title = "status says what the running agent holds, and fails without one")
{
    struct joined j = joined(w, d);
    sentinel(&j);
    accept(put(w, "/v1/state/report/k", .agent = j.a,
               .json = json_pack("{s:s, s:s}", "content_type", "text/plain", "payload", "x")),
           200);
    struct agent_said said = agent_command(j.a, AGENT_STATUS, NULL);
    ends(w, said, 0);
    expect(w,
           text_contains(said.out, "metadata: 1\n") && text_contains(said.out, "data: 0\n") &&
               text_contains(said.out, "secrets: 0\n") && text_contains(said.out, "reports: 1\n"),
           "it says: %s", said.out);
    (void)agent_stop(j.a);
    said = agent_command(j.a, AGENT_STATUS, NULL);
    ends(w, said, 1);
    expect(w, said.out[0] == '\0', "without an agent it says: %s", said.out);
}
