/* suites/derived/samples.c — one body per operation that its implementation must accept. */
#include "suites/derived/derived.h"

#include "common/encoding.h"
#include "common/json.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"

static json_t *create_domain(struct world *w)
{
    const char *name = world_name(w, "domain");
    return json_pack("{s:s, s:s, s:s}", "name", name, "slug", name, "mesh_cidr", world_cidr(w, 24));
}

static json_t *create_project(struct world *w)
{
    const char *name = world_name(w, "project");
    return json_pack("{s:s, s:s, s:s}", "domain_id", w->domain_id, "name", name, "slug", name);
}

static json_t *rename_it(struct world *w)
{
    return json_pack("{s:s}", "name", world_name(w, "renamed"));
}

static json_t *create_resource(struct world *w UNUSED)
{
    return json_pack("{s:s, s:s}", "origin", "adopted", "kind", "vm");
}

static json_t *issue_api_token(struct world *w)
{
    return json_pack("{s:s, s:s}", "identity_ref", w->platform_manager->identity_ref, "env_prefix",
                     "dev");
}

static json_t *issue_bootstrap_token(struct world *w UNUSED)
{
    return json_pack("{s:s, s:s, s:i}", "kind", "node", "env_prefix", "dev", "ttl_seconds", 600);
}

static json_t *register_node(struct world *w)
{
    unsigned char key[32];
    random_bytes(key, sizeof key);
    const json_t *resource = world_new_resource(w, w->project_id, "vm");
    const json_t *token = world_new_bootstrap_token(w, w->project_id, "node");
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "project_id", w->project_id, "resource_handle",
                     json_text(resource, "id"), "bootstrap_token", json_text(token, "token"),
                     "nonce", world_name(w, "nonce"), "public_key",
                     base64_encode(w->arena, BASE64_STANDARD, key, sizeof key));
}

static json_t *heartbeat(struct world *w)
{
    return json_pack("{s:s, s:s, s:s, s:{}}", "client_now",
                     timestamp_format(w->arena, world_now(w)), "binary_checksum",
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                     "binary_version", "v0.1.0", "nat_summary");
}

static json_t *state_report(struct world *w UNUSED)
{
    return json_pack("{s:s, s:s}", "value", "0.73", "workload_tag", "metrics");
}

static json_t *put_capabilities(struct world *w UNUSED)
{
    return json_pack("{s:s, s:s}", "binary_version", "v0.1.0", "binary_checksum",
                     "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

static json_t *report_violations(struct world *w UNUSED)
{
    return json_pack("{s:[{s:s, s:s, s:s, s:s}]}", "violations", "kind", "hook_checksum",
                     "detected_by", "inotify", "artifact_id", "pre-start", "observed_checksum",
                     "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

static json_t *acknowledge(struct world *w UNUSED)
{
    return json_pack("{s:s}", "reason", "replaced on purpose");
}

static json_t *send_metrics(struct world *w)
{
    return json_pack("[{s:s, s:s, s:i, s:s}]", "group", "agent_stats", "name", "goroutines",
                     "value", 7, "timestamp", timestamp_format(w->arena, world_now(w)));
}

/* One object is one line. */
static json_t *send_logs(struct world *w)
{
    return json_pack("{s:s, s:s, s:s}", "severity", "info", "message", "started", "timestamp",
                     timestamp_format(w->arena, world_now(w)));
}

static json_t *send_audit(struct world *w)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "source", "auditd", "action", "login", "outcome",
                     "success", "timestamp", timestamp_format(w->arena, world_now(w)));
}

static json_t *endpoint(struct world *w)
{
    return json_pack("{s:s, s:s, s:s}", "endpoint", "192.0.2.7:51820", "nat_type", "symmetric",
                     "reported_at", timestamp_format(w->arena, world_now(w)));
}

/* A new key is taken only while a rotation is pending. */
static json_t *rotated_key(struct world *w)
{
    unsigned char key[32];
    const char *node = json_text(standing_node(w), "node_id");
    accept(post(w, path(w, "/v1/nodes/%s/keys/rotate", node), .as = w->platform_manager), 200);
    random_bytes(key, sizeof key);
    return json_pack("{s:s}", "new_public_key",
                     base64_encode(w->arena, BASE64_STANDARD, key, sizeof key));
}

static json_t *erase_identity(struct world *w)
{
    struct uuid id = uuid_v7(clock_wall_micros());
    return json_pack("{s:s}", "identity_id", uuid_text(w->arena, &id));
}

static json_t *nothing_asked(struct world *w UNUSED)
{
    return json_object();
}

static const struct sample {
    const char *operation;
    json_t *(*make)(struct world *w);
} samples[] = {
    { "CreateDomain", create_domain },
    { "PatchDomain", rename_it },
    { "CreateProject", create_project },
    { "PatchProject", rename_it },
    { "CreateResource", create_resource },
    { "PostAuthTokens", issue_api_token },
    { "IssueBootstrapToken", issue_bootstrap_token },
    { "PostRegister", register_node },
    { "PostNodeHeartbeat", heartbeat },
    { "PutNodeStateReport", state_report },
    { "PutNodeCapabilities", put_capabilities },
    { "PostNodeIntegrityViolations", report_violations },
    { "AcknowledgeIntegrityViolation", acknowledge },
    { "PostNodeMetrics", send_metrics },
    { "PostNodeLogs", send_logs },
    { "PostNodeAudit", send_audit },
    { "PutNodeEndpoint", endpoint },
    { "PostKeysRotate", rotated_key },
    { "VerifyAuditChain", nothing_asked },
    { "VerifyPlatformAuditChain", nothing_asked },
    { "EraseIdentityFromAudit", erase_identity },
    { "EraseIdentityFromPlatformAudit", erase_identity },
};

json_t *sample_body(struct world *w, const struct contract_operation *op)
{
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        if (text_equal(samples[i].operation, op->id))
            return samples[i].make(w);
    return NULL;
}
