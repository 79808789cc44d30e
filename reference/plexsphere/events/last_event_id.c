#include "reference/plexsphere/events/last_event_id.h"

#include <string.h>

#include "common/number.h"

/* Leading zeros are no other number: they are passed over, for number_parse() refuses them. */
bool last_event_id_read(const char *text, bool *given, int64_t *seq)
{
    *given = text != NULL && *text != '\0';
    if (!*given)
        return true;
    size_t zeros = strspn(text, "0");
    if (text[zeros] == '\0')
        zeros--;
    return text[zeros] != '-' && number_parse(text + zeros, 0, INT64_MAX, seq);
}
