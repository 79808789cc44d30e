/* meta/version.h — what was built, and when (SPEC META-*). */
#ifndef PLEXSPHERE_META_VERSION_H
#define PLEXSPHERE_META_VERSION_H

struct version {
    const char *version; /* "v0.1.0" */
    const char *commit;  /* git sha, "unknown" in a build without git */
    const char *date;    /* RFC 3339; holds until the next call in this thread */
};
struct version version_of_build(void);

#endif
