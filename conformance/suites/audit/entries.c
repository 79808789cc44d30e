/* suites/audit/entries.c — what an entry tells (SPEC AUD-010 to AUD-013). */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/audit/audit.h"

#define SUITE "audit"
#define AUDIT .needs = { AUDIT_NEEDS }

static void expect_decision(struct world *w, const struct chain *c, struct reply *refused,
                            const char *relation, const char *type, const char *id)
{
    json_t *entry = entry_of(w, c, expect_text(refused, "/correlation_id"));
    const json_t *object = json_member(entry, "object");
    expect(w, text_equal(json_text(entry, "reason"), json_text(refused->json, "reason")),
           "the entry has another reason than the refusal");
    expect(w, text_equal(json_text(entry, "relation"), relation),
           "the entry is about the relation %s, not %s", json_text(entry, "relation"), relation);
    expect(w, text_equal(json_text(object, "type"), type), "the object is a %s, not a %s",
           json_text(object, "type"), type);
    expect(w, id == NULL || text_equal(json_text(object, "id"), id), "the object is another one");
}

CASE("AUD-010", .clauses = { "AUD-010" }, AUDIT,
     .title = "when a refusal arrives its entry is on the object's chain already")
{
    struct chain c = new_chain(w), platform = platform_chain(w);
    const char *project = json_text(world_new_project(w, c.domain), "id");
    const char *domain_path = path(w, "/v1/domains/%s", c.domain);
    const char *project_path = path(w, "/v1/projects/%s", project);
    expect_decision(w, &c, refuse_permission(judged(get(w, domain_path, .as = w->nobody)), NULL),
                    "read", "domain", c.domain);
    expect_decision(w, &c,
                    refuse_permission(judged(delete_(w, domain_path, .as = c.auditor)),
                                      "insufficient_relation"),
                    "manage", "domain", c.domain);
    expect_decision(w, &c, refuse_permission(judged(get(w, project_path, .as = w->nobody)), NULL),
                    "read", "project", project);
    expect_decision(w, &platform,
                    refuse_permission(judged(get(w, "/v1/platform/audit/entries", .as = w->nobody)),
                                      "out_of_scope"),
                    "auditor", "platform", NULL);
}

static bool known_word(const char *word)
{
    static const char *const words[] = { "granted", "out_of_scope", "insufficient_relation",
                                         "caveat_violation", "unknown" };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (text_equal(words[i], word))
            return true;
    return false;
}

CASE("AUD-011", .clauses = { "AUD-011" }, AUDIT,
     .title = "reason and decision are the same word of the closed set")
{
    struct chain c = new_chain(w);
    size_t i;
    json_t *entry;
    bool granted = false, outside = false, too_little = false;
    grow(w, &c);
    json_array_foreach (all_entries(w, &c), i, entry) {
        const char *reason = json_text(entry, "reason");
        const char *result = json_text(json_member(entry, "decision"), "result");
        expect(w, known_word(reason) && !text_equal(reason, "unknown"),
               "entry %zu has the reason %.40s", i, reason);
        expect(w, text_equal(reason, result), "entry %zu: reason %.40s, result %.40s", i, reason,
               result);
        granted |= text_equal(reason, "granted");
        outside |= text_equal(reason, "out_of_scope");
        too_little |= text_equal(reason, "insufficient_relation");
    }
    expect(w, granted && outside && too_little, "a decision of one of three kinds left no entry");
}

static void expect_names_only(struct world *w, const json_t *caveats)
{
    const char *name;
    json_t *names, *one;
    size_t i;
    expect(w, json_is_object(caveats), "an entry has no caveat_context");
    json_object_foreach ((json_t *)(uintptr_t)caveats, name, names) {
        expect(w, json_is_array(names), "the caveat %.40s has no list of names", name);
        json_array_foreach (names, i, one) {
            expect(w, json_is_string(one), "the caveat %.40s has something else than a name", name);
        }
    }
}

CASE("AUD-012", .clauses = { "AUD-012" }, AUDIT,
     .title = "every decision has a caveat_context of names")
{
    struct chain c = new_chain(w);
    size_t i;
    json_t *entry;
    grow(w, &c);
    json_t *items = all_entries(w, &c);
    expect(w, json_array_size(items) >= 5, "five decisions made %zu entries",
           json_array_size(items));
    json_array_foreach (items, i, entry) {
        expect_names_only(w, json_member(json_member(entry, "decision"), "caveat_context"));
    }
    struct reply *proof = entry_at(w, &c, 1);
    expect_names_only(w, expect_member(proof, "/entry/decision/caveat_context"));
}

static json_t *context_of_agent(struct world *w, const struct chain *c, const char *agent)
{
    struct reply *refused =
        refuse_permission(get(w, path(w, "/v1/domains/%s", c->domain), .as = w->nobody,
                              .headers = { { "User-Agent", agent } }),
                          NULL);
    return json_member(entry_of(w, c, expect_text(refused, "/correlation_id")), "request_context");
}

CASE("AUD-013", .clauses = { "AUD-013" }, AUDIT,
     .title = "the user agent is kept as it was sent, and left out when it is no UTF-8")
{
    static const char *const agents[] = { "conformance/1", "Pr\xc3\xa4zision/1.0 (\"quoted\"; <b>)",
                                          "a  b" };
    struct chain c = new_chain(w);
    for (size_t i = 0; i < ARRAY_LEN(agents); i++)
        expect(w,
               text_equal(json_text(context_of_agent(w, &c, agents[i]), "user_agent"), agents[i]),
               "the user agent \"%s\" is kept otherwise", agents[i]);
    expect(w, json_member(context_of_agent(w, &c, "\xff\xfe/1"), "user_agent") == NULL,
           "bytes that are no text are shown as a user agent");
    expect_clean(w, &c, 0, 0);
}
