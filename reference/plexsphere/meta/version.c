#include "reference/plexsphere/meta/version.h"

/* CMakeLists.txt gives the commit and its date: one commit builds one binary. */
struct version version_of_build(void)
{
    return (struct version){ .version = "v" PLEXSPHERE_VERSION,
                             .commit = PLEXSPHERE_COMMIT,
                             .date = PLEXSPHERE_BUILD_DATE };
}
