/* The SQL of Resources against a private database: above all, what a handle names (RES-034). */
#include "common/arena.h"
#include "common/testing.h"
#include "reference/plexsphere/resources/resource.h"
#include "reference/plexsphere/store/cluster_test_support.h"
#include "reference/plexsphere/store/migrate.h"

#define NOW INT64_C(1790000000000000)
#define DOMAIN_ID "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e01"
#define PROJECT_ID "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e02"
#define OTHER_PROJECT_ID "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e03"

static struct arena *arena;
static struct db *db;
static struct tx *tx;
static struct uuid domain, project, other_project;

static void set_up(void)
{
    struct error e = { "" };
    arena = arena_create();
    char *dsn = cluster_database(arena);
    ck_assert_msg(migrate_up(dsn, "migrations", &e), "%s", e.text);
    cluster_sql(arena, dsn,
                "INSERT INTO plexsphere.domains VALUES ('" DOMAIN_ID "', 'D', 'd', '', '', "
                "'10.42.0.0/16', 30000000000, 90000000000, 300000000000, now(), now());"
                "INSERT INTO plexsphere.projects VALUES ('" PROJECT_ID "', '" DOMAIN_ID
                "', 'P', 'p', '', now(), now()), ('" OTHER_PROJECT_ID "', '" DOMAIN_ID
                "', 'Q', 'q', '', now(), now())");
    ck_assert(uuid_parse(DOMAIN_ID, &domain) && uuid_parse(PROJECT_ID, &project) &&
              uuid_parse(OTHER_PROJECT_ID, &other_project));
    ck_assert_msg(db_open(dsn, 1, &db, &e), "%s", e.text);
    tx = tx_begin(db, arena);
    tx_write(tx);
}

static void tear_down(void)
{
    tx_end(tx);
    db_close(db);
    arena_destroy(arena);
}

static struct uuid adopted(const struct uuid *in, const char *external_ref)
{
    struct resource r = { .id = uuid_v7(NOW),
                          .project_id = *in,
                          .domain_id = domain,
                          .origin = "adopted",
                          .kind = "vm",
                          .external_ref = external_ref,
                          .created_at = NOW };
    ck_assert_int_eq(resource_insert(tx, &r), SQL_OK);
    return r.id;
}

static enum found named(const char *handle, struct resource_ref *out)
{
    return resources_by_handle(tx, &project, handle, out);
}

START_TEST(a_handle_that_fits_nothing_names_nothing)
{
    set_up();
    struct resource_ref ref;
    struct uuid elsewhere = adopted(&other_project, "rack-9");
    adopted(&project, NULL);
    ck_assert_int_eq(named("rack-1", &ref), NOT_FOUND);
    ck_assert_int_eq(named("", &ref), NOT_FOUND);
    ck_assert_int_eq(named("rack-9", &ref), NOT_FOUND);
    ck_assert_int_eq(named(uuid_text(arena, &elsewhere), &ref), NOT_FOUND);
    tear_down();
}
END_TEST

START_TEST(a_handle_that_fits_two_names_none)
{
    set_up();
    struct resource_ref ref;
    adopted(&project, "rack-1");
    ck_assert_int_eq(named("rack-1", &ref), FOUND);
    adopted(&project, "rack-1");
    ck_assert_int_eq(named("rack-1", &ref), NOT_FOUND);
    /* One by its id, another by a reference that spells the same id. */
    struct uuid id = adopted(&project, "rack-2");
    ck_assert_int_eq(named(uuid_text(arena, &id), &ref), FOUND);
    adopted(&project, uuid_text(arena, &id));
    ck_assert_int_eq(named(uuid_text(arena, &id), &ref), NOT_FOUND);
    tear_down();
}
END_TEST

START_TEST(a_handle_is_an_id_or_a_reference)
{
    set_up();
    struct resource_ref ref;
    struct uuid id = adopted(&project, "rack-1"), bare = adopted(&project, NULL);
    ck_assert_int_eq(named("rack-1", &ref), FOUND);
    ck_assert(uuid_equal(&ref.id, &id) && uuid_equal(&ref.project_id, &project));
    ck_assert(uuid_equal(&ref.domain_id, &domain));
    ck_assert_str_eq(ref.kind, "vm");
    ck_assert_str_eq(ref.external_ref, "rack-1");
    ck_assert_int_eq(named(uuid_text(arena, &bare), &ref), FOUND);
    ck_assert(uuid_equal(&ref.id, &bare));
    ck_assert_ptr_null(ref.external_ref);
    tear_down();
}
END_TEST

START_TEST(a_resource_cannot_lie_about_its_domain)
{
    set_up();
    struct resource r = { .id = uuid_v7(NOW),
                          .project_id = project,
                          .domain_id = uuid_v7(NOW),
                          .origin = "adopted",
                          .kind = "vm",
                          .created_at = NOW };
    ck_assert_int_eq(resource_insert(tx, &r), SQL_FOREIGN_KEY);
    tear_down();
}
END_TEST

START_TEST(pages_go_from_old_to_new_within_one_project)
{
    set_up();
    struct uuid ids[3], nil = { { 0 } };
    ids[0] = adopted(&project, NULL);
    ids[1] = adopted(&project, NULL);
    struct resource *page;
    size_t n = 0;
    adopted(&other_project, NULL);
    ids[2] = adopted(&project, NULL);
    ck_assert_int_eq(resource_window(tx, &project, &nil, 2, &page, &n), SQL_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert(uuid_equal(&page[0].id, &ids[0]) && uuid_equal(&page[1].id, &ids[1]));
    ck_assert_int_eq(resource_window(tx, &project, &ids[1], 2, &page, &n), SQL_OK);
    ck_assert_uint_eq(n, 1);
    ck_assert(uuid_equal(&page[0].id, &ids[2]));
    tear_down();
}
END_TEST

START_TEST(removing_tells_whether_it_was_there)
{
    set_up();
    struct resource r;
    struct uuid id = adopted(&project, NULL);
    ck_assert_int_eq(resource_find(tx, &id, &r), FOUND);
    ck_assert_int_eq(resource_remove(tx, &id), FOUND);
    ck_assert_int_eq(resource_remove(tx, &id), NOT_FOUND);
    ck_assert_int_eq(resource_find(tx, &id, &r), NOT_FOUND);
    tear_down();
}
END_TEST

CLUSTER_TESTS("resources/store", a_handle_that_fits_nothing_names_nothing,
              a_handle_that_fits_two_names_none, a_handle_is_an_id_or_a_reference,
              a_resource_cannot_lie_about_its_domain, pages_go_from_old_to_new_within_one_project,
              removing_tells_whether_it_was_there)
