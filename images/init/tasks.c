#include "tasks.h"

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* What a terminal still gives after its command has ended; a pipe says itself how much it holds. */
enum { TERMINAL_LAST_BYTES = 1 << 20 };

struct task tasks[TASKS_MAX];

uint64_t monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct task *task_find(uint32_t id) {
  for (size_t i = 0; i < TASKS_MAX; i++) {
    if (tasks[i].kind != TASK_NONE && tasks[i].id == id) {
      return &tasks[i];
    }
  }
  return NULL;
}

struct task *task_new(uint32_t id, enum task_kind kind) {
  for (size_t i = 0; i < TASKS_MAX; i++) {
    if (tasks[i].kind == TASK_NONE) {
      tasks[i] = (struct task){.kind = kind, .id = id, .in = -1, .out = -1, .err = -1, .status = -1};
      return &tasks[i];
    }
  }
  return NULL;
}

void close_end(int *fd) {
  if (*fd >= 0) {
    close(*fd);
    *fd = -1;
  }
}

void task_free(struct task *task) {
  close_end(&task->in);
  close_end(&task->out);
  close_end(&task->err);
  close_end(&task->status);
  input_free(&task->input);
  *task = (struct task){.kind = TASK_NONE};
}

bool tasks_running(void) {
  for (size_t i = 0; i < TASKS_MAX; i++) {
    if (tasks[i].kind != TASK_NONE && !tasks[i].reaped) {
      return true;
    }
  }
  return false;
}

bool task_owns_session(pid_t session) {
  for (size_t i = 0; i < TASKS_MAX; i++) {
    if (tasks[i].kind != TASK_NONE && !tasks[i].reaped && tasks[i].pid == session) {
      return true;
    }
  }
  return false;
}

static size_t waiting_in(int fd) {
  int n = 0;
  return fd >= 0 && ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

bool tasks_reaped(pid_t pid, int wait_status) {
  for (size_t i = 0; i < TASKS_MAX; i++) {
    struct task *task = &tasks[i];
    if (task->kind == TASK_NONE || task->reaped || task->pid != pid) {
      continue;
    }
    task->reaped = true;
    task->wait_status = wait_status;
    task->quiet_since = monotonic_ms();
    if (task->kind != TASK_EXEC) {
      task->out_left = task->err_left = SIZE_MAX;
    } else {
      task->out_left = task->terminal ? TERMINAL_LAST_BYTES : waiting_in(task->out);
      task->err_left = waiting_in(task->err);
    }
    return true;
  }
  return false;
}
