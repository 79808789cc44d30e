/* plexd/state_files.h — the files below <data_dir>/state (SPEC API-*).
 *
 * Folders 0700, files 0600, written beside their target, fsynced and renamed. Every legal key has
 * exactly one file: bytes other than letters, digits, '-', '_' and '.' (and a first '.') are
 * percent-encoded; a name that would grow too long ends in the key's SHA-256 instead. */
#ifndef PLEXD_STATE_FILES_H
#define PLEXD_STATE_FILES_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/disk.h"

enum { STATE_FILE_CAP = 64 << 20 };

/* "<key, encoded>.json" */
char *state_file_name(struct arena *a, const char *key);

/* Makes the folder and removes what a crash left: half-written files of ours (<name>.XXXXXX) and of
 * the other agent (.tmp-<name>). */
MUST_CHECK bool state_folder_open(const char *path, struct error *e);

/* Calls `file` for each *.json in the folder. What cannot be read, or what `file` answers false to,
 * is moved aside as <name>.corrupt, with a log line. */
void state_folder_read(const char *path,
                       bool (*file)(void *self, const char *name, struct bytes text), void *self);
/* One file; false when it is not there or was moved aside. */
bool state_file_read(const char *path, bool (*file)(void *self, const char *name, struct bytes),
                     void *self);

/* On the disk thread (NULL: at once), in the order of the calls; a failure is logged. */
void state_file_write(struct disk *disk, const char *path, struct bytes text);
void state_file_remove(struct disk *disk, const char *path);
/* The same, here and now. */
MUST_CHECK bool state_file_write_now(const char *path, struct bytes text, struct error *e);
MUST_CHECK bool state_file_remove_now(const char *path, struct error *e);

#endif
