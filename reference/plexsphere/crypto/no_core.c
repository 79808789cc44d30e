#include "reference/plexsphere/crypto/no_core.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

bool core_dumps_off(struct error *e)
{
    const struct rlimit none = { 0, 0 };
    return (setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0) ||
           error_errno(e, errno, "core dumps cannot be turned off");
}
