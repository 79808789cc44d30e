/* The SQL of Domains and Projects against a private database: what needs Nodes, or two writers, to
 * be seen. */
#include "common/arena.h"
#include "common/testing.h"
#include "reference/plexsphere/store/cluster_test_support.h"
#include "reference/plexsphere/store/migrate.h"
#include "reference/plexsphere/tenancy/domain.h"
#include "reference/plexsphere/tenancy/project.h"

#define NOW INT64_C(1790000000000000)

static struct arena *arena;
static char *dsn;
static struct db *db;
static struct tx *tx;

static void set_up(void)
{
    struct error e = { "" };
    arena = arena_create();
    dsn = cluster_database(arena);
    ck_assert_msg(migrate_up(dsn, "migrations", &e), "%s", e.text);
    ck_assert_msg(db_open(dsn, 2, &db, &e), "%s", e.text);
    tx = tx_begin(db, arena);
    tx_write(tx);
}

static void tear_down(void)
{
    tx_end(tx);
    db_close(db);
    arena_destroy(arena);
}

/* After a refusal the transaction is spent; what was committed before stays. */
static void again(void)
{
    tx_end(tx);
    tx = tx_begin(db, arena);
    tx_write(tx);
}

static struct domain a_domain(const char *slug, const char *pool)
{
    return (struct domain){ .id = uuid_v7(NOW),
                            .name = "A Domain",
                            .slug = slug,
                            .description = "",
                            .region = "",
                            .mesh_cidr = pool,
                            .reachability = REACHABILITY_DEFAULT,
                            .created_at = NOW };
}

static struct project a_project(const struct domain *d, const char *slug)
{
    return (struct project){ .id = uuid_v7(NOW),
                             .domain_id = d->id,
                             .name = "A Project",
                             .slug = slug,
                             .description = "",
                             .created_at = NOW };
}

static void a_node(const struct project *p, const char *address)
{
    cluster_sql(arena, dsn,
                arena_printf(arena,
                             "INSERT INTO plexsphere.nodes (id, domain_id, project_id, kind, "
                             "public_key, mesh_ip, registered_at) VALUES (gen_random_uuid(), '%s', "
                             "'%s', 'node', decode(repeat('aa', 32), 'hex'), '%s', now())",
                             uuid_text(arena, &p->domain_id), uuid_text(arena, &p->id), address));
}

