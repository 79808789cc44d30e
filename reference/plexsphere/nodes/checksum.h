/* nodes/checksum.h — checksums and host keys as Nodes report them (SPEC CAP-*, INT-*). Pure. */
#ifndef PLEXSPHERE_NODES_CHECKSUM_H
#define PLEXSPHERE_NODES_CHECKSUM_H

#include "common/base.h"

struct arena;

enum { CHECKSUM_LEN = 32 };

/* 44 characters of padded base64. Unlike a heartbeat's, hex is none. */
MUST_CHECK bool checksum_of_base64(struct arena *a, const char *text,
                                   unsigned char out[CHECKSUM_LEN]);

/* "SHA256:" and base64, padded or not, as ssh-keygen prints it. */
bool host_key_fingerprint_is(const char *text);

#endif
