/*
 * Lets the tests see frames as the guest sees them. Each line of standard input is one frame in hex; for each, a line of
 * its fields as this side reads them, and a line of the same frame built again from those fields, in hex.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../frames.h"

enum { SPACE = FRAME_HEADER + FRAME_MAX };

static uint8_t bytes[SPACE], again[SPACE];
static char line[2 * SPACE + 2];

/* Fields by their letters: 1 2 4 8 numbers, t text, b bytes, L a list of what follows in brackets, * the rest. */
static const char *layout(uint8_t type, uint16_t flags) {
  switch (type) {
  case HOST_HELLO: {
    const char *hellos[] = {"4228tb", "4228tbtt1tt", "4228tbtL(tt)L(tt)L(tt)", "4228tbtt1tttL(tt)L(tt)L(tt)"};
    return hellos[flags & (HELLO_NETWORK | HELLO_MOUNTS)];
  }
  case HOST_EXEC: return "4422ttL(t)L(t)";
  case HOST_INPUT: case GUEST_STDOUT: case GUEST_STDERR: case GUEST_DATA: return "*";
  case HOST_INPUT_END: case HOST_LEFT: case HOST_STOP_LEFT: case HOST_SHUTDOWN: case HOST_CLOSE: case GUEST_DONE:
  case GUEST_CONNECTED: case GUEST_DATA_END: return "";
  case HOST_CREDIT: case HOST_SIGNAL: case GUEST_GRANT: return "4";
  case HOST_RESIZE: return "22";
  case HOST_COPY_IN: return "tt";
  case GUEST_FATAL: return "t";
  case HOST_COPY_OUT: return "44t";
  case HOST_PING: return "8";
  case HOST_LISTEN: return "t2";
  case HOST_ACCEPT: return "44";
  case HOST_CONNECT: return "4t2";
  case GUEST_LISTENING: return "2";
  case GUEST_HELLO: return "42288t";
  case GUEST_EXIT: return "14t";
  case GUEST_FAILED: return "4t";
  case GUEST_LEFT: return "L(4t)L(t)L(t)";
  case GUEST_PONG: return "888";
  default: return NULL;
  }
}

static void print_hex(const uint8_t *at, size_t size) {
  for (size_t i = 0; i < size; i++) {
    printf("%02x", at[i]);
  }
}

static void take_bytes(struct cursor *c, struct frame *f, bool rest) {
  uint32_t size = (uint32_t)c->left;
  const uint8_t *at = c->at;
  if (rest) {
    c->left = 0;
  } else {
    at = get_bytes(c, FRAME_MAX, &size);
    put_u32(f, size);
  }
  for (uint32_t i = 0; i < size; i++) {
    put_u8(f, at[i]);
  }
  print_hex(at, size);
}

static void take_field(char kind, struct cursor *c, struct frame *f) {
  uint64_t value = 0;
  putchar(' ');
  switch (kind) {
  case '1': put_u8(f, (uint8_t)(value = get_u8(c))); break;
  case '2': put_u16(f, (uint16_t)(value = get_u16(c))); break;
  case '4': put_u32(f, (uint32_t)(value = get_u32(c))); break;
  case '8': put_u64(f, value = get_u64(c)); break;
  case 't': {
    const char *text = get_text(c);
    printf("\"%s\"", text);
    put_text(f, text);
    return;
  }
  default: take_bytes(c, f, kind == '*'); return;
  }
  printf("%" PRIu64, value);
}

static void take_fields(const char *fields, struct cursor *c, struct frame *f) {
  for (const char *at = fields; *at != '\0' && *at != ')'; at++) {
    if (*at != 'L') {
      take_field(*at, c, f);
      continue;
    }
    uint32_t count = get_u32(c);
    put_u32(f, count);
    printf(" [");
    for (uint32_t i = 0; i < count && !c->bad; i++) {
      take_fields(at + 2, c, f);
    }
    printf(" ]");
    at = strchr(at, ')');
  }
}

static void check(size_t size) {
  struct header header = get_header(bytes);
  if (size < FRAME_HEADER || header.size > FRAME_MAX || header.size != size - FRAME_HEADER) {
    printf("malformed\n\n");
    return;
  }
  struct cursor c = {.at = bytes + FRAME_HEADER, .left = header.size};
  struct cursor peek = c;
  get_u32(&peek);
  get_u16(&peek);
  const char *fields = layout(header.type, get_u16(&peek));
  struct frame f;
  frame_begin(&f, again, SPACE, header.type, header.id);
  printf("%02x #%" PRIu32, header.type, header.id);
  if (fields != NULL) {
    take_fields(fields, &c, &f);
  }
  printf("%s\n", fields == NULL || !cursor_done(&c) ? " malformed" : "");
  frame_end(&f);
  print_hex(again, f.used);
  putchar('\n');
}

int main(void) {
  while (fgets(line, sizeof line, stdin) != NULL) {
    size_t size = 0;
    unsigned byte;
    for (const char *at = line; size < SPACE && sscanf(at, "%2x", &byte) == 1; at += 2) {
      bytes[size++] = (uint8_t)byte;
    }
    check(size);
  }
  return 0;
}
