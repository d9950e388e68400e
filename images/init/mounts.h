#ifndef LIGHTV_MOUNTS_H
#define LIGHTV_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "frames.h"

enum { FOLDERS_MAX = 64, TOOLS_MAX = 8, BINDS_MAX = 64 };

/* Two texts, in the order they are sent. */
struct pair {
  const char *first;
  const char *second;
};

/* What is mounted over the image; the texts are the hello's, or arguments. PROTOCOL.md says what each means. */
struct mounts {
  const char *layer;
  size_t folder_count, tool_count, bind_count;
  struct pair folders[FOLDERS_MAX]; /* store, path */
  struct pair tools[TOOLS_MAX];     /* serial (of a sandbox: the folder that holds its files), path */
  struct pair binds[BINDS_MAX];     /* from, to */
};

/* A list that is longer than it may be spoils the cursor. */
void get_mounts(struct cursor *payload, struct mounts *mounts);

/* Where a root is put together; folders are open. */
struct site {
  int disk;         /* The job's. */
  int image;        /* Its files. */
  int empty;        /* Holds nothing. */
  const char *root; /* The path of the folder that becomes the root. */
  /* Flags of what is laid over the image, and an option it takes besides: "" or one with a comma behind it. */
  unsigned long flags;
  const char *mark;
  /* The kernel cannot lay such a disk over the image's files: they are copied onto it instead. */
  bool copies;
  /* Set by `mounts_root`: the disk has not seen this image before. */
  bool fresh;
  /* Mounts a tool, named as the host names it, on an open folder. */
  void (*tool)(const struct pair *tool, int where);
};

/* Mounts the image and its layer of the disk on the site's root; the folder that is the root then, open. */
int mounts_root(const struct mounts *mounts, struct site *site);
/* Then, below that root, what the mounts name. */
void mounts_rest(const struct mounts *mounts, const struct site *site, int root);
/* Mounts on an open folder. Dies when it cannot, naming `name`. */
void mount_on(const char *what, int where, const char *type, unsigned long flags, const char *options,
              const char *name);

/*
 * Opens a folder below `base`, made if it is missing. Guests of earlier steps wrote what is there: whatever is in the
 * way of a part of the path, a link above all, is removed, and nothing is followed. Dies when it cannot.
 */
int real_folder(int base, const char *path, mode_t mode);

#endif
