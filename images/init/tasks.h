#ifndef LIGHTV_TASKS_H
#define LIGHTV_TASKS_H

#include <sys/types.h>

#include "input.h"

enum { TASKS_MAX = 64 };

enum task_kind { TASK_NONE, TASK_EXEC, TASK_COPY_IN, TASK_COPY_OUT };

/*
 * Something the host asked for that runs as a child: a command, or this same program packing or unpacking a tar.
 * All file descriptors are the agent's ends, non-blocking, -1 when closed.
 */
struct task {
  enum task_kind kind;
  uint32_t id;
  pid_t pid;
  int in;
  int out;
  int err;
  /* Tells why a command was not started: empty when it was. */
  int status;
  bool terminal;
  struct input input;
  /* Bytes of output the host has still room for. */
  uint64_t credit;
  bool reaped;
  int wait_status;
  /* After the main process has ended: bytes that were in the pipe then. */
  size_t out_left;
  size_t err_left;
  uint64_t quiet_since;
  uint64_t oom_kills;
  bool killed;
  /* A copy's last words. */
  char words[1024];
  size_t words_size;
};

extern struct task tasks[TASKS_MAX];

struct task *task_find(uint32_t id);
/* A free place, cleared, or NULL. */
struct task *task_new(uint32_t id, enum task_kind kind);
void task_free(struct task *task);
bool tasks_running(void);
/* Whether a session is that of a running task. */
bool task_owns_session(pid_t session);

/* Closes an end of ours, if it is open, and marks it closed. */
void close_end(int *fd);
/* Takes note that a child has ended; false when it is none of ours (an orphan). */
bool tasks_reaped(pid_t pid, int wait_status);

uint64_t monotonic_ms(void);

#endif
