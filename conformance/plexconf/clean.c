#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/url.h"
#include "harness/engine.h"
#include "harness/hooks.h"
#include "harness/http_client.h"
#include "plexconf/commands.h"

#define PAGES_MAX 10000

static const char footer[] =
    "RUN is the prefix that every name of a run begins with, such as pc-7f3k2m: report.html, and\n"
    "\"run\" in report.json, have it. The target's Domains with that prefix are listed, and their\n"
    "Resources, Projects and at last they themselves deleted, through the API and with the\n"
    "credential that the profile's credentials command gives for the role 'platform manage'.\n"
    "What the target refuses to delete is named, and stays: the contract has no operation that\n"
    "removes Nodes or identities, so their Domains stay. The process rig needs no cleaning.\n\n"
    "  plexconf clean --profile mine.yaml --dry-run pc-7f3k2m\n\n"
    "Exit codes: 0 nothing is left; 1 something could not be deleted; 2 usage; 3 the target or "
    "the\n"
    "profile's command cannot be reached.\n";

struct cleaner {
    struct arena *arena;
    const struct profile *profile;
    struct http_client *http;
    const char *base, *token, *run;
    bool dry;
    size_t deleted, left;
    struct error *e;
};

static bool get_token(struct cleaner *c)
{
    json_t *answer = NULL,
           *question = json_own(c->arena,
                                json_pack("{s:s, s:s}", "role", "platform manage", "run", c->run));
    if (c->profile->credentials.argv == NULL)
        return error_set(c->e, "profile %s: has no credentials command", c->profile->path);
    if (!hook_run(c->arena, c->profile, &c->profile->credentials, "credentials", question, &answer,
                  c->e))
        return error_prefix(c->e, "profile %s", c->profile->path);
    c->token = json_text(answer, "token");
    return c->token != NULL ||
           error_set(c->e, "profile %s: the credentials command gave no token", c->profile->path);
}

static bool ask(struct cleaner *c, const char *method, const char *path, struct http_answer *out)
{
    const struct http_header headers[] = {
        { "Authorization", arena_printf(c->arena, "Bearer %s", c->token) },
        { "Accept", "application/json" },
    };
    const struct http_request rq = { .method = method,
                                     .url = arena_printf(c->arena, "%s%s", c->base, path),
                                     .headers = headers,
                                     .n_headers = ARRAY_LEN(headers),
                                     .timeout_ms = c->profile->timeout_ms };
    if (http_send(c->http, c->arena, &rq, out, c->e) == HTTP_ANSWERED)
        return true;
    return error_prefix(c->e, "%s %s%s", method, c->base, path);
}

static const char *code_of(struct cleaner *c, const struct http_answer *answer)
{
    json_t *problem = NULL;
    if (!json_parse(c->arena, answer->body.data, answer->body.len, &problem, NULL))
        return "";
    const char *code = json_text(problem, "code");
    return code == NULL ? "" : code;
}

/* What a Problem about children counts, as " {"projects":1,…}", or "". */
static const char *counts_of(struct cleaner *c, const struct http_answer *answer)
{
    json_t *problem = NULL;
    if (!json_parse(c->arena, answer->body.data, answer->body.len, &problem, NULL))
        return "";
    const json_t *counts = json_member(problem, "child_counts");
    if (counts == NULL)
        counts = json_member(problem, "project_child_counts");
    return counts == NULL ? "" : arena_printf(c->arena, " %s", json_dump(c->arena, counts));
}

/* All items of a list, page by page. */
static bool list(struct cleaner *c, const char *path, json_t **items)
{
    const char *cursor = NULL;
    *items = json_own(c->arena, json_array());
    for (int page = 0; page < PAGES_MAX; page++) {
        struct http_answer answer;
        json_t *body = NULL;
        const char *separator = strchr(path, '?') == NULL ? "?" : "&";
        const char *whole = arena_printf(c->arena, "%s%slimit=200%s%s", path, separator,
                                         cursor == NULL ? "" : "&cursor=",
                                         cursor == NULL ? "" : url_encode(c->arena, cursor));
        if (!ask(c, "GET", whole, &answer))
            return false;
        if (answer.status != 200)
            return error_set(c->e, "GET %s%s answered %d %s, expected 200", c->base, path,
                             answer.status, code_of(c, &answer));
        if (!json_parse(c->arena, answer.body.data, answer.body.len, &body, c->e))
            return error_prefix(c->e, "GET %s%s", c->base, path);
        json_array_extend(*items, json_member(body, "items"));
        cursor = json_text(body, "next_cursor");
        if (text_blank(cursor))
            return true;
    }
    return error_set(c->e, "GET %s%s: more than %d pages", c->base, path, PAGES_MAX);
}

static bool belongs(const struct cleaner *c, const json_t *item)
{
    static const char *const members[] = { "slug", "name", "display_name" };
    const char *prefix = arena_printf(c->arena, "%s-", c->run);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *text = json_text(item, members[i]);
        if (text != NULL && text_starts(text, prefix))
            return true;
    }
    return false;
}

