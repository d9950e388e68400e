#include "discard.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "frames.h"

static int ends[DISCARDS_MAX];
static size_t count;

static void drop(size_t index) {
  close(ends[index]);
  memmove(ends + index, ends + index + 1, (count - index - 1) * sizeof ends[0]);
  count--;
}

void discard_add(int *fd) {
  if (*fd < 0) {
    return;
  }
  if (count == DISCARDS_MAX) {
    drop(0);
  }
  ends[count++] = *fd;
  *fd = -1;
}

size_t discard_poll(struct pollfd *polls) {
  for (size_t i = 0; i < count; i++) {
    polls[i] = (struct pollfd){.fd = ends[i], .events = POLLIN};
  }
  return count;
}

void discard_move(void) {
  static char spill[CHUNK_MAX];
  for (size_t i = count; i > 0; i--) {
    ssize_t n = read(ends[i - 1], spill, sizeof spill);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
      drop(i - 1);
    }
  }
}
