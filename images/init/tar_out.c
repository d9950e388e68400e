#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy.h"
#include "hardlinks.h"
#include "tar_entry.h"
#include "tar_write.h"
#include "tree.h"

static bool only_names;

static void pack_content(int file, uint64_t size, const char *path) {
  static char buffer[1 << 16];
  static const char zero[TAR_BLOCK];
  for (uint64_t left = size; left > 0;) {
    ssize_t n = read(file, buffer, left < sizeof buffer ? (size_t)left : sizeof buffer);
    if (n < 0) {
      copy_fail(errno, "could not read", path);
    }
    if (n == 0) {
      copy_fail(0, "the file shrank while it was read:", path);
    }
    tar_write(buffer, (size_t)n);
    left -= (uint64_t)n;
  }
  tar_write(zero, tar_padding(size));
}

static void pack_file(int folder, const char *name, const char *path, bool must) {
  /* Not blocking, for what was a file a moment ago and is a pipe now. */
  int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat about;
  if (file < 0 && errno == ENOENT && !must) {
    return; /* Gone since its folder was listed: as if it had gone before. */
  }
  if (file < 0 || fstat(file, &about) != 0) {
    copy_fail(errno, "could not read", path);
  }
  if (S_ISREG(about.st_mode)) {
    const char *first = about.st_nlink > 1 ? hardlink_of(&about, path) : NULL;
    tar_write_header(first == NULL ? TAR_FILE : TAR_HARDLINK, path, first == NULL ? "" : first, &about,
                     first == NULL ? (uint64_t)about.st_size : 0);
    if (first == NULL) {
      pack_content(file, (uint64_t)about.st_size, path);
    }
  }
  close(file);
}

static void pack_symlink(int folder, const char *name, const char *path, const struct stat *about) {
  static char target[TAR_PATH_MAX];
  ssize_t n = readlinkat(folder, name, target, sizeof target - 1);
  if (n < 0) {
    copy_fail(errno, "could not read the link", path);
  }
  target[n] = '\0';
  tar_write_header(TAR_SYMLINK, path, target, about, 0);
}

static void pack_folder_header(const char *path, const struct stat *about) {
  static char slashed[TAR_PATH_MAX + 1];
  snprintf(slashed, sizeof slashed, "%s/", path);
  tar_write_header(TAR_FOLDER, slashed, "", about, 0);
}

static void pack_folder(int folder, const char *prefix);

static void pack_entry(int folder, const char *name, const char *path, bool must, bool deep) {
  struct stat about;
  if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT && !must) {
      return;
    }
    copy_fail(errno, "could not read", path);
  }
  if (S_ISREG(about.st_mode) && only_names) {
    tar_write_header(TAR_FILE, path, "", &about, 0);
  } else if (S_ISREG(about.st_mode)) {
    pack_file(folder, name, path, must);
  } else if (S_ISLNK(about.st_mode)) {
    pack_symlink(folder, name, path, &about);
  } else if (S_ISDIR(about.st_mode)) {
    pack_folder_header(path, &about);
    if (deep) {
      int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (inner < 0) {
        copy_fail(errno, "could not read the folder", path);
      }
      pack_folder(inner, path);
    }
  }
  /* Sockets, pipes and devices have no contents to take along. */
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static size_t list_folder(DIR *stream, char ***names, const char *prefix) {
  size_t count = 0, space = 0;
  *names = NULL;
  struct dirent *entry;
  while ((void)(errno = 0), (entry = readdir(stream)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
      continue;
    }
    if (count == space) {
      space = space == 0 ? 64 : 2 * space;
      *names = reallocarray(*names, space, sizeof **names);
    }
    if (*names == NULL || ((*names)[count++] = strdup(entry->d_name)) == NULL) {
      copy_fail(ENOMEM, "could not list", prefix);
    }
  }
  if (errno != 0) {
    copy_fail(errno, "could not list", prefix);
  }
  if (count > 0) {
    qsort(*names, count, sizeof **names, by_name);
  }
  return count;
}

/* Packs everything below an open folder, in the order of names; closes it. */
static void pack_folder(int folder, const char *prefix) {
  DIR *stream = fdopendir(folder);
  if (stream == NULL) {
    copy_fail(errno, "could not list", prefix);
  }
  char **names;
  size_t count = list_folder(stream, &names, prefix);
  char *path = malloc(TAR_PATH_MAX);
  for (size_t i = 0; i < count && path != NULL; i++) {
    int n = snprintf(path, TAR_PATH_MAX, "%s%s%s", prefix, prefix[0] == '\0' ? "" : "/", names[i]);
    if (n >= TAR_PATH_MAX - 1) {
      copy_fail(ENAMETOOLONG, "could not pack", prefix);
    }
    pack_entry(dirfd(stream), names[i], path, false, true);
    free(names[i]);
  }
  if (path == NULL) {
    copy_fail(ENOMEM, "could not pack", prefix);
  }
  free(path);
  free(names);
  closedir(stream);
}

/* The next NUL-ended path of standard input; false at its end. */
static bool next_listed(char *path) {
  static char buffer[1 << 14];
  static size_t start, end;
  for (size_t size = 0;;) {
    if (start == end) {
      start = 0;
      ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
      if (n < 0) {
        copy_fail(errno, "could not read", "the list of paths");
      }
      end = (size_t)n;
      if (n == 0 && size > 0) {
        copy_fail(0, "the list of paths ends inside", path);
      }
      if (n == 0) {
        return false;
      }
    }
    path[size] = buffer[start++];
    if (path[size] == '\0') {
      return true;
    }
    if (++size == TAR_PATH_MAX - 1) {
      copy_fail(ENAMETOOLONG, "could not pack", "a listed path");
    }
  }
}

static void pack_listed(int base) {
  static char path[TAR_PATH_MAX], parts[TAR_PATH_MAX];
  while (next_listed(path)) {
    if (!stays_below(path)) {
      copy_fail(0, "a listed path would leave the folder:", path);
    }
    strcpy(parts, path);
    const char *name;
    int folder = open_parent(base, parts, false, &name);
    if (folder < 0 || name[0] == '\0') {
      copy_fail(folder < 0 ? errno : EINVAL, "could not read", path);
    }
    pack_entry(folder, name, path, true, false);
    close(folder);
  }
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

_Noreturn void tar_out(const char *path, bool names_only, bool list) {
  only_names = names_only;
  int base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (base < 0 && errno != ENOTDIR) {
    copy_fail(errno, "could not read", path);
  }
  if (base < 0 && list) {
    copy_fail(ENOTDIR, "could not read the folder", path);
  }
  if (base < 0) {
    char *real = realpath(path, NULL);
    if (real == NULL) {
      copy_fail(errno, "could not read", path);
    }
    pack_entry(AT_FDCWD, real, base_name(path), true, false);
  } else if (list) {
    pack_listed(base);
  } else {
    pack_folder(base, "");
  }
  tar_write_end();
  _exit(0);
}
