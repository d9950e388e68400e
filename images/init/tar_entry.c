#include "tar_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copy.h"

enum { RECORDS_MAX = 1 << 20 };

/* What a header that only speaks of the next entry said; empty or false: it did not. */
struct extension {
  char path[TAR_PATH_MAX];
  char link[TAR_PATH_MAX];
  bool has_size;
  uint64_t size;
  bool has_mtime;
  struct timespec mtime;
};

_Noreturn static void malformed(const char *what) { copy_fail(0, "the tar is malformed:", what); }

static uint64_t number(const char *field, size_t size) {
  const uint8_t *bytes = (const uint8_t *)field;
  uint64_t value = 0;
  if ((bytes[0] & 0x80) != 0) {
    for (size_t i = 1; i < size; i++) {
      if (value >> 55 != 0) {
        malformed("a number is too large");
      }
      value = value << 8 | bytes[i];
    }
    return value;
  }
  size_t i = 0;
  while (i < size && bytes[i] == ' ') {
    i++;
  }
  for (; i < size && bytes[i] >= '0' && bytes[i] <= '7'; i++) {
    value = value << 3 | (uint64_t)(bytes[i] - '0');
  }
  if (i < size && bytes[i] != ' ' && bytes[i] != '\0') {
    malformed("a number is not octal");
  }
  return value;
}

static void copy_field(char *to, const char *field, size_t size) {
  size_t length = strnlen(field, size);
  memcpy(to, field, length);
  to[length] = '\0';
}

static bool read_header(struct tar_header *header) {
  static const struct tar_header zero;
  if (tar_read(header, sizeof *header) != sizeof *header) {
    malformed("it ends before its end marker");
  }
  if (memcmp(header, &zero, sizeof zero) == 0) {
    return false;
  }
  if (number(header->checksum, sizeof header->checksum) != tar_checksum(header)) {
    malformed("a header's checksum is wrong");
  }
  return true;
}

static char *read_content(uint64_t size) {
  if (size > RECORDS_MAX) {
    malformed("a header is larger than 1 MiB");
  }
  size_t whole = (size_t)size + tar_padding(size);
  char *content = malloc(whole + 1);
  if (content == NULL || tar_read(content, whole) != whole) {
    malformed("it ends inside a header");
  }
  content[size] = '\0';
  return content;
}

static void set_path(char *to, const char *value, size_t length) {
  if (length >= TAR_PATH_MAX || memchr(value, 0, length) != NULL) {
    malformed("a path is too long or has a NUL in it");
  }
  memcpy(to, value, length);
  to[length] = '\0';
}

static uint64_t decimal(const char *value) {
  char *end;
  if (value[0] < '0' || value[0] > '9') {
    malformed("a pax number is not decimal");
  }
  uint64_t result = strtoull(value, &end, 10);
  if (result > (uint64_t)INT64_MAX) {
    malformed("a number is too large");
  }
  return result;
}

static struct timespec pax_time(const char *value) {
  struct timespec time = {.tv_sec = (time_t)strtoll(value, NULL, 10)};
  const char *point = strchr(value, '.');
  long scale = 100000000;
  for (; point != NULL && point[1] >= '0' && point[1] <= '9' && scale > 0; point++, scale /= 10) {
    time.tv_nsec += (point[1] - '0') * scale;
  }
  return time;
}

static void take_record(struct extension *next, const char *key, const char *value, size_t length) {
  if (strcmp(key, "path") == 0) {
    set_path(next->path, value, length);
  } else if (strcmp(key, "linkpath") == 0) {
    set_path(next->link, value, length);
  } else if (strcmp(key, "size") == 0) {
    next->has_size = true;
    next->size = decimal(value);
  } else if (strcmp(key, "mtime") == 0) {
    next->has_mtime = true;
    next->mtime = pax_time(value);
  }
}

/* Records are "LENGTH KEY=VALUE\n", the length being that of the whole record. */
static void take_records(struct extension *next, char *content, size_t size) {
  for (char *at = content, *end = content + size; at < end;) {
    char *space;
    unsigned long length = strtoul(at, &space, 10);
    if (space == at || *space != ' ' || length <= (size_t)(space + 1 - at) || length > (size_t)(end - at) ||
        at[length - 1] != '\n') {
      malformed("a pax record has a wrong length");
    }
    at[length - 1] = '\0';
    char *equals = memchr(space + 1, '=', (size_t)(at + length - 1 - (space + 1)));
    if (equals == NULL) {
      malformed("a pax record has no '='");
    }
    *equals = '\0';
    take_record(next, space + 1, equals + 1, (size_t)(at + length - 1 - (equals + 1)));
    at += length;
  }
}

/* Whether the header was one that speaks of the next entry only. */
static bool take_extension(struct extension *next, const struct tar_header *header) {
  if (header->type != 'x' && header->type != 'g' && header->type != 'L' && header->type != 'K') {
    return false;
  }
  uint64_t size = number(header->size, sizeof header->size);
  char *content = read_content(size);
  if (header->type == 'x') {
    take_records(next, content, (size_t)size);
  } else if (header->type == 'L') {
    set_path(next->path, content, strnlen(content, (size_t)size));
  } else if (header->type == 'K') {
    set_path(next->link, content, strnlen(content, (size_t)size));
  }
  /* A global header (git writes the commit there) says nothing that matters here. */
  free(content);
  return true;
}

static void header_path(struct tar_entry *entry, const struct tar_header *header) {
  char name[sizeof header->name + 1], prefix[sizeof header->prefix + 1];
  copy_field(name, header->name, sizeof header->name);
  copy_field(prefix, header->prefix, sizeof header->prefix);
  bool ustar = memcmp(header->magic, "ustar\0", 6) == 0;
  if (ustar && prefix[0] != '\0') {
    snprintf(entry->path, sizeof entry->path, "%s/%s", prefix, name);
  } else {
    snprintf(entry->path, sizeof entry->path, "%s", name);
  }
}

static void fill(struct tar_entry *entry, const struct tar_header *header, const struct extension *next) {
  entry->type = header->type == '\0' || header->type == '7' ? TAR_FILE : header->type;
  entry->mode = (mode_t)number(header->mode, sizeof header->mode) & 07777;
  entry->size = next->has_size ? next->size : number(header->size, sizeof header->size);
  entry->mtime = next->has_mtime ? next->mtime
                                 : (struct timespec){.tv_sec = (time_t)number(header->mtime, sizeof header->mtime)};
  header_path(entry, header);
  copy_field(entry->link, header->link, sizeof header->link);
  if (next->path[0] != '\0') {
    strcpy(entry->path, next->path);
  }
  if (next->link[0] != '\0') {
    strcpy(entry->link, next->link);
  }
  size_t length = strlen(entry->path);
  if (entry->type == TAR_FILE && length > 0 && entry->path[length - 1] == '/') {
    entry->type = TAR_FOLDER; /* As tars from before 1988 say it. */
  }
  if (entry->type != TAR_FILE && entry->type != TAR_HARDLINK) {
    entry->size = entry->type == TAR_FOLDER || entry->type == TAR_SYMLINK ? 0 : entry->size;
  }
}

bool tar_next(struct tar_entry *entry) {
  static struct extension next;
  memset(&next, 0, sizeof next);
  struct tar_header header;
  do {
    if (!read_header(&header)) {
      return false;
    }
  } while (take_extension(&next, &header));
  fill(entry, &header, &next);
  return true;
}
