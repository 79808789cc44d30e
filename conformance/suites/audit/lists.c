/* suites/audit/lists.c — pages, cursors and filters of the two lists (SPEC AUD-026 to AUD-029,
 * AUD-036). */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/audit/audit.h"

#define SUITE "audit"
#define AUDIT .needs = { AUDIT_NEEDS }

static const char *cursor_of(struct world *w, const struct chain *c, const char *query)
{
    return expect_text(entries(w, c, query), "/next_cursor");
}

static struct exchange *list_as(struct world *w, const struct chain *c, const struct credential *as,
                                const char *query)
{
    return judged(get(w, path(w, "%s/entries%s", c->base, query), .as = as));
}

CASE("AUD-026", .clauses = { "AUD-026" }, AUDIT,
     .title = "entries come by ascending seq, each once, and a full page alone has a next_cursor")
{
    struct chain c = new_chain(w);
    grow(w, &c);
    int64_t head = head_of(w, &c), seen = 0;
    const char *cursor = NULL;
    do {
        struct reply *page =
            entries(w, &c, cursor == NULL ? "?limit=2" : path(w, "?limit=2&cursor=%s", cursor));
        size_t i, n = json_array_size(expect_member(page, "/items"));
        json_t *entry;
        json_array_foreach (json_member(page->json, "items"), i, entry) {
            expect(w, json_int(entry, "seq", 0) == seen + 1, "seq %lld comes after %lld",
                   (long long)json_int(entry, "seq", 0), (long long)seen);
            seen++;
        }
        cursor = json_text(page->json, "next_cursor");
        expect(w, n <= 2 && (cursor != NULL) == (n == 2), "a page of %zu has %s next_cursor", n,
               cursor != NULL ? "a" : "no");
    } while (cursor != NULL && seen <= head);
    expect(w, seen == head, "%lld of %lld entries were listed", (long long)seen, (long long)head);
}

CASE("AUD-026-b", .clauses = { "AUD-026" }, AUDIT,
     .title = "a page that is just full has a next_cursor, and behind it is an empty page without")
{
    struct chain c = new_chain(w);
    grow(w, &c);
    int64_t head = head_of(w, &c);
    const char *cursor = cursor_of(w, &c, path(w, "?limit=%lld", (long long)head));
    struct reply *rest = entries(w, &c, path(w, "?limit=%lld&cursor=%s", (long long)head, cursor));
    expect(w, json_array_size(expect_member(rest, "/items")) == 0,
           "an entry comes behind the head");
    expect_absent(rest, "/next_cursor");
    expect_absent(entries(w, &c, path(w, "?limit=%lld", (long long)head + 1)), "/next_cursor");
}

static void refuse_cursor(struct world *w, const struct chain *c, const struct credential *as,
                          const char *cursor)
{
    refuse(list_as(w, c, as, path(w, "?limit=1&cursor=%s", cursor)), 400, "invalid_cursor");
}

CASE("AUD-027", .clauses = { "AUD-027" }, AUDIT,
     .title = "a cursor of another chain, or an altered one, is no cursor")
{
    struct chain one = new_chain(w), two = new_chain(w), platform = platform_chain(w);
    grow(w, &one);
    grow(w, &two);
    const char *mine = cursor_of(w, &one, "?limit=1");
    const char *above = cursor_of(w, &platform, "?limit=1");
    refuse_cursor(w, &two, two.auditor, mine);
    refuse_cursor(w, &two, w->platform_auditor, mine);
    refuse_cursor(w, &platform, w->platform_auditor, mine);
    refuse_cursor(w, &one, one.auditor, above);
    for (size_t part = 0; part < 4; part++) {
        char *altered = arena_strdup(w->arena, mine);
        char *at = &altered[strlen(mine) * part / 4];
        *at = *at == 'A' ? 'B' : 'A';
        refuse_cursor(w, &one, one.auditor, altered);
    }
    struct reply *twin = entries(w, &one, path(w, "?limit=1&cursor=%s", mine));
    expect(w, expect_int(twin, "/items/0/seq") == 2, "the cursor leads to another entry");
}

CASE("AUD-028", .clauses = { "AUD-028" }, AUDIT,
     .title = "a cursor belongs to its filters, and to no caller")
{
    struct chain c = new_chain(w);
    grow(w, &c);
    const char *cursor = cursor_of(w, &c, "?reason=out_of_scope&limit=1");
    refuse_cursor(w, &c, c.auditor, cursor);
    refuse(list_as(w, &c, c.auditor,
                   path(w, "?reason=insufficient_relation&limit=1&cursor=%s", cursor)),
           400, "invalid_cursor");
    refuse(list_as(w, &c, c.auditor,
                   path(w, "?reason=out_of_scope&relation=read&limit=1&cursor=%s", cursor)),
           400, "invalid_cursor");
    const char *same = path(w, "?reason=out_of_scope&limit=1&cursor=%s", cursor);
    struct reply *mine = entries(w, &c, same);
    struct reply *theirs = accept(list_as(w, &c, w->platform_auditor, same), 200);
    expect(w, expect_int(mine, "/items/0/seq") == expect_int(theirs, "/items/0/seq"),
           "two auditors see different pages behind one cursor");
}

