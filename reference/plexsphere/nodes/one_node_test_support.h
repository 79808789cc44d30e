/* nodes/one_node_test_support.h — a database with one Domain, one Project and one Node, for tests
 * of what Nodes send. Only test programs include this, after store/cluster_test_support.h. */
#ifndef PLEXSPHERE_ONE_NODE_TEST_SUPPORT_H
#define PLEXSPHERE_ONE_NODE_TEST_SUPPORT_H

#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/store/cluster_test_support.h"
#include "reference/plexsphere/store/migrate.h"

#define TEST_NOW INT64_C(1790000000000000)
#define TEST_DOMAIN "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e01"
#define TEST_PROJECT "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e02"
#define TEST_NODE "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e03"

struct node_fixture {
    struct arena *arena;
    char *dsn;
    struct db *db;
};

static inline struct node_fixture node_fixture_open(int connections)
{
    struct error e = { "" };
    struct node_fixture f = { .arena = arena_create() };
    f.dsn = cluster_database(f.arena);
    ck_assert_msg(migrate_up(f.dsn, "migrations", &e), "%s", e.text);
    cluster_sql(f.arena, f.dsn,
                "INSERT INTO plexsphere.domains VALUES ('" TEST_DOMAIN "', 'D', 'd', '', '', "
                "'10.42.0.0/16', 30000000000, 90000000000, 300000000000, now(), now());"
                "INSERT INTO plexsphere.projects VALUES ('" TEST_PROJECT "', '" TEST_DOMAIN
                "', 'P', 'p', '', now(), now());"
                "INSERT INTO plexsphere.nodes (id, domain_id, project_id, kind, public_key, "
                "mesh_ip, registered_at) VALUES ('" TEST_NODE "', '" TEST_DOMAIN "', '" TEST_PROJECT
                "', 'node', decode(repeat('00', 32), 'hex'), '10.42.0.1', now())");
    ck_assert_msg(db_open(f.dsn, connections, &f.db, &e), "%s", e.text);
    return f;
}

static inline void node_fixture_close(struct node_fixture *f)
{
    db_close(f->db);
    arena_destroy(f->arena);
}

/* A request of that Node with a transaction of its own; tx_end(rq.tx) ends it. */
static inline struct request node_request(const struct node_fixture *f, struct arena *a)
{
    struct request rq = { .arena = a, .now = TEST_NOW, .node = { .present = true } };
    ck_assert(uuid_parse(TEST_NODE, &rq.node.node_id) &&
              uuid_parse(TEST_DOMAIN, &rq.node.domain_id) &&
              uuid_parse(TEST_PROJECT, &rq.node.project_id));
    rq.tx = tx_begin(f->db, a);
    return rq;
}

#endif
