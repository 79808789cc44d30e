/* crypto/no_core.h — keys and plaintexts stay in the process (SPEC SEC-030): no core dump, and no
 * other process of the same user looks in. */
#ifndef PLEXSPHERE_CRYPTO_NO_CORE_H
#define PLEXSPHERE_CRYPTO_NO_CORE_H

#include "common/error.h"

MUST_CHECK bool core_dumps_off(struct error *e);

#endif
