#include "drift-gates/golden_flow/golden_flow.h"

#include <ctype.h>

#include "common/text.h"

#define DIGITS_LEAST 3

/* "REQ-009" at the start: its length; 0: there is none. */
static size_t id_at(const char *text, const char *prefix)
{
    size_t from = strlen(prefix), len = from;
    if (!text_starts(text, prefix))
        return 0;
    while (isdigit((unsigned char)text[len]))
        len++;
    return len - from >= DIGITS_LEAST ? len : 0;
}

/* What follows an opening bracket: ids with ", " between, up to the closing one. */
static bool is_trace(const char *text)
{
    bool requirement = false, plan = false;
    for (;;) {
        size_t len = id_at(text, "REQ-");
        requirement = requirement || len > 0;
        if (len == 0) {
            len = id_at(text, "PX-");
            plan = plan || len > 0;
        }
        if (len == 0)
            return false;
        text += len;
        if (text[0] == ')')
            return requirement && plan;
        if (!text_starts(text, ", "))
            return false;
        text += 2;
    }
}

bool golden_flow_traced(const char *description)
{
    for (const char *open = description == NULL ? NULL : strchr(description, '('); open != NULL;
         open = strchr(open + 1, '(')) {
        if (is_trace(open + 1))
            return true;
    }
    return false;
}
