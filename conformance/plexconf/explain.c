#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "harness/contract.h"
#include "harness/engine.h"
#include "harness/report_model.h"
#include "plexconf/commands.h"

#define CASES_SHOWN 20
#define CURL_CAP 65536

static const char footer[] =
    "  plexconf explain REG-014                       a clause or a case\n"
    "  plexconf explain derived/CreateProject/oversized\n"
    "  plexconf explain CreateProject                 an operation\n\n"
    "In the commands it prints, $BASE is the target's base URL and $TOKEN a credential; other\n"
    "words in capitals are ids you fill in.\n\n"
    "Exit codes: 0; 2 usage, or nothing has that name; 3 the contract cannot be read.\n";

/* ---- curl -------------------------------------------------------------------------------- */

static void put_quoted(struct buffer *b, const char *text)
{
    buffer_char(b, '\'');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'')
            buffer_text(b, "'\\''");
        else
            buffer_char(b, *c);
    }
    buffer_char(b, '\'');
}

/* "/v1/projects/{project_id}" gives "/v1/projects/$PROJECT_ID"; `spoiled` replaces the last
 * parameter. */
static void put_path(struct buffer *b, const char *path, const char *spoiled)
{
    for (const char *c = path; *c != '\0'; c++) {
        if (*c != '{') {
            buffer_char(b, *c);
            continue;
        }
        const char *end = strchr(c, '}');
        if (end == NULL)
            return;
        bool last = strchr(end, '{') == NULL;
        if (last && spoiled != NULL) {
            buffer_text(b, spoiled);
        } else {
            buffer_char(b, '$');
            for (const char *k = c + 1; k < end; k++)
                buffer_char(b, *k >= 'a' && *k <= 'z' ? (char)(*k - 'a' + 'A') : *k);
        }
        c = end;
    }
}

static bool takes_body(const struct contract_operation *op)
{
    return json_member(op->row, "request") != NULL &&
           !json_is_null(json_member(op->row, "request"));
}

static const char *credential_of(const struct contract_operation *op)
{
    if (op->bearer)
        return "-H \"Authorization: Bearer $TOKEN\"";
    return op->nsk ? "-H \"Authorization: Bearer $NSK\"" : NULL;
}

/* What an arm of a derived case does to an ordinary request. */
static const struct arm {
    const char *word; /* in the arm's name */
    const char *path_spoiled, *query, *method, *body;
    bool anonymous;
} arms[] = {
    { "unauthenticated", NULL, NULL, NULL, NULL, true },
    { "malformed", NULL, NULL, NULL, "--data '{'", false },
    { "oversized", NULL, NULL, NULL, "--data-binary @<(head -c 1100000 /dev/zero | tr '\\0' ' ')",
      false },
    { "wrong-method", NULL, NULL, "TRACE", NULL, false },
    { "bad-cursor", NULL, "cursor=not-a-cursor", NULL, NULL, false },
    { "bad-limit", NULL, "limit=0", NULL, NULL, false },
    { "bad-id", "not-a-uuid", NULL, NULL, NULL, false },
    { "unknown-id", "00000000-0000-7000-8000-000000000000", NULL, NULL, NULL, false },
};

static const struct arm *find_arm(const char *name)
{
    for (size_t i = 0; name != NULL && i < ARRAY_LEN(arms); i++) {
        if (text_contains(name, arms[i].word))
            return &arms[i];
    }
    return NULL;
}

static void print_curl(struct arena *a, const struct contract_operation *op, const struct arm *arm)
{
    static const struct arm plain = { 0 };
    struct buffer b;
    const struct arm *x = arm == NULL ? &plain : arm;
    const char *credential = x->anonymous ? NULL : credential_of(op);
    buffer_init_arena(&b, CURL_CAP, a);
    buffer_printf(&b, "  curl -i -X %s", x->method == NULL ? op->method : x->method);
    if (credential != NULL)
        buffer_printf(&b, " %s", credential);
    if (takes_body(op))
        buffer_printf(&b, " \\\n       -H 'Content-Type: application/json' %s",
                      x->body == NULL ? "--data @body.json" : x->body);
    buffer_text(&b, " \\\n       \"$BASE");
    put_path(&b, op->path, x->path_spoiled);
    if (x->query != NULL)
        buffer_printf(&b, "?%s", x->query);
    buffer_char(&b, '"');
    puts(b.data);
}

