#include "suites/common/lists.h"

#include "common/json.h"
#include "suites/common/pages.h"

/* The world has two Domains of its own before any case runs. */
static struct listing domains(struct world *w, size_t rows UNUSED)
{
    return (struct listing){ "/v1/domains", "/v1/projects", w->platform_manager,
                             w->platform_reader };
}

static struct listing projects(struct world *w, size_t rows)
{
    const char *domain = json_text(world_new_domain(w), "id");
    for (size_t i = 0; i < rows; i++)
        world_new_project(w, domain);
    return (struct listing){ path(w, "/v1/projects?domain_id=%s", domain), "/v1/projects",
                             w->platform_manager, w->platform_reader };
}

static struct listing resources(struct world *w, size_t rows)
{
    const char *project = json_text(world_new_project(w, w->domain_id), "id");
    for (size_t i = 0; i < rows; i++)
        world_new_resource(w, project, "vm");
    return (struct listing){ path(w, "/v1/projects/%s/resources", project),
                             path(w, "/v1/projects/%s/resources", w->project_id),
                             w->platform_manager, w->platform_reader };
}

static struct listing nodes(struct world *w, size_t rows)
{
    const char *domain = json_text(world_new_domain(w), "id");
    const char *project = json_text(world_new_project(w, domain), "id");
    for (size_t i = 0; i < rows; i++)
        world_new_node(w, project);
    return (struct listing){ path(w, "/v1/nodes?domain_id=%s", domain), "/v1/nodes",
                             w->platform_manager, w->platform_reader };
}

static struct listing bootstrap_tokens(struct world *w, size_t rows)
{
    const char *project = json_text(world_new_project(w, w->domain_id), "id");
    for (size_t i = 0; i < rows; i++)
        world_new_bootstrap_token(w, project, "node");
    return (struct listing){ path(w, "/v1/projects/%s/bootstrap-tokens", project),
                             path(w, "/v1/projects/%s/bootstrap-tokens", w->project_id),
                             w->platform_manager, w->platform_reader };
}

static struct listing capabilities(struct world *w, size_t rows)
{
    const char *project = json_text(world_new_project(w, w->domain_id), "id");
    for (size_t i = 0; i < rows; i++)
        world_new_node(w, project);
    return (struct listing){ path(w, "/v1/projects/%s/capabilities", project),
                             path(w, "/v1/projects/%s/capabilities", w->project_id),
                             w->platform_manager, w->platform_reader };
}

