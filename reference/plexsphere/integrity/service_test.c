/* A batch, its alert and an acknowledgement, against a private database (INT-015, INT-019, INT-026,
 * INT-034). */
#include "reference/plexsphere/integrity/service.h"

#include "reference/plexsphere/nodes/one_node_test_support.h"

static const struct violation three[] = {
    { "binary", "startup_scan", "plexd", "x", NULL },
    { "hook", "inotify", "pre-start", "y", "z" },
    { "host_key", "pre_dispatch", "sshd", "SHA256:AA", NULL },
};

static const char *state(const struct node_fixture *f)
{
    return cluster_sql(f->arena, f->dsn,
                       "SELECT (SELECT count(*) FROM plexsphere.integrity_violations WHERE status ="
                       " 'open') || ' rows ' || coalesce((SELECT string_agg(concat_ws(' ', type, "
                       "domain_id, subject_id, for_nodes, payload), '|') FROM "
                       "plexsphere.outbox_events), 'none')");
}

START_TEST(a_batch_is_its_rows_and_one_alert_or_nothing)
{
    struct node_fixture f = node_fixture_open(1);
    struct request rq = node_request(&f, f.arena);
    tx_write(rq.tx);
    ck_assert_int_eq(integrity_record(&rq, three, 3), INTEGRITY_OK);
    tx_rollback(rq.tx);
    ck_assert_str_eq(state(&f), "0 rows none");
    tx_write(rq.tx);
    ck_assert_int_eq(integrity_record(&rq, three, 3), INTEGRITY_OK);
    ck_assert_int_eq(tx_commit(rq.tx), SQL_OK);
    ck_assert_str_eq(state(&f), "3 rows integrity_alert " TEST_DOMAIN " " TEST_NODE
                                " f {\"node_id\": \"" TEST_NODE "\", \"violation_count\": 3}");
    tx_end(rq.tx);
    node_fixture_close(&f);
}
END_TEST

START_TEST(a_node_that_is_gone_is_told_so)
{
    struct node_fixture f = node_fixture_open(1);
    cluster_sql(f.arena, f.dsn, "DELETE FROM plexsphere.nodes");
    struct request rq = node_request(&f, f.arena);
    tx_write(rq.tx);
    ck_assert_int_eq(integrity_record(&rq, three, 3), INTEGRITY_NODE_GONE);
    tx_end(rq.tx);
    ck_assert_str_eq(state(&f), "0 rows none");
    node_fixture_close(&f);
}
END_TEST

START_TEST(only_what_is_open_is_acknowledged)
{
    struct node_fixture f = node_fixture_open(1);
    struct request rq = node_request(&f, f.arena);
    struct uuid start = { { 0 } };
    struct violation_filter every = { .kind = NULL };
    struct violation_row *rows, row;
    size_t n;
    rq.caller = (struct caller){ .kind = CALLER_USER, .id = rq.node.project_id };
    tx_write(rq.tx);
    ck_assert_int_eq(integrity_record(&rq, three, 3), INTEGRITY_OK);
    ck_assert_int_eq(violation_window(rq.tx, &every, &start, 10, &rows, &n), SQL_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(rows[0].kind, "binary");
    ck_assert_int_eq(integrity_acknowledge(&rq, &rq.node.node_id, "r", &row), INTEGRITY_NOT_FOUND);
    ck_assert_int_eq(integrity_acknowledge(&rq, &rows[1].id, "r", &row), INTEGRITY_OK);
    ck_assert_str_eq(row.acknowledged_by_subject, "user:" TEST_PROJECT);
    ck_assert_int_eq(integrity_acknowledge(&rq, &rows[1].id, "s", &row), INTEGRITY_NOT_OPEN);
    ck_assert_int_eq(tx_commit(rq.tx), SQL_OK);
    cluster_sql(f.arena, f.dsn,
                "UPDATE plexsphere.integrity_violations SET status = 'resolved' "
                "WHERE kind = 'host_key'");
    tx_write(rq.tx);
    ck_assert_int_eq(integrity_acknowledge(&rq, &rows[2].id, "r", &row), INTEGRITY_NOT_OPEN);
    ck_assert_int_eq(integrity_acknowledge(&rq, &rows[0].id, "r", &row), INTEGRITY_OK);
    ck_assert_str_eq(row.acknowledge_reason, "r");
    tx_end(rq.tx);
    node_fixture_close(&f);
}
END_TEST

CLUSTER_TESTS("integrity/service", a_batch_is_its_rows_and_one_alert_or_nothing,
              a_node_that_is_gone_is_told_so, only_what_is_open_is_acknowledged)
