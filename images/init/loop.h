#ifndef LIGHTV_LOOP_H
#define LIGHTV_LOOP_H

#include <stddef.h>

/*
 * Puts a loop device over a file of the host and writes the device's path to `device`. The device goes by itself with
 * its last user; keep the descriptor that is returned open until it is mounted. Dies where none can be had.
 */
int loop_open(const char *file, char *device, size_t size);

#endif
