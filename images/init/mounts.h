#ifndef LIGHTV_MOUNTS_H
#define LIGHTV_MOUNTS_H

#include <sys/types.h>

#include "frames.h"

enum { FOLDERS_MAX = 64, TOOLS_MAX = 8, BINDS_MAX = 64 };

/* Two texts of the hello, in the order they are sent. */
struct pair {
  const char *first;
  const char *second;
};

/* What is mounted over the image; all texts point into the hello's payload. PROTOCOL.md says what each means. */
struct mounts {
  const char *layer;
  size_t folder_count, tool_count, bind_count;
  struct pair folders[FOLDERS_MAX]; /* store, path */
  struct pair tools[TOOLS_MAX];     /* serial, path */
  struct pair binds[BINDS_MAX];     /* from, to */
};

/* A list that is longer than it may be spoils the cursor. */
void get_mounts(struct cursor *payload, struct mounts *mounts);

/* Mounts the overlay of the image and its layer of the disk on `root`. Dies with one line when it cannot. */
void mounts_root(const struct mounts *mounts, const char *root);
/* Then, below the open folder `root`, what the hello names. */
void mounts_rest(const struct mounts *mounts, int root);

/*
 * Opens a folder below `base`, made if it is missing. Guests of earlier steps wrote what is there: whatever is in the
 * way of a part of the path, a link above all, is removed, and nothing is followed. Dies when it cannot.
 */
int real_folder(int base, const char *path, mode_t mode);

#endif
