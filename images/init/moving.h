#ifndef LIGHTV_MOVING_H
#define LIGHTV_MOVING_H

#include <poll.h>

#include "discard.h"
#include "tasks.h"

enum { TASK_POLLS = 3 * TASKS_MAX + DISCARDS_MAX };

/* Fills `polls` (room for TASK_POLLS) with what to wait for; returns how many. */
size_t tasks_poll(const struct line *line, struct pollfd *polls);
/* Milliseconds until something is to be done without any event, or -1. */
int tasks_timeout(void);
/* Moves what can be moved without blocking and reports what has ended. */
void tasks_move(struct line *line);

#endif