/* The last judged exchange of the case, or its last; what was redacted becomes $TOKEN. */
static bool print_recorded_curl(struct arena *a, const char *directory, const char *id)
{
    struct report r;
    size_t i;
    json_t *event, *x, *last = NULL;
    if (!report_read(a, directory, &r, NULL))
        return false;
    json_array_foreach (r.cases, i, event) {
        if (!text_equal(json_text(event, "id"), id))
            continue;
        size_t k;
        json_array_foreach (json_member(event, "exchanges"), k, x) {
            bool judged = json_flag(x, "judged", false);
            if (judged || !json_flag(last, "judged", false))
                last = x;
        }
    }
    if (last == NULL || json_text(last, "url") == NULL || json_text(last, "method") == NULL)
        return false;
    struct buffer b;
    const char *name;
    json_t *value;
    buffer_init_arena(&b, 1u << 20, a);
    buffer_printf(&b, "  curl -i -X %s", json_text(last, "method"));
    json_object_foreach (json_member(last, "request_headers"), name, value) {
        if (text_equal_nocase(name, "authorization")) {
            buffer_text(&b, " -H \"Authorization: Bearer $TOKEN\"");
        } else if (text_equal_nocase(name, "content-type")) {
            buffer_text(&b, " -H ");
            put_quoted(&b, arena_printf(a, "%s: %s", name, json_string_value(value)));
        }
    }
    if (!text_blank(json_text(last, "request_body"))) {
        buffer_text(&b, " \\\n       --data-binary ");
        put_quoted(&b, json_text(last, "request_body"));
    }
    buffer_text(&b, " \\\n       ");
    put_quoted(&b, json_text(last, "url"));
    printf("As the run in %s sent it:\n%s\n", directory, b.data);
    return true;
}

/* ---- clauses, cases, operations ---------------------------------------------------------- */

static void print_clause(const char *id)
{
    const json_t *clause = contract_clause(id);
    if (clause == NULL) {
        printf("%s: not in SPEC.md\n", id);
        return;
    }
    const char *where = json_text(clause, "where");
    printf("%s %s (%s%s%s)\n  %s\n", id, json_text(clause, "level"), json_text(clause, "source"),
           text_blank(where) ? "" : ": ", where == NULL ? "" : where, json_text(clause, "text"));
}

/* "derived/CreateProject/oversized": the operation and the arm. */
static const struct contract_operation *derived_operation(struct arena *a, const char *id,
                                                          const char **arm)
{
    size_t n;
    char **parts = text_split(a, id, '/', &n);
    if (n < 3 || !text_equal(parts[0], "derived"))
        return NULL;
    *arm = id + strlen("derived/") + strlen(parts[1]) + 1;
    return contract_operation(parts[1]);
}

static void explain_case(struct arena *a, const struct case_row *row, const char *directory)
{
    const char *arm = NULL;
    const struct contract_operation *op = derived_operation(a, row->id, &arm);
    printf("%s (suite %s): %s\n\n", row->id, row->suite, row->title);
    for (size_t i = 0; i < CASE_CLAUSES_MAX && row->clauses[i] != NULL; i++)
        print_clause(row->clauses[i]);
    if (row->needs[0] != NULL) {
        fputs("\nNeeds:", stdout);
        for (size_t i = 0; i < CASE_NEEDS_MAX && row->needs[i] != NULL; i++)
            printf(" %s", row->needs[i]);
        putchar('\n');
    }
    printf("\nRun it:\n  plexconf run --select id:%s -v\n\n", row->id);
    if (print_recorded_curl(a, directory, row->id))
        return;
    if (op != NULL) {
        puts("By hand:");
        print_curl(a, op, find_arm(arm));
    } else {
        printf("By hand: run it with -v --out %s first; then this shows the request it made.\n",
               directory);
    }
}

static bool names_clause(const struct case_row *row, const char *id)
{
    for (size_t i = 0; i < CASE_CLAUSES_MAX && row->clauses[i] != NULL; i++) {
        if (text_equal(row->clauses[i], id))
            return true;
    }
    return false;
}

