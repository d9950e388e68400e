#include "guard.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "say.h"

enum { OPEN_FILES = 65536 };

static bool guarded;

static bool set_oom_score(const char *value) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  bool done = write(fd, value, strlen(value)) > 0;
  close(fd);
  return done;
}

void guard_self(void) {
  /* In a sandbox this may be refused; there the host's cgroup decides who dies. */
  guarded = set_oom_score("-1000");
  /* A fork bomb is not to keep us from killing it. In a sandbox the host starts us so, since we may not ask for it. */
  setpriority(PRIO_PROCESS, 0, -20);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    say("orphans cannot be adopted here");
  }
}

void guard_child(void) {
  setpriority(PRIO_PROCESS, 0, 0);
  if (guarded) {
    set_oom_score("0");
  }
  if (in_machine) {
    struct rlimit files = {.rlim_cur = OPEN_FILES, .rlim_max = OPEN_FILES};
    setrlimit(RLIMIT_NOFILE, &files);
  }
  struct rlimit core = {0};
  setrlimit(RLIMIT_CORE, &core);
}
