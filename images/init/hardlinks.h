#ifndef LIGHTV_HARDLINKS_H
#define LIGHTV_HARDLINKS_H

#include <sys/stat.h>

/* The path under which this very file was packed before, or NULL; then it is remembered under `path`. */
const char *hardlink_of(const struct stat *about, const char *path);

#endif
