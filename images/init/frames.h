#ifndef LIGHTV_FRAMES_H
#define LIGHTV_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PROTOCOL.md explains every number here. */
enum {
  PROTOCOL_VERSION = 4,
  PROTOCOL_MAGIC = 0x4756544c, /* "LTVG" */
  FRAME_HEADER = 9,
  FRAME_MAX = 1 << 20,
  CHUNK_MAX = 1 << 16,
  INPUT_WINDOW = 1 << 17,
};

enum frame_type {
  HOST_HELLO = 0x01,
  HOST_EXEC = 0x02,
  HOST_INPUT = 0x03,
  HOST_INPUT_END = 0x04,
  HOST_CREDIT = 0x05,
  HOST_SIGNAL = 0x06,
  HOST_RESIZE = 0x07,
  HOST_COPY_IN = 0x08,
  HOST_COPY_OUT = 0x09,
  HOST_LEFT = 0x0a,
  HOST_STOP_LEFT = 0x0b,
  HOST_PING = 0x0c,
  HOST_SHUTDOWN = 0x0d,
  HOST_LISTEN = 0x0e,
  HOST_ACCEPT = 0x0f,
  HOST_CONNECT = 0x10,
  HOST_CLOSE = 0x11,

  GUEST_HELLO = 0x81,
  GUEST_STDOUT = 0x82,
  GUEST_STDERR = 0x83,
  GUEST_EXIT = 0x84,
  GUEST_DATA = 0x85,
  GUEST_DONE = 0x86,
  GUEST_FAILED = 0x87,
  GUEST_LEFT = 0x88,
  GUEST_PONG = 0x89,
  GUEST_GRANT = 0x8a,
  GUEST_FATAL = 0x8b,
  GUEST_LISTENING = 0x8c,
  GUEST_CONNECTED = 0x8d,
  GUEST_DATA_END = 0x8e,
};

enum exit_kind { EXIT_CODE = 0, EXIT_SIGNAL = 1, EXIT_OUT_OF_MEMORY = 2, EXIT_NOT_STARTED = 3 };

enum { EXEC_INPUT = 1, EXEC_TERMINAL = 2 };
enum { COPY_OUT_NAMES_ONLY = 1, COPY_OUT_LIST = 2 };
enum { HELLO_NETWORK = 1, HELLO_MOUNTS = 2 };

/* Reads fields of one payload. After a field that does not fit, `bad` is set and every further field is 0 or "". */
struct cursor {
  const uint8_t *at;
  size_t left;
  bool bad;
};

uint8_t get_u8(struct cursor *c);
uint16_t get_u16(struct cursor *c);
uint32_t get_u32(struct cursor *c);
uint64_t get_u64(struct cursor *c);
/* A text field: points into the payload, ends in a NUL there, and holds none. */
const char *get_text(struct cursor *c);
/* A bytes field of at most `most` bytes. */
const uint8_t *get_bytes(struct cursor *c, uint32_t most, uint32_t *size);
/* Whether all was read and nothing is left over. */
bool cursor_done(const struct cursor *c);

struct header {
  uint32_t size;
  uint8_t type;
  uint32_t id;
};
struct header get_header(const uint8_t *bytes);
void put_header(uint8_t *bytes, struct header header);

/* Builds one frame in a fixed space; a field that does not fit sets `full` and is left out. */
struct frame {
  uint8_t *bytes;
  size_t used;
  size_t space;
  bool full;
};

void frame_begin(struct frame *f, uint8_t *bytes, size_t space, uint8_t type, uint32_t id);
void put_u8(struct frame *f, uint8_t value);
void put_u16(struct frame *f, uint16_t value);
void put_u32(struct frame *f, uint32_t value);
void put_u64(struct frame *f, uint64_t value);
void put_text(struct frame *f, const char *text);
/* Overwrites the u32 at `offset`, which was put before: for counts known only afterwards. */
void patch_u32(struct frame *f, size_t offset, uint32_t value);
/* Writes the length into the header; the frame is `used` bytes long. */
void frame_end(struct frame *f);

#endif
