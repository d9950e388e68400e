#ifndef LIGHTV_INPUT_H
#define LIGHTV_INPUT_H

#include "line.h"

/* Bytes of the host on their way to whoever reads them: at most INPUT_WINDOW. */
struct input {
  /* NULL: nothing may be sent. */
  uint8_t *bytes;
  size_t start;
  size_t size;
  /* The host has said that nothing follows. */
  bool ended;
  /* Bytes moved on that the host does not know of yet. */
  uint32_t ungranted;
};

/* Takes note of the host's bytes; false when it sent more than it was granted. */
bool input_queue(struct input *input, const uint8_t *bytes, size_t size);
/* Writes what goes without blocking. Returns 0, or the errno of an end that takes no more. */
int input_write(struct input *input, int fd);
/* Nobody reads it any more: it counts as moved on, so that the host is not held up. */
void input_drop(struct input *input);
/* Grants the host as much again as was moved on. */
void input_grant(struct line *line, struct input *input, uint32_t id);
void input_free(struct input *input);

#endif
