/* nodes/node_test_support.h — Nodes in a test's private database. Only test programs include this,
 * after store/cluster_test_support.h. */
#ifndef PLEXSPHERE_NODE_TEST_SUPPORT_H
#define PLEXSPHERE_NODE_TEST_SUPPORT_H

#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/store/migrate.h"
#include "reference/plexsphere/tenancy/domain.h"
#include "reference/plexsphere/tenancy/project.h"

#define TEST_NOW INT64_C(1790000000000000)
static const unsigned char test_wrap_key[32] = "a wrap key for tests, 32 bytes..";

struct test_fleet {
    struct arena *arena;
    char *dsn;
    struct db *db;
    struct tx *tx; /* writing */
    struct uuid domain, project;
    int n_nodes;
};

static inline void fleet_open(struct test_fleet *f)
{
    struct error e = { "" };
    *f = (struct test_fleet){ .arena = arena_create() };
    f->dsn = cluster_database(f->arena);
    ck_assert_msg(migrate_up(f->dsn, "migrations", &e), "%s", e.text);
    ck_assert_msg(db_open(f->dsn, 2, &f->db, &e), "%s", e.text);
    f->tx = tx_begin(f->db, f->arena);
    tx_write(f->tx);
    struct domain d = { .id = uuid_v7(TEST_NOW),
                        .name = "A Domain",
                        .slug = "acme",
                        .description = "",
                        .region = "",
                        .mesh_cidr = "10.42.0.0/16",
                        .reachability = REACHABILITY_DEFAULT,
                        .created_at = TEST_NOW };
    struct project p = { .id = uuid_v7(TEST_NOW),
                         .domain_id = d.id,
                         .name = "A Project",
                         .slug = "one",
                         .description = "",
                         .created_at = TEST_NOW };
    ck_assert_int_eq(domain_insert(f->tx, &d), SQL_OK);
    ck_assert_int_eq(project_insert(f->tx, &p), SQL_OK);
    f->domain = d.id;
    f->project = p.id;
}

/* Commits, and goes on in a new transaction. */
static inline void fleet_commit(struct test_fleet *f)
{
    ck_assert_int_eq(tx_commit(f->tx), SQL_OK);
    tx_write(f->tx);
}

static inline void fleet_undo(struct test_fleet *f)
{
    tx_rollback(f->tx);
    tx_write(f->tx);
}

static inline void fleet_close(struct test_fleet *f)
{
    tx_end(f->tx);
    db_close(f->db);
    arena_destroy(f->arena);
}

/* A Node with an NSK, whose base64 goes to *nsk. */
static inline struct uuid fleet_node(struct test_fleet *f, bool mvp, char **nsk)
{
    struct node n = { .id = uuid_v7(TEST_NOW),
                      .domain_id = f->domain,
                      .project_id = f->project,
                      .kind = "node",
                      .public_key = { 1 },
                      .mesh_ip = arena_printf(f->arena, "10.42.0.%d", ++f->n_nodes),
                      .registered_at = TEST_NOW,
                      .mvp = mvp };
    struct uuid resource = uuid_v7(TEST_NOW);
    struct tuple below = { { "project", f->project }, "parent", { "domain", f->domain } };
    n.resource_id = resource;
    ck_assert_int_eq(relations_embedded.write(f->tx, &below, TEST_NOW), SQL_OK);
    static const struct statement insert = {
        "test_resource",
        "INSERT INTO plexsphere.resources (id, project_id, domain_id, origin, kind, created_at, "
        "updated_at) VALUES ($1, $2, $3, 'adopted', 'vm', $4, $4)",
    };
    ck_assert_int_eq(SQL(f->tx, &insert, NULL, p_uuid(&resource), p_uuid(&f->project),
                         p_uuid(&f->domain), p_time(TEST_NOW)),
                     SQL_OK);
    ck_assert_int_eq(node_create(f->tx, &relations_embedded, &n), SQL_OK);
    ck_assert_int_eq(nsk_issue(f->tx, test_wrap_key, &n.id, NSK_BASE64, TEST_NOW, nsk), SQL_OK);
    return n.id;
}

/* The payload of the newest event for that Node, or NULL. */
static inline json_t *fleet_event(struct test_fleet *f, const struct uuid *node, const char *type)
{
    struct error e = { "" };
    json_t *payload;
    const char *text =
        cluster_sql(f->arena, f->dsn,
                    arena_printf(f->arena,
                                 "SELECT payload->>'canonical' FROM plexsphere.outbox_events "
                                 "WHERE node_id = '%s' AND type = '%s' ORDER BY id DESC LIMIT 1",
                                 uuid_text(f->arena, node), type));
    if (!text)
        return NULL;
    ck_assert(json_parse(f->arena, text, strlen(text), &payload, &e));
    return payload;
}

#endif
