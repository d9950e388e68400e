#include "input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool input_queue(struct task *task, const uint8_t *bytes, size_t size) {
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

void input_move(struct line *line, struct task *task) {
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