/* A Node of a Domain of its own, with that many hooks. */
static struct listing hooks(struct world *w, size_t rows)
{
    const char *domain = json_text(world_new_domain(w), "id");
    const json_t *node = world_new_node(w, json_text(world_new_project(w, domain), "id"));
    json_t *found = json_array();
    for (size_t i = 0; i < rows; i++)
        json_array_append_new(
            found, json_pack("{s:s, s:s}", "name", path(w, "hook-%zu", i), "image_digest",
                             "sha256:"
                             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    accept(put(w, path(w, "/v1/nodes/%s/capabilities", json_text(node, "node_id")),
               .bearer = json_text(node, "nsk"),
               .json =
                   json_pack("{s:s, s:s, s:o}", "binary_version", "v1", "binary_checksum",
                             "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "plexd_hooks", found)),
           200);
    return (struct listing){ path(w, "/v1/hooks?domain_id=%s", domain), "/v1/hooks",
                             w->platform_manager, w->platform_reader };
}

static struct listing integrity_violations(struct world *w, size_t rows)
{
    const json_t *node = world_new_node(w, w->project_id);
    const char *id = json_text(node, "node_id");
    json_t *entries = json_array();
    for (size_t i = 0; i < rows; i++)
        json_array_append_new(entries, json_pack("{s:s, s:s, s:s, s:s}", "kind", "hook_checksum",
                                                 "detected_by", "inotify", "artifact_id",
                                                 path(w, "hook-%zu", i), "observed_checksum",
                                                 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
    accept(post(w, path(w, "/v1/nodes/%s/integrity-violations", id),
                .bearer = json_text(node, "nsk"),
                .json = json_pack("{s:o}", "violations", entries)),
           200);
    return (struct listing){ path(w, "/v1/integrity-violations?node_id=%s", id),
                             path(w, "/v1/integrity-violations?node_id=%s&status=open", id),
                             w->platform_manager, w->platform_reader };
}

/* Denials are written down; the filter keeps what reading the list itself may write out of it. */
static struct listing audit_entries(struct world *w, size_t rows)
{
    const char *domain = json_text(world_new_domain(w), "id");
    for (size_t i = 0; i < rows; i++)
        refuse_permission(get(w, path(w, "/v1/domains/%s", domain), .as = w->nobody), NULL);
    return (
        struct listing){ path(w, "/v1/domains/%s/audit/entries?reason=out_of_scope", domain),
                         path(w, "/v1/domains/%s/audit/entries?reason=out_of_scope", w->domain_id),
                         w->platform_auditor, NULL };
}

static struct listing platform_audit_entries(struct world *w, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        refuse_permission(post(w, "/v1/domains", .as = w->nobody,
                               .json = json_pack("{s:s}", "name", "nobody's")),
                          NULL);
    return (
        struct listing){ "/v1/platform/audit/entries?reason=out_of_scope",
                         path(w, "/v1/domains/%s/audit/entries?reason=out_of_scope", w->domain_id),
                         w->platform_auditor, NULL };
}

const struct list lists[] = {
    { .operation = "ListDomains",
      .needs = { "domains", "projects" },
      .make = domains,
      .shared = true,
      .bound = true,
      .changed = "DOM-028",
      .foreign = "DOM-028" },
    { .operation = "ListProjects",
      .needs = { "projects", "domains" },
      .make = projects,
      .bound = true,
      .cheap = true,
      .changed = "PRJ-045",
      .foreign = "PRJ-045",
      .end = "PRJ-023",
      .each_once = "PRJ-022",
      .elsewhere = "PRJ-024" },
    { .operation = "ListProjectResources",
      .needs = { "resources", "projects" },
      .make = resources,
      .bound = true,
      .cheap = true,
      .changed = "RES-023",
      .foreign = "RES-023",
      .end = "RES-022",
      .each_once = "RES-021",
      .elsewhere = "RES-024" },
    { .operation = "ListNodes",
      .needs = { "node-inventory", "registration", "bootstrap-tokens" },
      .make = nodes,
      .bound = true,
      .changed = "NOD-011",
      .foreign = "NOD-012",
      .end = "NOD-014",
      .each_once = "NOD-009",
      .elsewhere = "NOD-013" },
    { .operation = "ListBootstrapTokens",
      .needs = { "bootstrap-tokens", "projects" },
      .make = bootstrap_tokens,
      .bound = true,
      .changed = "BST-026",
      .foreign = "BST-027",
      .each_once = "BST-024" },
    { .operation = "ListCapabilities",
      .needs = { "capabilities", "registration", "bootstrap-tokens" },
      .make = capabilities,
      .bound = true,
      .changed = "CAP-031",
      .foreign = "CAP-032",
      .each_once = "CAP-025",
      .elsewhere = "CAP-033" },
    { .operation = "ListHooks",
      .needs = { "hooks-inventory", "capabilities", "registration" },
      .make = hooks,
      .bound = true,
      .cheap = true,
      .changed = "CAP-031",
      .foreign = "CAP-032",
      .each_once = "CAP-025",
      .elsewhere = "CAP-033" },
    { .operation = "ListIntegrityViolations",
      .needs = { "integrity", "registration", "bootstrap-tokens" },
      .make = integrity_violations,
      .bound = true,
      .cheap = true,
      .changed = "INT-031",
      .foreign = "INT-032",
      .each_once = "INT-030",
      .elsewhere = "INT-033" },
    { .operation = "ListAuditEntries",
      .needs = { "audit", "domains" },
      .make = audit_entries,
      .cheap = true,
      .changed = "AUD-027",
      .end = "AUD-026",
      .elsewhere = "AUD-027" },
    { .operation = "ListPlatformAuditEntries",
      .needs = { "audit", "domains" },
      .make = platform_audit_entries,
      .shared = true,
      .changed = "AUD-027",
      .elsewhere = "AUD-027" },
};
const size_t n_lists = ARRAY_LEN(lists);
