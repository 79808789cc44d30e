#include "common/text.h"
#include "kind/images/plexconf-tools/tools.h"

static const struct {
    const char *name, *sentence;
} rows[] = {
#include "tools_announcements.gen.def"
};

const char *announcement_sentence(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (text_equal(rows[i].name, name))
            return rows[i].sentence;
    return NULL;
}

const char *const *announcement_names(void)
{
    static const char *names[ARRAY_LEN(rows) + 1];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        names[i] = rows[i].name;
    return names;
}
