/* suites/integrity/inventory.c — INT-017, INT-020 to INT-030: what operators are shown and
 * acknowledge. What holds of every cursor (INT-031 to INT-033) is judged in suites/common. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/common/pages.h"
#include "suites/integrity/integrity.h"
#include "suites/registration/registration.h"

#define SUITE "integrity"
#define NIL_ID "00000000-0000-0000-0000-000000000000"

static void shows_one(struct world *w, const char *list, const char *kind)
{
    struct reply *r = listed_now(w, list);
    size_t n = json_array_size(expect_member(r, "/items"));
    expect(w, n == 1, "%s shows %zu rows, expected one", list, n);
    expect_equal(r, "/items/0/kind", kind);
}

CASE("INT-017", .clauses = { "INT-017" }, VIOLATIONS,
     .title = "the list has its own words for the kinds")
{
    static const char *const kinds[][2] = { { "binary_checksum", "binary" },
                                            { "hook_checksum", "hook" },
                                            { "ssh_host_key", "host_key" } };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        accept(reporting_of(w, &n, batch(entry(kinds[i][0]), NULL)), 200);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        shows_one(w, list_of(w, &n, path(w, "&kind=%s", kinds[i][1])), kinds[i][1]);
        refuse(judged(get(w, list_of(w, &n, path(w, "&kind=%s", kinds[i][0])),
                          .as = w->platform_reader)),
               400, NULL);
    }
}

CASE("INT-020", .clauses = { "INT-020" },
     .needs = { "integrity", "registration", "bootstrap-tokens", "resources", "domains",
                "projects" },
     .budget_ms = 30000, .title = "filters choose among the violations, all that are there")
{
    const char *domain = json_text(world_new_domain(w), "id");
    struct own_node one = own_node_in(w, own_project_in(w, domain));
    struct own_node two = own_node_in(w, own_project_in(w, domain));
    const char *all = path(w, "/v1/integrity-violations?domain_id=%s", domain);
    accept(reporting_of(w, &one, batch(entry("hook_checksum"), NULL)), 200);
    accept(reporting_of(w, &two, batch(entry("ssh_host_key"), entry("hook_checksum"), NULL)), 200);
    expect(w, listed_rows(w, all) == 3, "a Domain's three violations are not shown");
    shows_one(w, path(w, "%s&project_id=%s", all, one.project), "hook");
    shows_one(w, path(w, "/v1/integrity-violations?project_id=%s", one.project), "hook");
    shows_one(w, path(w, "%s&node_id=%s&kind=host_key", all, two.id), "host_key");
    expect(w, listed_rows(w, path(w, "%s&kind=hook", all)) == 2, "two violations are of hooks");
    expect(w, listed_rows(w, path(w, "%s&kind=binary", all)) == 0, "none is of a binary");
    expect(w, listed_rows(w, path(w, "%s&status=acknowledged", all)) == 0, "none is acknowledged");
    expect(w, listed_rows(w, path(w, "%s&node_id=%s", all, NO_SUCH_ID)) == 0,
           "an unknown Node has violations");
    accept(acknowledging(w, w->platform_manager, open_violation(w, &one), because("seen")), 200);
    shows_one(w, path(w, "%s&status=acknowledged", all), "hook");
    expect(w, listed_rows(w, path(w, "%s&status=open", all)) == 3, "three are open");
}

CASE("INT-021", .clauses = { "INT-021" }, VIOLATIONS,
     .title = "a filter that can name nothing is refused")
{
    static const char *const bad[] = { "domain_id=zz", "project_id=" NIL_ID, "node_id=7",
                                       "kind=file",    "status=closed",      "kind=",
                                       "status=OPEN" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(get(w, path(w, "/v1/integrity-violations?%s", bad[i]),
                          .as = w->platform_reader)),
               400, NULL);
    accept(get(w, "/v1/integrity-violations?status=resolved", .as = w->platform_reader), 200);
}

CASE("INT-030", .clauses = { "INT-030" }, VIOLATIONS,
     .title = "violations are listed in the order of their ids, the oldest first")
{
    struct own_node n = own_node(w);
    accept(reporting_of(w, &n, batch(entry("binary_checksum"), entry("hook_checksum"), NULL)), 200);
    accept(reporting_of(w, &n, batch(entry("ssh_host_key"), NULL)), 200);
    struct reply *r = listed_now(w, list_of(w, &n, ""));
    for (int i = 0; i < 2; i++)
        expect(w,
               strcmp(expect_text(r, path(w, "/items/%d/id", i)),
                      expect_text(r, path(w, "/items/%d/id", i + 1))) < 0,
               "ids do not ascend");
    expect_equal(r, "/items/0/kind", "binary");
    expect_equal(r, "/items/1/kind", "hook");
    expect_equal(r, "/items/2/kind", "host_key");
}

/* ---- acknowledging ---- */

