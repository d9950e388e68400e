#ifndef LIGHTV_TAR_H
#define LIGHTV_TAR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { TAR_BLOCK = 512 };

/* POSIX.1-1988 (ustar). */
struct tar_header {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[8];
  char user[32];
  char group[32];
  char major[8];
  char minor[8];
  char prefix[155];
  char rest[12];
};

_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a tar header is one block");

enum { TAR_FILE = '0', TAR_HARDLINK = '1', TAR_SYMLINK = '2', TAR_FOLDER = '5' };

uint32_t tar_checksum(const struct tar_header *header);
/* Reads all of `size` bytes; returns how many there were before the end. Ends the copy when reading fails. */
size_t tar_read(void *bytes, size_t size);
/* Bytes that follow `size` bytes of content up to the next block. */
size_t tar_padding(uint64_t size);

#endif
