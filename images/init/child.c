#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"

bool agent_pipe(bool read_mine, int *mine, int *theirs) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return false;
  }
  *mine = ends[read_mine ? 0 : 1];
  *theirs = ends[read_mine ? 1 : 0];
  return fcntl(*mine, F_SETFL, O_NONBLOCK) == 0;
}

static void default_signals(void) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) {
    sigaction(number, &action, NULL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

void become_child(const struct child_ends *ends, bool terminal) {
  setsid();
  dup2(ends->in, STDIN_FILENO);
  dup2(ends->out, STDOUT_FILENO);
  dup2(ends->err, STDERR_FILENO);
  if (terminal) {
    ioctl(STDIN_FILENO, TIOCSCTTY, 0);
  }
  guard_child();
  umask(022);
  default_signals();
}

void child_close(const struct child_ends *ends) {
  int fds[] = {ends->in, ends->out, ends->err};
  for (size_t i = 0; i < 3; i++) {
    if (fds[i] >= 0) {
      close(fds[i]);
    }
  }
}
