#ifndef LIGHTV_DEVICES_H
#define LIGHTV_DEVICES_H

#include <stddef.h>

/* The device node of the disk with this virtio serial, waiting for it to appear; dies when it does not. */
void device_disk(const char *serial, char *path, size_t size);
/* The device node of the virtio-serial port of this name, waiting likewise. */
void device_port(const char *name, char *path, size_t size);

#endif
