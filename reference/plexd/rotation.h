/* plexd/rotation.h — a new mesh key pair when the control plane asks for one (SPEC AGT-*;
 * node-surfaces 5.3).
 *
 * The new private key is on the disk, as private_key.next, before its public half is sent, and
 * takes the place of private_key once the control plane has accepted it. A crash in between leaves
 * private_key.next: the next start sends the same key again and hears whether it was taken. */
#ifndef PLEXD_ROTATION_H
#define PLEXD_ROTATION_H

#include "common/base.h"
#include "reference/plexd/disk.h"
#include "reference/plexd/http.h"
#include "reference/plexd/identity.h"
#include "reference/plexd/loop.h"
#include "reference/plexd/wire.h"

struct rotation;

struct rotation_options {
    const char *data_dir;
    struct identity *identity; /* its private_key changes */
    struct disk *disk;
    struct http *http;
    const struct wire *wire;
};
/* Goes on with what an earlier process began. */
struct rotation *rotation_start(const struct rotation_options *o);
void rotation_now(struct rotation *r); /* once at a time */
/* Before the disk ends; a job that is on its way finishes first. NULL is fine. */
void rotation_stop(struct rotation *r);

#endif