static void still(struct world *w, const struct own_node *n, const char *status)
{
    expect_equal(listed_now(w, list_of(w, n, "")), "/items/0/status", status);
}

CASE("INT-025", .clauses = { "INT-025", "INT-018" }, VIOLATIONS,
     .title = "an acknowledgement is kept with who, when and why")
{
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    struct reply *r =
        accept(judged(acknowledging(w, w->platform_reader, id, because("replaced on purpose"))),
               200);
    expect_equal(r, "/id", id);
    expect_equal(r, "/status", "acknowledged");
    expect_equal(r, "/acknowledge_reason", "replaced on purpose");
    const char *who = strchr(w->platform_reader->identity_ref, ':') + 1;
    expect(w, text_contains(expect_text(r, "/acknowledged_by_subject"), who),
           "acknowledged_by_subject is not the caller");
    expect(w, instant_in(w, r, "/acknowledged_at") >= instant_in(w, r, "/detected_at"),
           "it was acknowledged before it was detected");
    struct reply *list = listed_now(w, list_of(w, &n, "&status=acknowledged"));
    expect(w, json_equal(json_array_get(expect_member(list, "/items"), 0), r->json),
           "the list shows another row than the answer");
}

CASE("INT-022", .clauses = { "INT-022" }, VIOLATIONS,
     .title = "an acknowledgement is a JSON object with a reason and nothing else")
{
    static const char *const bad[] = { "{", "", "[]", "\"seen\"" };
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    const char *target = path(w, "/v1/integrity-violations/%s/acknowledge", id);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(post(w, target, .as = w->platform_manager, .raw = BYTES_OF_TEXT(bad[i]))),
               400, "invalid_body");
    refuse(judged(acknowledging(w, w->platform_manager, id,
                                with(because("seen"), "status", json_string("resolved")))),
           400, "invalid_body");
    refuse(judged(acknowledging(w, w->platform_manager, id,
                                with(because("seen"), "reason", json_integer(1)))),
           400, "invalid_body");
    still(w, &n, "open");
    accept(acknowledging(w, w->platform_manager, id, because("seen")), 200);
}

CASE("INT-036", .clauses = { "INT-036" }, VIOLATIONS,
     .title = "an acknowledgement without a reason is not one")
{
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    refuse(judged(acknowledging(w, w->platform_manager, id, json_object())), 400, "invalid_body");
    still(w, &n, "open");
    accept(acknowledging(w, w->platform_manager, id, because("seen")), 200);
}

CASE("INT-023", .clauses = { "INT-023" }, VIOLATIONS, .title = "a blank reason is none")
{
    static const char *const bad[] = { "", " ", "  ", " \t\n" };
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(acknowledging(w, w->platform_manager, id, because(bad[i]))), 400,
               "invalid_acknowledge_reason");
    still(w, &n, "open");
    accept(acknowledging(w, w->platform_manager, id, because(".")), 200);
}

CASE("INT-035", .clauses = { "INT-035" }, VIOLATIONS,
     .title = "a reason has at most 1,024 characters")
{
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    char *reason = arena_alloc(w->arena, 1025 * 2 + 1);
    for (size_t i = 0; i < 1025; i++)
        memcpy(reason + i * 2, "\xc3\xa9", 2);
    refuse(judged(acknowledging(w, w->platform_manager, id, because(reason))), 400,
           "invalid_acknowledge_reason");
    still(w, &n, "open");
    reason[2048] = '\0';
    expect_equal(accept(judged(acknowledging(w, w->platform_manager, id, because(reason))), 200),
                 "/acknowledge_reason", reason);
}

CASE("INT-024", .clauses = { "INT-024" }, VIOLATIONS,
     .title = "an acknowledgement names a violation that is there")
{
    struct own_node n = own_node(w);
    refuse(judged(acknowledging(w, w->platform_manager, "zz", because("seen"))), 400,
           "invalid_integrity_violation_id");
    refuse(judged(acknowledging(w, w->platform_manager, NIL_ID, because("seen"))), 400,
           "invalid_integrity_violation_id");
    refuse(judged(acknowledging(w, w->platform_manager, NO_SUCH_ID, because("seen"))), 404,
           "integrity_violation_not_found");
    accept(acknowledging(w, w->platform_manager, open_violation(w, &n), because("seen")), 200);
}

