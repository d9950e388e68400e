#include "mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices.h"
#include "say.h"

enum { FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, PATH_SPACE = 1200 };

static void get_pairs(struct cursor *payload, struct pair *pairs, size_t most, size_t *count) {
  uint32_t sent = get_u32(payload);
  payload->bad = payload->bad || sent > most;
  for (*count = 0; *count < sent && !payload->bad; (*count)++) {
    pairs[*count].first = get_text(payload);
    pairs[*count].second = get_text(payload);
  }
}

void get_mounts(struct cursor *payload, struct mounts *mounts) {
  mounts->layer = get_text(payload);
  get_pairs(payload, mounts->folders, FOLDERS_MAX, &mounts->folder_count);
  get_pairs(payload, mounts->tools, TOOLS_MAX, &mounts->tool_count);
  get_pairs(payload, mounts->binds, BINDS_MAX, &mounts->bind_count);
}

static int step_into(int folder, const char *name, mode_t mode) {
  int next = openat(folder, name, FOLDER);
  if (next < 0 && (errno == ENOTDIR || errno == ELOOP)) {
    unlinkat(folder, name, 0);
  }
  if (next < 0 && mkdirat(folder, name, mode) == 0) {
    fchmodat(folder, name, mode, 0);
    next = openat(folder, name, FOLDER);
  }
  return next;
}

int real_folder(int base, const char *path, mode_t mode) {
  char parts[PATH_SPACE];
  if (snprintf(parts, sizeof parts, "%s", path) >= (int)sizeof parts) {
    die("a path of %zu bytes is too long to mount on", strlen(path));
  }
  int folder = fcntl(base, F_DUPFD_CLOEXEC, 3);
  char *rest = NULL;
  for (char *part = strtok_r(parts, "/", &rest); part != NULL && folder >= 0; part = strtok_r(NULL, "/", &rest)) {
    bool last = rest == NULL || rest[strspn(rest, "/")] == '\0';
    int next = step_into(folder, part, last ? mode : 0755);
    int error = errno;
    close(folder);
    errno = error;
    folder = next;
  }
  if (folder < 0) {
    die("the folder %s cannot be made: %s", path, strerror(errno));
  }
  return folder;
}

/* -1 where a part of the path is missing or is no folder. */
static int folder_of_image(int image, const char *path) {
  char parts[PATH_SPACE];
  snprintf(parts, sizeof parts, "%s", path);
  int folder = fcntl(image, F_DUPFD_CLOEXEC, 3);
  char *rest = NULL;
  for (char *part = strtok_r(parts, "/", &rest); part != NULL && folder >= 0; part = strtok_r(NULL, "/", &rest)) {
    int next = openat(folder, part, FOLDER);
    close(folder);
    folder = next;
  }
  return folder;
}

static bool is_empty(int folder) {
  int again = openat(folder, ".", FOLDER);
  DIR *stream = again < 0 ? NULL : fdopendir(again);
  if (stream == NULL) {
    return true;
  }
  size_t count = 0;
  while (count < 3 && readdir(stream) != NULL) {
    count++; /* `.` and `..` are two. */
  }
  closedir(stream);
  return count < 3;
}

static const char *fd_path(int fd, char *path, size_t size) {
  snprintf(path, size, "/proc/self/fd/%d", fd);
  return path;
}

static void mount_on(const char *what, int where, const char *type, unsigned long flags, const char *options,
                     const char *name) {
  char path[64];
  if (mount(what, fd_path(where, path, sizeof path), type, flags, options) != 0) {
    die("%s cannot be mounted: %s", name, strerror(errno));
  }
}

/* `lower`, `store` and their like are open folders. */
static void lay_over(int lower, int upper, int work, int where, const char *name) {
  char options[256];
  snprintf(options, sizeof options, "lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d",
           lower, upper, work);
  mount_on("overlay", where, "overlay", MS_NOATIME, options, name);
}

void mounts_root(const struct mounts *mounts, const char *root) {
  int disk = open("/disk", FOLDER), image = open("/image", FOLDER), where = open(root, FOLDER);
  int images = real_folder(disk, "images", 0755);
  int layer = real_folder(images, mounts->layer, 0755);
  int upper = real_folder(layer, "upper", 0755), work = real_folder(layer, "work", 0755);
  lay_over(image, upper, work, where, "the machine's root");
  int all[] = {disk, image, where, images, layer, upper, work};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    close(all[i]);
  }
}

/*
 * The files of one folder of the disk, what the image has there below them. One that was ever laid over an image's stays
 * a layer: it may hold marks of what was removed there.
 */
static int kept_folder(int disk, int image, const struct pair *folder) {
  int kept = real_folder(disk, "folders", 0755);
  int store = real_folder(kept, folder->first, 0755);
  int lower = folder_of_image(image, folder->second);
  struct stat like;
  bool known = lower >= 0 && fstat(lower, &like) == 0;
  bool fresh = faccessat(store, "files", F_OK, AT_SYMLINK_NOFOLLOW) != 0;
  mode_t usual = strcmp(folder->second, "/tmp") == 0 ? 01777 : 0755;
  int files = real_folder(store, "files", known ? like.st_mode & 07777 : usual);
  if (fresh && known && fchown(files, like.st_uid, like.st_gid) != 0) {
    say("the folder %s keeps its owner: %s", folder->second, strerror(errno));
  }
  bool layered = (known && !is_empty(lower)) || faccessat(store, "work", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  if (layered) {
    int empty = lower >= 0 ? -1 : open("/empty", FOLDER);
    int work = real_folder(store, "work", 0755);
    lay_over(lower >= 0 ? lower : empty, files, work, files, folder->second);
    close(files);
    close(work);
    if (empty >= 0) {
      close(empty);
    }
    files = openat(store, "files", FOLDER);
  }
  if (lower >= 0) {
    close(lower);
  }
  close(store);
  close(kept);
  return files;
}

static void bind(int from, int to, const char *name) {
  char path[64];
  mount_on(fd_path(from, path, sizeof path), to, NULL, MS_BIND | MS_REC, NULL, name);
  close(from);
  close(to);
}

static void mount_tool(int root, const struct pair *tool) {
  char device[64];
  device_disk(tool->first, device, sizeof device);
  int where = real_folder(root, tool->second, 0755);
  mount_on(device, where, "squashfs", MS_RDONLY | MS_NODEV, "", tool->second);
  close(where);
}

void mounts_rest(const struct mounts *mounts, int root) {
  int disk = open("/disk", FOLDER), image = open("/image", FOLDER);
  for (size_t i = 0; i < mounts->folder_count; i++) {
    const struct pair *folder = &mounts->folders[i];
    bind(kept_folder(disk, image, folder), real_folder(root, folder->second, 0755), folder->second);
  }
  for (size_t i = 0; i < mounts->tool_count; i++) {
    mount_tool(root, &mounts->tools[i]);
  }
  for (size_t i = 0; i < mounts->bind_count; i++) {
    const struct pair *again = &mounts->binds[i];
    bind(real_folder(root, again->first, 0755), real_folder(root, again->second, 0755), again->second);
  }
  close(disk);
  close(image);
}
