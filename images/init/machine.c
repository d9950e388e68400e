#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices.h"
#include "modules.h"
#include "network.h"
#include "say.h"

/* Open on the job's disk, whose mount point is hidden once the overlay is the root. */
static int disk = -1;

/* Where the machine's root is put together. */
static const char ROOT[] = "/root";

static void folder(const char *path, mode_t mode) {
  if (mkdir(path, mode) != 0 && errno != EEXIST) {
    die("the folder %s cannot be made: %s", path, strerror(errno));
  }
}

static void attach(const char *what, const char *where, const char *type, unsigned long flags, const char *options) {
  folder(where, 0755);
  if (mount(what, where, type, flags, options) != 0) {
    die("%s cannot be mounted on %s: %s", what, where, strerror(errno));
  }
}

static void early_mounts(void) {
  attach("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  attach("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  folder("/dev", 0755);
  /* EBUSY: the kernel has mounted it already. */
  if (mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755") != 0 && errno != EBUSY) {
    die("devtmpfs cannot be mounted on /dev: %s", strerror(errno));
  }
}

static void open_console(void) {
  int fd = open("/dev/console", O_RDWR | O_NOCTTY);
  if (fd < 0) {
    return; /* A machine without a console has nobody to tell. */
  }
  for (int std = 0; std < 3; std++) {
    dup2(fd, std);
  }
  if (fd > 2) {
    close(fd);
  }
}

static void mount_tool(const struct pair *tool, int where) {
  char device[64];
  device_disk(tool->first, device, sizeof device);
  mount_on(device, where, "squashfs", MS_RDONLY | MS_NODEV, "", tool->second);
}

static int opened(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

static struct site mount_disks(void) {
  char image[64], job[64];
  device_disk("lightv-image", image, sizeof image);
  device_disk("lightv-disk", job, sizeof job);
  attach(image, "/image", "squashfs", MS_RDONLY | MS_NODEV, "");
  attach(job, "/disk", "ext4", MS_NOATIME, "");
  folder("/empty", 0755);
  folder(ROOT, 0755);
  disk = opened("/disk");
  return (struct site){.disk = disk,
                       .image = opened("/image"),
                       .root = ROOT,
                       .empty = opened("/empty"),
                       .mark = "",
                       .tool = mount_tool};
}

static void attach_below(int root, const char *what, const char *where, unsigned long flags, const char *options) {
  int at = real_folder(root, where, 0755);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", at);
  if (mount(what, path, what, flags, options) != 0) {
    die("%s cannot be mounted on /%s: %s", what, where, strerror(errno));
  }
  close(at);
}

static void system_mounts(int root) {
  attach_below(root, "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  attach_below(root, "sysfs", "sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  attach_below(root, "devtmpfs", "dev", MS_NOSUID, "mode=0755");
  attach_below(root, "devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620,ptmxmode=0666");
  attach_below(root, "tmpfs", "dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
  attach_below(root, "tmpfs", "run", MS_NOSUID | MS_NODEV, "mode=0755");
}

static void link_streams(void) {
  const char *links[][2] = {{"/proc/self/fd", "/dev/fd"},
                            {"/proc/self/fd/0", "/dev/stdin"},
                            {"/proc/self/fd/1", "/dev/stdout"},
                            {"/proc/self/fd/2", "/dev/stderr"}};
  for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
    if (symlink(links[i][0], links[i][1]) != 0 && errno != EEXIST) {
      say("the link %s cannot be made: %s", links[i][1], strerror(errno));
    }
  }
}

/* What programs expect, whatever image and disk hold. */
static void usual_folders(int root) {
  int tmp = real_folder(root, "tmp", 01777);
  fchmod(tmp, 01777);
  close(tmp);
  close(real_folder(root, "etc", 0755));
  close(real_folder(root, "root", 0700));
}

/* The overlay becomes the root of everything; the initramfs stays below it, out of reach. */
static void enter_root(void) {
  if (chdir(ROOT) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0) {
    die("the machine's root cannot be entered: %s", strerror(errno));
  }
}

void machine_boot(void) {
  early_mounts();
  open_console();
  modules_load();
}

void machine_enter(const struct mounts *mounts) {
  struct site site = mount_disks();
  int root = mounts_root(mounts, &site);
  system_mounts(root);
  mounts_rest(mounts, &site, root);
  usual_folders(root);
  close(root);
  close(site.image);
  close(site.empty);
  enter_root();
  link_streams();
  network_loopback();
}

bool machine_entered(void) { return disk >= 0; }

int machine_port(void) {
  char path[64];
  device_port("lightv.agent", path, sizeof path);
  int port = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (port < 0) {
    die("the port %s cannot be opened: %s", path, strerror(errno));
  }
  return port;
}

void machine_sync(void) {
  if (disk < 0) {
    return;
  }
  sync();
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", disk);
  mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
  /* What still writes, as a process that cannot be killed does, keeps it writable: frozen, it is clean all the same. */
  if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0 && ioctl(disk, FIFREEZE, 0) != 0) {
    say("the disk could not be left clean: %s", strerror(errno));
  }
}