START_TEST(the_slug_speaks_before_the_pool)
{
    set_up();
    struct domain first = a_domain("acme", "10.42.0.0/16"), second;
    ck_assert_int_eq(domain_insert(tx, &first), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    again();
    second = a_domain("acme", "10.42.128.0/17");
    ck_assert_int_eq(domain_insert(tx, &second), SQL_UNIQUE);
    again();
    second = a_domain("other", "10.42.128.0/17");
    ck_assert_int_eq(domain_insert(tx, &second), SQL_EXCLUSION);
    again();
    second = a_domain("other", "10.43.0.0/16");
    ck_assert_int_eq(domain_insert(tx, &second), SQL_OK);
    tear_down();
}
END_TEST

/* Postgres itself would write this pool with a dotted tail. */
START_TEST(pools_come_back_canonical)
{
    set_up();
    struct domain d = a_domain("six", "::102:300/120"), read;
    struct cidr pool;
    ck_assert_int_eq(domain_insert(tx, &d), SQL_OK);
    ck_assert_int_eq(domain_find(tx, &d.id, &read), FOUND);
    ck_assert_str_eq(read.mesh_cidr, "::102:300/120");
    ck_assert_int_eq(domain_pool(tx, &d.id, &pool), FOUND);
    ck_assert_uint_eq(pool.prefix, 120);
    tear_down();
}
END_TEST

START_TEST(a_patch_of_nothing_known_changes_nothing)
{
    set_up();
    struct domain d = a_domain("acme", "10.42.0.0/16"), read;
    struct domain_fields fields = { .description = "now" };
    enum sql_result sql;
    struct uuid unknown = uuid_v7(NOW);
    ck_assert_int_eq(domain_insert(tx, &d), SQL_OK);
    ck_assert_int_eq(domain_update(tx, &unknown, &fields, NOW + 5, &read, &sql), NOT_FOUND);
    ck_assert_int_eq(domain_update(tx, &d.id, &fields, NOW + 5, &read, &sql), FOUND);
    ck_assert_str_eq(read.description, "now");
    ck_assert_str_eq(read.name, "A Domain");
    ck_assert_str_eq(read.mesh_cidr, "10.42.0.0/16");
    ck_assert_int_eq(read.updated_at, NOW + 5);
    ck_assert_int_eq(read.created_at, NOW);
    /* A clock that went back does not take updated_at along. */
    ck_assert_int_eq(domain_update(tx, &d.id, &fields, NOW, &read, &sql), FOUND);
    ck_assert_int_eq(read.updated_at, NOW + 5);
    tear_down();
}
END_TEST

START_TEST(a_range_with_nodes_in_it_is_not_taken_away)
{
    set_up();
    struct domain d = a_domain("acme", "10.42.0.0/16");
    struct project p = a_project(&d, "p");
    ck_assert_int_eq(domain_insert(tx, &d), SQL_OK);
    ck_assert_int_eq(project_insert(tx, &p), SQL_OK);
    ck_assert_int_eq(project_reserve(tx, &p.id, &d.id, "10.42.4.0/22"), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    again();
    ck_assert_int_eq(project_stranded_address(tx, &p, NULL), NOT_FOUND);
    a_node(&p, "10.42.200.1"); /* from before the reservation: it is in no range that could go */
    ck_assert_int_eq(project_stranded_address(tx, &p, NULL), NOT_FOUND);
    a_node(&p, "10.42.6.1");
    ck_assert_int_eq(project_stranded_address(tx, &p, NULL), FOUND);
    ck_assert_int_eq(project_stranded_address(tx, &p, "10.42.4.0/23"), FOUND);
    ck_assert_int_eq(project_stranded_address(tx, &p, "10.42.6.0/23"), NOT_FOUND);
    ck_assert_int_eq(project_stranded_address(tx, &p, "10.42.0.0/17"), NOT_FOUND);
    tear_down();
}
END_TEST

START_TEST(children_are_counted_each)
{
    set_up();
    struct domain d = a_domain("acme", "10.42.0.0/16");
    struct project p = a_project(&d, "p");
    struct domain_children of_domain;
    struct project_children of_project;
    ck_assert_int_eq(domain_insert(tx, &d), SQL_OK);
    ck_assert_int_eq(project_insert(tx, &p), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    a_node(&p, "10.42.0.1");
    a_node(&p, "10.42.0.2");
    again();
    ck_assert_int_eq(domain_count_children(tx, &d.id, &of_domain), SQL_OK);
    ck_assert_int_eq(of_domain.projects, 1);
    ck_assert_int_eq(of_domain.nodes, 2);
    ck_assert_int_eq(of_domain.identities, 0);
    ck_assert_int_eq(project_count_children(tx, &p.id, &of_project), SQL_OK);
    ck_assert_int_eq(of_project.nodes, 2);
    ck_assert_int_eq(of_project.resources, 0);
    ck_assert_int_eq(domain_remove(tx, &d.id), SQL_FOREIGN_KEY);
    tear_down();
}
END_TEST

START_TEST(siblings_are_named_and_the_project_itself_is_none)
{
    set_up();
    struct domain d = a_domain("acme", "10.42.0.0/16");
    struct project p = a_project(&d, "p"), q = a_project(&d, "q");
    struct uuid sibling;
    const char *range = NULL;
    ck_assert_int_eq(domain_insert(tx, &d), SQL_OK);
    ck_assert_int_eq(project_insert(tx, &p), SQL_OK);
    ck_assert_int_eq(project_insert(tx, &q), SQL_OK);
    ck_assert_int_eq(project_reserve(tx, &p.id, &d.id, "10.42.4.0/22"), SQL_OK);
    ck_assert_int_eq(project_overlapping_sibling(tx, &p, "10.42.4.0/24", &sibling, &range),
                     NOT_FOUND);
    ck_assert_int_eq(project_overlapping_sibling(tx, &q, "10.42.0.0/21", &sibling, &range), FOUND);
    ck_assert(uuid_equal(&sibling, &p.id));
    ck_assert_str_eq(range, "10.42.4.0/22");
    ck_assert_int_eq(project_reserve(tx, &q.id, &d.id, "10.42.5.0/24"), SQL_EXCLUSION);
    tear_down();
}
END_TEST

START_TEST(projects_of_one_slug_are_paged_by_id)
{
    set_up();
    struct domain a = a_domain("a", "10.1.0.0/16"), b = a_domain("b", "10.2.0.0/16");
    struct project p = a_project(&a, "same");
    struct project q = a_project(&b, "same"), *page;
    struct project_position from = { "", { { 0 } } };
    size_t n = 0;
    ck_assert_int_eq(domain_insert(tx, &a), SQL_OK);
    ck_assert_int_eq(domain_insert(tx, &b), SQL_OK);
    ck_assert_int_eq(project_insert(tx, &q), SQL_OK);
    ck_assert_int_eq(project_insert(tx, &p), SQL_OK);
    ck_assert_int_eq(project_window(tx, NULL, &from, 1, &page, &n), SQL_OK);
    ck_assert_uint_eq(n, 1);
    ck_assert(uuid_equal(&page[0].id, &p.id));
    from = (struct project_position){ page[0].slug, page[0].id };
    ck_assert_int_eq(project_window(tx, NULL, &from, 5, &page, &n), SQL_OK);
    ck_assert_uint_eq(n, 1);
    ck_assert(uuid_equal(&page[0].id, &q.id));
    from = (struct project_position){ "", { { 0 } } };
    ck_assert_int_eq(project_window(tx, &b.id, &from, 5, &page, &n), SQL_OK);
    ck_assert_uint_eq(n, 1);
    ck_assert(uuid_equal(&page[0].id, &q.id));
    tear_down();
}
END_TEST

START_TEST(other_contexts_may_ask)
{
    set_up();
    struct domain d = a_domain("acme", "10.42.0.0/16");
    struct project p = a_project(&d, "p");
    struct uuid domain, unknown = uuid_v7(NOW);
    ck_assert_int_eq(domain_insert(tx, &d), SQL_OK);
    ck_assert_int_eq(project_insert(tx, &p), SQL_OK);
    ck_assert_int_eq(tenancy_domain_of_project(tx, &unknown, &domain), NOT_FOUND);
    ck_assert_int_eq(tenancy_domain_exists(tx, &unknown), NOT_FOUND);
    ck_assert_int_eq(tenancy_domain_of_project(tx, &p.id, &domain), FOUND);
    ck_assert(uuid_equal(&domain, &d.id));
    ck_assert_int_eq(tenancy_domain_exists(tx, &d.id), FOUND);
    tear_down();
}
END_TEST

CLUSTER_TESTS("tenancy/store", the_slug_speaks_before_the_pool, pools_come_back_canonical,
              a_patch_of_nothing_known_changes_nothing, a_range_with_nodes_in_it_is_not_taken_away,
              children_are_counted_each, siblings_are_named_and_the_project_itself_is_none,
              projects_of_one_slug_are_paged_by_id, other_contexts_may_ask)
