/* meta/meta.h — what any caller may ask: health, version, the contract itself (SPEC META-*). */
#ifndef PLEXSPHERE_META_H
#define PLEXSPHERE_META_H

#include "reference/plexsphere/surface.h"

extern const struct surface surface_meta;

#endif
