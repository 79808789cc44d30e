#include "suites/common/both.h"

#include "harness/world.h"

static const char other_dialect[] = "mvp";

bool speaks_mvp(const struct world *w)
{
    return w->row != NULL && w->row->data == other_dialect;
}

static void also_needs(struct case_row *row, const char *feature)
{
    for (size_t i = 0; i < CASE_NEEDS_MAX; i++)
        if (row->needs[i] == NULL) {
            row->needs[i] = feature;
            return;
        }
    case_defect(row->id, "needs too much: there is no room for the feature of its dialect");
}

void both_register(const struct case_row *v1, struct case_row *mvp)
{
    mvp->data = other_dialect;
    also_needs(mvp, other_dialect);
    case_register(v1);
    case_register(mvp);
}
