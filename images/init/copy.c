#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

_Noreturn void copy_fail(int error, const char *what, const char *path) {
  char sentence[900];
  int n = error > 0 ? snprintf(sentence, sizeof sentence, "%s '%.600s': %s", what, path, strerror(error))
                    : snprintf(sentence, sizeof sentence, "%s '%.600s'", what, path);
  ssize_t written = write(STDERR_FILENO, sentence, (size_t)n < sizeof sentence ? (size_t)n : sizeof sentence - 1);
  (void)written; /* The exit status tells the errno all the same. */
  _exit(error > 0 && error < 256 ? error : EINVAL);
}

struct copy {
  enum task_kind kind;
  const char *path;
  const char *owner;
  uint32_t credit;
  uint32_t flags;
};

_Noreturn static void child(const struct copy *copy, const struct child_ends *ends) {
  become_child(ends, false);
  /* It never becomes another program, so nothing of the agent's closes by itself: its own input would never end. */
  close_range(STDERR_FILENO + 1, ~0U, 0);
  if (copy->kind == TASK_COPY_IN) {
    tar_in(copy->path, copy->owner);
  }
  tar_out(copy->path, (copy->flags & COPY_OUT_NAMES_ONLY) != 0, (copy->flags & COPY_OUT_LIST) != 0);
}

static bool spawn(struct task *task, const struct copy *copy, struct child_ends *ends) {
  bool input = copy->kind == TASK_COPY_IN || (copy->flags & COPY_OUT_LIST) != 0;
  task->input.bytes = input ? malloc(INPUT_WINDOW) : NULL;
  task->credit = copy->credit;
  if (input ? !agent_pipe(false, &task->in, &ends->in) : (ends->in = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) {
    return false;
  }
  bool out = copy->kind == TASK_COPY_OUT ? agent_pipe(true, &task->out, &ends->out)
                                         : (ends->out = open("/dev/null", O_WRONLY | O_CLOEXEC)) >= 0;
  if (!out || !agent_pipe(true, &task->err, &ends->err)) {
    return false;
  }
  task->pid = fork();
  if (task->pid == 0) {
    child(copy, ends);
  }
  return task->pid > 0;
}

static void start(struct line *line, uint32_t id, const struct copy *copy) {
  struct task *task = task_new(id, copy->kind);
  if (task == NULL) {
    line_send_failed(line, id, EAGAIN, "the machine does as much at once as it can");
    return;
  }
  struct child_ends ends = {.in = -1, .out = -1, .err = -1};
  if (!spawn(task, copy, &ends)) {
    int error = errno;
    task_free(task);
    line_send_failed(line, id, error, strerror(error));
  }
  child_close(&ends);
}

bool copy_in_start(struct line *line, uint32_t id, struct cursor *payload) {
  struct copy copy = {.kind = TASK_COPY_IN};
  copy.path = get_text(payload);
  copy.owner = get_text(payload);
  if (!cursor_done(payload)) {
    return false;
  }
  start(line, id, &copy);
  return true;
}

bool copy_out_start(struct line *line, uint32_t id, struct cursor *payload) {
  struct copy copy = {.kind = TASK_COPY_OUT};
  copy.flags = get_u32(payload);
  copy.credit = get_u32(payload);
  copy.path = get_text(payload);
  if (!cursor_done(payload)) {
    return false;
  }
  start(line, id, &copy);
  return true;
}
