/* The table of SPEC.md that says of each clause without a case why it has none. */
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "drift-gates/lines.h"
#include "drift-gates/spec_ledger/ledger.h"

#define HEADING "## Clauses without a case"
#define NOTHING "nothing yet"
#define SPAN_MOST 999

enum cell { CELL_CLAUSES, CELL_WHY, CELL_SHOWN, CELLS };

struct row {
    struct ledger *l;
    json_t *listed; /* id → true */
    struct place where;
    const char *cells[CELLS];
};

/* "| a | b | c |": false when it is no such line. */
static bool read_cells(struct arena *a, const char *line, const char *cells[CELLS])
{
    size_t n;
    char **parts = text_split(a, line, '|', &n);
    if (n != CELLS + 2 || parts[0][0] != '\0')
        return false;
    for (size_t i = 0; i < CELLS; i++)
        cells[i] = text_trim(a, parts[i + 1]);
    return cells[CELL_CLAUSES][0] != '-' && !text_equal(cells[CELL_CLAUSES], "clauses");
}

/* An id of a known area that is no clause is LEDG-03's, wherever it stands. */
static bool is_told_elsewhere(const struct ledger *l, const char *id)
{
    const char *dash = strrchr(id, '-');
    size_t len = dash == NULL ? 0 : (size_t)(dash - id);
    return json_object_get(l->areas, arena_strndup(l->g->arena, id, len)) != NULL;
}

static void take_clause(struct row *r, const char *id)
{
    struct ledger *l = r->l;
    bool known = json_object_get(l->lines, id) != NULL;
    if (!known && !is_told_elsewhere(l, id))
        finding(l->g, "LEDG-05", r->where, "SPEC.md has no clause %s", id);
    else if (json_object_get(l->judged, id) != NULL || json_object_get(l->found, id) != NULL)
        finding(l->g, "LEDG-05", r->where, "%s is judged", id);
    else if (json_object_get(r->listed, id) != NULL)
        finding(l->g, "LEDG-05", r->where, "%s is listed twice", id);
    json_object_set_new(r->listed, id, json_true());
}

/* "REG-014", or "RUN-001 to RUN-038": each of them. */
static void take_span(struct row *r, const char *text)
{
    struct arena *a = r->l->g->arena;
    const char *area;
    int64_t from, to;
    if (strstr(text, " to ") == NULL) {
        take_clause(r, text);
        return;
    }
    if (!ledger_read_span(a, text, &area, &from, &to) || to - from > SPAN_MOST) {
        finding(r->l->g, "LEDG-05", r->where, "'%s' is no `A-001 to A-009`", text);
        return;
    }
    for (int64_t n = from; n <= to; n++)
        take_clause(r, arena_printf(a, "%s-%03lld", area, (long long)n));
}

/* "unit test: a_test.c; ci/test-tool": each is a file of the tree. */
static void judge_shown(struct row *r)
{
    struct arena *a = r->l->g->arena;
    static const char unit_test[] = "unit test: ";
    size_t n;
    char **parts = text_split(a, r->cells[CELL_SHOWN], ';', &n);
    for (size_t i = 0; i < n; i++) {
        const char *shown = text_trim(a, parts[i]);
        if (text_starts(shown, unit_test))
            shown += sizeof unit_test - 1;
        if (!text_equal(shown, NOTHING) && tree_find(r->l->g->tree, shown) == NULL)
            finding(r->l->g, "LEDG-05", r->where, "there is no %s",
                    shown[0] == '\0' ? "word of what shows it" : shown);
    }
}

static void judge_row(struct row *r)
{
    struct arena *a = r->l->g->arena;
    size_t n;
    char **ids = text_split(a, r->cells[CELL_CLAUSES], ',', &n);
    for (size_t i = 0; i < n; i++)
        take_span(r, text_trim(a, ids[i]));
    if (text_blank(r->cells[CELL_WHY]))
        finding(r->l->g, "LEDG-05", r->where, "it is not said why no case judges %s",
                r->cells[CELL_CLAUSES]);
    judge_shown(r);
}

void ledger_read_unjudged(struct ledger *l, struct bytes spec, json_t *listed)
{
    struct lines lines = lines_of(spec);
    struct line line;
    bool within = false;
    while (lines_next(&lines, &line)) {
        const char *text = line_text(l->g->arena, line);
        if (text_starts(text, "## "))
            within = text_starts(text, HEADING);
        struct row r = { .l = l,
                         .listed = listed,
                         .where = { .file = "SPEC.md", .line = line.number, .path = HEADING } };
        if (within && read_cells(l->g->arena, text, r.cells))
            judge_row(&r);
    }
}
