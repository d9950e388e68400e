#include "tar_write.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "copy.h"
#include "tar_entry.h"

static const uint64_t USTAR_SIZE_MAX = 077777777777;

void tar_write(const void *bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t n = write(STDOUT_FILENO, (const char *)bytes + done, size - done);
    if (n < 0) {
      copy_fail(errno, "could not send", "the tar");
    }
    done += (size_t)n;
  }
}

static bool fits(const char *text, size_t space) {
  for (const char *at = text; *at != '\0'; at++) {
    if ((*at & 0x80) != 0) {
      return false;
    }
  }
  return strlen(text) <= space;
}

/* A record's length counts its own digits. */
static size_t add_record(char *to, const char *key, const char *value) {
  size_t bare = strlen(key) + strlen(value) + 3, length = bare + 1;
  for (size_t digits = 1; digits < 20; digits++) {
    length = bare + digits;
    if ((size_t)snprintf(NULL, 0, "%zu", length) == digits) {
      break;
    }
  }
  return (size_t)sprintf(to, "%zu %s=%s\n", length, key, value);
}

static void write_block(char type, const char *path, const char *link, mode_t mode, time_t mtime, uint64_t size) {
  struct tar_header header = {.type = type, .magic = "ustar\0" "00"};
  memcpy(header.name, path, strnlen(path, sizeof header.name));
  memcpy(header.link, link, strnlen(link, sizeof header.link));
  snprintf(header.mode, sizeof header.mode, "%07o", (unsigned)mode & 07777);
  snprintf(header.uid, sizeof header.uid, "%07o", 0u);
  snprintf(header.gid, sizeof header.gid, "%07o", 0u);
  snprintf(header.size, sizeof header.size, "%011llo", (unsigned long long)(size > USTAR_SIZE_MAX ? 0 : size));
  unsigned long long seconds = mtime < 0 || (uint64_t)mtime > USTAR_SIZE_MAX ? 0 : (unsigned long long)mtime;
  snprintf(header.mtime, sizeof header.mtime, "%011llo", seconds);
  snprintf(header.checksum, sizeof header.checksum, "%06o", tar_checksum(&header));
  header.checksum[7] = ' ';
  tar_write(&header, sizeof header);
}

void tar_write_header(char type, const char *path, const char *link, const struct stat *about, uint64_t size) {
  static char records[2 * TAR_PATH_MAX + 256];
  static const char zero[TAR_BLOCK];
  size_t used = 0;
  if (!fits(path, 100)) {
    used += add_record(records + used, "path", path);
  }
  if (!fits(link, 100)) {
    used += add_record(records + used, "linkpath", link);
  }
  if (size > USTAR_SIZE_MAX) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)size);
    used += add_record(records + used, "size", text);
  }
  if (used > 0) {
    write_block('x', "pax", "", 0644, 0, used);
    tar_write(records, used);
    tar_write(zero, tar_padding(used));
  }
  write_block(type, path, link, about->st_mode, about->st_mtim.tv_sec, size);
}

void tar_write_end(void) {
  static const char zero[2 * TAR_BLOCK];
  tar_write(zero, sizeof zero);
}
