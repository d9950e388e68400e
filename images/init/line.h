#ifndef LIGHTV_LINE_H
#define LIGHTV_LINE_H

#include "frames.h"

/*
 * The line to the host: one buffer each way, both of fixed size. Incoming frames are taken only while there is room
 * for their answers, and output of commands is read only while there is room for it, so nothing here can grow.
 */
struct line {
  int in;
  int out;
  uint8_t *incoming;
  size_t in_start;
  size_t in_end;
  uint8_t *outgoing;
  size_t out_start;
  size_t out_end;
};

enum line_state { LINE_OK, LINE_GONE, LINE_BROKEN };

void line_open(struct line *line, int in, int out);
/* Forgets what is in both buffers: the host came back and starts anew. */
void line_reset(struct line *line);
bool line_takes_requests(const struct line *line);
bool line_takes_output(const struct line *line);
bool line_has_outgoing(const struct line *line);

/* Reads what is there once. LINE_GONE: the host closed it. */
enum line_state line_read(struct line *line);
/* Writes what goes without blocking. */
enum line_state line_write(struct line *line);
/* Writes all that is queued, for at most `ms` milliseconds. */
void line_flush(struct line *line, int ms);

/* The next whole frame, if there is one; its payload is good until the next line_read. LINE_BROKEN: too large. */
enum line_state line_next(struct line *line, bool *found, struct header *header, struct cursor *payload);

/* A frame with room for `space` bytes of payload; ended by line_send. */
struct frame line_frame(struct line *line, uint8_t type, uint32_t id, size_t space);
void line_send(struct line *line, struct frame *frame);
void line_send_empty(struct line *line, uint8_t type, uint32_t id);
void line_send_u32(struct line *line, uint8_t type, uint32_t id, uint32_t value);
void line_send_failed(struct line *line, uint32_t id, int error, const char *sentence);

/*
 * Reads up to `most` bytes (at most CHUNK_MAX) from `fd` into one frame and sends it. Returns what read returned.
 */
long line_forward(struct line *line, int fd, uint8_t type, uint32_t id, size_t most);

#endif
