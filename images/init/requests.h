#ifndef LIGHTV_REQUESTS_H
#define LIGHTV_REQUESTS_H

#include "line.h"

/* Does what one frame asks. Returns NULL, or why the line is to be closed. A shutdown never returns. */
const char *request_take(struct line *line, const struct header *header, struct cursor *payload);
/* A new line to a host begins: the next frame must be its hello. */
void request_await_hello(void);

#endif
