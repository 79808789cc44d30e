#include "suites/common/pages.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/url.h"

enum { WALK_LIMIT = 200, PAGES_MAX = 2000 };

char *asking(struct world *w, const char *list, const char *name, const char *value)
{
    return path(w, "%s%c%s=%s", list, strchr(list, '?') ? '&' : '?', name,
                url_encode(w->arena, value));
}

struct exchange *page(struct world *w, const struct credential *as, const char *list, int limit,
                      const char *cursor)
{
    if (limit > 0)
        list = asking(w, list, "limit", path(w, "%d", limit));
    if (cursor)
        list = asking(w, list, "cursor", cursor);
    return get(w, list, .as = as);
}

const char *next_cursor(struct world *w, struct reply *r)
{
    if (json_member(r->json, "next_cursor") == NULL)
        return NULL;
    const char *cursor = expect_text(r, "/next_cursor");
    expect(w, *cursor, "next_cursor is empty text");
    return cursor;
}

const char *first_cursor(struct world *w, const struct credential *as, const char *list)
{
    const char *cursor = next_cursor(w, accept(page(w, as, list, 1, NULL), 200));
    expect(w, cursor, "%s with limit=1 has no next_cursor although there are more rows", list);
    return cursor;
}

json_t *walk(struct world *w, const struct credential *as, const char *list, int limit)
{
    json_t *all = json_own(w->arena, json_array());
    const char *cursor = NULL;
    for (int n = 0; n < PAGES_MAX; n++) {
        struct reply *r = accept(page(w, as, list, limit, cursor), 200);
        size_t items = json_array_size(expect_member(r, "/items"));
        expect(w, limit == 0 || items <= (size_t)limit, "%s: a page of %d holds %zu items", list,
               limit, items);
        json_array_extend(all, json_member(r->json, "items"));
        cursor = next_cursor(w, r);
        if (!cursor)
            return all;
    }
    fail_case(w, __FILE__, __LINE__, "%s: no end after %d pages", list, PAGES_MAX);
}

json_t *listed(struct world *w, const struct credential *as, const char *list, const char *member,
               const char *value)
{
    json_t *found = NULL, *item;
    size_t i;
    json_t *all = walk(w, as, list, WALK_LIMIT);
    json_array_foreach (all, i, item) {
        if (!text_equal(json_text(item, member), value))
            continue;
        expect(w, !found, "%s shows %s %s twice", list, member, value);
        found = item;
    }
    return found;
}
