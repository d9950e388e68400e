#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "say.h"

/* Whoever asks for a free device may find that another one was faster: so often it is worth asking again. */
enum { TRIES = 100 };

static int free_device(int control, char *device, size_t size) {
  int number = ioctl(control, LOOP_CTL_GET_FREE);
  if (number < 0) {
    die("no loop device is free: %s", strerror(errno));
  }
  snprintf(device, size, "/dev/loop%d", number);
  return open(device, O_RDWR | O_CLOEXEC);
}

int loop_open(const char *file, char *device, size_t size) {
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  int backing = open(file, O_RDWR | O_CLOEXEC);
  if (control < 0 || backing < 0) {
    die("the disk %s cannot be opened: %s", file, strerror(errno));
  }
  struct loop_config config = {.fd = (unsigned)backing, .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
  snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", file);
  int loop = -1;
  for (int tries = 0; tries < TRIES && loop < 0; tries++) {
    loop = free_device(control, device, size);
    if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) != 0) {
      int error = errno;
      close(loop);
      loop = -1;
      if (error != EBUSY) {
        die("a loop device cannot take the disk %s: %s", file, strerror(error));
      }
    }
  }
  if (loop < 0) {
    die("no loop device could be had for the disk %s", file);
  }
  close(backing);
  close(control);
  return loop;
}
