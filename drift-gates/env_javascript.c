#include "drift-gates/env_source.h"

void source_javascript(struct env_source *s)
{
    (void)s;
}
