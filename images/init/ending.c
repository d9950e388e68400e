#include "ending.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"
#include "say.h"

uint64_t oom_kills(void) {
  if (!in_machine) {
    return 0;
  }
  FILE *file = fopen("/proc/vmstat", "re");
  if (file == NULL) {
    return 0;
  }
  char name[64];
  unsigned long long value = 0;
  uint64_t found = 0;
  while (fscanf(file, "%63s %llu", name, &value) == 2) {
    if (strcmp(name, "oom_kill") == 0) {
      found = value;
      break;
    }
  }
  fclose(file);
  return found;
}

static void send_exit(struct line *line, uint32_t id, enum exit_kind kind, uint32_t value, const char *detail) {
  struct frame frame = line_frame(line, GUEST_EXIT, id, 5 + 5 + strlen(detail));
  put_u8(&frame, (uint8_t)kind);
  put_u32(&frame, value);
  put_text(&frame, detail);
  line_send(line, &frame);
}

/*
 * The kernel's victim need not be the main process: a shell whose command was killed ends with 128 + 9 itself.
 * A KILL that the host asked for is never taken for this.
 */
static bool out_of_memory(const struct task *task) {
  int status = task->wait_status;
  bool killed = (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
                (WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGKILL);
  return killed && !task->killed && oom_kills() > task->oom_kills;
}

static void report_exec(struct line *line, const struct task *task) {
  struct not_started why;
  if (task->status >= 0 && read(task->status, &why, sizeof why) == (ssize_t)sizeof why) {
    char detail[sizeof why.sentence + 1] = "";
    memcpy(detail, why.sentence, sizeof why.sentence);
    send_exit(line, task->id, EXIT_NOT_STARTED, (uint32_t)why.error, detail);
  } else if (out_of_memory(task)) {
    send_exit(line, task->id, EXIT_OUT_OF_MEMORY, SIGKILL, "");
  } else if (WIFSIGNALED(task->wait_status)) {
    send_exit(line, task->id, EXIT_SIGNAL, (uint32_t)WTERMSIG(task->wait_status), "");
  } else {
    send_exit(line, task->id, EXIT_CODE, (uint32_t)WEXITSTATUS(task->wait_status), "");
  }
}

static void report_copy(struct line *line, const struct task *task) {
  int status = task->wait_status;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    line_send_empty(line, GUEST_DONE, task->id);
    return;
  }
  char sentence[sizeof task->words + 64];
  if (WIFSIGNALED(status)) {
    snprintf(sentence, sizeof sentence, "the copy was killed by signal %d", WTERMSIG(status));
  } else {
    snprintf(sentence, sizeof sentence, "%.*s", (int)task->words_size, task->words);
  }
  /* A copy's exit status is the errno it failed with; all of them are below 256. */
  line_send_failed(line, task->id, WIFEXITED(status) ? WEXITSTATUS(status) : 0, sentence);
}

void ending_report(struct line *line, const struct task *task) {
  if (task->kind == TASK_EXEC) {
    report_exec(line, task);
  } else {
    report_copy(line, task);
  }
}
