#include "mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

void mount_on(const char *what, int where, const char *type, unsigned long flags, const char *options,
              const char *name) {
  char path[64];
  if (mount(what, fd_path(where, path, sizeof path), type, flags, options) != 0) {
    die("%s cannot be mounted: %s", name, strerror(errno));
  }
}

/* What stands in the way stays. */
static void copy_files(int from, int to, const char *name) {
  char source[64], target[64];
  snprintf(source, sizeof source, "/proc/%d/fd/%d/.", getpid(), from);
  snprintf(target, sizeof target, "/proc/%d/fd/%d", getpid(), to);
  pid_t child = fork();
  if (child == 0) {
    execlp("cp", "cp", "-a", "-n", "--", source, target, NULL);
    _exit(127);
  }
  int status;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
    die("the files of %s cannot be copied onto the disk", name);
  }
}

/* `lower`, `upper` and their like are open folders. */
static void lay_over(const struct site *site, int lower, int upper, int work, int where, const char *name) {
  char options[256];
  snprintf(options, sizeof options, "%slowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d",
           site->mark, lower, upper, work);
  mount_on("overlay", where, "overlay", site->flags | MS_NOATIME, options, name);
}

int mounts_root(const struct mounts *mounts, struct site *site) {
  static const char name[] = "the machine's root";
  int images = real_folder(site->disk, "images", 0755);
  int layer = real_folder(images, mounts->layer, 0755);
  site->fresh = faccessat(layer, "upper", F_OK, AT_SYMLINK_NOFOLLOW) != 0;
  int where = open(site->root, FOLDER);
  int upper = real_folder(layer, "upper", 0755), work = real_folder(layer, "work", 0755);
  if (site->copies) {
    if (site->fresh) {
      copy_files(site->image, upper, "the image");
    }
    char path[64];
    mount_on(fd_path(upper, path, sizeof path), where, NULL, MS_BIND, NULL, name);
  } else {
    lay_over(site, site->image, upper, work, where, name);
  }
  int all[] = {images, layer, where, upper, work};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    close(all[i]);
  }
  return open(site->root, FOLDER);
}

/* One that was ever laid over an image's files stays a layer: it may hold marks of what was removed there. */
static int over_image(const struct site *site, int store, int files, int lower, const char *path) {
  bool full = lower >= 0 && !is_empty(lower);
  if (!full && faccessat(store, "work", F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
    return files;
  }
  int work = real_folder(store, "work", 0755);
  lay_over(site, lower >= 0 ? lower : site->empty, files, work, files, path);
  close(files);
  close(work);
  return openat(store, "files", FOLDER);
}

/* The files of one folder of the disk, what the image has there below them. */
static int kept_folder(const struct site *site, const struct pair *folder) {
  int kept = real_folder(site->disk, "folders", 0755);
  int store = real_folder(kept, folder->first, 0755);
  int lower = folder_of_image(site->image, folder->second);
  struct stat like;
  bool known = lower >= 0 && fstat(lower, &like) == 0;
  bool fresh = faccessat(store, "files", F_OK, AT_SYMLINK_NOFOLLOW) != 0;
  mode_t usual = strcmp(folder->second, "/tmp") == 0 ? 01777 : 0755;
  int files = real_folder(store, "files", known ? like.st_mode & 07777 : usual);
  /* EINVAL: an ordinary user has no such id to give it. */
  if (fresh && known && fchown(files, like.st_uid, like.st_gid) != 0 && errno != EINVAL) {
    say("the folder %s keeps its owner: %s", folder->second, strerror(errno));
  }
  if (!site->copies) {
    files = over_image(site, store, files, lower, folder->second);
  } else if (site->fresh && lower >= 0) {
    copy_files(lower, files, folder->second);
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

void mounts_rest(const struct mounts *mounts, const struct site *site, int root) {
  for (size_t i = 0; i < mounts->folder_count; i++) {
    const struct pair *folder = &mounts->folders[i];
    bind(kept_folder(site, folder), real_folder(root, folder->second, 0755), folder->second);
  }
  for (size_t i = 0; i < mounts->tool_count; i++) {
    int where = real_folder(root, mounts->tools[i].second, 0755);
    site->tool(&mounts->tools[i], where);
    close(where);
  }
  for (size_t i = 0; i < mounts->bind_count; i++) {
    const struct pair *again = &mounts->binds[i];
    bind(real_folder(root, again->first, 0755), real_folder(root, again->second, 0755), again->second);
  }
}
