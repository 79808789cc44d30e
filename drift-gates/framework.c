/* What belongs to no gate. Looking at the tree itself is done like a gate's work: folders that
 * cannot be opened are findings, links and the like are told. */
#include "common/text.h"
#include "drift-gates/findings.h"

#define NAMED 3 /* of each kind of odd file, in the note */

static const struct gate_rule rules[] = {
    { .id = "TREE-01",
      .title = "what a gate asks for can be looked at",
      .why =
          "A file that cannot be read, is larger than 64 MiB or is no regular file, and a folder "
          "that cannot be opened, hold what no gate has seen: silence about them would pass for "
          "cleanness.",
      .mend = "Make it readable, or name it under `ignore:` in the settings if it is no part of "
              "what is judged.",
      .source = "GATE-010" },
    { .id = "WVR-01",
      .title = "a waiver is complete",
      .why = "A waiver without a rule that exists, a reason, a last day (and in the settings an "
             "owner) waives nothing, because nobody could say why or for how long.",
      .mend = "Write `plexconf-gate: allow RULE until=YYYY-MM-DD reason=\"…\"`, or all of rule, "
              "owner, reason and until in the settings.",
      .source = "GATE-006" },
    { .id = "WVR-02",
      .title = "a waiver is not past its last day",
      .why = "The day that was promised is over (days end at midnight UTC); the finding counts "
             "again.",
      .mend = "Mend what it waived, or agree on a new day and reason.",
      .source = "GATE-006" },
    { .id = "WVR-03",
      .title = "a waiver waives something",
      .why =
          "The gate ran and finished, and nothing is left that this waiver waives: it would hide "
          "the next finding at its place.",
      .mend = "Remove the waiver.",
      .source = "GATE-007" },
    { .id = "BSL-01",
      .title = "the baseline holds no finding that is gone",
      .why = "A finding that was mended and stays in the baseline could come back unseen.",
      .mend = "Write the baseline again with --write-baseline and look at what changed.",
      .source = "GATE-008" },
};

/* "a, b and 4 more" of those with this problem. */
static const char *names_of(struct gate_run *g, const char *problem, size_t *n)
{
    const struct tree *t = g->tree;
    const char *names = "";
    *n = 0;
    for (size_t i = 0; i < t->n_odd; i++) {
        if (!text_equal(t->odd[i].problem, problem))
            continue;
        if (++*n <= NAMED)
            names = arena_printf(g->arena, "%s%s%s", names, *n > 1 ? ", " : "", t->odd[i].path);
    }
    return *n <= NAMED ? names : arena_printf(g->arena, "%s and %zu more", names, *n - NAMED);
}

static bool look(struct gate_run *g, struct error *e)
{
    static const struct {
        const char *problem, *plural, *why;
    } kinds[] = {
        { TREE_LINK, "symbolic links", "they are not followed" },
        { "a FIFO", "FIFOs", "they are not opened" },
        { "a socket", "sockets", "they are not opened" },
        { "a device", "devices", "they are not opened" },
    };
    (void)e;
    gate_compared(g, g->tree->n, "files");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t n;
        const char *names = names_of(g, kinds[i].problem, &n);
        if (n > 0)
            gate_unlooked(g, arena_printf(g->arena, "%zu %s (%s)", n, kinds[i].plural, names),
                          kinds[i].why);
    }
    for (size_t i = 0; i < g->tree->n_odd; i++) {
        if (text_starts(g->tree->odd[i].problem, "a folder "))
            finding(g, "TREE-01", (struct place){ .file = g->tree->odd[i].path },
                    "could not be looked at: %s", g->tree->odd[i].problem);
    }
    return true;
}

const struct gate framework_gate = {
    .name = "framework",
    .says = "what every gate stands on: files can be read, waivers and baseline hold",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = look,
};
