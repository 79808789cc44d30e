/* The insecure-default gate on this repository, and on logs that a command names: what cannot be a
 * log is told and never waited for. */
#include "drift-gates/insecure_default/insecure_default.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"
#include "drift-gates/findings.h"

static struct arena *arena;
static struct settings *settings;
static struct tree *tree;
static char *folder;

#define NATS                                                                                       \
    "level=WARN msg=\"insecure default active in dev mode\" env=dev dependency=nats "              \
    "prod_delta=\"production runs three replicas with TLS.\"\n"

static void begin(const char *root)
{
    struct error e = { "" };
    arena = arena_create();
    ck_assert_msg(settings_read(arena, root, NULL, &settings, &e), "%s", e.text);
    ck_assert_msg(tree_open(arena, root, settings->ignore, &tree, &e), "%s", e.text);
    ck_assert_msg(settings_complete(settings, tree, &e), "%s", e.text);
    ck_assert_msg(directory_make_temporary(arena, "/tmp/announce-test", &folder, &e), "%s", e.text);
}

static void end(void)
{
    struct error e = { "" };
    ck_assert_msg(directory_remove(folder, &e), "%s", e.text);
    arena_destroy(arena);
}

static const struct findings *judge(void)
{
    struct findings *f = findings_create(arena);
    gate_execute(&gate_insecure_default, tree, settings, f);
    ck_assert_msg(f->outcomes[0].state != GATE_BROKEN, "%s", f->outcomes[0].error);
    return f;
}

static const char *put(const char *pod, const char *name, const char *text)
{
    struct error e = { "" };
    const char *path = path_join(arena, folder, pod);
    ck_assert_msg(directory_make(path, 0700, &e), "%s", e.text);
    path = path_join(arena, path, name);
    if (text != NULL)
        ck_assert_msg(file_write_atomic(path, text, strlen(text), 0600, &e), "%s", e.text);
    return path;
}

static void add_logs(const char *path, const char *environment)
{
    struct error e = { "" };
    ck_assert_msg(insecure_default_add_logs(settings, path, environment, &e), "%s", e.text);
}

static size_t count(const struct findings *f, const char *rule, const char *in_file)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += text_equal(f->rows[i].rule->id, rule) && text_contains(f->rows[i].where.file, in_file);
    return n;
}

START_TEST(this_repository_is_clean)
{
    begin(".");
    const struct findings *f = judge();
    ck_assert_msg(f->outcomes[0].state == GATE_CLEAN, "%s",
                  f->n > 0 ? f->rows[0].message : "nothing was compared");
    end();
}
END_TEST

#define TREE "drift-gates/violations/WARN-01/good"

static void put_good_logs(void)
{
    put("nats-0", "dev-warning.log", NATS);
    put("plexsphere-5f-x", "plexsphere.log",
        "level=WARN msg=\"insecure default active in dev mode\" env=dev dependency=plexsphere "
        "prod_delta=\"production has keys of its own.\"");
}

START_TEST(logs_of_the_command_are_judged)
{
    begin(TREE);
    put_good_logs();
    add_logs(folder, NULL);
    ck_assert_int_eq(judge()->outcomes[0].state, GATE_CLEAN);
    put("nats-0", "dev-warning.1.log", "");
    put("nats-0", "nats.log", "\xff\xfe\n" NATS);
    const struct findings *f = judge();
    ck_assert_uint_eq(f->n, 2);
    ck_assert_uint_eq(count(f, "WARN-05", "dev-warning.1.log"), 1);
    ck_assert_uint_eq(count(f, "WARN-08", "nats.log"), 1);
    end();
}
END_TEST

START_TEST(a_file_alone_belongs_to_its_folders_pod)
{
    begin(TREE);
    put_good_logs();
    add_logs(put("nats-0", "dev-warning.log", NULL), "dev");
    ck_assert_int_eq(judge()->outcomes[0].state, GATE_CLEAN);
    add_logs(put("plexsphere-5f-x", "plexsphere.log", NULL), "prod");
    const struct findings *f = judge();
    ck_assert_uint_eq(f->n, 1);
    ck_assert_uint_eq(count(f, "WARN-09", "plexsphere.log"), 1);
    end();
}
END_TEST

START_TEST(what_is_no_log_is_told_and_not_opened)
{
    begin(TREE);
    put_good_logs();
    ck_assert_int_eq(mkfifo(put("nats-0", "fifo.log", NULL), 0600), 0);
    ck_assert_int_eq(symlink("loop.log", put("nats-0", "loop.log", NULL)), 0);
    ck_assert_int_eq(symlink("..", put("nats-0", "up", NULL)), 0);
    ck_assert_int_eq(symlink(".", path_join(arena, folder, "nats-1")), 0);
    add_logs(folder, NULL);
    const struct findings *f = judge();
    ck_assert_uint_eq(f->n, 4);
    ck_assert_uint_eq(count(f, "WARN-10", "fifo.log"), 1);
    ck_assert_uint_eq(count(f, "WARN-10", "loop.log"), 1);
    ck_assert_uint_eq(count(f, "WARN-10", "nats-0/up"), 1);
    ck_assert_uint_eq(count(f, "WARN-10", "nats-1"), 1);
    end();
}
END_TEST

START_TEST(without_a_render_the_contracts_names_tell)
{
    begin(TREE);
    put_good_logs();
    put("nats-0", "nats.log", "ready\n");
    settings->n_renders = 0;
    add_logs(folder, NULL);
    ck_assert_int_eq(judge()->outcomes[0].state, GATE_CLEAN);
    put("nats-0", "dev-warning.log", "ready\n");
    ck_assert_uint_eq(count(judge(), "WARN-05", "dev-warning.log"), 1);
    end();
}
END_TEST

START_TEST(logs_that_are_not_there_break_the_gate)
{
    begin(TREE);
    struct findings *f = findings_create(arena);
    add_logs(path_join(arena, folder, "nowhere"), NULL);
    gate_execute(&gate_insecure_default, tree, settings, f);
    ck_assert_int_eq(f->outcomes[0].state, GATE_BROKEN);
    end();
    begin(TREE);
    f = findings_create(arena);
    add_logs(folder, "staging");
    gate_execute(&gate_insecure_default, tree, settings, f);
    ck_assert_int_eq(f->outcomes[0].state, GATE_BROKEN);
    ck_assert(text_contains(f->outcomes[0].error, "staging"));
    end();
    begin(TREE);
    add_logs(folder, NULL);
    const struct findings *empty = judge();
    ck_assert_uint_eq(count(empty, "WARN-10", folder), 1);
    end();
}
END_TEST

TESTS("drift-gates/insecure_default", this_repository_is_clean, logs_of_the_command_are_judged,
      a_file_alone_belongs_to_its_folders_pod, what_is_no_log_is_told_and_not_opened,
      without_a_render_the_contracts_names_tell, logs_that_are_not_there_break_the_gate)
