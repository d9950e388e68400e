#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

static int step_into(int folder, const char *name, bool make, int flags) {
  int next = openat(folder, name, FOLDER | flags);
  if (next < 0 && errno == ENOENT && make && (mkdirat(folder, name, 0755) == 0 || errno == EEXIST)) {
    next = openat(folder, name, FOLDER | flags);
  }
  return next;
}

/* Replaces the open folder by `next`, keeping errno when that is -1. */
static int swap(int folder, int next) {
  int error = errno;
  close(folder);
  errno = error;
  return next;
}

int make_folders(const char *path) {
  if (path[0] != '/') {
    errno = EINVAL;
    return -1;
  }
  int folder = open(path, FOLDER);
  if (folder >= 0 || errno != ENOENT) {
    return folder;
  }
  char *copy = strdup(path);
  if (copy == NULL) {
    return -1;
  }
  folder = open("/", FOLDER);
  char *rest = NULL;
  for (char *part = strtok_r(copy, "/", &rest); part != NULL && folder >= 0; part = strtok_r(NULL, "/", &rest)) {
    folder = swap(folder, step_into(folder, part, true, 0));
  }
  free(copy);
  return folder;
}

bool stays_below(const char *path) {
  if (path[0] == '/' || path[0] == '\0') {
    return false;
  }
  for (const char *part = path; part != NULL;) {
    size_t size = strcspn(part, "/");
    if (size == 2 && part[0] == '.' && part[1] == '.') {
      return false;
    }
    part = part[size] == '/' ? part + size + 1 : NULL;
  }
  return true;
}

static bool names_nothing(const char *part) { return part[0] == '\0' || strcmp(part, ".") == 0; }

int open_parent(int base, char *path, bool make, const char **last) {
  *last = "";
  int folder = fcntl(base, F_DUPFD_CLOEXEC, 3);
  while (folder >= 0 && path != NULL) {
    char *part = strsep(&path, "/");
    if (names_nothing(part)) {
      continue;
    }
    if ((*last)[0] != '\0') {
      folder = swap(folder, step_into(folder, *last, make, O_NOFOLLOW));
    }
    *last = part;
  }
  return folder;
}
