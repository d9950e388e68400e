#ifndef LIGHTV_TAR_WRITE_H
#define LIGHTV_TAR_WRITE_H

#include <sys/stat.h>

#include "tar.h"

/* Writes all of it to standard output, or ends the copy. */
void tar_write(const void *bytes, size_t size);
/* One header, with a pax header before it where ustar has no room for the names or the size. */
void tar_write_header(char type, const char *path, const char *link, const struct stat *about, uint64_t size);
/* The two zero blocks at the end. */
void tar_write_end(void);

#endif
