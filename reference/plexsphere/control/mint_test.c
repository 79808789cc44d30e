#include "reference/plexsphere/control/mint.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"
#include "reference/plexsphere/identity/identity.h"

#define ID "01234567-89ab-7def-8123-456789abcdef"

static bool reads(const char *text, struct mint_order *out, struct error *e)
{
    struct arena *a = arena_create();
    json_t *json;
    e->text[0] = '\0';
    ck_assert(json_parse(a, text, strlen(text), &json, NULL));
    bool ok = mint_order_read(a, json, out, e);
    arena_destroy(a);
    return ok;
}

START_TEST(refuses_other_orders)
{
    static const struct {
        const char *json, *says;
    } bad[] = {
        { "{}", "role is needed" },
        { "{\"role\":1}", "'role'" },
        { "{\"role\":\"domain amdin\",\"domain_id\":\"" ID "\"}", "'domain admin'" },
        { "{\"role\":\"domain admin\"}", "needs a Domain" },
        { "{\"role\":\"domain admin\",\"project_id\":\"" ID "\"}", "needs a Domain" },
        { "{\"role\":\"project admin\",\"domain_id\":\"" ID "\"}", "needs a Project" },
        { "{\"role\":\"domain admin\",\"domain_id\":\"x\"}", "the Domain must be a UUID" },
        { "{\"role\":\"none\",\"domain_id\":\"00000000-0000-0000-0000-000000000000\"}", "nil" },
        { "{\"role\":\"none\",\"ttl_seconds\":0}", "ttl_seconds" },
        { "{\"role\":\"none\",\"ttl_seconds\":99999999999}", "ttl_seconds" },
        { "{\"role\":\"none\",\"ttl_seconds\":1.5}", "ttl_seconds" },
        { "{\"role\":\"none\",\"run\":1}", "'run'" },
        { "{\"role\":\"none\",\"rolle\":1}", "'rolle'" },
    };
    struct mint_order order;
    struct error e;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!reads(bad[i].json, &order, &e) && text_contains(e.text, bad[i].says),
                      "%s: %s", bad[i].json, e.text);
}
END_TEST

START_TEST(reads_orders)
{
    struct mint_order order;
    struct error e;
    ck_assert(reads("{\"role\":\"none\",\"run\":\"pc-1\"}", &order, &e));
    ck_assert(!order.has_domain && !order.has_project);
    ck_assert_int_eq(order.ttl_seconds, 7 * 24 * 3600);
    ck_assert(reads("{\"role\":\"project operator\",\"project_id\":\"" ID "\",\"ttl_seconds\":60}",
                    &order, &e));
    ck_assert(order.has_project && !order.has_domain);
    ck_assert_int_eq(order.ttl_seconds, 60);
    ck_assert_str_eq(order.role->relation, "operator");
    ck_assert(mint_order_of("domain member", ID, NULL, 0, &order, &e));
    ck_assert(order.has_domain);
    ck_assert_int_eq(order.ttl_seconds, 7 * 24 * 3600);
}
END_TEST

TESTS("control/mint", refuses_other_orders, reads_orders)
