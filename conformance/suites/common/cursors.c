/* suites/common/cursors.c — CUR-*: what holds of every cursor and every page, whichever list it
 * belongs to.
 *
 * Cases are CUR-NNN/<operationId>. Limits and texts that never were a cursor are the derived
 * suite's; here a real cursor is changed, carried elsewhere, handed to somebody else and followed.
 */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "harness/case.h"
#include "harness/contract.h"
#include "suites/common/lists.h"
#include "suites/common/pages.h"

enum { ROWS = 5, DEFAULT_LIMIT = 50 };

static const struct list *list_of(const struct world *w)
{
    return w->row->data;
}

static struct listing made(struct world *w, size_t rows)
{
    return list_of(w)->make(w, rows);
}

static const char *cursor_of(struct world *w, const struct listing *l)
{
    return first_cursor(w, l->as, l->path);
}

static void refuse_cursor(struct world *w, const struct listing *l, const char *cursor)
{
    refuse(judged(page(w, l->as, l->path, 1, cursor)), 400, "invalid_cursor");
}

static void accept_cursor(struct world *w, const struct listing *l, const char *cursor)
{
    accept(page(w, l->as, l->path, 1, cursor), 200);
}

/* One character of the text becomes another of the same alphabet; separators stay what they are. */
static const char *changed_at(struct world *w, const char *cursor, size_t at)
{
    char *text = arena_strdup(w->arena, cursor);
    if (strchr(".=%", text[at]))
        at--;
    text[at] = text[at] == 'A' ? 'B' : 'A';
    return text;
}

/* CUR-002: version at the front, signature at the back, and what stands between them. The last
 * character may hold bits that mean nothing, so the one before it is changed. */
static void run_changed(struct world *w)
{
    struct listing l = made(w, 2);
    const char *cursor = cursor_of(w, &l);
    size_t last = strlen(cursor) - 2;
    for (size_t i = 0; i <= 12; i++)
        refuse_cursor(w, &l, changed_at(w, cursor, last * i / 12));
    refuse_cursor(w, &l, changed_at(w, cursor, 1));
    accept_cursor(w, &l, cursor);
}

/* CUR-003: the first byte is the version's, if the text is base64url; if it is not, this is one
 * more changed cursor. */
static const char *of_unknown_version(struct world *w, const char *cursor)
{
    struct bytes raw;
    if (!base64_decode(w->arena, BASE64_URL_RAW, cursor, strlen(cursor), &raw) || raw.len == 0)
        return changed_at(w, cursor, 0);
    unsigned char *other = arena_copy(w->arena, raw.data, raw.len);
    other[0] = 0xee;
    return base64_encode(w->arena, BASE64_URL_RAW, other, raw.len);
}

static void run_cut(struct world *w)
{
    struct listing l = made(w, 2);
    const char *cursor = cursor_of(w, &l);
    size_t len = strlen(cursor);
    refuse_cursor(w, &l, of_unknown_version(w, cursor));
    refuse_cursor(w, &l, arena_strndup(w->arena, cursor, 1));
    refuse_cursor(w, &l, arena_strndup(w->arena, cursor, len / 2));
    refuse_cursor(w, &l, arena_strndup(w->arena, cursor, len - 4));
    refuse_cursor(w, &l, path(w, "%sAAAA", cursor));
    refuse_cursor(w, &l, path(w, "%s%s", cursor, cursor));
    accept_cursor(w, &l, cursor);
}

static void run_foreign(struct world *w)
{
    struct listing l = made(w, 2);
    const char *cursor = cursor_of(w, &l);
    struct reply *r =
        refuse(judged(page(w, l.other, l.path, 1, cursor)), 403, "cursor_binding_mismatch");
    expect_absent(r, "/reason");
    expect_absent(r, "/correlation_id");
    accept_cursor(w, &l, cursor);
    accept(page(w, l.other, l.path, 1, first_cursor(w, l.other, l.path)), 200);
}

/* CUR-005, CUR-007: in pages of two the list shows what it shows in one page, in the same order,
 * and then ends. */
static void run_each_once(struct world *w)
{
    struct listing l = made(w, ROWS);
    struct reply *whole = accept(judged(page(w, l.as, l.path, 200, NULL)), 200);
    size_t n = json_array_size(expect_member(whole, "/items"));
    expect(w, n == ROWS, "%s shows %zu rows, expected %d", l.path, n, ROWS);
    expect_absent(whole, "/next_cursor");
    json_t *in_pages = walk(w, l.as, l.path, 2);
    expect(w, json_equal(in_pages, json_member(whole->json, "items")),
           "%s in pages of two is not what it is in one page", l.path);
    const char *cursor = NULL;
    for (size_t left = ROWS; left > 0; left -= left < 2 ? left : 2) {
        struct reply *r = accept(judged(page(w, l.as, l.path, 2, cursor)), 200);
        cursor = next_cursor(w, r);
        expect(w, (cursor != NULL) == (left > 2), "%s: %zu rows are left and next_cursor is %s",
               l.path, left, cursor ? "there" : "absent");
    }
}

static void run_elsewhere(struct world *w)
{
    struct listing l = made(w, 2);
    const char *cursor = cursor_of(w, &l);
    refuse(judged(page(w, l.as, l.elsewhere, 1, cursor)), 400, "invalid_cursor");
    accept(page(w, l.as, l.elsewhere, 1, NULL), 200);
    accept_cursor(w, &l, cursor);
}

