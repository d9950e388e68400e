#ifndef LIGHTV_TAR_ENTRY_H
#define LIGHTV_TAR_ENTRY_H

#include <stdbool.h>
#include <time.h>

#include "tar.h"

enum { TAR_PATH_MAX = 8192 };

/* One entry of an archive, with what pax and GNU headers before it said. */
struct tar_entry {
  char type;
  char path[TAR_PATH_MAX];
  char link[TAR_PATH_MAX];
  uint64_t size;
  mode_t mode;
  struct timespec mtime;
};

/* The next entry of the tar on standard input; false after its end marker. Ends the copy for anything malformed. */
bool tar_next(struct tar_entry *entry);

#endif
