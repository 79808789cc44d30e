/* plexd/privileges.h — giving up what the agent does not need (SPEC AGT-*).
 *
 * Called on the main thread. Early: no core dumps, no ptrace by equals, no privileges gained by
 * exec. Late, once sockets and files are open: no capabilities, and a system-call filter over all
 * threads that leaves files, sockets, memory, threads and time, and refuses the rest (exec, ptrace,
 * mount, namespaces, modules, keyrings, bpf …) with EPERM. */
#ifndef PLEXD_PRIVILEGES_H
#define PLEXD_PRIVILEGES_H

#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/disk.h"

MUST_CHECK bool privileges_drop_early(struct error *e);
/* The disk thread drops its own capabilities, which the kernel keeps per thread. */
MUST_CHECK bool privileges_drop_late(struct disk *d, struct error *e);

#endif
