#ifndef LIGHTV_INPUT_H
#define LIGHTV_INPUT_H

#include "tasks.h"

/* Queues input for a command or a copy; false when the host sent more than it was granted. */
bool input_queue(struct task *task, const uint8_t *bytes, size_t size);
/* Writes what goes without blocking, and grants the host as much again. */
void input_move(struct line *line, struct task *task);

#endif
