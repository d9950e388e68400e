#ifndef LIGHTV_DISCARD_H
#define LIGHTV_DISCARD_H

#include <poll.h>
#include <stddef.h>

enum { DISCARDS_MAX = 256 };

/*
 * Pipes of commands that have ended while a background process still holds the other end. They are read and dropped,
 * so that a server left running neither blocks on a full pipe nor dies of SIGPIPE.
 */
void discard_add(int *fd);
size_t discard_poll(struct pollfd *polls);
void discard_move(void);

#endif
