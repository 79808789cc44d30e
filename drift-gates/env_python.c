#include "drift-gates/env_source.h"

void source_python(struct env_source *s)
{
    (void)s;
}
