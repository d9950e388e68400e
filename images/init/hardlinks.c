#include "hardlinks.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "copy.h"

struct seen {
  struct seen *next;
  dev_t device;
  ino_t inode;
  char path[];
};

enum { BUCKETS = 4096 };

static struct seen *buckets[BUCKETS];

const char *hardlink_of(const struct stat *about, const char *path) {
  struct seen **bucket = &buckets[(about->st_ino ^ about->st_dev) % BUCKETS];
  for (struct seen *at = *bucket; at != NULL; at = at->next) {
    if (at->inode == about->st_ino && at->device == about->st_dev) {
      return at->path;
    }
  }
  struct seen *seen = malloc(sizeof *seen + strlen(path) + 1);
  if (seen == NULL) {
    copy_fail(ENOMEM, "could not pack", path);
  }
  *seen = (struct seen){.next = *bucket, .device = about->st_dev, .inode = about->st_ino};
  strcpy(seen->path, path);
  *bucket = seen;
  return NULL;
}