static void run_other_credential(struct world *w)
{
    struct listing l = made(w, 2);
    const char *cursor = cursor_of(w, &l);
    json_t *body = json_pack("{s:s, s:s}", "identity_ref", l.as->identity_ref, "env_prefix", "dev");
    struct reply *token = accept(post(w, "/v1/auth/tokens", .as = l.as, .json = body), 201);
    const struct credential again = { l.as->role, expect_text(token, "/plaintext"),
                                      l.as->identity_ref };
    struct reply *second = accept(judged(page(w, &again, l.path, 1, cursor)), 200);
    expect(w, json_is_array(expect_member(second, "/items")), "items is no array");
    refuse(page(w, l.other, l.path, 1, cursor), 403, "cursor_binding_mismatch");
}

/* CUR-001: 51 rows, and no limit asked for. */
static void run_default_limit(struct world *w)
{
    struct listing l = made(w, DEFAULT_LIMIT + 1);
    struct reply *r = accept(judged(page(w, l.as, l.path, 0, NULL)), 200);
    size_t n = json_array_size(expect_member(r, "/items"));
    expect(w, n == DEFAULT_LIMIT, "a page without a limit holds %zu items, expected 50", n);
    expect_text(r, "/next_cursor");
    r = accept(judged(page(w, l.as, l.path, 200, NULL)), 200);
    n = json_array_size(expect_member(r, "/items"));
    expect(w, n == DEFAULT_LIMIT + 1, "a page of 200 holds %zu of 51 rows", n);
    expect_absent(r, "/next_cursor");
}

/* ---- the rows ------------------------------------------------------------------------------ */

static bool is_bound(const struct list *l)
{
    return l->bound;
}

static bool is_own(const struct list *l)
{
    return !l->shared;
}

static bool is_cheap(const struct list *l)
{
    return l->cheap;
}

static bool every(const struct list *l UNUSED)
{
    return true;
}

static const struct rule {
    const char *clauses[2];
    const char *title; /* after the operation's name */
    void (*run)(struct world *w);
    bool (*applies)(const struct list *l);
    size_t own[2]; /* offsets of the list's own clauses; 0: none */
    const char *needs;
} rules[] = {
    { .clauses = { "CUR-001" },
      .title = "shows 50 rows when no limit is asked for",
      .run = run_default_limit,
      .applies = is_cheap },
    { .clauses = { "CUR-002" },
      .title = "refuses a cursor with one byte changed, wherever it is",
      .run = run_changed,
      .applies = every,
      .own = { offsetof(struct list, changed) } },
    { .clauses = { "CUR-003" },
      .title = "refuses a cursor that was cut, lengthened or is of an unknown version",
      .run = run_cut,
      .applies = every,
      .own = { offsetof(struct list, changed) } },
    { .clauses = { "CUR-004" },
      .title = "refuses a cursor that somebody else was given",
      .run = run_foreign,
      .applies = is_bound,
      .own = { offsetof(struct list, foreign) } },
    { .clauses = { "CUR-007", "CUR-005" },
      .title = "shows each row once and ends without a cursor",
      .run = run_each_once,
      .applies = is_own,
      .own = { offsetof(struct list, end), offsetof(struct list, each_once) } },
    { .clauses = { "CUR-008" },
      .title = "refuses a cursor that was made for another list or filter",
      .run = run_elsewhere,
      .applies = every,
      .own = { offsetof(struct list, elsewhere) } },
    { .clauses = { "CUR-011" },
      .title = "takes a cursor from the same principal with another credential",
      .run = run_other_credential,
      .applies = is_bound,
      .needs = "api-tokens" },
};

static void add_clauses(struct case_row *row, const struct rule *rule, const struct list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(rule->clauses) && rule->clauses[i]; i++)
        row->clauses[n++] = rule->clauses[i];
    for (size_t i = 0; i < ARRAY_LEN(rule->own) && rule->own[i]; i++) {
        const char *own;
        memcpy(&own, (const char *)list + rule->own[i], sizeof own);
        if (own)
            row->clauses[n++] = own;
    }
}

static void add_case(const struct rule *rule, const struct list *list)
{
    struct arena *a = contract()->arena; /* rows hold as long as the contract */
    struct case_row *row = arena_alloc(a, sizeof *row);
    *row = (struct case_row){
        .id = arena_printf(a, "%s/%s", rule->clauses[0], list->operation),
        .suite = "common",
        .title = arena_printf(a, "%s %s", list->operation, rule->title),
        .run = rule->run,
        .data = list,
        .budget_ms = 30000,
        .file = __FILE__,
        .line = __LINE__,
    };
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(list->needs) && list->needs[i]; i++)
        row->needs[n++] = list->needs[i];
    if (rule->needs)
        row->needs[n] = rule->needs;
    add_clauses(row, rule, list);
    case_register(row);
}

static void generate(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        for (size_t j = 0; j < n_lists; j++)
            if (rules[i].applies(&lists[j]))
                add_case(&rules[i], &lists[j]);
}

__attribute__((constructor)) static void announce(void)
{
    case_generators_add(generate);
}