CASE("AUD-029", .clauses = { "AUD-029" }, AUDIT, .title = "filters that mean nothing are refused")
{
    static const char *const bad[] = {
        "subject=0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
        "subject=123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "subject=g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "subject=someone@example.org",
        "subject=",
        "reason=denied",
        "reason=GRANTED",
        "reason=",
        "from=yesterday",
        "from=2026-02-30T00:00:00Z",
        "from=1767225600",
        "to=2026-01-01",
        "to=2026-01-01T00:00:00",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
    };
    static const char *const good[] = {
        "subject=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "reason=granted",
        "reason=unknown",
        "from=2026-01-01T00:00:00Z",
        "to=2026-01-01T00:00:00%2B02:00",
        "from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
    };
    struct chain c = new_chain(w), platform = platform_chain(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        refuse(list_as(w, &c, c.auditor, path(w, "?%s", bad[i])), 400, NULL);
        refuse(list_as(w, &platform, platform.auditor, path(w, "?%s", bad[i])), 400, NULL);
    }
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        (void)expect_member(entries(w, &c, path(w, "?%s", good[i])), "/items");
}

/* ---- what filters leave ---- */

static size_t listed(struct world *w, const struct chain *c, const char *query)
{
    return json_array_size(expect_member(entries(w, c, query), "/items"));
}

/* The query lists the entry, and nothing whose member is another. */
static void expect_filter(struct world *w, const struct chain *c, const json_t *entry,
                          const char *name, const char *pointer)
{
    const char *value = json_string_value(json_at(entry, pointer));
    struct reply *r = entries(w, c, path(w, "?%s=%s", name, value));
    bool found = false;
    size_t i;
    json_t *one;
    json_array_foreach (expect_member(r, "/items"), i, one) {
        expect(w, text_equal(json_string_value(json_at(one, pointer)), value),
               "%s lets an entry through whose %s is another", name, pointer);
        found |= json_int(one, "seq", 0) == json_int(entry, "seq", 0);
    }
    expect(w, found, "%s hides an entry that has it", name);
}

CASE("AUD-036", .clauses = { "AUD-036" }, AUDIT,
     .title = "each filter leaves exactly what it names")
{
    static const struct {
        const char *name, *pointer;
    } filters[] = { { "subject", "/subject/pseudonym" },
                    { "relation", "/relation" },
                    { "object_type", "/object/type" },
                    { "object_id", "/object/id" },
                    { "reason", "/reason" },
                    { "correlation_id", "/correlation_id" } };
    struct chain c = new_chain(w);
    size_t i;
    json_t *entry;
    grow(w, &c);
    json_t *items = all_entries(w, &c);
    expect(w, json_array_size(items) >= 5, "five decisions made %zu entries",
           json_array_size(items));
    json_array_foreach (items, i, entry) {
        for (size_t f = 0; f < ARRAY_LEN(filters); f++)
            expect_filter(w, &c, entry, filters[f].name, filters[f].pointer);
    }
    expect(w, listed(w, &c, "?relation=no-such-relation") == 0,
           "an unknown relation lists entries");
    expect(w, listed(w, &c, path(w, "?object_id=%s", unused_uuid(w))) == 0,
           "an unknown object lists entries");
}

CASE("AUD-036-b", .clauses = { "AUD-036" }, AUDIT,
     .title = "filters narrow each other, and from and to include their instants")
{
    struct chain c = new_chain(w);
    grow(w, &c);
    size_t all = json_array_size(all_entries(w, &c));
    size_t reads = listed(w, &c, "?relation=read"), outside = listed(w, &c, "?reason=out_of_scope");
    expect(w, reads == 2 && outside == 2, "two refused reads are listed as %zu and %zu", reads,
           outside);
    expect(w, listed(w, &c, "?relation=read&reason=out_of_scope") == 2,
           "both filters leave another number");
    expect(w, listed(w, &c, "?relation=read&reason=insufficient_relation") == 0,
           "filters that no entry fits both of list one");

    struct reply *last = entry_at(w, &c, (int64_t)all);
    const char *at = expect_text(last, "/entry/occurred_at");
    const char *id = expect_text(last, "/entry/correlation_id");
    expect(w, listed(w, &c, path(w, "?from=%s&to=%s&correlation_id=%s", at, at, id)) == 1,
           "an entry is not between its own instant and its own instant");
    expect(w,
           listed(w, &c,
                  path(w, "?from=%s", expect_text(entry_at(w, &c, 1), "/entry/occurred_at"))) ==
               all,
           "from the first entry's instant on something is missing");
    expect(w, listed(w, &c, path(w, "?to=%s", at)) == all,
           "to the last entry's instant something is missing");
    expect(w, listed(w, &c, "?to=2020-01-01T00:00:00Z") == 0, "entries are older than the target");
}
