#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool input_queue(struct input *input, const uint8_t *bytes, size_t size) {
  if (input->bytes == NULL || input->ended || size > INPUT_WINDOW - input->size) {
    return false;
  }
  if (input->start + input->size + size > INPUT_WINDOW) {
    memmove(input->bytes, input->bytes + input->start, input->size);
    input->start = 0;
  }
  memcpy(input->bytes + input->start + input->size, bytes, size);
  input->size += size;
  return true;
}

static void moved(struct input *input, size_t size) {
  input->size -= size;
  input->start = input->size == 0 ? 0 : input->start + size;
  input->ungranted += (uint32_t)size;
}

int input_write(struct input *input, int fd) {
  while (input->size > 0) {
    ssize_t n = write(fd, input->bytes + input->start, input->size);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return n == 0 || errno == EAGAIN ? 0 : errno;
    }
    moved(input, (size_t)n);
  }
  return 0;
}

void input_drop(struct input *input) { moved(input, input->size); }

void input_grant(struct line *line, struct input *input, uint32_t id) {
  if (input->ungranted > 0 && !input->ended && line_takes_requests(line)) {
    line_send_u32(line, GUEST_GRANT, id, input->ungranted);
    input->ungranted = 0;
  }
}

void input_free(struct input *input) {
  free(input->bytes);
  *input = (struct input){0};
}
