#include "drift-gates/renders/renders.h"

#include "common/testing.h"

#include <sys/stat.h>

#include "common/file.h"
#include "common/text.h"
#include "drift-gates/findings.h"

/* A tree with one render and a kustomize that writes down each time it renders. */
struct scene {
    struct arena *a;
    char *root, *tool, *log;
};

static void put(struct scene *s, const char *name, const char *text, mode_t mode)
{
    struct error e = { "" };
    ck_assert_msg(file_write_atomic(path_join(s->a, s->root, name), text, strlen(text), mode, &e),
                  "%s", e.text);
}

static void set_up(struct scene *s)
{
    struct error e = { "" };
    s->a = arena_create();
    ck_assert_msg(directory_make_temporary(s->a, "/tmp/plexconf-renders", &s->root, &e), "%s",
                  e.text);
    s->tool = path_join(s->a, s->root, "build/kustomize"); /* build/ is no part of the tree */
    s->log = path_join(s->a, s->root, "build/log");
    ck_assert(directory_make(path_join(s->a, s->root, "build"), 0700, &e));
    put(s, ".plexconf-gates.yaml",
        "renders: { dev: { file: dev.yaml, overlay: o, kind: development } }\n", 0600);
    put(s, "dev.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n",
        0600);
    put(s, "build/kustomize",
        arena_printf(s->a,
                     "#!/bin/sh\n[ $1 = version ] && echo v5.1.0 && exit\n"
                     "echo >>%s\necho 'apiVersion: v1'; echo 'kind: ConfigMap'\n"
                     "echo 'metadata: {name: a}'; echo 'data: {k: v}'\n",
                     s->log),
        0700);
    renders_use(s->tool, NULL);
    renders_remember(path_join(s->a, s->root, "build/memory"));
}

static void tear_down(struct scene *s)
{
    struct error e = { "" };
    ck_assert(directory_remove(s->root, &e));
    arena_destroy(s->a);
}

static const struct gate_outcome *judge(struct scene *s)
{
    struct error e = { "" };
    struct settings *settings;
    struct tree *t;
    struct findings *f = findings_create(s->a);
    ck_assert_msg(settings_read(s->a, s->root, NULL, &settings, &e), "%s", e.text);
    ck_assert_msg(tree_open(s->a, s->root, settings->ignore, &t, &e), "%s", e.text);
    ck_assert_msg(settings_complete(settings, t, &e), "%s", e.text);
    gate_execute(gate_named("renders"), t, settings, f);
    return &f->outcomes[0];
}

static size_t times_rendered(struct scene *s)
{
    struct stat st;
    return stat(s->log, &st) == 0 ? (size_t)st.st_size : 0;
}

START_TEST(an_unchanged_tree_is_not_rendered_twice)
{
    struct scene s;
    set_up(&s);
    ck_assert_int_eq(judge(&s)->state, GATE_CLEAN);
    ck_assert_int_eq(judge(&s)->state, GATE_CLEAN);
    ck_assert_uint_eq(times_rendered(&s), 1);
    put(&s, "anything", "new\n", 0600);
    ck_assert_int_eq(judge(&s)->state, GATE_CLEAN);
    ck_assert_uint_eq(times_rendered(&s), 2);
    tear_down(&s);
}
END_TEST

START_TEST(what_was_stale_is_not_remembered)
{
    struct scene s;
    set_up(&s);
    put(&s, "dev.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: w}\n",
        0600);
    ck_assert_int_eq(judge(&s)->state, GATE_FOUND);
    ck_assert_int_eq(judge(&s)->state, GATE_FOUND);
    ck_assert_uint_eq(times_rendered(&s), 2);
    tear_down(&s);
}
END_TEST

START_TEST(without_a_memory_each_run_renders)
{
    struct scene s;
    set_up(&s);
    renders_remember(NULL);
    ck_assert_int_eq(judge(&s)->state, GATE_CLEAN);
    ck_assert_int_eq(judge(&s)->state, GATE_CLEAN);
    ck_assert_uint_eq(times_rendered(&s), 2);
    tear_down(&s);
}
END_TEST

START_TEST(without_kustomize_it_is_not_applicable)
{
    struct scene s;
    set_up(&s);
    put(&s, "build/kustomize", "#!/bin/sh\necho v4.5.7\n", 0700);
    ck_assert_int_eq(judge(&s)->state, GATE_NOT_APPLICABLE);
    tear_down(&s);
}
END_TEST

TESTS("drift-gates/renders", an_unchanged_tree_is_not_rendered_twice,
      what_was_stale_is_not_remembered, without_a_memory_each_run_renders,
      without_kustomize_it_is_not_applicable)
