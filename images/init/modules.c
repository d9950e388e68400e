#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "say.h"

static void load(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/modules/%s", name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  /* EEXIST: the kernel has it built in. */
  if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST)) {
    say("the kernel module %s is not loaded: %s", name, strerror(errno));
  }
  if (fd >= 0) {
    close(fd);
  }
}

void modules_load(void) {
  FILE *order = fopen("/modules/order", "re");
  if (order == NULL) {
    return; /* A kernel that has everything built in. */
  }
  char name[200];
  while (fgets(name, sizeof name, order) != NULL) {
    name[strcspn(name, " \t\r\n")] = '\0';
    if (name[0] != '\0' && name[0] != '#') {
      load(name);
    }
  }
  fclose(order);
}
