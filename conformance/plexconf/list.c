#include <stdio.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "harness/contract.h"
#include "harness/engine.h"
#include "plexconf/commands.h"

struct list_options {
    const char *select;
    bool json;
    char **ids;
    int n_ids;
};

/* A case stands on the strongest source among its clauses: only a case of nothing but rulings is a
 * ruling's. */
static const char *source_of(const struct case_row *row)
{
    static const char *const ranks[] = { "contract", "seed", "ruling" };
    for (size_t rank = 0; rank < ARRAY_LEN(ranks); rank++) {
        for (size_t i = 0; i < CASE_CLAUSES_MAX && row->clauses[i] != NULL; i++) {
            if (text_equal(json_text(contract_clause(row->clauses[i]), "source"), ranks[rank]))
                return ranks[rank];
        }
    }
    return NULL; /* its clauses are not in SPEC.md; the spec-ledger gate says so */
}

static json_t *words(const char *const *items, size_t max)
{
    json_t *list = json_array();
    for (size_t i = 0; i < max && items[i] != NULL; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

static json_t *describe(const struct case_row *row)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s?}", "id", row->id, "suite", row->suite, "title",
                     row->title, "clauses", words(row->clauses, CASE_CLAUSES_MAX), "features",
                     words(row->needs, CASE_NEEDS_MAX), "source", source_of(row));
}

static void print_json(const struct selector *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < case_count(); i++) {
        if (selector_matches(s, case_at(i)))
            json_array_append_new(list, describe(case_at(i)));
    }
    json_dumpf(list, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(list);
}

static void print_text(const struct selector *s)
{
    const char *suite = NULL;
    for (size_t i = 0; i < case_count(); i++) {
        const struct case_row *row = case_at(i);
        if (!selector_matches(s, row))
            continue;
        if (!text_equal(suite, row->suite))
            printf("%s%s\n", suite == NULL ? "" : "\n", row->suite);
        suite = row->suite;
        printf("  %-28s %s\n", row->id, row->title);
    }
}

static int read_options(int argc, char **argv, struct list_options *o)
{
    struct error e = { .text = "" };
    const struct option_row rows[] = {
        { "json", 0, OPTION_FLAG, &o->json, NULL,
          "an array of {id, suite, title, clauses, features, source}", 0, 0 },
        { "select", 's', OPTION_TEXT, &o->select, "EXPR", "only these, as in plexconf run", 0, 0 },
        { 0 },
    };
    const struct option_table table = {
        .program = "plexconf list",
        .synopsis = "[--json] [--select EXPR] [ID…]",
        .summary = "Lists the cases this plexconf knows, by suite and id.",
        .rows = rows,
        .footer = "  plexconf list 'derived/CreateProject/*'\n"
                  "  plexconf list --json --select clause:REG-014\n\n"
                  "Exit codes: 0; 2 usage, or no case matches; 3 the contract cannot be read.\n",
    };
    return after_options(options_parse(&table, argc, argv, &o->ids, &o->n_ids, &e), "plexconf list",
                         &e);
}

static int list(struct arena *a, const struct list_options *o)
{
    struct error e = { .text = "" };
    const struct selector *s = NULL;
    if (!load_cases(&e))
        return complain(&e, EXIT_BROKEN);
    if (!read_selection(a, o->select, o->ids, (size_t)o->n_ids, &s, &e))
        return complain(&e, EXIT_USAGE);
    if (engine_selected(s) == 0) {
        error_set(&e, "no case matches the selection");
        return complain(&e, EXIT_USAGE);
    }
    (o->json ? print_json : print_text)(s);
    return EXIT_CONFORMANT;
}

int command_list(struct environment env, int argc, char **argv)
{
    (void)env;
    struct list_options o = { 0 };
    int code = read_options(argc, argv, &o);
    if (code >= 0)
        return code;
    struct arena *a = arena_create();
    code = list(a, &o);
    arena_destroy(a);
    return code;
}
