#ifndef LIGHTV_PROCESSES_H
#define LIGHTV_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process {
  pid_t pid;
  pid_t parent;
  pid_t session;
  /* It has not gone yet, but KILL is on its way to it or it is on its own way out. */
  bool ending;
  char name[32];
};

enum { PROCESSES_MAX = 4096 };

/*
 * Processes below this one that go on, but none of a running task's session. Fills `found` (room for `most`); returns how
 * many there are, which may be more than `most`.
 */
size_t processes_left(struct process *found, size_t most);
/* Kills those processes, and those they start meanwhile, for at most two seconds. */
void processes_stop(void);
/* Kills every process below this one, running tasks' included. */
void processes_kill_all(void);
/* Takes every child that has ended off the kernel's hands. */
void processes_reap(void);

#endif
