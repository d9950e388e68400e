#include "processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tasks.h"

/* A fork bomb may be larger than the table: what does not fit is killed in the next round. */
static struct process table[PROCESSES_MAX];

enum { STOP_MS = 2000, ROUND_MS = 5 };

/* Whether the kernel's flags say that a process is ending, or its pending signals that KILL is on its way to it. */
static bool is_ending(unsigned long flags, unsigned long pending) {
  enum { EXITING = 0x4 };
  return (flags & EXITING) != 0 || (pending & (1UL << (SIGKILL - 1))) != 0;
}

static bool read_process(const char *pid, struct process *process) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) {
    close(fd);
  }
  if (n <= 0) {
    return false;
  }
  text[n] = '\0';
  /* The name is the process's own choice and may hold anything, brackets too: its end is the last one. */
  char *open_bracket = strchr(text, '('), *close_bracket = strrchr(text, ')');
  char state;
  int parent, session;
  unsigned long flags, pending;
  if (open_bracket == NULL || close_bracket == NULL ||
      sscanf(close_bracket + 1,
             " %c %d %*d %d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u %*d %*u %*u %*u %*u"
             " %*u %*u %lu",
             &state, &parent, &session, &flags, &pending) != 5 ||
      state == 'Z' || state == 'X') {
    return false;
  }
  *close_bracket = '\0';
  *process = (struct process){.pid = (pid_t)atoi(pid), .parent = parent, .session = session};
  process->ending = is_ending(flags, pending);
  snprintf(process->name, sizeof process->name, "%s", open_bracket + 1);
  return true;
}

static size_t read_all(void) {
  size_t count = 0;
  DIR *folder = opendir("/proc");
  if (folder == NULL) {
    return 0;
  }
  for (struct dirent *entry = readdir(folder); entry != NULL && count < PROCESSES_MAX; entry = readdir(folder)) {
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && read_process(entry->d_name, &table[count])) {
      count++;
    }
  }
  closedir(folder);
  return count;
}

static const struct process *find(size_t count, pid_t pid) {
  for (size_t i = 0; i < count; i++) {
    if (table[i].pid == pid) {
      return &table[i];
    }
  }
  return NULL;
}

/* Kernel threads hang below pid 2 and not below us, even when we are PID 1. */
static bool is_below_us(size_t count, const struct process *process) {
  pid_t self = getpid();
  const struct process *at = process;
  for (int depth = 0; at != NULL && depth < 1000; depth++) {
    if (at->parent == self) {
      return true;
    }
    at = find(count, at->parent);
  }
  /* A parent that ended while we looked: its orphan is ours, when all others are too. */
  return at == NULL && self == 1 && process->parent != 0 && process->parent != 2;
}

/* Processes of no running task that go on; those and the ones that are ending; all there are. */
enum which { LIVING, STRAY, ALL };

static bool is_meant(enum which which, const struct process *process) {
  if (which != ALL && task_owns_session(process->session)) {
    return false;
  }
  return which != LIVING || !process->ending;
}

static size_t left(struct process *found, size_t most, enum which which) {
  size_t count = read_all(), n = 0;
  for (size_t i = 0; i < count; i++) {
    const struct process *process = &table[i];
    if (process->pid == getpid() || process->pid == 2 || !is_meant(which, process) || !is_below_us(count, process)) {
      continue;
    }
    if (n < most) {
      found[n] = *process;
    }
    n++;
  }
  return n;
}

size_t processes_left(struct process *found, size_t most) { return left(found, most, LIVING); }

static void stop(enum which which) {
  static struct process victims[PROCESSES_MAX];
  uint64_t start = monotonic_ms();
  while (monotonic_ms() - start < STOP_MS) {
    processes_reap();
    size_t count = left(victims, PROCESSES_MAX, which);
    if (count == 0) {
      processes_reap();
      return;
    }
    if (getpid() == 1 && (which == ALL || !tasks_running())) {
      /* At one stroke: nothing can fork away from it. */
      kill(-1, SIGKILL);
    } else {
      for (size_t i = 0; i < count && i < PROCESSES_MAX; i++) {
        kill(victims[i].pid, SIGKILL);
      }
    }
    nanosleep(&(struct timespec){.tv_nsec = ROUND_MS * 1000000L}, NULL);
  }
}

void processes_stop(void) { stop(STRAY); }
void processes_kill_all(void) { stop(ALL); }

void processes_reap(void) {
  int status;
  for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
    tasks_reaped(pid, status);
  }
}
