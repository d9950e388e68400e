#include "guard.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "say.h"

enum { OPEN_FILES = 65536, OWN_FILES = 4096 };

static bool guarded;
static struct rlimit files_before;

static bool set_oom_score(const char *value) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  bool done = write(fd, value, strlen(value)) > 0;
  close(fd);
  return done;
}

/* Every tunnel is an open file. */
static void open_many(void) {
  if (getrlimit(RLIMIT_NOFILE, &files_before) == 0 && files_before.rlim_cur < OWN_FILES) {
    struct rlimit files = {.rlim_max = files_before.rlim_max};
    files.rlim_cur = files.rlim_max < OWN_FILES ? files.rlim_max : OWN_FILES;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

void guard_self(void) {
  open_many();
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
  struct rlimit files = {.rlim_cur = OPEN_FILES, .rlim_max = OPEN_FILES};
  setrlimit(RLIMIT_NOFILE, in_machine ? &files : &files_before);
  struct rlimit core = {0};
  setrlimit(RLIMIT_CORE, &core);
}
