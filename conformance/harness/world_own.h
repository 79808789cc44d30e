/* harness/world_own.h — what a world keeps for itself: its connection, the secrets it knows, what
 * must go with the case. */
#ifndef HARNESS_WORLD_OWN_H
#define HARNESS_WORLD_OWN_H

#include <jansson.h>
#include <stdatomic.h>

#include "common/base.h"
#include "harness/http_client.h"
#include "harness/redact.h"
#include "harness/world.h"

/* Shared memory of a run. */
struct world_shared {
    _Atomic uint64_t names;     /* handed out by world_name() */
    _Atomic uint64_t addresses; /* handed out by world_cidr(), in addresses */
    _Atomic int64_t next_slot;  /* rate limit */
    _Atomic int64_t advanced_s; /* by how much world_advance() has moved the target's clock */
    _Atomic bool answered;      /* the target has answered something */
};

struct world_deferred {
    void (*release)(void *thing);
    void *thing;
    struct world_deferred *next;
};

struct minted {
    struct credential credential; /* first: a credential's address is its minted's */
    const char *domain_id, *project_id;
    int64_t expires_at; /* microseconds; 0: not said */
    struct minted *next;
};

struct world_own {
    struct http_client *http;
    struct redact *redact;
    size_t lasting_secrets; /* known to the world; what a case learned is forgotten with it */
    struct hook_talk *credentials; /* of a profile whose command answers line after line */
    json_t *members_seen;          /* "schema member" that the worker has been told already */
    struct world_deferred *deferred;
    struct minted *minted;  /* of the world: renewed before they expire */
    struct minted *in_case; /* of the running case */
};

/* Makes w->own from w->profile and sets base_url and claims_rulings; nothing is sent. world_build()
 * begins with it. */
void world_own_open(struct world *w);
void world_own_close(struct world *w);
struct world_shared *world_shared(void);

#endif
