#ifndef LIGHTV_TREE_H
#define LIGHTV_TREE_H

#include <stdbool.h>

/* Opens an absolute folder, making what is missing of it (mode 0755). -1: errno says why. */
int make_folders(const char *path);

/* Whether a path is relative, not empty, and has no `..` in it: then it names something below a folder. */
bool stays_below(const char *path);

/*
 * Opens the folder that holds the last part of `path` (see stays_below), without ever following a symbolic link, and
 * points `last` at that part ("" when the path is the base itself). `make`: missing folders are made. -1: errno.
 */
int open_parent(int base, char *path, bool make, const char **last);

#endif
