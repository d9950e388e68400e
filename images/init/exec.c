#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "child.h"
#include "ending.h"
#include "say.h"
#include "tree.h"
#include "user.h"

struct request {
  uint32_t flags;
  uint32_t credit;
  uint16_t columns;
  uint16_t rows;
  const char *cwd;
  const char *user;
  char **argv;
  char **env;
};

static bool get_texts(struct cursor *c, char ***texts) {
  uint32_t count = get_u32(c);
  if (c->bad || count > c->left / 5) {
    return false;
  }
  *texts = calloc((size_t)count + 1, sizeof **texts);
  if (*texts == NULL) {
    die("no memory for a command of %u words", count);
  }
  for (uint32_t i = 0; i < count; i++) {
    (*texts)[i] = (char *)(uintptr_t)get_text(c);
  }
  return !c->bad;
}

static bool get_request(struct cursor *c, struct request *r) {
  r->flags = get_u32(c);
  r->credit = get_u32(c);
  r->columns = get_u16(c);
  r->rows = get_u16(c);
  r->cwd = get_text(c);
  r->user = get_text(c);
  return get_texts(c, &r->argv) && r->argv[0] != NULL && get_texts(c, &r->env) && cursor_done(c);
}

static bool open_terminal(struct task *task, struct child_ends *ends) {
  char name[64];
  task->out = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (task->out < 0 || grantpt(task->out) != 0 || unlockpt(task->out) != 0 ||
      ptsname_r(task->out, name, sizeof name) != 0) {
    return false;
  }
  ends->in = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  ends->out = ends->in < 0 ? -1 : fcntl(ends->in, F_DUPFD_CLOEXEC, 3);
  ends->err = ends->in < 0 ? -1 : fcntl(ends->in, F_DUPFD_CLOEXEC, 3);
  task->in = fcntl(task->out, F_DUPFD_CLOEXEC, 3);
  return ends->err >= 0 && task->in >= 0;
}

static bool open_pipes(struct task *task, struct child_ends *ends, bool input) {
  if (input) {
    if (!agent_pipe(false, &task->in, &ends->in)) {
      return false;
    }
  } else {
    ends->in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  return ends->in >= 0 && agent_pipe(true, &task->out, &ends->out) && agent_pipe(true, &task->err, &ends->err);
}

_Noreturn static void fail_start(int status, const char *what, const char *name) {
  struct not_started why = {.error = errno};
  snprintf(why.sentence, sizeof why.sentence, "could not %s '%.300s': %s", what, name, strerror(why.error));
  ssize_t written = write(status, &why, sizeof why);
  (void)written; /* A full record fits any pipe; without it the agent reports exit code 127. */
  _exit(127);
}

_Noreturn static void child(const struct request *r, const struct child_ends *ends, int status) {
  become_child(ends, (r->flags & EXEC_TERMINAL) != 0);
  if (r->cwd[0] != '\0') {
    int folder = make_folders(r->cwd);
    if (folder < 0 || fchdir(folder) != 0) {
      fail_start(status, "use the working directory", r->cwd);
    }
    close(folder);
  }
  struct user user;
  errno = ENOENT;
  if (!user_find(r->user, &user)) {
    fail_start(status, "find the user", r->user);
  }
  if (!user_become(&user)) {
    fail_start(status, "become the user", r->user);
  }
  environ = r->env;
  execvp(r->argv[0], r->argv);
  fail_start(status, "start", r->argv[0]);
}

static bool spawn(struct task *task, const struct request *r, struct child_ends *ends) {
  int status = -1;
  bool terminal = (r->flags & EXEC_TERMINAL) != 0;
  bool ready = agent_pipe(true, &task->status, &status) &&
               (terminal ? open_terminal(task, ends) : open_pipes(task, ends, (r->flags & EXEC_INPUT) != 0));
  if (ready && terminal) {
    exec_resize(task, r->columns, r->rows);
  }
  task->pid = ready ? fork() : -1;
  if (task->pid == 0) {
    child(r, ends, status);
  }
  int error = errno;
  close(status);
  errno = error;
  return task->pid > 0;
}

static void refuse(struct line *line, uint32_t id, const char *sentence, int error) {
  struct frame frame = line_frame(line, GUEST_EXIT, id, 5 + 5 + strlen(sentence));
  put_u8(&frame, EXIT_NOT_STARTED);
  put_u32(&frame, (uint32_t)error);
  put_text(&frame, sentence);
  line_send(line, &frame);
}

static void start(struct line *line, uint32_t id, const struct request *r) {
  struct task *task = task_new(id, TASK_EXEC);
  if (task == NULL) {
    refuse(line, id, "the machine runs as many commands as it can", EAGAIN);
    return;
  }
  task->credit = r->credit;
  task->terminal = (r->flags & EXEC_TERMINAL) != 0;
  task->oom_kills = oom_kills();
  task->input.bytes = (r->flags & (EXEC_INPUT | EXEC_TERMINAL)) != 0 ? malloc(INPUT_WINDOW) : NULL;
  struct child_ends ends = {.in = -1, .out = -1, .err = -1};
  if (!spawn(task, r, &ends)) {
    char sentence[128];
    int error = errno;
    snprintf(sentence, sizeof sentence, "could not start a process: %s", strerror(error));
    task_free(task);
    refuse(line, id, sentence, error);
  }
  child_close(&ends);
}

bool exec_start(struct line *line, uint32_t id, struct cursor *payload) {
  struct request request = {0};
  bool good = get_request(payload, &request);
  if (good) {
    start(line, id, &request);
  }
  free(request.argv);
  free(request.env);
  return good;
}

void exec_resize(const struct task *task, uint16_t columns, uint16_t rows) {
  struct winsize size = {.ws_col = columns, .ws_row = rows};
  ioctl(task->out, TIOCSWINSZ, &size);
}
