#include "tunnels.h"

#include <string.h>
#include <unistd.h>

#include "connection.h"
#include "listener.h"

static struct tunnel tunnels[TUNNELS_MAX];
/* All places from here on are free: there are many, and mostly few are used. */
static size_t used;

struct tunnel *tunnel_next(const struct tunnel *tunnel) {
  size_t at = tunnel == NULL ? 0 : (size_t)(tunnel - tunnels) + 1;
  while (at < used && tunnels[at].kind == TUNNEL_NONE) {
    at++;
  }
  return at < used ? &tunnels[at] : NULL;
}

struct tunnel *tunnel_find(uint32_t id) {
  for (struct tunnel *at = tunnel_next(NULL); at != NULL; at = tunnel_next(at)) {
    if (at->id == id) {
      return at;
    }
  }
  return NULL;
}

struct tunnel *tunnel_new(uint32_t id, enum tunnel_kind kind) {
  size_t at = 0;
  while (at < used && tunnels[at].kind != TUNNEL_NONE) {
    at++;
  }
  if (at == TUNNELS_MAX) {
    return NULL;
  }
  used = at == used ? used + 1 : used;
  tunnels[at] = (struct tunnel){.kind = kind, .id = id, .fd = -1};
  return &tunnels[at];
}

void tunnel_free(struct tunnel *tunnel) {
  if (tunnel->fd >= 0) {
    close(tunnel->fd);
  }
  input_free(&tunnel->input);
  *tunnel = (struct tunnel){.kind = TUNNEL_NONE};
  while (used > 0 && tunnels[used - 1].kind == TUNNEL_NONE) {
    used--;
  }
}

bool tunnels_listen_at(const char *name) {
  for (struct tunnel *at = tunnel_next(NULL); at != NULL; at = tunnel_next(at)) {
    if (at->kind == TUNNEL_LISTENER && strcmp(at->name, name) == 0) {
      return true;
    }
  }
  return false;
}

static short events(const struct line *line, const struct tunnel *tunnel) {
  switch (tunnel->kind) {
  case TUNNEL_LISTENER:
    return listener_events(line, tunnel);
  case TUNNEL_CONNECTING:
  case TUNNEL_OPEN:
    return connection_events(line, tunnel);
  default:
    return 0;
  }
}

size_t tunnels_poll(const struct line *line, struct pollfd *polls) {
  size_t n = 0;
  for (struct tunnel *at = tunnel_next(NULL); at != NULL; at = tunnel_next(at)) {
    short wanted = events(line, at);
    /* A socket that broke wakes whoever polls it for nothing at all. */
    if (wanted != 0) {
      polls[n++] = (struct pollfd){.fd = at->fd, .events = wanted};
    }
  }
  return n;
}

void tunnels_move(struct line *line) {
  for (struct tunnel *at = tunnel_next(NULL); at != NULL; at = tunnel_next(at)) {
    if (at->kind == TUNNEL_LISTENER) {
      listener_move(line, at);
    } else if (at->kind != TUNNEL_WAITING) {
      connection_move(line, at);
    }
  }
}

void tunnels_close(void) {
  for (struct tunnel *at = tunnel_next(NULL); at != NULL; at = tunnel_next(at)) {
    tunnel_free(at);
  }
}
