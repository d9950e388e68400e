#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop.h"
#include "mounts.h"
#include "say.h"

enum { FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC, PATH_SPACE = 4096, FILTER_FD = 5, SPACE_FD = 6, MOST_AHEAD = -20 };

static char *next_word(char ***words) {
  if (**words == NULL) {
    die("an argument is missing");
  }
  return *(*words)++;
}

static bool at_end(char ***words) {
  if (strcmp(next_word(words), "--") == 0) {
    return true;
  }
  (*words)--;
  return false;
}

static void read_pairs(char ***words, struct pair *pairs, size_t most, size_t *count) {
  for (*count = 0; !at_end(words); (*count)++) {
    if (*count == most) {
      die("more than %zu things to mount", most);
    }
    pairs[*count].first = next_word(words);
    pairs[*count].second = next_word(words);
  }
}

static void join(char ***words) {
  while (!at_end(words)) {
    const char *file = next_word(words);
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1) {
      die("%s cannot be joined: %s", file, strerror(errno));
    }
    close(fd);
  }
}

static int opened(const char *folder, const char *name, int flags) {
  char path[PATH_SPACE];
  snprintf(path, sizeof path, "%s%s", folder, name);
  int fd = open(path, flags);
  if (fd < 0) {
    die("%s cannot be opened: %s", path, strerror(errno));
  }
  return fd;
}

/* Its files are on this host: the guest may read them and nothing else, from the moment they are there. */
static void mount_tree(const struct pair *tool, int where) {
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
  int tree = open_tree(AT_FDCWD, tool->first, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) != 0 ||
      move_mount(tree, "", where, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
    die("%s cannot be mounted on %s: %s", tool->first, tool->second, strerror(errno));
  }
  close(tree);
}

static int mount_disk(const char *base, const char *how, const char *disk) {
  if (strcmp(how, "loop") != 0) {
    return opened(disk, "", FOLDER);
  }
  char device[32];
  int loop = loop_open(disk, device, sizeof device), where = opened(base, "/disk", FOLDER);
  mount_on(device, where, "ext4", MS_NOSUID | MS_NODEV | MS_NOATIME, "", "the disk");
  close(loop);
  close(where);
  return opened(base, "/disk", FOLDER);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk) {
  (void)about, (void)walk;
  return kind == FTW_DP ? rmdir(path) : unlink(path);
}

/* Made anew, whatever a guest of an earlier step has left there. */
static void write_file(int folder, const char *name, const char *text) {
  char path[300];
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder, name);
  nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
  int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  size_t size = strlen(text);
  if (fd < 0 || write(fd, text, size) != (ssize_t)size) {
    die("%s cannot be written: %s", name, strerror(errno));
  }
  close(fd);
}

static void usual_files(int root, const char *name, const char *resolver) {
  static const char *const folders[] = {"proc", "dev", "sys", "run"};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    close(real_folder(root, folders[i], 0755));
  }
  struct stat about;
  int tmp = real_folder(root, "tmp", 01777);
  if (fstat(tmp, &about) == 0 && (about.st_mode & S_ISVTX) == 0) {
    fchmod(tmp, 01777);
  }
  close(tmp);
  int etc = real_folder(root, "etc", 0755);
  char hosts[200];
  snprintf(hosts, sizeof hosts, "127.0.0.1 localhost %s\n::1 localhost\n", name);
  write_file(etc, "hosts", hosts);
  write_file(etc, "resolv.conf", resolver);
  close(etc);
}

static void enter_network(const char *network) {
  if (network[0] == '\0') {
    return;
  }
  int fd = opened(network, "", O_RDONLY | O_CLOEXEC);
  if (setns(fd, CLONE_NEWNET) != 0) {
    die("the network cannot be entered: %s", strerror(errno));
  }
  close(fd);
}

static void shut_off(bool loop) {
  /* The init keeps what its own commands are without: a turn among thousands of them. An ordinary user has none to give. */
  if (loop && setpriority(PRIO_PROCESS, 0, MOST_AHEAD) != 0) {
    die("the sandbox cannot be put ahead: %s", strerror(errno));
  }
  if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
    die("mounts of its own cannot be had: %s", strerror(errno));
  }
}

static void hand_over(int fd, int as) {
  if (dup2(fd, as) != as) {
    die("a descriptor cannot be handed over: %s", strerror(errno));
  }
  close(fd);
}

void sandbox_enter(char **words) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
    die("the sandbox cannot be tied to who starts it: %s", strerror(errno));
  }
  umask(022);
  const char *base = next_word(&words), *how = next_word(&words), *disk = next_word(&words);
  const char *image = next_word(&words);
  struct mounts mounts = {.layer = next_word(&words)};
  const char *space = next_word(&words), *network = next_word(&words), *name = next_word(&words), *resolver = next_word(&words);
  join(&words);
  read_pairs(&words, mounts.folders, FOLDERS_MAX, &mounts.folder_count);
  read_pairs(&words, mounts.tools, TOOLS_MAX, &mounts.tool_count);
  read_pairs(&words, mounts.binds, BINDS_MAX, &mounts.bind_count);
  bool loop = strcmp(how, "loop") == 0;
  /* High, so that the numbers handed over are free. */
  int filter = fcntl(opened(base, "/filter", O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, 10);
  int user = fcntl(opened(space, "", O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, 10);
  char root_path[PATH_SPACE];
  snprintf(root_path, sizeof root_path, "%s/root", base);
  enter_network(network);
  shut_off(loop);
  struct site site = {.disk = mount_disk(base, how, disk),
                      .image = opened(image, "", FOLDER),
                      .empty = opened(base, "/empty", FOLDER),
                      .root = root_path,
                      .flags = MS_NOSUID | MS_NODEV,
                      .mark = loop ? "" : "userxattr,",
                      .copies = strcmp(how, "copy") == 0,
                      .tool = mount_tree};
  int root = mounts_root(&mounts, &site);
  mounts_rest(&mounts, &site, root);
  usual_files(root, name, resolver);
  hand_over(filter, FILTER_FD);
  hand_over(user, SPACE_FD);
  if (chdir("/") == 0) {
    execvp(words[0], words);
  }
  die("%s cannot be started: %s", words[0], strerror(errno));
}