static bool delete_one(struct cleaner *c, const char *what, const char *path)
{
    struct http_answer answer;
    if (c->dry) {
        printf("would delete %s %s\n", what, path);
        c->left++;
        return true;
    }
    if (!ask(c, "DELETE", path, &answer))
        return false;
    bool gone = answer.status == 204 || answer.status == 202 || answer.status == 404;
    printf("%s %s %s", gone ? "deleted" : "left", what, path);
    if (!gone)
        printf(": %d %s%s", answer.status, code_of(c, &answer), counts_of(c, &answer));
    putchar('\n');
    c->deleted += gone;
    c->left += !gone;
    return true;
}

static bool clean_project(struct cleaner *c, const char *id)
{
    json_t *resources, *resource;
    size_t i;
    if (!list(c, arena_printf(c->arena, "/v1/projects/%s/resources", id), &resources))
        return false;
    json_array_foreach (resources, i, resource) {
        const char *resource_id = json_text(resource, "id");
        if (resource_id != NULL &&
            !delete_one(c, "resource", arena_printf(c->arena, "/v1/resources/%s", resource_id)))
            return false;
    }
    return delete_one(c, "project", arena_printf(c->arena, "/v1/projects/%s", id));
}

static bool clean_domain(struct cleaner *c, const char *id)
{
    json_t *projects, *project;
    size_t i;
    if (!list(c, arena_printf(c->arena, "/v1/projects?domain_id=%s", id), &projects))
        return false;
    json_array_foreach (projects, i, project) {
        const char *project_id = json_text(project, "id");
        /* A target that ignores the filter must not cost somebody else a Project. */
        if (project_id == NULL || !text_equal(json_text(project, "domain_id"), id))
            continue;
        if (!clean_project(c, project_id))
            return false;
    }
    return delete_one(c, "domain", arena_printf(c->arena, "/v1/domains/%s", id));
}

static bool clean_run(struct cleaner *c)
{
    json_t *domains, *domain;
    size_t i;
    if (!get_token(c) || !list(c, "/v1/domains", &domains))
        return false;
    json_array_foreach (domains, i, domain) {
        const char *id = json_text(domain, "id");
        if (id != NULL && belongs(c, domain) && !clean_domain(c, id))
            return false;
    }
    return true;
}

static const char *base_of(struct arena *a, const struct profile *p)
{
    char *base = arena_printf(a, "%s%s", p->base_url, p->base_path == NULL ? "" : p->base_path);
    for (size_t len = strlen(base); len > 0 && base[len - 1] == '/'; len--)
        base[len - 1] = '\0';
    return base;
}

static int clean(struct arena *a, const char *profile_path, const char *run, bool dry)
{
    struct error e = { .text = "" };
    struct profile *profile = NULL;
    if (!profile_load(a, profile_path, &profile, &e))
        return complain(&e, EXIT_USAGE);
    if (profile->base_url == NULL) {
        error_set(&e, "profile %s: has no base_url to clean", profile_path);
        return complain(&e, EXIT_USAGE);
    }
    struct cleaner c = { .arena = a, .profile = profile, .run = run, .dry = dry, .e = &e };
    c.base = base_of(a, profile);
    c.http = http_client_create(profile, NULL);
    bool ok = clean_run(&c);
    http_client_destroy(c.http);
    if (!ok)
        return complain(&e, EXIT_BROKEN);
    printf("%zu deleted, %zu left\n", c.deleted, c.left);
    return c.left > 0 ? EXIT_TARGET_FAILED : EXIT_CONFORMANT;
}

int command_clean(struct environment env, int argc, char **argv)
{
    (void)env;
    struct error e = { .text = "" };
    const char *profile = NULL;
    bool dry = false;
    const struct option_row rows[] = {
        { "profile", 'p', OPTION_TEXT, &profile, "FILE", "the target's profile; required", 0, 0 },
        { "dry-run", 'n', OPTION_FLAG, &dry, NULL, "only say what would be deleted", 0, 0 },
        { 0 },
    };
    const struct option_table table = { .program = "plexconf clean",
                                        .synopsis = "--profile FILE [--dry-run] RUN",
                                        .summary = "Removes what a run left on an external target.",
                                        .rows = rows,
                                        .footer = footer };
    char **words;
    int n;
    int code =
        after_options(options_parse(&table, argc, argv, &words, &n, &e), "plexconf clean", &e);
    if (code >= 0)
        return code;
    if (profile == NULL || n != 1) {
        error_set(&e, "clean: give --profile FILE and one RUN; see plexconf clean --help");
        return complain(&e, EXIT_USAGE);
    }
    /* An empty or short prefix would match what no run of ours has made. */
    if (!text_starts(words[0], "pc-") || !text_is_kebab(words[0], 20) || strlen(words[0]) < 6) {
        error_set(&e, "clean: '%s' is no run; it looks like pc-7f3k2m", words[0]);
        return complain(&e, EXIT_USAGE);
    }
    struct arena *a = arena_create();
    code = clean(a, profile, words[0], dry);
    arena_destroy(a);
    return code;
}
