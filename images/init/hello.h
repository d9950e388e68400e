#ifndef LIGHTV_HELLO_H
#define LIGHTV_HELLO_H

#include "line.h"

/*
 * Takes the host's hello, the first on a line or a later one after a restore: checks magic and version, and in a
 * machine sets the clock, the host name, the network, and reseeds the random numbers. Then answers with the guest's.
 * Returns NULL, or why the line is to be closed.
 */
const char *hello_take(struct line *line, uint32_t id, struct cursor *payload);
/* Answers a ping with its nonce and with the one that lives in this process's memory only. */
void hello_pong(struct line *line, uint32_t id, uint64_t nonce);

#endif
