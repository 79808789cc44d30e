/* events/links.h — lists whose links lie within their members: joining and leaving cost nothing and
 * allocate nothing. A list is a `struct links` of its own; a member that is in no list is linked to
 * itself. */
#ifndef PLEXSPHERE_EVENTS_LINKS_H
#define PLEXSPHERE_EVENTS_LINKS_H

#include "common/base.h"

struct links {
    struct links *before, *after;
};

#define LINKED(type, member, links) ((type *)(void *)((char *)(links)-offsetof(type, member)))

static inline void links_init(struct links *l)
{
    l->before = l->after = l;
}

static inline bool links_empty(const struct links *l)
{
    return l->after == l;
}

/* As the last of the list; it must be in none. */
static inline void links_push(struct links *list, struct links *l)
{
    l->before = list->before;
    l->after = list;
    list->before->after = l;
    list->before = l;
}

static inline void links_leave(struct links *l)
{
    l->before->after = l->after;
    l->after->before = l->before;
    links_init(l);
}

#endif