static void explain_clause(struct arena *a, const char *id, const char *directory)
{
    size_t n = 0;
    const struct case_row *derived = NULL, *first = NULL;
    const char *arm = NULL;
    print_clause(id);
    puts("\nJudged by:");
    for (size_t i = 0; i < case_count(); i++) {
        const struct case_row *row = case_at(i);
        if (!names_clause(row, id))
            continue;
        if (n++ < CASES_SHOWN)
            printf("  %-28s %s\n", row->id, row->title);
        first = first == NULL ? row : first;
        if (derived == NULL && derived_operation(a, row->id, &arm) != NULL)
            derived = row;
    }
    if (n == 0)
        puts("  no case yet");
    if (n > CASES_SHOWN)
        printf("  … and %zu more: plexconf list --select clause:%s\n", n - CASES_SHOWN, id);
    putchar('\n');
    if (first != NULL && print_recorded_curl(a, directory, first->id))
        return;
    if (derived != NULL) {
        puts("By hand:");
        print_curl(a, derived_operation(a, derived->id, &arm), find_arm(arm));
    }
}

static void explain_operation(struct arena *a, const struct contract_operation *op)
{
    const char *status;
    json_t *response;
    size_t n = 0;
    printf("%s (%s): %s %s\n\nCredential: %s\nAnswers:   ", op->id, op->tag, op->method, op->path,
           op->bearer ? (op->nsk ? "operator or Node" : "operator")
                      : (op->nsk ? "Node" : (op->cookie ? "browser session" : "none")));
    json_object_foreach (json_member(op->row, "responses"), status, response)
        printf(" %s", status);
    puts("\n\nCases:");
    const char *pattern = arena_printf(a, "derived/%s/*", op->id);
    for (size_t i = 0; i < case_count(); i++) {
        if (text_glob(pattern, case_at(i)->id) && n++ < CASES_SHOWN)
            printf("  %-28s %s\n", case_at(i)->id, case_at(i)->title);
    }
    puts("\nBy hand:");
    print_curl(a, op, NULL);
}

static void suggest(const char *word, struct error *e)
{
    const char *names[4096];
    size_t n = 0;
    const struct contract *c = contract();
    for (size_t i = 0; i < case_count() && n + 1 < ARRAY_LEN(names); i++)
        names[n++] = case_at(i)->id;
    for (size_t i = 0; i < c->n_ops && n + 1 < ARRAY_LEN(names); i++)
        names[n++] = c->ops[i].id;
    for (size_t i = 0; i < json_array_size(c->clauses) && n + 1 < ARRAY_LEN(names); i++)
        names[n++] = json_text(json_array_get(c->clauses, i), "id");
    names[n] = NULL;
    const char *nearest = options_nearest(word, names);
    if (nearest != NULL)
        error_set(e, "nothing is named '%s'; did you mean '%s'?", word, nearest);
    else
        error_set(e, "no case, clause or operation is named '%s'; `plexconf list` shows the cases",
                  word);
}

static int explain(struct arena *a, const char *word, const char *directory)
{
    struct error e = { .text = "" };
    if (!load_cases(&e))
        return complain(&e, EXIT_BROKEN);
    const struct case_row *row = case_find(word);
    if (row != NULL) {
        explain_case(a, row, directory);
    } else if (contract_clause(word) != NULL) {
        explain_clause(a, word, directory);
    } else if (contract_operation(word) != NULL) {
        explain_operation(a, contract_operation(word));
    } else {
        suggest(word, &e);
        return complain(&e, EXIT_USAGE);
    }
    return EXIT_CONFORMANT;
}

int command_explain(struct environment env, int argc, char **argv)
{
    (void)env;
    struct error e = { .text = "" };
    const char *out = "report";
    const struct option_row rows[] = {
        { "out", 'o', OPTION_TEXT, &out, "DIR",
          "a report to take the last request from (default: ./report)", 0, 0 },
        { 0 },
    };
    const struct option_table table = { .program = "plexconf explain",
                                        .synopsis = "[--out DIR] ID",
                                        .summary = "Says what a case, a clause or an operation is "
                                                   "about, and shows it with curl.",
                                        .rows = rows,
                                        .footer = footer };
    char **words;
    int n;
    int code =
        after_options(options_parse(&table, argc, argv, &words, &n, &e), "plexconf explain", &e);
    if (code >= 0)
        return code;
    if (n != 1) {
        error_set(&e, "explain: give one id of a case, clause or operation");
        return complain(&e, EXIT_USAGE);
    }
    struct arena *a = arena_create();
    code = explain(a, words[0], out);
    arena_destroy(a);
    return code;
}
