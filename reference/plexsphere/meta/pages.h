/* meta/pages.h — the documents kept in memory: the contract, the page that shows it and that page's
 * script. */
#ifndef PLEXSPHERE_META_PAGES_H
#define PLEXSPHERE_META_PAGES_H

#include "common/base.h"

struct bytes page_openapi(void);
struct bytes page_docs(void);
/* NULL data for a name that is not on the list; names are compared whole. */
struct bytes page_asset(const char *name);

#endif
