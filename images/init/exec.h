#ifndef LIGHTV_EXEC_H
#define LIGHTV_EXEC_H

#include "tasks.h"

/* What a child that could not become its command leaves in its status pipe. */
struct not_started {
  int error;
  char sentence[512];
};

/* Where a child of ours gets its standard streams from; each is closed in the agent by the caller. */
struct child_ends {
  int in;
  int out;
  int err;
};

/* A pipe with both ends CLOEXEC; the agent's (`read_mine`: the reading one) does not block. False: errno says why. */
bool agent_pipe(bool read_mine, int *mine, int *theirs);
/* In a fresh child: own session, the given streams, default signals, nothing else open but what is CLOEXEC. */
void become_child(const struct child_ends *ends, bool terminal);

/* Starts a command; false when the frame is malformed. A command that cannot be started is told to the host. */
bool exec_start(struct line *line, uint32_t id, struct cursor *payload);
/* A new size for a task's terminal. */
void exec_resize(const struct task *task, uint16_t columns, uint16_t rows);

#endif
