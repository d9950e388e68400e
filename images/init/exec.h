#ifndef LIGHTV_EXEC_H
#define LIGHTV_EXEC_H

#include "tasks.h"

/* What a child that could not become its command leaves in its status pipe. */
struct not_started {
  int error;
  char sentence[512];
};

/* Starts a command; false when the frame is malformed. A command that cannot be started is told to the host. */
bool exec_start(struct line *line, uint32_t id, struct cursor *payload);
/* A new size for a task's terminal. */
void exec_resize(const struct task *task, uint16_t columns, uint16_t rows);

#endif
