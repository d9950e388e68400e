#ifndef LIGHTV_LEFT_H
#define LIGHTV_LEFT_H

#include "line.h"

/* Remembers mounts, listening sockets and interfaces as they are now: what comes later was left by a command. */
void left_remember(void);
/* Answers with what is there beyond that. `stop`: the processes it names are killed after they were listed. */
void left_report(struct line *line, uint32_t id, bool stop);

#endif
