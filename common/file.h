/* common/file.h — files and folders, with caps and without half-written results. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <sys/types.h>

#include "common/base.h"
#include "common/error.h"

struct arena;

/* The whole file, NUL-terminated (the NUL is not counted); refused when it is longer than cap. */
MUST_CHECK bool file_read(struct arena *a, const char *path, size_t cap, struct bytes *out,
                          struct error *e);

/* The same from an open descriptor, which stays open; `name` is for the error. */
MUST_CHECK bool file_read_fd(struct arena *a, int fd, const char *name, size_t cap,
                             struct bytes *out, struct error *e);

/* Writes beside the target, fsyncs file and folder, renames: the old or the new content is there,
 * never a mix. The file has exactly `mode`, whatever the umask. */
MUST_CHECK bool file_write_atomic(const char *path, const void *data, size_t len, mode_t mode,
                                  struct error *e);

/* And its parents; an existing one is fine. */
MUST_CHECK bool directory_make(const char *path, mode_t mode, struct error *e);
/* Removes a folder and all below it without following links; a missing folder is fine. */
MUST_CHECK bool directory_remove(const char *path, struct error *e);
/* A new folder PREFIX.XXXXXX, mode 0700; its path is arena text. */
MUST_CHECK bool directory_make_temporary(struct arena *a, const char *prefix, char **path,
                                         struct error *e);
/* Names in a folder, sorted by byte value, without . and ..; ends with NULL. */
MUST_CHECK bool directory_list(struct arena *a, const char *path, char ***names, size_t *n,
                               struct error *e);

bool path_exists(const char *path);
char *path_join(struct arena *a, const char *directory, const char *name);
/* The folder of the running executable. */
char *path_of_executable(struct arena *a);

/* All of `data`, however often write() returns early; false with errno set. */
MUST_CHECK bool write_all(int fd, const void *data, size_t len);

#endif
