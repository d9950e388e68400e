#include "moving.h"

#include <errno.h>
#include <unistd.h>

#include "discard.h"
#include "ending.h"

/* A terminal's last output reaches its master a little after the last process is gone. */
enum { TERMINAL_QUIET_MS = 100 };

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
    if (task->in >= 0 && task->input.size > 0) {
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

static void move_input(struct line *line, struct task *task) {
  if (task->in >= 0 && input_write(&task->input, task->in) != 0) {
    close_end(&task->in);
  }
  if (task->in < 0) {
    input_drop(&task->input);
  } else if (task->input.size == 0 && task->input.ended && !task->terminal) {
    close_end(&task->in);
  }
  input_grant(line, &task->input, task->id);
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
    if (task->input.bytes != NULL) {
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
