#include <stdio.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/engine.h"
#include "harness/history.h"
#include "harness/report_diff.h"
#include "harness/reports.h"
#include "harness/validators.h"
#include "plexconf/commands.h"

static const char footer[] =
    "  write DIR   makes report.json, junit.xml, report.tap and report.html again from\n"
    "              DIR/events.ndjson, also of a run that did not finish\n"
    "  diff A B    says what changed from the run in A to the run in B, and ends with 1 when\n"
    "              something got worse: a case fails that did not, or one that passed is not\n"
    "              judged any more\n\n"
    "  replay FILE…  judges recorded event streams again (DIR/histories/*.ndjson), with the same\n"
    "              validators as the run, and ends with 1 when one of them does not hold\n\n"
    "  plexconf report diff report-main report\n\n"
    "Exit codes: 0; 1 diff: something got worse, replay: a history does not hold; 2 usage; 3 a\n"
    "report or a history cannot be read or written.\n";

static int report_write(const char *directory)
{
    struct error e = { .text = "" };
    if (!reports_write(directory, &e))
        return complain(&e, EXIT_BROKEN);
    printf("report: %s/report.html\n", directory);
    return EXIT_CONFORMANT;
}

static int compare(struct arena *arena, const char *before, const char *after)
{
    struct error e = { .text = "" };
    struct report a, b;
    struct report_diff d;
    if (!report_read(arena, before, &a, &e) || !report_read(arena, after, &b, &e))
        return complain(&e, EXIT_BROKEN);
    /* Nothing compared is nothing said. */
    if (json_array_size(a.cases) == 0 || json_array_size(b.cases) == 0) {
        error_set(&e, "report diff: %s holds no case",
                  json_array_size(a.cases) == 0 ? before : after);
        return complain(&e, EXIT_BROKEN);
    }
    report_diff(&a, &b, &d);
    report_diff_print(&d, stdout);
    return d.worse ? EXIT_TARGET_FAILED : EXIT_CONFORMANT;
}

static bool replay_one(const struct history *h, const char *file)
{
    bool all = true;
    for (size_t i = 0; i < n_validators; i++) {
        struct error why = { "" };
        bool holds = validators[i].holds(h, &why);
        printf("%-6s %-12s %s%s%s\n", holds ? "holds" : "broken", validators[i].name, file,
               holds ? "" : ": ", why.text);
        all = all && holds;
    }
    return all;
}

/* A history without a moment proves nothing (exit 3): whoever gives it is told. */
static int replay(struct arena *a, char *const *files, int n)
{
    struct error e = { .text = "" };
    bool all = true;
    for (int i = 0; i < n; i++) {
        struct history *h;
        if (!history_read(a, files[i], &h, &e))
            return complain(&e, EXIT_BROKEN);
        if (h->n == 0) {
            error_set(&e, "report replay: %s holds no moment", files[i]);
            return complain(&e, EXIT_BROKEN);
        }
        all = replay_one(h, files[i]) && all;
    }
    return all ? EXIT_CONFORMANT : EXIT_TARGET_FAILED;
}

static int unknown_word(const char *word)
{
    static const char *const words[] = { "write", "diff", "replay", NULL };
    struct error e;
    const char *nearest = options_nearest(word, words);
    if (nearest != NULL)
        error_set(&e, "report: no '%s'; did you mean '%s'?", word, nearest);
    else
        error_set(&e, "report: no '%s'; it is write DIR, diff A B or replay FILE…", word);
    return complain(&e, EXIT_USAGE);
}

int command_report(struct environment env, int argc, char **argv)
{
    (void)env;
    struct error e = { .text = "" };
    const struct option_row rows[] = { { 0 } };
    const struct option_table table = { .program = "plexconf report",
                                        .synopsis = "write DIR | diff A B | replay FILE…",
                                        .summary = "Works on the reports of earlier runs.",
                                        .rows = rows,
                                        .footer = footer };
    char **words;
    int n;
    int code =
        after_options(options_parse(&table, argc, argv, &words, &n, &e), "plexconf report", &e);
    if (code >= 0)
        return code;
    if (n == 2 && text_equal(words[0], "write"))
        return report_write(words[1]);
    if (n == 3 && text_equal(words[0], "diff")) {
        struct arena *a = arena_create();
        code = compare(a, words[1], words[2]);
        arena_destroy(a);
        return code;
    }
    if (n > 1 && text_equal(words[0], "replay")) {
        struct arena *a = arena_create();
        code = replay(a, words + 1, n - 1);
        arena_destroy(a);
        return code;
    }
    if (n > 0 && !text_equal(words[0], "write") && !text_equal(words[0], "diff") &&
        !text_equal(words[0], "replay"))
        return unknown_word(words[0]);
    error_set(&e, "report: give write DIR, diff A B or replay FILE…; see plexconf report --help");
    return complain(&e, EXIT_USAGE);
}
