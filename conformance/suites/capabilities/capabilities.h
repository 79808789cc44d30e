/* suites/capabilities/capabilities.h — manifests of a case's own Nodes. Bodies are new
 * references. */
#ifndef SUITES_CAPABILITIES_H
#define SUITES_CAPABILITIES_H

#include <jansson.h>

#include "harness/judge.h"
#include "harness/world.h"
#include "suites/nodes/nodes.h"

#define REPORTS                                                                                    \
    .needs = { "capabilities", "registration", "bootstrap-tokens", "resources" }, .budget_ms = 30000

/* 32 bytes as Nodes write them. */
#define CHECKSUM_A "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define CHECKSUM_B "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define DIGEST_A "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DIGEST_B "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define FINGERPRINT_A "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"
#define FINGERPRINT_B "SHA256:uNiVztksCsDhcc0u9e8BrVpTIk0tlvC8DhK2ZBs5Lvo"

/* Version and CHECKSUM_A: what a manifest must have. */
json_t *manifest(void);
json_t *declared_hook(const char *name);   /* {name, CHECKSUM_A} */
json_t *discovered_hook(const char *name); /* {name, DIGEST_A} */
/* The body with one array of hooks; each is stolen. NULL ends them. */
json_t *with_hooks(json_t *body, const char *member, json_t *first, ...) __attribute__((sentinel));

const char *capabilities_path(struct world *w, const char *node);
struct exchange *reporting(struct world *w, const struct own_node *n, json_t *body);
/* Accepted and judged: the fields that changed, in their order and joined by spaces, and whether
 * the host key did. */
void expect_changed(struct world *w, const struct own_node *n, json_t *body, const char *fields);

#endif
