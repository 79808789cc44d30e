/* drift-gates/test_gates.h — for unit tests: a table of gates of our own, and trees to judge.
 *
 * `words` finds a line with BAD (TST-01) and one with WORSE (TST-02) in each .txt file, and cannot
 * finish where there is a file `break`. `idle` never has anything to judge. */
#ifndef DRIFT_GATES_TEST_GATES_H
#define DRIFT_GATES_TEST_GATES_H

#include "common/testing.h"

#include <sys/stat.h>

#include "common/file.h"
#include "common/text.h"
#include "drift-gates/verdict.h"

static struct arena *a;
static struct error e;
static char *folder;

static void find_word(struct gate_run *g, const char *path, struct bytes text, const char *word,
                      const char *rule)
{
    const char *from = (const char *)text.data, *at = from;
    int line = 1;
    for (; (at = strstr(at, word)) != NULL; at++) {
        line +=
            line_at((struct bytes){ (const unsigned char *)from, text.len }, (size_t)(at - from)) -
            1;
        from = at;
        finding(g, rule,
                (struct place){ .file = path, .line = line, .path = word, .environment = "dev" },
                "%s stands in %s", word, path);
    }
}

static bool look_for_words(struct gate_run *g, struct error *why)
{
    if (tree_find(g->tree, "break") != NULL)
        return error_set(why, "broke on request");
    for (size_t i = 0; i < g->tree->n; i++) {
        struct bytes text;
        if (!text_ends(g->tree->files[i].path, ".txt") ||
            !tree_map(g->tree, &g->tree->files[i], &text, NULL))
            continue;
        find_word(g, g->tree->files[i].path, text, "BAD", "TST-01");
        find_word(g, g->tree->files[i].path, text, "WORSE", "TST-02");
        gate_compared(g, 1, "texts");
        tree_unmap(text);
    }
    return true;
}

static bool look_at_nothing(struct gate_run *g, struct error *why)
{
    (void)why;
    gate_unlooked(g, "everything", "there is nothing");
    return true;
}

static const struct gate_rule word_rules[] = {
    { "TST-01", "no BAD", "bad & <wrong>", "write good", "GATE-001" },
    { "TST-02", "no WORSE", "worse", "write better", "GATE-001" },
};
static const struct gate_rule idle_rules[] = { { "IDL-01", "idle", "why", "mend", "GATE-001" } };
static const struct gate words = { "words", "words in texts", word_rules, 2, look_for_words };
static const struct gate idle = { "idle", "nothing", idle_rules, 1, look_at_nothing };
static const struct gate *const table[] = { &words, &idle, NULL };

static void begin(void)
{
    a = arena_create();
    ck_assert_msg(directory_make_temporary(a, "/tmp/gates_test", &folder, &e), "%s", e.text);
}

static void end(void)
{
    arena_destroy(a);
    ck_assert_msg(directory_remove(folder, &e), "%s", e.text);
}

static char *in(const char *name)
{
    return path_join(a, folder, name);
}

static void put(const char *name, const char *text)
{
    ck_assert_msg(file_write_atomic(in(name), text, strlen(text), 0644, &e), "%s", e.text);
}

static struct gate_options options(void)
{
    static const char *const none[] = { NULL };
    return (struct gate_options){ .tree = folder,
                                  .names = none,
                                  .renders = none,
                                  .production = none,
                                  .logs = none,
                                  .today = "2026-11-22" };
}

/* A verdict, or the code of a refusal. */
static int judge_with(const struct gate_options *o, struct verdict *v)
{
    int code;
    e.text[0] = '\0';
    (void)!gates_judge(a, table, o, v, &code, &e);
    return code;
}

#endif
