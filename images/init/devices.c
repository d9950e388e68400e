#include "devices.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

/* Probing goes on beside us; a busy host without acceleration can take seconds over it. */
enum { WAIT_MS = 20000, ROUND_MS = 10 };

static bool attribute_is(const char *class, const char *device, const char *attribute, const char *value) {
  char path[512], text[128];
  snprintf(path, sizeof path, "%s/%s/%s", class, device, attribute);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) {
    close(fd);
  }
  if (n < 0) {
    return false;
  }
  text[n] = '\0';
  text[strcspn(text, "\n")] = '\0';
  return strcmp(text, value) == 0;
}

static bool look(const char *class, const char *attribute, const char *value, char *path, size_t size) {
  bool found = false;
  DIR *folder = opendir(class);
  if (folder == NULL) {
    return false;
  }
  for (struct dirent *entry = readdir(folder); entry != NULL && !found; entry = readdir(folder)) {
    if (entry->d_name[0] != '.' && attribute_is(class, entry->d_name, attribute, value)) {
      snprintf(path, size, "/dev/%s", entry->d_name);
      found = access(path, F_OK) == 0;
    }
  }
  closedir(folder);
  return found;
}

static void wait_for(const char *class, const char *attribute, const char *value, char *path, size_t size) {
  for (int waited = 0; !look(class, attribute, value, path, size); waited += ROUND_MS) {
    if (waited >= WAIT_MS) {
      die("no device in %s has the %s '%s'", class, attribute, value);
    }
    nanosleep(&(struct timespec){.tv_nsec = ROUND_MS * 1000000L}, NULL);
  }
}

void device_disk(const char *serial, char *path, size_t size) {
  wait_for("/sys/block", "serial", serial, path, size);
}

void device_port(const char *name, char *path, size_t size) {
  wait_for("/sys/class/virtio-ports", "name", name, path, size);
}
