#include "tar.h"

#include <errno.h>
#include <unistd.h>

#include "copy.h"

uint32_t tar_checksum(const struct tar_header *header) {
  const uint8_t *bytes = (const uint8_t *)header;
  uint32_t sum = 0;
  for (size_t i = 0; i < TAR_BLOCK; i++) {
    bool own = i >= offsetof(struct tar_header, checksum) && i < offsetof(struct tar_header, type);
    sum += own ? ' ' : bytes[i];
  }
  return sum;
}

size_t tar_read(void *bytes, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t n = read(STDIN_FILENO, (char *)bytes + done, size - done);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      copy_fail(errno, "could not read", "the stream");
    }
    if (n == 0) {
      break;
    }
    done += (size_t)n;
  }
  return done;
}

size_t tar_padding(uint64_t size) { return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK; }
