#ifndef LIGHTV_CHILD_H
#define LIGHTV_CHILD_H

#include <stdbool.h>

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
/* In the agent: closes the ends that are a child's. */
void child_close(const struct child_ends *ends);

#endif
