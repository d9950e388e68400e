#include "tasks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "discard.h"
#include "ending.h"

/* A terminal's last output reaches its master a little after the last process is gone. */
enum { TERMINAL_QUIET_MS = 100, TERMINAL_LAST_BYTES = 1 << 20 };

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

static void close_end(int *fd) {
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
  free(task->input);
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

bool task_input(struct task *task, const uint8_t *bytes, size_t size) {
  if (task->input == NULL || task->in_ended || size > INPUT_WINDOW - task->in_size) {
    return false;
  }
  if (task->in_start + task->in_size + size > INPUT_WINDOW) {
    memmove(task->input, task->input + task->in_start, task->in_size);
    task->in_start = 0;
  }
  memcpy(task->input + task->in_start + task->in_size, bytes, size);
  task->in_size += size;
  return true;
}

static bool wants_output(const struct line *line, const struct task *task, int fd, size_t left) {
  return fd >= 0 && task->credit > 0 && line_takes_output(line) && (!task->reaped || left > 0);
}

/* Last words of a copy need no credit: they never leave as output. */
static bool wants_errors(const struct line *line, const struct task *task) {
  if (task->kind != TASK_EXEC) {
    return task->err >= 0;
  }
  return wants_output(line, task, task->err, task->err_left);
}

size_t tasks_poll(const struct line *line, struct pollfd *polls) {
  size_t n = 0;
  for (size_t i = 0; i < TASKS_MAX; i++) {
    const struct task *task = &tasks[i];
    if (task->kind == TASK_NONE) {
      continue;
    }
    if (task->in >= 0 && task->in_size > 0) {
      polls[n++] = (struct pollfd){.fd = task->in, .events = POLLOUT};
    }
    if (wants_output(line, task, task->out, task->out_left)) {
      polls[n++] = (struct pollfd){.fd = task->out, .events = POLLIN};
    }
    if (wants_errors(line, task)) {
      polls[n++] = (struct pollfd){.fd = task->err, .events = POLLIN};
    }
  }
  return n + discard_poll(polls + n);
}

int tasks_timeout(void) {
  int timeout = -1;
  for (size_t i = 0; i < TASKS_MAX; i++) {
    const struct task *task = &tasks[i];
    if (task->kind != TASK_NONE && task->reaped && task->terminal && task->credit > 0) {
      timeout = TERMINAL_QUIET_MS / 2;
    }
  }
  return timeout;
}

static void move_input(struct line *line, struct task *task) {
  size_t before = task->in_size;
  while (task->in >= 0 && task->in_size > 0) {
    ssize_t n = write(task->in, task->input + task->in_start, task->in_size);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0 && errno != EAGAIN) {
      close_end(&task->in);
    }
    if (n <= 0) {
      break;
    }
    task->in_start += (size_t)n;
    task->in_size -= (size_t)n;
  }
  if (task->in < 0) {
    /* Nobody reads it any more: it is dropped, and granted again so that the host is not held up. */
    task->in_size = 0;
  }
  if (task->in_size == 0) {
    task->in_start = 0;
    if (task->in_ended && !task->terminal) {
      close_end(&task->in);
    }
  }
  task->ungranted += (uint32_t)(before - task->in_size);
  if (task->ungranted > 0 && !task->in_ended && line_takes_requests(line)) {
    line_send_u32(line, GUEST_GRANT, task->id, task->ungranted);
    task->ungranted = 0;
  }
}

static void move_output(struct line *line, struct task *task, int *fd, uint8_t type, size_t *left) {
  if (!wants_output(line, task, *fd, *left)) {
    return;
  }
  size_t most = task->credit < CHUNK_MAX ? (size_t)task->credit : CHUNK_MAX;
  if (task->reaped && *left < most) {
    most = *left;
  }
  long n = line_forward(line, *fd, type, task->id, most);
  if (n > 0) {
    task->credit -= (uint64_t)n;
    task->quiet_since = monotonic_ms();
    if (task->reaped) {
      *left -= (size_t)n;
    }
    return;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    if (task->terminal && task->reaped && monotonic_ms() - task->quiet_since >= TERMINAL_QUIET_MS) {
      *left = 0;
    }
    return;
  }
  /* The last writer closed it; a terminal says EIO for that. */
  close_end(fd);
}

static void move_words(struct task *task) {
  char spill[256];
  while (task->err >= 0) {
    size_t room = sizeof task->words - 1 - task->words_size;
    ssize_t n = room > 0 ? read(task->err, task->words + task->words_size, room) : read(task->err, spill, sizeof spill);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0 && errno == EAGAIN) {
      return;
    }
    if (n <= 0) {
      close_end(&task->err);
    } else if (room > 0) {
      task->words_size += (size_t)n;
    }
  }
}

static bool ended(const struct task *task) {
  return task->reaped && (task->out < 0 || task->out_left == 0) && (task->err < 0 || task->err_left == 0);
}

static void finish(struct line *line, struct task *task) {
  ending_report(line, task);
  /* A process left in the background may hold these ends: it goes on writing, and nobody listens. */
  if (task->kind == TASK_EXEC) {
    discard_add(&task->out);
    discard_add(&task->err);
  }
  task_free(task);
}

void tasks_move(struct line *line) {
  for (size_t i = 0; i < TASKS_MAX; i++) {
    struct task *task = &tasks[i];
    if (task->kind == TASK_NONE) {
      continue;
    }
    if (task->input != NULL) {
      move_input(line, task);
    }
    move_output(line, task, &task->out, task->kind == TASK_EXEC ? GUEST_STDOUT : GUEST_DATA, &task->out_left);
    if (task->kind == TASK_EXEC) {
      move_output(line, task, &task->err, GUEST_STDERR, &task->err_left);
    } else {
      move_words(task);
    }
    if (ended(task) && line_takes_requests(line)) {
      finish(line, task);
    }
  }
  discard_move();
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
