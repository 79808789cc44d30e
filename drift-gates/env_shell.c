#include "drift-gates/env_source.h"

void source_shell(struct env_source *s)
{
    (void)s;
}
