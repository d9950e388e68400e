#include "line.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum {
  IN_SPACE = FRAME_HEADER + FRAME_MAX,
  OUT_SPACE = 1 << 19,
  /* Above this no command's output is read, and above the second no request is taken. The rest is room for answers. */
  OUTPUT_MARK = 1 << 17,
  REQUEST_MARK = 1 << 18,
};

void line_open(struct line *line, int in, int out) {
  *line = (struct line){.in = in, .out = out, .incoming = malloc(IN_SPACE), .outgoing = malloc(OUT_SPACE)};
  if (line->incoming == NULL || line->outgoing == NULL) {
    die("no memory for the line's buffers");
  }
}

void line_reset(struct line *line) {
  line->in_start = line->in_end = line->out_start = line->out_end = 0;
}

static size_t queued(const struct line *line) { return line->out_end - line->out_start; }

bool line_takes_requests(const struct line *line) { return queued(line) < REQUEST_MARK; }
bool line_takes_output(const struct line *line) { return queued(line) < OUTPUT_MARK; }
bool line_has_outgoing(const struct line *line) { return queued(line) > 0; }

static bool passing(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

enum line_state line_read(struct line *line) {
  if (line->in_start > 0) {
    memmove(line->incoming, line->incoming + line->in_start, line->in_end - line->in_start);
    line->in_end -= line->in_start;
    line->in_start = 0;
  }
  if (line->in_end == IN_SPACE) {
    return LINE_OK;
  }
  size_t room = IN_SPACE - line->in_end;
  ssize_t n = read(line->in, line->incoming + line->in_end, room < CHUNK_MAX ? room : CHUNK_MAX);
  if (n > 0) {
    line->in_end += (size_t)n;
    return LINE_OK;
  }
  return n < 0 && passing(errno) ? LINE_OK : LINE_GONE;
}

enum line_state line_write(struct line *line) {
  while (queued(line) > 0) {
    ssize_t n = write(line->out, line->outgoing + line->out_start, queued(line));
    if (n < 0) {
      return passing(errno) ? LINE_OK : LINE_GONE;
    }
    line->out_start += (size_t)n;
    if (n == 0) {
      return LINE_OK;
    }
  }
  line->out_start = line->out_end = 0;
  return LINE_OK;
}

void line_flush(struct line *line, int ms) {
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  while (line_write(line) == LINE_OK && queued(line) > 0) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    long spent = (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
    if (spent >= ms) {
      return;
    }
    struct pollfd ready = {.fd = line->out, .events = POLLOUT};
    poll(&ready, 1, (int)(ms - spent));
  }
}

enum line_state line_next(struct line *line, bool *found, struct header *header, struct cursor *payload) {
  *found = false;
  size_t have = line->in_end - line->in_start;
  if (have < FRAME_HEADER) {
    return LINE_OK;
  }
  const uint8_t *at = line->incoming + line->in_start;
  *header = get_header(at);
  if (header->size > FRAME_MAX) {
    return LINE_BROKEN;
  }
  if (have < FRAME_HEADER + (size_t)header->size) {
    return LINE_OK;
  }
  *found = true;
  *payload = (struct cursor){.at = at + FRAME_HEADER, .left = header->size};
  line->in_start += FRAME_HEADER + (size_t)header->size;
  return LINE_OK;
}

struct frame line_frame(struct line *line, uint8_t type, uint32_t id, size_t space) {
  size_t need = FRAME_HEADER + space;
  if (OUT_SPACE - line->out_end < need && line->out_start > 0) {
    memmove(line->outgoing, line->outgoing + line->out_start, queued(line));
    line->out_end -= line->out_start;
    line->out_start = 0;
  }
  if (OUT_SPACE - line->out_end < need) {
    die("an answer of %zu bytes does not fit the line's buffer", space);
  }
  struct frame frame;
  frame_begin(&frame, line->outgoing + line->out_end, need, type, id);
  return frame;
}

void line_send(struct line *line, struct frame *frame) {
  frame_end(frame);
  line->out_end += frame->used;
}

void line_send_empty(struct line *line, uint8_t type, uint32_t id) {
  struct frame frame = line_frame(line, type, id, 0);
  line_send(line, &frame);
}

void line_send_u32(struct line *line, uint8_t type, uint32_t id, uint32_t value) {
  struct frame frame = line_frame(line, type, id, 4);
  put_u32(&frame, value);
  line_send(line, &frame);
}

void line_send_failed(struct line *line, uint32_t id, int error, const char *sentence) {
  struct frame frame = line_frame(line, GUEST_FAILED, id, 4 + 5 + strlen(sentence));
  put_u32(&frame, (uint32_t)error);
  put_text(&frame, sentence);
  line_send(line, &frame);
}

long line_forward(struct line *line, int fd, uint8_t type, uint32_t id, size_t most) {
  struct frame frame = line_frame(line, type, id, CHUNK_MAX);
  ssize_t n = read(fd, frame.bytes + FRAME_HEADER, most < CHUNK_MAX ? most : CHUNK_MAX);
  if (n > 0) {
    frame.used += (size_t)n;
    line_send(line, &frame);
  }
  return n;
}
