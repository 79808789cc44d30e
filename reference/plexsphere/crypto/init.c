#include <sodium.h>

#include "reference/plexsphere/crypto/crypto.h"

bool crypto_init(struct error *e)
{
    if (sodium_init() < 0)
        return error_set(e, "libsodium does not start: is there a source of randomness?");
    return true;
}
