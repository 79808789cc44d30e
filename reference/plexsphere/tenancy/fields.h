/* tenancy/fields.h — the rules that Domains and Projects share for name, slug, description and
 * address ranges.
 *
 * Each answers false with one sentence in *why that names the field and never its value. Lengths
 * are code points. */
#ifndef PLEXSPHERE_TENANCY_FIELDS_H
#define PLEXSPHERE_TENANCY_FIELDS_H

#include "common/base.h"
#include "reference/plexsphere/tenancy/cidr.h"

struct arena;

MUST_CHECK bool field_name(struct arena *a, const char *text, const char **trimmed,
                           const char **why);
MUST_CHECK bool field_slug(const char *text, const char **why);
MUST_CHECK bool field_description(const char *text, const char **why); /* "" is none */
MUST_CHECK bool field_region(const char *text, const char **why);      /* "" is none */
/* Canonical text goes to *canonical. */
MUST_CHECK bool field_cidr(struct arena *a, const char *member, const char *text, struct cidr *out,
                           const char **canonical, const char **why);

#endif