CASE("INT-026", .clauses = { "INT-026" }, VIOLATIONS,
     .title = "a violation is acknowledged once, and the first reason stays")
{
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    accept(judged(acknowledging(w, w->platform_manager, id, because("first"))), 200);
    refuse(judged(acknowledging(w, w->platform_manager, id, because("second"))), 409,
           "illegal_transition");
    refuse(judged(acknowledging(w, w->platform_reader, id, because("third"))), 409,
           "illegal_transition");
    struct reply *r = listed_now(w, list_of(w, &n, ""));
    expect_equal(r, "/items/0/acknowledge_reason", "first");
}

CASE("INT-026-race", .clauses = { "INT-026" }, VIOLATIONS,
     .title = "of several acknowledgements at once one is in time")
{
    enum { AT_ONCE = 6 };
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    struct exchange *tries[AT_ONCE];
    size_t in_time = 0;
    for (size_t i = 0; i < AT_ONCE; i++)
        tries[i] =
            judged(acknowledging(w, w->platform_manager, id, because(path(w, "try %zu", i))));
    send_together(tries, AT_ONCE);
    for (size_t i = 0; i < AT_ONCE; i++) {
        struct reply *r = send_and_judge(tries[i]);
        in_time += r->status == 200;
        if (r->status != 200)
            refuse(tries[i], 409, "illegal_transition");
    }
    expect(w, in_time == 1, "%zu acknowledgements were in time", in_time);
    still(w, &n, "acknowledged");
}

CASE("INT-028", .clauses = { "INT-028" }, VIOLATIONS,
     .title = "the gate stands before everything else of an acknowledgement")
{
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    const char *bad = "/v1/integrity-violations/zz/acknowledge";
    const char *unknown = path(w, "/v1/integrity-violations/%s/acknowledge", NO_SUCH_ID);
    refuse(judged(post(w, bad, .raw = BYTES_OF_TEXT("{"))), 401, "unauthenticated");
    refuse_permission(judged(post(w, bad, .raw = BYTES_OF_TEXT("{"), .as = w->nobody)), NULL);
    refuse_permission(judged(acknowledging(w, w->nobody, id, because("seen"))), NULL);
    refuse(judged(post(w, bad, .raw = BYTES_OF_TEXT("{"), .as = w->platform_manager)), 400,
           "invalid_integrity_violation_id");
    refuse(judged(post(w, unknown, .raw = BYTES_OF_TEXT("{"), .as = w->platform_manager)), 400,
           "invalid_body");
    refuse(judged(acknowledging(w, w->platform_manager, NO_SUCH_ID, because(" "))), 400,
           "invalid_acknowledge_reason");
    refuse(judged(acknowledging(w, w->platform_manager, NO_SUCH_ID, because("seen"))), 404,
           "integrity_violation_not_found");
    accept(acknowledging(w, w->platform_manager, id, because("seen")), 200);
    refuse(judged(acknowledging(w, w->platform_manager, id, because(" "))), 400,
           "invalid_acknowledge_reason");
}

CASE("INT-029", .clauses = { "INT-029", "REL-001" }, VIOLATIONS,
     .title = "violations are for readers of the platform")
{
    const struct credential *const denied[] = { w->nobody, w->foreign_admin, w->domain_admin,
                                                w->project_admin, w->platform_auditor };
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    for (size_t i = 0; i < ARRAY_LEN(denied); i++) {
        refuse_permission(judged(get(w, "/v1/integrity-violations", .as = denied[i])), NULL);
        refuse_permission(judged(acknowledging(w, denied[i], id, because("seen"))), NULL);
    }
    still(w, &n, "open");
    accept(get(w, "/v1/integrity-violations", .as = w->platform_reader), 200);
    accept(acknowledging(w, w->platform_reader, id, because("seen")), 200);
}

CASE("INT-027", .clauses = { "INT-027" },
     .needs = { "integrity", "audit", "registration", "bootstrap-tokens", "resources" },
     .budget_ms = 30000,
     .title = "an acknowledgement is audited in the chain of the Domain it is about")
{
    struct own_node n = own_node(w);
    const char *id = open_violation(w, &n);
    const char *list = path(w, "/v1/domains/%s/audit/entries?object_id=%s", w->domain_id, id);
    struct reply *before = accept(judged(get(w, list, .as = w->platform_auditor)), 200);
    expect(w, json_array_size(expect_member(before, "/items")) == 0,
           "a violation is audited before it was acknowledged");
    accept(acknowledging(w, w->platform_manager, id, because("seen")), 200);
    refuse(acknowledging(w, w->platform_manager, id, because("again")), 409, "illegal_transition");
    struct reply *after = accept(judged(get(w, list, .as = w->platform_auditor)), 200);
    expect(w, json_array_size(expect_member(after, "/items")) == 1,
           "one acknowledgement is %zu entries", json_array_size(expect_member(after, "/items")));
    expect_equal(after, "/items/0/reason", "granted");
}
