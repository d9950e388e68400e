#include "frames.h"

#include <string.h>

static const uint8_t *take(struct cursor *c, size_t size) {
  static const uint8_t nothing[8];
  if (c->bad || c->left < size) {
    c->bad = true;
    return nothing;
  }
  const uint8_t *at = c->at;
  c->at += size;
  c->left -= size;
  return at;
}

static uint64_t little(const uint8_t *at, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) {
    value |= (uint64_t)at[i] << (8 * i);
  }
  return value;
}

static void store(uint8_t *at, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; i++) {
    at[i] = (uint8_t)(value >> (8 * i));
  }
}

uint8_t get_u8(struct cursor *c) { return *take(c, 1); }
uint16_t get_u16(struct cursor *c) { return (uint16_t)little(take(c, 2), 2); }
uint32_t get_u32(struct cursor *c) { return (uint32_t)little(take(c, 4), 4); }
uint64_t get_u64(struct cursor *c) { return little(take(c, 8), 8); }

const char *get_text(struct cursor *c) {
  uint32_t size = get_u32(c);
  if (c->bad || c->left < (size_t)size + 1 || c->at[size] != 0 || memchr(c->at, 0, size) != NULL) {
    c->bad = true;
    return "";
  }
  return (const char *)take(c, (size_t)size + 1);
}

const uint8_t *get_bytes(struct cursor *c, uint32_t most, uint32_t *size) {
  *size = get_u32(c);
  if (*size > most) {
    c->bad = true;
  }
  if (c->bad || c->left < *size) {
    c->bad = true;
    *size = 0;
  }
  return take(c, *size);
}

bool cursor_done(const struct cursor *c) { return !c->bad && c->left == 0; }

struct header get_header(const uint8_t *bytes) {
  return (struct header){
      .size = (uint32_t)little(bytes, 4), .type = bytes[4], .id = (uint32_t)little(bytes + 5, 4)};
}

void put_header(uint8_t *bytes, struct header header) {
  store(bytes, header.size, 4);
  bytes[4] = header.type;
  store(bytes + 5, header.id, 4);
}

void frame_begin(struct frame *f, uint8_t *bytes, size_t space, uint8_t type, uint32_t id) {
  *f = (struct frame){.bytes = bytes, .used = FRAME_HEADER, .space = space};
  put_header(bytes, (struct header){.type = type, .id = id});
}

static uint8_t *room(struct frame *f, size_t size) {
  if (f->full || f->space - f->used < size) {
    f->full = true;
    return NULL;
  }
  uint8_t *at = f->bytes + f->used;
  f->used += size;
  return at;
}

static void put(struct frame *f, uint64_t value, size_t size) {
  uint8_t *at = room(f, size);
  if (at != NULL) {
    store(at, value, size);
  }
}

void put_u8(struct frame *f, uint8_t value) { put(f, value, 1); }
void put_u16(struct frame *f, uint16_t value) { put(f, value, 2); }
void put_u32(struct frame *f, uint32_t value) { put(f, value, 4); }
void put_u64(struct frame *f, uint64_t value) { put(f, value, 8); }

void put_text(struct frame *f, const char *text) {
  size_t size = strlen(text);
  uint8_t *at = room(f, 4 + size + 1);
  if (at != NULL) {
    store(at, size, 4);
    memcpy(at + 4, text, size + 1);
  }
}

void patch_u32(struct frame *f, size_t offset, uint32_t value) { store(f->bytes + offset, value, 4); }

void frame_end(struct frame *f) { store(f->bytes, f->used - FRAME_HEADER, 4); }
