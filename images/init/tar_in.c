#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "tar_entry.h"
#include "tree.h"
#include "user.h"

/* A folder's own mode and time are set last: what is unpacked into it would change the one and may be barred by the other. */
struct late {
  struct late *next;
  mode_t mode;
  struct timespec mtime;
  char path[];
};

static struct late *late_folders;

/* Whom everything belongs to. */
static struct user owner;

/*
 * Opens the folder an entry goes into; `last` is its name there and points into `copy` (TAR_PATH_MAX bytes). Nothing
 * named in an archive may lead out of `base`.
 */
static int parent_of(int base, const char *path, bool make, char *copy, const char **last) {
  if (!stays_below(path)) {
    copy_fail(0, "an entry would leave the folder:", path);
  }
  strcpy(copy, path);
  int folder = open_parent(base, copy, make, last);
  if (folder < 0) {
    copy_fail(errno, "could not write", path);
  }
  return folder;
}

static void set_times(int folder, const char *name, struct timespec mtime, const char *path) {
  struct timespec times[2] = {mtime, mtime};
  if (utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) != 0) {
    copy_fail(errno, "could not set the time of", path);
  }
}

/* Before the mode is set: a change of owner takes some of its bits. */
static void give(int folder, const char *name, const char *path) {
  if ((owner.uid != 0 || owner.gid != 0) && fchownat(folder, name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) != 0) {
    copy_fail(errno, "could not give away", path);
  }
}

static void make_way(int folder, const char *name, const char *path) {
  if (unlinkat(folder, name, 0) != 0 && errno != ENOENT) {
    copy_fail(errno, "could not replace", path);
  }
}

static void write_content(int file, uint64_t size, const char *path) {
  static char buffer[1 << 16];
  while (size > 0) {
    size_t want = size < sizeof buffer ? (size_t)size : sizeof buffer;
    if (tar_read(buffer, want) != want) {
      copy_fail(0, "the tar ends inside", path);
    }
    for (size_t done = 0; done < want;) {
      ssize_t n = write(file, buffer + done, want - done);
      if (n < 0) {
        copy_fail(errno, "could not write", path);
      }
      done += (size_t)n;
    }
    size -= want;
  }
}

static void unpack_file(int folder, const char *name, const struct tar_entry *entry) {
  make_way(folder, name, entry->path);
  int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) {
    copy_fail(errno, "could not write", entry->path);
  }
  write_content(file, entry->size, entry->path);
  give(folder, name, entry->path);
  if (fchmod(file, entry->mode) != 0) {
    copy_fail(errno, "could not set the mode of", entry->path);
  }
  if (close(file) != 0) {
    copy_fail(errno, "could not write", entry->path);
  }
  set_times(folder, name, entry->mtime, entry->path);
  char padding[TAR_BLOCK];
  if (tar_read(padding, tar_padding(entry->size)) != tar_padding(entry->size)) {
    copy_fail(0, "the tar ends inside", entry->path);
  }
}

static void unpack_folder(int folder, const char *name, const struct tar_entry *entry) {
  struct stat found;
  if (mkdirat(folder, name, 0700) != 0 &&
      (errno != EEXIST || fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(found.st_mode))) {
    copy_fail(errno, "could not make the folder", entry->path);
  }
  give(folder, name, entry->path);
  struct late *late = malloc(sizeof *late + strlen(entry->path) + 1);
  if (late == NULL) {
    copy_fail(ENOMEM, "could not make the folder", entry->path);
  }
  *late = (struct late){.next = late_folders, .mode = entry->mode, .mtime = entry->mtime};
  strcpy(late->path, entry->path);
  late_folders = late;
}

static void unpack_symlink(int folder, const char *name, const struct tar_entry *entry) {
  make_way(folder, name, entry->path);
  if (symlinkat(entry->link, folder, name) != 0) {
    copy_fail(errno, "could not make the link", entry->path);
  }
  give(folder, name, entry->path);
  set_times(folder, name, entry->mtime, entry->path);
}

static void unpack_hardlink(int base, int folder, const char *name, const struct tar_entry *entry) {
  static char copy[TAR_PATH_MAX];
  const char *last;
  int from = parent_of(base, entry->link, false, copy, &last);
  make_way(folder, name, entry->path);
  if (linkat(from, last, folder, name, 0) != 0) {
    copy_fail(errno, "could not make the link", entry->path);
  }
  close(from);
}

static void unpack(int base, const struct tar_entry *entry) {
  static char copy[TAR_PATH_MAX];
  const char *name;
  int folder = parent_of(base, entry->path, true, copy, &name);
  bool itself = name[0] == '\0';
  if (itself && entry->type != TAR_FOLDER) {
    copy_fail(EISDIR, "could not write", entry->path);
  }
  switch (entry->type) {
  case TAR_FILE:
    unpack_file(folder, name, entry);
    break;
  case TAR_FOLDER:
    if (!itself) {
      unpack_folder(folder, name, entry);
    }
    break;
  case TAR_SYMLINK:
    unpack_symlink(folder, name, entry);
    break;
  case TAR_HARDLINK:
    unpack_hardlink(base, folder, name, entry);
    break;
  default:
    copy_fail(0, "an entry is neither file, folder nor link:", entry->path);
  }
  close(folder);
}

static void settle_folders(int base) {
  static char copy[TAR_PATH_MAX];
  for (struct late *late = late_folders; late != NULL; late = late->next) {
    const char *name;
    int folder = parent_of(base, late->path, false, copy, &name);
    int itself = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (itself < 0 || fchmod(itself, late->mode) != 0) {
      copy_fail(errno, "could not set the mode of", late->path);
    }
    close(itself);
    set_times(folder, name, late->mtime, late->path);
    close(folder);
  }
}

_Noreturn void tar_in(const char *folder, const char *for_user) {
  static struct tar_entry entry;
  if (!user_find(for_user, &owner)) {
    copy_fail(0, "there is no user", for_user);
  }
  int base = make_folders(folder);
  if (base < 0) {
    copy_fail(errno, "could not make the folder", folder);
  }
  while (tar_next(&entry)) {
    unpack(base, &entry);
  }
  settle_folders(base);
  char rest[TAR_BLOCK];
  while (tar_read(rest, sizeof rest) > 0) {
  }
  _exit(0);
}
