/* events/events_test_support.h — Domains, Nodes, keys and a publisher for tests. Only test programs
 * include this. */
#ifndef PLEXSPHERE_EVENTS_TEST_SUPPORT_H
#define PLEXSPHERE_EVENTS_TEST_SUPPORT_H

#include "common/encoding.h"
#include "common/json.h"
#include "common/number.h"
#include "common/random.h"
#include "reference/plexsphere/events/bus_test_support.h"
#include "reference/plexsphere/events/node_events.h"
#include "reference/plexsphere/events/publisher.h"
#include "reference/plexsphere/events/signing_keys.h"

static struct signing signing;

static inline void a_seed(unsigned char first, const char *key_id)
{
    memset(signing.seed, first, sizeof signing.seed);
    ck_assert(signing_public_of_seed(signing.seed, signing.public_key));
    signing.key_id = key_id;
    signing.has_seed = true;
}

static inline void events_set_up(int connections, enum signing_scope scope)
{
    bus_set_up(connections);
    signing = (struct signing){ .scope = scope, .seal_key = "test seal key, 32 bytes long ..." };
    a_seed(7, "platform-1");
    app.signing = &signing;
}

static inline void a_domain(const struct uuid *id)
{
    const char *text = uuid_text(arena, id);
    cluster_sql(arena, dsn,
                arena_printf(arena,
                             "INSERT INTO plexsphere.domains VALUES ('%s', 'D', 'd-%d', '', '',"
                             " '10.%d.0.0/16', 30000000000, 90000000000, 300000000000, now(),"
                             " now())",
                             text, id->b[1], id->b[1]));
    cluster_sql(arena, dsn,
                arena_printf(arena,
                             "INSERT INTO plexsphere.projects VALUES ('%s', '%s', 'P', 'p', '',"
                             " now(), now())",
                             text, text));
}

static inline void a_node(const struct uuid *id, const struct uuid *domain, const char *dialect)
{
    const char *project = uuid_text(arena, domain);
    cluster_sql(arena, dsn,
                arena_printf(arena,
                             "INSERT INTO plexsphere.nodes (id, domain_id, project_id, kind,"
                             " public_key, mesh_ip, registered_at, dialect) VALUES ('%s', '%s',"
                             " '%s', 'node', decode(repeat('aa', 32), 'hex'), '10.0.0.%d', now(),"
                             " '%s')",
                             uuid_text(arena, id), project, project, id->b[1], dialect));
}

static inline struct tx *writing(struct arena *a)
{
    struct tx *tx = tx_begin(app.db, a);
    tx_write(tx);
    return tx;
}

static inline void append_named(struct tx *tx, const struct uuid *domain, const struct uuid *node,
                                const char *name)
{
    struct node_event event = {
        .type = "node_state_updated",
        .domain_id = *domain,
        .node = node,
        .payload = json_pack("{s:s}", "name", name),
    };
    ck_assert_int_eq(node_event_append(tx, &event, app_clock_now(&app.clock)), SQL_OK);
}

/* One event in a transaction of its own; `node` NULL: the whole Domain. */
static inline void tell(const struct uuid *domain, const struct uuid *node, const char *name)
{
    struct tx *tx = writing(arena);
    append_named(tx, domain, node, name);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
}

static inline void take_up(void)
{
    struct tx *tx = writing(arena);
    ck_assert_int_eq(signing_take_up(tx, &signing, app_clock_now(&app.clock)), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
}

static inline struct signing_keys rotate(const struct uuid *domain)
{
    struct signing_keys keys;
    struct tx *tx = writing(arena);
    ck_assert_int_eq(signing_rotate(tx, &signing, domain, app_clock_now(&app.clock), &keys),
                     SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
    return keys;
}

static inline struct signing_keys keys_of(const struct uuid *domain)
{
    struct signing_keys keys;
    struct tx *tx = tx_begin(app.db, arena);
    ck_assert_int_eq(signing_keys_of_domain(tx, &signing, domain, app_clock_now(&app.clock), &keys),
                     SQL_OK);
    tx_end(tx);
    return keys;
}

static inline void publish_now(struct publisher *p)
{
    struct error e = { "" };
    size_t n;
    ck_assert_msg(publish_some(p, &n, &e), "%s", e.text);
}

/* The lines of a Node in one dialect. */
static inline size_t lines_of(struct event_bus *bus, const struct uuid *domain,
                              const struct uuid *node, bool mvp, const char **out, size_t most)
{
    struct bus_event *events;
    size_t n, lines = 0;
    struct tx *tx = tx_begin(app.db, arena);
    ck_assert(bus->replay(bus, tx, domain, node, 0, most, &events, &n));
    for (size_t i = 0; i < n; i++) {
        struct bytes line = mvp ? events[i].mvp : events[i].v1;
        if (line.len > 0)
            out[lines++] = arena_strndup(arena, (const char *)line.data, line.len);
    }
    tx_end(tx);
    return lines;
}

static inline const char *member_of(const char *line, const char *pointer)
{
    json_t *object;
    struct error e = { "" };
    ck_assert_msg(json_parse(arena, line, strlen(line), &object, &e), "%s: %s", e.text, line);
    const json_t *value = json_at(object, pointer);
    ck_assert_msg(json_is_string(value), "%s: no %s", line, pointer);
    return json_string_value(value);
}

/* As a Node verifies it: over the bytes that came, without the last member. */
static inline bool line_signed_by(const char *line, const unsigned char public_key[32])
{
    struct bytes signature;
    const char *text = member_of(line, "/signature");
    const char *cut = strstr(line, ",\"signature\":");
    ck_assert_ptr_nonnull(cut);
    ck_assert(base64_decode(arena, BASE64_STANDARD, text, strlen(text), &signature));
    ck_assert_uint_eq(signature.len, 64);
    const char *message = arena_printf(arena, "%.*s}", (int)(cut - line), line);
    return signature_verify(public_key, BYTES_OF_TEXT(message), signature.data);
}

#endif
