/* Every rule of every gate has a tree in which it, and nothing else, is found, and a twin one edit
 * away in which nothing is: drift-gates/violations/RULE/{bad,good}. A rule with more ways to be
 * broken has more pairs: RULE/bad-WORD and RULE/good-WORD; a bad-WORD without a good-WORD is
 * compared with `good`. */
#include "common/testing.h"

#include <limits.h>
#include <stdio.h>

#include "common/file.h"
#include "common/text.h"
#include "drift-gates/findings.h"
#include "drift-gates/renders/renders.h"

#define VIOLATIONS "drift-gates/violations"
#define TOOLS "drift-gates/testdata" /* stand for programs that a machine may not have */

static const char *tool(struct arena *a, const char *name)
{
    char full[PATH_MAX];
    const char *path = path_join(a, TOOLS, name);
    ck_assert_msg(realpath(path, full) != NULL, "there is no %s", path);
    return arena_strdup(a, full);
}

static struct findings *judge(struct arena *a, const struct gate *gate, const char *folder)
{
    struct error e = { .text = "" };
    struct settings *s;
    struct tree *t;
    struct findings *f = findings_create(a);
    ck_assert_msg(settings_read(a, folder, NULL, &s, &e), "%s: %s", folder, e.text);
    ck_assert_msg(tree_open(a, folder, s->ignore, &t, &e), "%s: %s", folder, e.text);
    ck_assert_msg(settings_complete(s, t, &e), "%s: %s", folder, e.text);
    renders_use(tool(a, "kustomize"), tool(a, "kubeconform"));
    gate_execute(gate, t, s, f);
    ck_assert_msg(f->outcomes[0].state != GATE_BROKEN, "%s: %s", folder, f->outcomes[0].error);
    return f;
}

static void expect_only(const struct gate *gate, const char *rule, const char *folder)
{
    struct arena *a = arena_create();
    struct findings *f = judge(a, gate, folder);
    ck_assert_msg(f->n > 0, "%s: %s finds nothing", folder, rule);
    for (size_t i = 0; i < f->n; i++)
        ck_assert_msg(text_equal(f->rows[i].rule->id, rule), "%s: found by %s: %s", folder,
                      f->rows[i].rule->id, f->rows[i].message);
    arena_destroy(a);
}

static void expect_nothing(const struct gate *gate, const char *folder)
{
    struct arena *a = arena_create();
    struct findings *f = judge(a, gate, folder);
    ck_assert_msg(f->outcomes[0].state == GATE_CLEAN, "%s: %s", folder,
                  f->n > 0 ? f->rows[0].message : "nothing was compared");
    arena_destroy(a);
}

static void check_rule(const struct gate *gate, const char *rule)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    char **names;
    size_t n, bad = 0;
    const char *folder = path_join(a, VIOLATIONS, rule);
    ck_assert_msg(directory_list(a, folder, &names, &n, &e), "rule %s has no violation: %s", rule,
                  e.text);
    for (size_t i = 0; i < n; i++) {
        const char *path = path_join(a, folder, names[i]);
        if (text_starts(names[i], "bad")) {
            expect_only(gate, rule, path);
            bad++;
        } else if (text_starts(names[i], "good")) {
            expect_nothing(gate, path);
        } else {
            ck_abort_msg("%s is neither bad nor good", path);
        }
    }
    ck_assert_msg(bad > 0, "rule %s has no violation", rule);
    ck_assert_msg(path_exists(path_join(a, folder, "good")), "rule %s has no clean twin", rule);
    arena_destroy(a);
}

START_TEST(each_rule_finds_its_violation_and_spares_its_twin)
{
    size_t checked = 0;
    for (size_t i = 0; gates[i] != NULL; i++) {
        for (size_t k = 0; k < gates[i]->n_rules; k++, checked++)
            check_rule(gates[i], gates[i]->rules[k].id);
    }
    ck_assert_msg(checked > 0, "no gate has a rule");
    printf("%zu rules\n", checked);
}
END_TEST

static bool is_rule(const char *id)
{
    for (size_t i = 0; gates[i] != NULL; i++) {
        if (gate_rule_named(gates[i], id) != NULL)
            return true;
    }
    return false;
}

START_TEST(each_violation_belongs_to_a_rule)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    char **names;
    size_t n;
    ck_assert_msg(directory_list(a, VIOLATIONS, &names, &n, &e), "%s", e.text);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(is_rule(names[i]), "%s/%s: no gate has this rule", VIOLATIONS, names[i]);
    arena_destroy(a);
}
END_TEST

START_TEST(rules_are_told_apart_and_explained)
{
    for (size_t i = 0; gates[i] != NULL; i++) {
        ck_assert_msg(!text_blank(gates[i]->says), "%s", gates[i]->name);
        for (size_t k = 0; k < gates[i]->n_rules; k++) {
            const struct gate_rule *r = &gates[i]->rules[k];
            ck_assert_msg(!text_blank(r->title) && !text_blank(r->why) && !text_blank(r->mend) &&
                              !text_blank(r->source),
                          "%s", r->id);
            ck_assert_msg(gate_rule_named(gates[i], r->id) == r, "%s is there twice", r->id);
            for (size_t other = 0; other < i; other++)
                ck_assert_msg(gate_rule_named(gates[other], r->id) == NULL, "%s is there twice",
                              r->id);
        }
    }
}
END_TEST

TESTS("drift-gates/violations", each_rule_finds_its_violation_and_spares_its_twin,
      each_violation_belongs_to_a_rule, rules_are_told_apart_and_explained)
